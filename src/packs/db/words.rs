//! The words that a statement is read by.

use super::lex::Token;

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
pub(super) const BEFORE_TABLE: [&str; 30] = [
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
pub(super) const NO_TABLE: [&str; 12] =
    ["as", "database", "default", "index", "into", "schema", "select", "set", "system", "using", "values", "where"];

/// The operation that a word is.
pub(super) fn operation_of(token: Token<'_>) -> Option<&'static str> {
    let Token::Word(word) = token else { return None };
    let mut lower = [0; 16];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    OPERATIONS.binary_search_by(|known| known.as_bytes().cmp(lower)).ok().map(|at| OPERATIONS[at])
}

/// What a statement behind `with` or `explain` does.
pub(super) fn main_operation(token: Token<'_>) -> Option<&'static str> {
    operation_of(token).filter(|operation| {
        matches!(
            *operation,
            "select" | "insert" | "update" | "delete" | "replace" | "merge" | "values" | "table" | "with"
        )
    })
}
