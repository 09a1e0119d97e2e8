//! Label values as text, without the heap.

use std::{
    borrow::Cow,
    fmt::{self, Display, Write},
    rc::Rc,
    sync::Arc,
};

/// Bytes of text that need no heap.
const INLINE: usize = 64;

/// Room for a label value that is not text yet.
#[derive(Debug)]
pub struct LabelBuf {
    inline: [u8; INLINE],
    length: usize,
    /// The whole text once it has outgrown `inline`.
    heap: String,
}

impl Default for LabelBuf {
    fn default() -> Self {
        Self::new()
    }
}

impl LabelBuf {
    /// Empty.
    #[inline(always)]
    #[must_use]
    pub const fn new() -> Self {
        Self { inline: [0; INLINE], length: 0, heap: String::new() }
    }

    fn as_str(&self) -> &str {
        if self.heap.is_empty() {
            // Only whole `&str`s were written, so this is never the fallback.
            std::str::from_utf8(&self.inline[..self.length]).unwrap_or_default()
        } else {
            &self.heap
        }
    }
}

impl Write for LabelBuf {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        if self.heap.is_empty() && end <= INLINE {
            self.inline[self.length..end].copy_from_slice(text.as_bytes());
            self.length = end;
        } else {
            if self.heap.is_empty() {
                self.heap = self.as_str().to_owned();
            }
            self.heap.push_str(text);
        }
        Ok(())
    }
}

/// A type whose values can be label values as they are. Others are written `labels(key = %value)`, which uses [`Display`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a label value as it is",
    label = "expected text, an integer, a bool or a char",
    note = "write `labels(key = %value)` to use its `Display`, or make text of it"
)]
pub trait Label {
    /// The value as text; `buf` is there for those that are not text yet.
    fn text<'a>(&'a self, buf: &'a mut LabelBuf) -> &'a str;
}

/// The text of a value that can be displayed. One that fails to be gives what it wrote until then.
pub fn display<'a>(value: &dyn Display, buf: &'a mut LabelBuf) -> &'a str {
    let _ = write!(buf, "{value}");
    buf.as_str()
}

impl Label for str {
    #[inline(always)]
    fn text<'a>(&'a self, _: &'a mut LabelBuf) -> &'a str {
        self
    }
}

macro_rules! by_reference {
    ($($type:ty),*) => {$(
        impl<T: Label + ?Sized> Label for $type {
            #[inline(always)]
            fn text<'a>(&'a self, buf: &'a mut LabelBuf) -> &'a str {
                (**self).text(buf)
            }
        }
    )*};
}

by_reference!(&T, &mut T, Box<T>, Arc<T>, Rc<T>);

impl Label for String {
    #[inline(always)]
    fn text<'a>(&'a self, _: &'a mut LabelBuf) -> &'a str {
        self
    }
}

impl Label for Cow<'_, str> {
    #[inline(always)]
    fn text<'a>(&'a self, _: &'a mut LabelBuf) -> &'a str {
        self
    }
}

macro_rules! by_display {
    ($($type:ty),*) => {$(
        impl Label for $type {
            fn text<'a>(&'a self, buf: &'a mut LabelBuf) -> &'a str {
                display(self, buf)
            }
        }
    )*};
}

by_display!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, char);

impl Label for bool {
    #[inline(always)]
    fn text<'a>(&'a self, _: &'a mut LabelBuf) -> &'a str {
        if *self { "true" } else { "false" }
    }
}
