//! Where text goes, and how it looks on a terminal.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
    path::Path,
};

use perfmon::report::Style;

use crate::failure::Failure;

/// What a piece of text means; colour says it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tint {
    Good,
    Caution,
    Bad,
    Faint,
    Strong,
}

/// Colours on terminals that want them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    color: bool,
}

impl Paint {
    pub(crate) fn of_stdout() -> Self {
        Self { color: Style::detect_stdout().color }
    }

    /// In this tint, and without anything that a terminal would obey.
    pub(crate) fn tint(self, text: &str, tint: Tint) -> String {
        let text = plain(text);
        let code = match tint {
            Tint::Good => 32,
            Tint::Caution => 33,
            Tint::Bad => 31,
            Tint::Faint => 2,
            Tint::Strong => 1,
        };
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into_owned() }
    }
}

/// A text that came from elsewhere, without what a terminal would obey instead of show.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(obeyed) { text.replace(obeyed, "\u{fffd}").into() } else { text.into() }
}

/// A report that came from elsewhere, in the colours that it may have (those of a [`Tint`]) and with the ends of CSV's lines.
pub(crate) fn harmless(text: &str) -> String {
    const COLOURS: [&str; 6] = ["[0m", "[1m", "[2m", "[31m", "[32m", "[33m"];
    let mut clean = String::with_capacity(text.len());
    for (number, part) in text.split('\x1b').enumerate() {
        if number > 0 {
            clean.push(if COLOURS.iter().any(|colour| part.starts_with(colour)) { '\x1b' } else { '\u{fffd}' });
        }
        clean += &part.split("\r\n").map(plain).collect::<Vec<_>>().join("\r\n");
    }
    clean
}

/// A JSON text with a line for each member, if it is not written so already. Numbers and their order stay as they are.
pub(crate) fn indented(json: &str) -> Cow<'_, str> {
    if json.trim_end().contains('\n') {
        return json.into();
    }
    let (mut text, mut depth, mut quoted, mut escaped) = (String::with_capacity(json.len() * 2), 0_usize, false, false);
    let mut rest = json.trim().chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            _ if quoted => {
                quoted = escaped || c != '"';
                escaped = !escaped && c == '\\';
            }
            '"' => quoted = true,
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut text, depth);
            }
            _ => {}
        }
        text.push(c);
        match (c, rest.peek()) {
            _ if quoted => {}
            ('{' | '[', Some(end @ ('}' | ']'))) => {
                text.push(*end);
                rest.next();
            }
            ('{' | '[', _) => {
                depth += 1;
                line(&mut text, depth);
            }
            (',', _) => line(&mut text, depth),
            (':', _) => text.push(' '),
            _ => {}
        }
    }
    text.into()
}

fn line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

/// Where to write to instead of standard output, which is also called `-`.
pub(crate) fn file(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| *path != Path::new("-"))
}

/// To a file that its owner alone may read, or to standard output.
pub(crate) fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = file(path) else {
        return if io::stdout().is_terminal() { print(&harmless(text)) } else { print(text) };
    };
    perfmon::report::write_private(path, text).map_err(|error| {
        let path = path.display();
        Failure::failed(format!("failed to write {path}: {error}; choose a file in a folder that is there and yours"))
    })
}

/// To standard output, with a line's end behind it. Who stops reading, as `head` does, has read enough.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut out = io::stdout().lock();
    match write!(out, "{text}{end}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("failed to write to standard output: {error}; is there room on the disk?")))
        }
        _ => Ok(()),
    }
}

/// Says something on standard error.
pub(crate) fn tell(message: &str) {
    // Who closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "perfmon: {}", plain(message));
}
