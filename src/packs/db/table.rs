//! The name of a table, as it stands in a statement.

use std::borrow::Cow;

use super::{
    lex::{Lexer, Token},
    redact::floor,
    words::NO_TABLE,
};

/// The longest name that is told, in bytes.
const LONGEST: usize = 64;

/// A name without quotes around it.
pub(super) fn plain(token: Token<'_>) -> Option<&str> {
    match token {
        Token::Word(name) => Some(name),
        Token::Ticked(text) | Token::Quoted(text) => text.get(1..text.len().saturating_sub(1)),
        _ => None,
    }
}

/// Reads a table's name, without its schema; whether it had none.
pub(super) fn name<'a>(lexer: &mut Lexer<'a>) -> Option<(Cow<'a, str>, bool)> {
    let mut simple = true;
    loop {
        let (token, _) = lexer.next()?;
        let name = match token {
            Token::Word(_) if simple && token.is_any(&NO_TABLE) => return None,
            Token::Word(name) if name.bytes().any(|byte| byte.is_ascii_uppercase()) => name.to_ascii_lowercase().into(),
            Token::Symbol("[") => Cow::Borrowed(lexer.bracketed()?),
            _ => Cow::Borrowed(plain(token)?),
        };
        if lexer.peek() != Some(Token::Symbol(".")) {
            return Some((bounded(name)?, simple));
        }
        lexer.next();
        simple = false;
    }
}

/// A name as it can be shown.
fn bounded(name: Cow<'_, str>) -> Option<Cow<'_, str>> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return None;
    }
    let most = floor(&name, LONGEST);
    Some(match name {
        Cow::Borrowed(name) => Cow::Borrowed(&name[..most]),
        Cow::Owned(mut name) => {
            name.truncate(most);
            Cow::Owned(name)
        }
    })
}
