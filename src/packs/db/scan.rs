//! A statement, read from left to right as far as its table.

use std::borrow::Cow;

use super::{
    froms::Froms,
    lex::{Lexer, Token},
    table::{name, plain},
    words::{BEFORE_TABLE, main_operation, operation_of},
};

/// Names that a `with` may give and that are told from tables.
const MOST_NAMED: usize = 16;

pub(super) struct Scan<'a> {
    lexer: Lexer<'a>,
    froms: Froms,
    /// Names that `with` gave.
    given: [&'a str; MOST_NAMED],
    /// The first table inside parentheses.
    inner: Option<Cow<'a, str>>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(statement: &'a str) -> Self {
        Self { lexer: Lexer::new(statement), froms: Froms::default(), given: [""; MOST_NAMED], inner: None }
    }

    /// The next token, and whether it is the `from` of a statement.
    fn next(&mut self) -> Option<(Token<'a>, bool)> {
        let (token, _) = self.lexer.next()?;
        let from = self.froms.see(token);
        Some((token, from))
    }

    /// The operation that the statement begins with.
    pub(super) fn operation(&mut self) -> Option<&'static str> {
        // ODBC's way to call: `{? = call p(?)}`.
        let mut in_braces = false;
        loop {
            let (token, _) = self.next()?;
            match token {
                Token::Symbol("(" | ";") => {}
                Token::Symbol("{") => in_braces = true,
                Token::Mark | Token::Symbol("=") if in_braces => {}
                _ => return operation_of(token),
            }
        }
    }

    /// The operation of the statement after this one.
    pub(super) fn next_statement(&mut self) -> Option<&'static str> {
        while self.next()?.0 != Token::Symbol(";") {}
        self.operation()
    }

    /// Passes over what `with` gives names to, to the operation behind it.
    pub(super) fn with(&mut self) -> &'static str {
        let (base, mut given) = (self.froms.depth(), 0);
        while let Some((token, from)) = self.next() {
            if self.froms.depth() > base {
                self.look_inside(token, from);
            } else if let Some(operation) = main_operation(token) {
                return operation;
            } else if self.lexer.peek().is_some_and(|next| next.is("as") || next == Token::Symbol("("))
                && let Some(name) = plain(token)
                && let Some(free) = self.given.get_mut(given)
            {
                *free = name;
                given += 1;
            }
        }
        "with"
    }

    fn look_inside(&mut self, token: Token<'a>, from: bool) {
        if self.inner.is_none() && (from || token.is_any(&["into", "join", "update"])) {
            self.inner = self.read_from();
        }
    }

    pub(super) fn table_of(&mut self, operation: &str) -> Option<Cow<'a, str>> {
        match operation {
            "select" => self.table_read(),
            "delete" => self.table_deleted_from(),
            "insert" | "merge" | "update" => self.table_written(),
            "upsert" | "replace" | "truncate" | "copy" | "lock" | "analyze" | "vacuum" | "describe" | "desc"
            | "table" | "refresh" | "reindex" | "optimize" | "repair" | "check" | "call" => self.table_named(),
            "exec" | "execute" => self.procedure(),
            "create" | "alter" | "drop" | "comment" => self.table_made(),
            "explain" | "declare" | "prepare" => {
                while let Some((token, _)) = self.next() {
                    if let Some(inner) = main_operation(token) {
                        let inner = if inner == "with" { self.with() } else { inner };
                        return self.table_of(inner);
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// The table that is read from.
    fn table_read(&mut self) -> Option<Cow<'a, str>> {
        let base = self.froms.depth();
        // Where the first thing read from is no table, the next one will do.
        let mut any = false;
        while let Some((token, from)) = self.next() {
            if token == Token::Symbol(";") {
                break;
            }
            if !from && !token.is("join") {
                continue;
            }
            let found = self.read_from();
            if any || self.froms.depth() == base {
                if found.is_some() {
                    return found;
                }
                any = true;
            } else if self.inner.is_none() {
                self.inner = found;
            }
        }
        self.inner.take()
    }

    /// The table after `from`, `join` and the like, unless it is something else there.
    fn read_from(&mut self) -> Option<Cow<'a, str>> {
        while self.lexer.peek()?.is_any(&["only", "lateral"]) {
            self.next();
        }
        let mut ahead = self.lexer;
        let (name, simple) = name(&mut ahead)?;
        let is_given = simple && self.given.iter().any(|given| given.eq_ignore_ascii_case(&name));
        // A function is called there.
        let is_called = ahead.peek() == Some(Token::Symbol("("));
        (!is_given && !is_called).then_some(name)
    }

    /// The table that is written to, behind what some databases have before it.
    fn table_written(&mut self) -> Option<Cow<'a, str>> {
        self.pass_top();
        let mut ahead = self.lexer;
        // Oracle's: `insert all when … then into`.
        if ahead.next()?.0.is_any(&["all", "first"]) && ahead.peek()?.is_any(&["into", "when"]) {
            while !self.lexer.peek()?.is("into") {
                self.next();
            }
        }
        self.table_named()
    }

    /// The table after `from`, without which some databases do.
    fn table_deleted_from(&mut self) -> Option<Cow<'a, str>> {
        self.pass_top();
        let mut ahead = self.lexer;
        let found = name(&mut ahead);
        let ends = ahead.peek().is_none_or(|next| next == Token::Symbol(";") || next.is_any(&["where", "output"]));
        found.filter(|_| ends).map_or_else(|| self.table_read(), |(name, _)| Some(name))
    }

    /// Passes over SQL Server's `top (5) percent`.
    fn pass_top(&mut self) {
        let mut ahead = self.lexer;
        let is_top = ahead.next().is_some_and(|(token, _)| token.is("top"));
        if !is_top || ahead.peek() != Some(Token::Symbol("(")) {
            return;
        }
        let base = self.froms.depth();
        self.next();
        self.next();
        while self.froms.depth() > base && self.next().is_some() {}
        if self.lexer.peek().is_some_and(|next| next.is("percent")) {
            self.next();
        }
    }

    /// The procedure, or the prepared statement, that is executed.
    fn procedure(&mut self) -> Option<Cow<'a, str>> {
        if self.lexer.peek()?.is_any(&["procedure", "task"]) {
            self.next();
        }
        if self.lexer.peek()? == Token::Mark {
            // `exec @returned = p`.
            self.next();
            self.next();
        }
        // What these execute is text.
        if self.lexer.peek()?.is_any(&["immediate", "block"]) {
            return None;
        }
        name(&mut self.lexer).map(|(name, _)| name)
    }

    /// The table that follows, behind words that may stand before it.
    fn table_named(&mut self) -> Option<Cow<'a, str>> {
        loop {
            let mut ahead = self.lexer;
            let (token, _) = ahead.next()?;
            if token == Token::Symbol("(") {
                // Options, or a query: `copy (select …) to`.
                let base = self.froms.depth();
                self.next();
                while self.froms.depth() > base {
                    let (token, from) = self.next()?;
                    self.look_inside(token, from);
                }
                if self.inner.is_some() {
                    return self.inner.take();
                }
            } else if token.is_any(&BEFORE_TABLE) && !ahead.is_dotted() {
                self.next();
            } else {
                return name(&mut self.lexer).map(|(name, _)| name);
            }
        }
    }

    /// The table that is made, changed or dropped, or whose index is.
    fn table_made(&mut self) -> Option<Cow<'a, str>> {
        while let Some((token, _)) = self.next() {
            if token.is_any(&["table", "view"]) {
                return self.table_named();
            }
            if token.is_any(&["index", "trigger", "policy"]) {
                while !self.next()?.0.is("on") {}
                return self.table_named();
            }
            if token.is_any(&[
                "function",
                "procedure",
                "database",
                "schema",
                "type",
                "role",
                "user",
                "sequence",
                "extension",
            ]) {
                return None;
            }
        }
        None
    }
}
