//! The name of a table, as it stands in a statement.

use std::borrow::Cow;

use super::{
    lex::{Lexer, Token},
    redact::floor,
    words::NO_TABLE,
};

/// The longest name that is told, in bytes.
const LONGEST: usize = 64;

/// A name without quotes around it; a quote inside is still doubled.
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
            Token::Word(_) if token.is("u") && lexer.peek() == Some(Token::Symbol("&")) => escaped(lexer)?,
            Token::Word(name) => Cow::Borrowed(name),
            Token::Symbol("[") => halved(lexer.bracketed()?, "]]"),
            Token::Ticked(_) => halved(plain(token)?, "``"),
            _ => halved(plain(token)?, "\"\""),
        };
        if lexer.peek() != Some(Token::Symbol(".")) {
            return Some((bounded(lower(name))?, simple));
        }
        lexer.next();
        simple = false;
    }
}

/// One quote where there were two.
fn halved<'a>(name: &'a str, quotes: &str) -> Cow<'a, str> {
    if name.contains(quotes) { name.replace(quotes, &quotes[1..]).into() } else { name.into() }
}

/// So that one table has one name, whether or not it is quoted.
fn lower(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name }
}

/// What follows the `u` of `U&"d\0061t\+000061"`.
fn escaped<'a>(lexer: &mut Lexer<'a>) -> Option<Cow<'a, str>> {
    lexer.next();
    let (token, spaced) = lexer.next()?;
    let text = plain(token).filter(|_| !spaced && matches!(token, Token::Quoted(_)))?;
    let text = halved(text, "\"\"");
    if !text.contains('\\') {
        return Some(text);
    }
    let mut name = String::new();
    let mut parts = text.split('\\');
    name.push_str(parts.next()?);
    while let Some(part) = parts.next() {
        let (digits, rest) = match part.strip_prefix('+') {
            Some(long) => long.split_at_checked(6)?,
            // A backslash that is doubled stands for itself.
            None if part.is_empty() => ("5c", parts.next()?),
            None => part.split_at_checked(4)?,
        };
        name.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        name.push_str(rest);
    }
    Some(name.into())
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
