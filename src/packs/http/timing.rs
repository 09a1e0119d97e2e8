//! The headers that tell a client how long its request took.

use std::{
    fmt::{self, Write},
    str,
    time::Duration,
};

/// A duration as both headers write it: milliseconds with two decimals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Millis(pub(super) Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0.as_nanos() + 5_000) / 10_000;
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

/// Text of a header's value, without the heap.
#[derive(Debug)]
pub(super) struct Text {
    bytes: [u8; 64],
    length: usize,
}

impl Text {
    /// The text of `arguments`, which are known to be short.
    pub(super) fn new(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self { bytes: [0; 64], length: 0 };
        let _ = text.write_fmt(arguments);
        text
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let place = self.bytes.get_mut(self.length..self.length + text.len()).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}

/// The value of `Server-Timing`.
pub(super) fn server_timing(elapsed: Duration) -> Text {
    Text::new(format_args!("total;dur={}", Millis(elapsed)))
}

/// The value of `X-Response-Time`.
pub(super) fn response_time(elapsed: Duration) -> Text {
    Text::new(format_args!("{}ms", Millis(elapsed)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{response_time, server_timing};

    #[test]
    fn milliseconds_with_two_decimals() {
        for (nanos, expected) in [
            (0, "0.00"),
            (4_999, "0.00"),
            (5_000, "0.01"),
            (12_340_000, "12.34"),
            (12_345_000, "12.35"),
            (999_995_000, "1000.00"),
            (3_600_000_000_000, "3600000.00"),
        ] {
            let elapsed = Duration::from_nanos(nanos);
            assert_eq!(response_time(elapsed).as_str(), format!("{expected}ms"));
            assert_eq!(server_timing(elapsed).as_str(), format!("total;dur={expected}"));
        }
        assert!(!server_timing(Duration::MAX).as_str().is_empty());
    }
}
