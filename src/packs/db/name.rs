//! What a statement does, and to which table.

use std::borrow::Cow;

use super::{redact::floor, scan::Scan};

/// How much of a statement is looked at, in bytes.
const LOOKED_AT: usize = 64 << 10;

/// What a statement does, and to which table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Named<'a> {
    /// Its first word in lower case, if that is one of some seventy operations, otherwise `other`. Of `with … insert` it is `insert`.
    pub operation: &'static str,
    /// The first table, in lower case, quoted or not, and without its schema; at most 64 bytes. `None` where there is none, or none was found.
    pub table: Option<Cow<'a, str>>,
}

/// What a statement does, and to which table; never a value that is in it. Any text will do, of any database. Costs some nanoseconds for each byte up to
/// the table's name, and looks no further.
///
/// - Of several tables it is the one after `from`, `into` or `update`. What `with` gives a name to is no table: there, and where a query stands in place of a table, it is the
///   first inside.
/// - Of several statements it is the first that is not `begin`, `start`, `set` or `savepoint`.
/// - A procedure that is called stands for the table (`call`, `exec`, `{? = call …}`), and so does a prepared statement that is executed.
/// - A batch that begins with `if` or `while` is `other`: only the server knows what of it runs.
/// - SQL Server's `#temporary` tables have no name, since what follows `#` is a comment in MySQL.
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
