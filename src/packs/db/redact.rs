//! A statement without its values.

use super::{
    bare::Bare,
    froms::Froms,
    lex::{Lexer, Token},
};

/// The longest text that is made, in bytes, and the longest statement that is looked through.
const LONGEST: usize = 1_024;
const LOOKED_AT: usize = 64 << 10;

/// The statement with `?` for every value: text, numbers, dates, `true` and `false`, and what is bound. Lists of values become one, comments go, white space becomes
/// one blank. At most 1,024 bytes; what was cut off is told by `…`. Costs some nanoseconds a byte.
///
/// Any text will do, of any database. Where databases disagree on what is a value, it is one:
///
/// - Text in double quotes is a name in PostgreSQL and a value in MySQL, and nothing in it says whose statement it is. It stays only where it is a name in all of them: beside a dot, or
///   where a table is named.
/// - After `'…\'` nothing stays: in MySQL the text goes on, in PostgreSQL it has ended.
/// - Words are values where they are set (`set role_of = alice`, `pragma key = word`), where they are a password (`identified by word`), and in data behind a statement.
///
/// ```
/// use perfmon::db::redact;
///
/// let statement = "SELECT *  FROM \"orders\"\nWHERE symbol = 'AAPL' AND side IN (1, 2, 3) -- of Alice";
/// assert_eq!(redact(statement), "SELECT * FROM \"orders\" WHERE symbol = ? AND side IN (?)");
/// assert_eq!(redact("insert into t values (1, 'a'), (2, 'b')"), "insert into t values (?)");
/// ```
#[must_use]
pub fn redact(statement: &str) -> String {
    let cut = floor(statement, LOOKED_AT);
    let mut lexer = Lexer::new(&statement[..cut]);
    let mut out = Out::default();
    let (mut froms, mut bare, mut last) = (Froms::default(), Bare::default(), None);
    let (mut table, mut is_made) = (false, false);
    while let Some((token, spaced)) = lexer.next() {
        let dotted = last == Some(Token::Symbol(".")) || lexer.is_dotted();
        let is_bare = bare.see(token);
        match token {
            Token::Literal | Token::Mark => out.value(spaced),
            _ if is_bare => out.value(spaced),
            Token::Word(_) if token.is_any(&["true", "false"]) => out.value(spaced),
            Token::Quoted(_) if !dotted && !table => out.value(spaced),
            Token::Symbol(sign @ ("-" | "+")) if is_before_value(last) => out.sign = Some((sign, spaced)),
            Token::Symbol(text) => out.symbol(text, spaced),
            Token::Word(text) | Token::Ticked(text) | Token::Quoted(text) => out.text(text, spaced),
        }
        is_made = token.is("table") || (is_made && token.is_any(&["if", "not", "exists"]));
        table =
            froms.see(token) || is_made || token.is_any(&["join", "into"]) || (token.is("update") && last.is_none());
        last = Some(token);
        if bare.is_data() && lexer.peek().is_some() {
            out.value(true);
            break;
        }
        if out.text.len() > LONGEST {
            break;
        }
    }
    let whole = cut == statement.len() && out.text.len() <= LONGEST;
    let mut text = out.done();
    if !whole {
        text.truncate(floor(&text, LONGEST - '…'.len_utf8()));
        text.push('…');
    }
    text
}

/// The last place between characters that is not beyond this.
pub(super) fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Whether a sign that follows belongs to a number.
fn is_before_value(last: Option<Token<'_>>) -> bool {
    matches!(last, Some(Token::Symbol("(" | "," | "=" | "<" | ">" | "[")))
}

/// What is written.
#[derive(Default)]
struct Out<'a> {
    text: String,
    /// Where the last value ends, while nothing or only a comma has come since.
    value: Option<usize>,
    comma: bool,
    /// A sign that goes if a value follows.
    sign: Option<(&'a str, bool)>,
}

impl<'a> Out<'a> {
    fn value(&mut self, spaced: bool) {
        let spaced = self.sign.take().map_or(spaced, |(_, spaced)| spaced);
        match self.value {
            // Of a list the first one stays.
            Some(end) => self.text.truncate(end),
            None => self.append("?", spaced),
        }
        (self.value, self.comma) = (Some(self.text.len()), false);
    }

    fn symbol(&mut self, text: &'a str, spaced: bool) {
        if text == "," && self.value.is_some() && !self.comma && self.sign.is_none() {
            self.append(text, spaced);
            self.comma = true;
            return;
        }
        self.text(text, spaced);
        if text != ")" {
            return;
        }
        // Of a list of lists too.
        let before = self.text.strip_suffix("(?)").map(str::trim_end).and_then(|before| before.strip_suffix(','));
        if let Some(before) = before.map(str::trim_end).filter(|before| before.ends_with("(?)")) {
            self.text.truncate(before.len());
        }
    }

    fn text(&mut self, text: &str, spaced: bool) {
        if let Some((sign, spaced)) = self.sign.take() {
            self.append(sign, spaced);
        }
        (self.value, self.comma) = (None, false);
        self.append(text, spaced);
    }

    fn append(&mut self, text: &str, spaced: bool) {
        if spaced && !self.text.is_empty() {
            self.text.push(' ');
        }
        if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control()) {
            self.text.push_str(text);
        } else {
            self.text.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
    }

    fn done(mut self) -> String {
        if let Some((sign, spaced)) = self.sign.take() {
            self.append(sign, spaced);
        }
        self.text
    }
}
