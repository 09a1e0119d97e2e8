//! A statement's tokens, whatever the database and whether or not it is valid.
//!
//! Databases disagree on what is a literal: a backslash escapes a quote in MySQL and not in PostgreSQL, `#` begins a comment there and is an operator here. Where
//! readings differ in where a literal ends, all that follows is taken for one: a literal may cost the rest of its statement, and is never taken for anything else.

/// What a statement is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword or a plain name.
    Word(&'a str),
    /// A name in backticks, with them.
    Ticked(&'a str),
    /// Text in double quotes, with them: a name in one database, a literal in another.
    Quoted(&'a str),
    /// A value: text, number, and what is in doubt.
    Literal,
    /// Where a value is bound: `?`, `$1`, `:name`, `@name`.
    Mark,
    /// An operator's or punctuation's character; `::` and `:=` are one.
    Symbol(&'a str),
}

impl Token<'_> {
    pub(super) fn is(self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_any(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }
}

/// Gives one token after the other, and passes over white space and comments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Where another database goes on after a name in brackets, and after a comment, which are neither here. What begins before and ends behind is in doubt.
    fences: [usize; 2],
}

const BRACKET: usize = 0;
const LINE: usize = 1;

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_control()
}

fn is_in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn begins_word(byte: u8) -> bool {
    is_in_word(byte) && !byte.is_ascii_digit() && byte != b'$'
}

/// Where Oracle's `q'[…]'` ends, behind its first quote: after a quote that follows the chosen character, or its partner.
fn end_of_chosen(text: &str) -> Option<usize> {
    let open = text.chars().next()?;
    let close = match open {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        '<' => '>',
        other => other,
    };
    let ends = text.match_indices(close).map(|(at, found)| at + found.len());
    ends.filter(|end| *end > open.len_utf8()).find(|end| text[*end..].starts_with('\'')).map(|end| end + 1)
}

/// What may begin a literal, or hide one.
const IN_DOUBT: [char; 5] = ['\'', '"', '`', '$', '/'];

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, fences: [0; 2] }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// What is left of the statement. All delimiters are ASCII, so every token begins and ends between characters.
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Whether a dot touches the last token, and no number begins with it.
    pub(super) fn is_dotted(&self) -> bool {
        self.byte(0) == Some(b'.') && !self.byte(1).is_some_and(|byte| byte.is_ascii_digit())
    }

    /// The next token, and whether white space or a comment was before it.
    pub(super) fn next(&mut self) -> Option<(Token<'a>, bool)> {
        let from = self.at;
        loop {
            let first = self.byte(0)?;
            if is_blank(first) {
                self.at += 1;
                continue;
            }
            if matches!(first, b'-' | b'/' | b'#') {
                let before = self.at;
                if self.comment() && !self.goes_beyond_a_fence(before) {
                    continue;
                }
                if self.at > before {
                    // A comment, if it is one, in which a literal may begin.
                    self.give_up();
                    return Some((Token::Literal, true));
                }
            }
            let (start, spaced) = (self.at, self.at > from);
            let token = self.token(first);
            if self.goes_beyond_a_fence(start) {
                self.give_up();
                return Some((Token::Literal, spaced));
            }
            return Some((token, spaced));
        }
    }

    /// Whether what began there and has ended now goes beyond a fence.
    fn goes_beyond_a_fence(&self, start: usize) -> bool {
        self.fences.iter().any(|fence| (start..self.at).contains(fence) && *fence > start)
    }

    /// Sets a fence at the next `end`, if there is one.
    fn fence(&mut self, which: usize, end: char) {
        // The one that is ahead is the next, still; so the text is searched once.
        if self.fences[which] <= self.at {
            self.fences[which] = self.rest().find(end).map_or(usize::MAX, |ahead| self.at + ahead);
        }
    }

    /// Looks at the next token.
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        let mut ahead = *self;
        ahead.next().map(|(token, _)| token)
    }

    /// Passes over a comment. False where there is none; then it has moved, to the end, if that is in doubt.
    fn comment(&mut self) -> bool {
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix("/*") {
            // Comments nest in PostgreSQL and do not elsewhere.
            return match inside.find("*/") {
                // MySQL runs what is in `/*! … */`, and there a literal may go beyond its end.
                Some(end) if inside.starts_with(['!', 'M']) && inside[..end].contains(IN_DOUBT) => self.give_up(),
                Some(end) if !inside[..end].contains("/*") => {
                    self.at += end + 4;
                    true
                }
                Some(_) => self.give_up(),
                None => {
                    self.at = self.text.len();
                    true
                }
            };
        }
        let hash = rest.starts_with('#') && !matches!(self.byte(1), Some(b'>' | b'-'));
        if !hash && !rest.starts_with("--") {
            return false;
        }
        // diesel shows the values after the statement, in a comment without end.
        if rest.starts_with("-- binds: ") {
            self.at = self.text.len();
            return true;
        }
        let line = rest.split('\n').next().unwrap_or("");
        // `5--3` is a difference in MySQL, and a carriage return the end of a line in PostgreSQL.
        let sure = !hash
            && line.as_bytes().get(2).is_none_or(|byte| is_blank(*byte))
            && !line.trim_end_matches('\r').contains('\r');
        if !sure && line.contains(IN_DOUBT) {
            return self.give_up();
        }
        self.at += line.len();
        true
    }

    fn give_up(&mut self) -> bool {
        self.at = self.text.len();
        false
    }

    fn token(&mut self, first: u8) -> Token<'a> {
        let next = self.byte(1);
        match first {
            b'\'' => self.literal(1, false),
            b'"' => self.name(first, Token::Quoted),
            // A name in brackets may have a quote in it, and a comment.
            b'[' => {
                self.fence(BRACKET, ']');
                Token::Symbol(self.taken(self.at + 1))
            }
            // `#>` and `//` are operators, or begin a comment.
            b'#' | b'/' if first == b'#' || next == Some(b'/') => {
                self.fence(LINE, '\n');
                Token::Symbol(self.taken(self.at + 1))
            }
            b'`' => self.name(first, Token::Ticked),
            b'0'..=b'9' => self.number(),
            b'.' if next.is_some_and(|next| next.is_ascii_digit()) => self.number(),
            b'$' => self.dollar(),
            b'?' => self.mark(1, u8::is_ascii_digit),
            b':' if matches!(next, Some(b':' | b'=')) => Token::Symbol(self.taken(self.at + 2)),
            b':' | b'@' if next.is_some_and(begins_word) => self.mark(1, |byte| is_in_word(*byte)),
            b'@' if next == Some(b'@') => self.mark(2, |byte| is_in_word(*byte)),
            _ if begins_word(first) => self.word(),
            _ => Token::Symbol(self.taken(self.at + 1)),
        }
    }

    /// Takes the text up to `end`.
    fn taken(&mut self, end: usize) -> &'a str {
        let text = self.text.get(self.at..end).unwrap_or("");
        self.at = end.max(self.at + 1);
        text
    }

    fn literal_to(&mut self, end: usize) -> Token<'a> {
        self.taken(end);
        Token::Literal
    }

    /// Text in quotes, which begins so many bytes ahead.
    fn literal(&mut self, ahead: usize, escapes: bool) -> Token<'a> {
        self.literal_to(self.end_of_quoted(ahead, b'\'', escapes).unwrap_or(self.text.len()))
    }

    /// A name in quotes like this, if it certainly ends.
    fn name(&mut self, quote: u8, token: fn(&'a str) -> Token<'a>) -> Token<'a> {
        match self.end_of_quoted(1, quote, false) {
            Some(end) => token(self.taken(end)),
            None => self.literal_to(self.text.len()),
        }
    }

    /// Where text in quotes ends; `None` if it does not, or that is in doubt. `escapes`: a backslash certainly is one; otherwise one before a quote leaves it in doubt.
    fn end_of_quoted(&self, ahead: usize, quote: u8, escapes: bool) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let start = self.at + ahead;
        let end = self.end_after(start, quote, escapes);
        // BigQuery and Spark have texts between three quotes, in which there may be one.
        let triple = [quote; 3];
        if bytes[start - 1..].starts_with(&triple) {
            let third = start + 2;
            let found = bytes[third..].windows(3).position(|three| three == triple);
            return end.filter(|end| found.is_none_or(|ahead| third + ahead + 3 == *end));
        }
        end
    }

    fn end_after(&self, start: usize, quote: u8, escapes: bool) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut is_escaped) = (start, false);
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'\\' => is_escaped = !is_escaped,
                _ if byte == quote && is_escaped && !escapes => return None,
                _ if byte == quote && !is_escaped => {
                    if bytes.get(at) != Some(&quote) {
                        return Some(at);
                    }
                    at += 1;
                }
                _ => is_escaped = false,
            }
        }
        None
    }

    fn number(&mut self) -> Token<'a> {
        let (mut end, mut last) = (self.at, 0);
        for &byte in &self.text.as_bytes()[self.at..] {
            let sign = matches!(byte, b'+' | b'-') && matches!(last, b'e' | b'E');
            if !sign && byte != b'.' && !is_in_word(byte) {
                break;
            }
            (end, last) = (end + 1, byte);
        }
        self.literal_to(end)
    }

    fn mark(&mut self, ahead: usize, is_part: impl Fn(&u8) -> bool) -> Token<'a> {
        let length = self.text.as_bytes()[self.at + ahead..].iter().take_while(|byte| is_part(byte)).count();
        self.taken(self.at + ahead + length);
        Token::Mark
    }

    /// `$1`, `$name`, or text between `$tag$` and the same again.
    fn dollar(&mut self) -> Token<'a> {
        let rest = self.rest();
        let is_tag = |byte: &u8| is_in_word(*byte) && *byte != b'$';
        let tag = 1 + rest.as_bytes()[1..].iter().take_while(|byte| is_tag(byte)).count();
        let is_number = self.byte(1).is_some_and(|byte| byte.is_ascii_digit());
        if rest.as_bytes().get(tag) == Some(&b'$') && !is_number {
            let (tag, inside) = rest.split_at(tag + 1);
            let end = inside.find(tag).map_or(self.text.len(), |end| self.at + end + 2 * tag.len());
            return self.literal_to(end);
        }
        match tag {
            1 => Token::Symbol(self.taken(self.at + 1)),
            _ => self.mark(1, is_tag),
        }
    }

    /// A word, or a literal that begins with one: `E'…'`, `x'…'`, `_utf8mb4'…'`, `U&'…'`.
    fn word(&mut self) -> Token<'a> {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| is_in_word(*byte)).count();
        let (word, behind) = rest.split_at(length);
        let is = |prefix: &str| word.eq_ignore_ascii_case(prefix);
        if behind.starts_with('\'') && (["e", "n", "x", "b", "r"].into_iter().any(is) || word.starts_with('_')) {
            return self.literal(length + 1, is("e"));
        }
        if behind.starts_with('\'') && (is("q") || is("nq")) {
            let end = self.end_of_quoted(length + 1, b'\'', false);
            let same = end_of_chosen(&behind[1..]).map(|ahead| self.at + length + 1 + ahead);
            return self.literal_to(end.filter(|_| same == end).unwrap_or(self.text.len()));
        }
        if behind.starts_with("&'") && is("u") {
            return self.literal(length + 2, false);
        }
        Token::Word(self.taken(self.at + length))
    }

    /// A name in square brackets, the first of which was taken; a closing one inside is doubled.
    pub(super) fn bracketed(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let mut end = rest.find(']')?;
        while rest[end + 1..].starts_with(']') {
            end += 2;
            end += rest[end..].find(']')?;
        }
        let name = self.taken(self.at + end);
        self.at += 1;
        Some(name)
    }
}
