//! Values that nothing around them tells: a word that is set, a password, the data behind a statement.

use super::lex::Token;

/// Follows a statement, and tells words that are values.
#[derive(Debug, Default)]
pub(super) struct Bare {
    verb: Verb,
    /// The next word is a value.
    due: bool,
    /// `identified` was the last word, or a password was set.
    identified: bool,
    /// The last word was `format`.
    format: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// None yet.
    #[default]
    None,
    /// `set a = b`.
    Set,
    /// `pragma a = b`, `pragma a(b)`.
    Pragma,
    /// `insert`, until the values or the query come.
    Insert,
    Copy,
    /// `copy … from stdin`.
    CopyIn,
    /// What follows is data.
    Data,
    Other,
}

impl Bare {
    /// Whether this token, a word or a name, is a value.
    pub(super) fn see(&mut self, token: Token<'_>) -> bool {
        let due = std::mem::take(&mut self.due);
        let after_format = std::mem::take(&mut self.format);
        match token {
            Token::Word(_) if !due => self.word(token, after_format),
            Token::Symbol("=" | ":=") => self.due = matches!(self.verb, Verb::Set | Verb::Pragma),
            Token::Symbol("(") => self.due = self.verb == Verb::Pragma,
            Token::Symbol(";") => {
                let verb = if self.verb == Verb::CopyIn { Verb::Data } else { Verb::None };
                *self = Self { verb, ..Self::default() };
            }
            _ => {}
        }
        due && matches!(token, Token::Word(_) | Token::Ticked(_) | Token::Quoted(_))
    }

    fn word(&mut self, word: Token<'_>, after_format: bool) {
        self.format = word.is("format");
        match self.verb {
            Verb::None => {
                let verbs =
                    [("set", Verb::Set), ("pragma", Verb::Pragma), ("insert", Verb::Insert), ("copy", Verb::Copy)];
                self.verb = verbs.into_iter().find(|(name, _)| word.is(name)).map_or(Verb::Other, |(_, verb)| verb);
            }
            // A query behind it, as SQL Server has it without a semicolon, or inside.
            Verb::Set if word.is_any(&["select", "insert", "update", "delete"]) => self.verb = Verb::Other,
            Verb::Set => self.due = word.is("to"),
            Verb::Copy if word.is("stdin") => self.verb = Verb::CopyIn,
            Verb::Insert if word.is_any(&["select", "values", "set", "with"]) => self.verb = Verb::Other,
            // ClickHouse's, with the data behind it.
            Verb::Insert if after_format => self.verb = Verb::Data,
            _ => {}
        }
        // Oracle's passwords: `identified by new replace old`.
        self.due |= self.identified && word.is_any(&["by", "replace"]);
        self.identified |= word.is("identified");
    }

    /// Whether all that follows is data.
    pub(super) fn is_data(&self) -> bool {
        self.verb == Verb::Data
    }
}
