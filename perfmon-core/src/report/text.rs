//! Text from users made safe to show, and measured as a terminal shows it.

use unicode_width::UnicodeWidthStr;

/// Columns a text takes in a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// With nothing in it that could move the cursor, change colours or turn the reading direction: control characters become
/// their pictures (`␛`), others of that sort `�`.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
            '\x7f' => '␡',
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// A name made safe; one of no letters is `""`, so that it can be seen.
pub(super) fn name(name: &str) -> String {
    if name.is_empty() { "\"\"".to_owned() } else { clean(name) }
}

/// Cut in the middle to at most so many columns, so that both a crate's name and a function's stay.
pub(super) fn ellipsis(text: &str, columns: usize) -> String {
    // Marks without width do not show in the columns; bounding them keeps a line a line.
    let marks_bounded = text.len() <= 16 * columns.max(1);
    if marks_bounded && width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let head_room = room.div_ceil(2);
    let head = longest(text.char_indices().map(|(at, _)| &text[..at]), head_room);
    let tail_room = room - width(head);
    let rest = &text[head.len()..];
    let tail = longest(rest.char_indices().rev().map(|(at, _)| &rest[at..]), tail_room);
    let cut = format!("{head}…{tail}");
    // Joining may form a wider cluster than its parts; then the head alone is safe.
    if width(&cut) <= columns { cut } else { format!("{head}…") }
}

/// A name cut to at most so many columns: a path loses its first segments, anything else its middle.
pub(super) fn shorten(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return ellipsis(name, columns);
    }
    let tails = name.match_indices("::").map(|(at, _)| format!("…{}", &name[at..]));
    tails.into_iter().find(|tail| width(tail) <= columns).unwrap_or_else(|| ellipsis(name, columns))
}

/// The longest of growing candidates that fits, in columns and in bytes.
fn longest<'a>(candidates: impl Iterator<Item = &'a str>, columns: usize) -> &'a str {
    candidates.take_while(|part| width(part) <= columns && part.len() <= 8 * columns).last().unwrap_or_default()
}

/// Filled with blanks on the left.
pub(super) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Filled with blanks on the right.
pub(super) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Cut at its end to at most so many columns: prose.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return ellipsis(text, columns);
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    format!("{}…", longest(text.char_indices().map(|(at, _)| &text[..at]), room).trim_end())
}

/// Broken between words into lines of at most so many columns; a word longer than a line is cut.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        let word = ellipsis(word, columns);
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = word,
            Some(line) if width(line) + 1 + width(&word) <= columns => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The words of a text; a number and its unit are one, as are a word and a dot behind it.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        let blanks = rest.match_indices(' ').map(|(at, _)| at);
        let end = blanks.into_iter().find(|&at| !glued(&rest[..at], &rest[at..])).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after.trim_start();
        (!word.is_empty()).then_some(word)
    })
}

fn glued(before: &str, after: &str) -> bool {
    const UNITS: [&str; 11] = ["%", "ns", "µs", "ms", "s", "h", "B", "KiB", "MiB", "GiB", "TiB"];
    let next = after.trim_start().split(' ').next().unwrap_or_default();
    let unit = UNITS.contains(&next.trim_end_matches([',', ';', ':']));
    next == "·" || (unit && before.ends_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_show_and_do_nothing() {
        assert_eq!(clean("a\x1b[31mb\n\t\x7f\u{9b}\u{202e}"), "a␛[31mb␊␉␡��");
        assert_eq!(clean("größe 価格 🦀"), "größe 価格 🦀");
    }

    #[test]
    fn cut_in_the_middle_by_columns() {
        assert_eq!(ellipsis("short", 5), "short");
        assert_eq!(ellipsis("trading_bot::broker::place_order", 20), "trading_bo…ace_order");
        assert_eq!(ellipsis("価格価格価格", 7), "価…価格");
        assert_eq!(cut("the size of a message", 12), "the size of…");
        assert_eq!(cut("short", 5), "short");
        assert_eq!(ellipsis("anything", 1), "…");
        assert_eq!(ellipsis("anything", 0), "");
        assert!(ellipsis(&"e\u{301}".repeat(5_000), 10).len() < 200);
        assert!(ellipsis(&format!("a{}", "\u{301}".repeat(5_000)), 10).len() < 200);
    }

    #[test]
    fn paths_keep_their_end() {
        assert_eq!(shorten("trading_bot::broker::place_order", 25), "…::broker::place_order");
        assert_eq!(shorten("trading_bot::broker::place_order", 21), "…::place_order");
        assert_eq!(shorten("trading_bot::broker::place_order", 10), "tradi…rder");
        assert_eq!(shorten("place_order", 11), "place_order");
    }

    #[test]
    fn wraps_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("extraordinary", 5), ["ex…ry"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("takes 10 %, 5 ms · more", 9), ["takes", "10 %,", "5 ms ·", "more"]);
    }
}
