//! What a statement does, and to which table.

use std::borrow::Cow;

use super::{
    froms::Froms,
    lex::{Lexer, Token},
    redact::floor,
};

/// How much of a statement is looked at, and of a table's name, in bytes.
const LOOKED_AT: usize = 64 << 10;
const LONGEST: usize = 64;
/// Names that a `with` may give and that are told from tables.
const MOST_NAMED: usize = 16;

/// The operations there are, sorted; all else is `other`.
const OPERATIONS: [&str; 70] = [
    "abort",
    "alter",
    "analyze",
    "attach",
    "begin",
    "call",
    "check",
    "checkpoint",
    "close",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete",
    "desc",
    "describe",
    "detach",
    "discard",
    "do",
    "drop",
    "end",
    "exec",
    "execute",
    "explain",
    "fetch",
    "flush",
    "grant",
    "handler",
    "import",
    "insert",
    "kill",
    "listen",
    "load",
    "lock",
    "merge",
    "move",
    "notify",
    "optimize",
    "pragma",
    "prepare",
    "reassign",
    "refresh",
    "reindex",
    "release",
    "rename",
    "repair",
    "replace",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "select",
    "set",
    "show",
    "start",
    "table",
    "truncate",
    "unlisten",
    "unlock",
    "update",
    "upsert",
    "use",
    "vacuum",
    "values",
    "with",
    "xa",
];

/// Words that stand before the name of a table that is written to or named.
const BEFORE_TABLE: [&str; 30] = [
    "abort",
    "concurrently",
    "delayed",
    "exists",
    "extended",
    "fail",
    "freeze",
    "full",
    "high_priority",
    "if",
    "ignore",
    "into",
    "local",
    "low_priority",
    "materialized",
    "no_write_to_binlog",
    "not",
    "only",
    "or",
    "overwrite",
    "partitions",
    "quick",
    "replace",
    "rollback",
    "table",
    "tables",
    "temp",
    "temporary",
    "verbose",
    "view",
];

/// Words that are no table where one may stand.
const NO_TABLE: [&str; 12] =
    ["as", "database", "default", "index", "into", "schema", "select", "set", "system", "using", "values", "where"];

/// What a statement does, and to which table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Named<'a> {
    /// Its first word in lower case, if that is one of some seventy operations, otherwise `other`. Of `with … insert` it is `insert`.
    pub operation: &'static str,
    /// The first table, without its schema, in lower case unless it was quoted; at most 64 bytes. `None` where there is none, or none was found.
    pub table: Option<Cow<'a, str>>,
}

/// What a statement does, and to which table; never a value that is in it. Any text will do, of any database. Costs some nanoseconds for each byte up to
/// the table's name, and looks no further.
///
/// - Of several tables it is the one after `from`, `into` or `update`. What `with` gives a name to is no table: there, and where a query stands in place of a table, it is the
///   first inside.
/// - Of several statements it is the first that is not `begin`, `start`, `set` or `savepoint`.
/// - A procedure that is called stands for the table.
///
/// ```
/// use perfmon::db::name_of;
///
/// let named = name_of("WITH best AS (SELECT * FROM fills) SELECT * FROM best JOIN public.Orders o USING (id)");
/// assert_eq!((named.operation, named.table.as_deref()), ("select", Some("orders")));
/// assert_eq!(name_of("COMMIT").table, None);
/// assert_eq!(name_of("Alice's password").operation, "other");
/// ```
#[must_use]
pub fn name_of(statement: &str) -> Named<'_> {
    let mut scan = Scan::new(&statement[..floor(statement, LOOKED_AT)]);
    let Some(first) = scan.operation() else { return Named { operation: "other", table: None } };
    let mut operation = first;
    while matches!(operation, "begin" | "start" | "set" | "savepoint") {
        match scan.next_statement() {
            Some(next) => operation = next,
            None => return Named { operation: first, table: None },
        }
    }
    if operation == "with" {
        operation = scan.with();
    }
    let table = scan.table_of(operation);
    Named { operation, table }
}

fn operation_of(token: Token<'_>) -> Option<&'static str> {
    let Token::Word(word) = token else { return None };
    let mut lower = [0; 16];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    OPERATIONS.binary_search_by(|known| known.as_bytes().cmp(lower)).ok().map(|at| OPERATIONS[at])
}

struct Scan<'a> {
    lexer: Lexer<'a>,
    froms: Froms,
    /// Names that `with` gave.
    given: [&'a str; MOST_NAMED],
    /// The first table inside parentheses.
    inner: Option<Cow<'a, str>>,
}

impl<'a> Scan<'a> {
    fn new(statement: &'a str) -> Self {
        Self { lexer: Lexer::new(statement), froms: Froms::default(), given: [""; MOST_NAMED], inner: None }
    }

    /// The next token, and whether it is the `from` of a statement.
    fn next(&mut self) -> Option<(Token<'a>, bool)> {
        let (token, _) = self.lexer.next()?;
        let from = self.froms.see(token);
        Some((token, from))
    }

    /// The operation that the statement begins with.
    fn operation(&mut self) -> Option<&'static str> {
        loop {
            let (token, _) = self.next()?;
            if !matches!(token, Token::Symbol("(" | ";")) {
                return operation_of(token);
            }
        }
    }

    /// The operation of the statement after this one.
    fn next_statement(&mut self) -> Option<&'static str> {
        while self.next()?.0 != Token::Symbol(";") {}
        self.operation()
    }

    /// Passes over what `with` gives names to, to the operation behind it.
    fn with(&mut self) -> &'static str {
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

    fn table_of(&mut self, operation: &str) -> Option<Cow<'a, str>> {
        match operation {
            "select" | "delete" | "upsert" => self.table_read(),
            "insert" | "replace" | "merge" | "update" | "truncate" | "copy" | "lock" | "analyze" | "vacuum"
            | "describe" | "desc" | "table" | "refresh" | "reindex" | "optimize" | "repair" | "check" | "call" => {
                self.table_named()
            }
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

/// What a statement behind `with` or `explain` does.
fn main_operation(token: Token<'_>) -> Option<&'static str> {
    operation_of(token).filter(|operation| {
        matches!(
            *operation,
            "select" | "insert" | "update" | "delete" | "replace" | "merge" | "values" | "table" | "with"
        )
    })
}

/// A name without quotes around it.
fn plain(token: Token<'_>) -> Option<&str> {
    match token {
        Token::Word(name) => Some(name),
        Token::Ticked(text) | Token::Quoted(text) => text.get(1..text.len().saturating_sub(1)),
        _ => None,
    }
}

/// Reads a table's name, without its schema; whether it had none.
fn name<'a>(lexer: &mut Lexer<'a>) -> Option<(Cow<'a, str>, bool)> {
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
