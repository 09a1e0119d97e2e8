//! The store: a real SQLite database of orders, in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use perfmon::monitor_db;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use serde_json::{Value, json};

const SCHEMA: &str = "
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0), price REAL NOT NULL
    ) STRICT;
";

const SYMBOLS: [&str; 5] = ["AAPL", "AMZN", "GOOGL", "MSFT", "NVDA"];

pub(crate) struct Store {
    connection: Mutex<Connection>,
}

impl Store {
    /// With some orders in it.
    pub(crate) fn open() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        let store = Self { connection: Mutex::new(connection) };
        for (at, price) in (0..500).zip((100..).map(f64::from)) {
            store.insert_order(SYMBOLS[at % SYMBOLS.len()], 1 + i64::try_from(at).unwrap_or(0) % 9, price)?;
        }
        Ok(store)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[monitor_db("insert", "orders")]
    pub(crate) fn insert_order(&self, symbol: &str, quantity: i64, price: f64) -> Result<i64> {
        let connection = self.connection();
        let mut insert = connection.prepare_cached("INSERT INTO orders (symbol, quantity, price) VALUES (?, ?, ?)")?;
        insert.insert(params![symbol, quantity, price])
    }

    #[monitor_db("select", "orders")]
    pub(crate) fn order(&self, id: i64) -> Result<Option<Value>> {
        let connection = self.connection();
        let mut select = connection.prepare_cached("SELECT id, symbol, quantity, price FROM orders WHERE id = ?")?;
        select.query_row([id], order).optional()
    }

    #[monitor_db("select", "orders")]
    pub(crate) fn newest(&self, most: i64) -> Result<Vec<Value>> {
        let connection = self.connection();
        let mut select =
            connection.prepare_cached("SELECT id, symbol, quantity, price FROM orders ORDER BY id DESC LIMIT ?")?;
        select.query_map([most], order)?.collect()
    }

    /// Every order beside every other of its symbol: a query that somebody should look at.
    #[monitor_db("report", "orders", p99 = "5ms")]
    pub(crate) fn totals(&self) -> Result<Vec<Value>> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(
            "SELECT a.symbol, count(*), max(abs(a.price - b.price)) FROM orders a, orders b
             WHERE a.symbol = b.symbol AND a.id <= 500 AND b.id <= 500 GROUP BY a.symbol ORDER BY a.symbol",
        )?;
        let total = |row: &Row<'_>| {
            Ok(
                json!({ "symbol": row.get::<_, String>(0)?, "pairs": row.get::<_, i64>(1)?, "widest": row.get::<_, f64>(2)? }),
            )
        };
        select.query_map([], total)?.collect()
    }

    /// There is no such table.
    #[monitor_db("select", "positions")]
    pub(crate) fn positions(&self) -> Result<i64> {
        self.connection().query_row("SELECT count(*) FROM positions", [], |row| row.get(0))
    }
}

fn order(row: &Row<'_>) -> Result<Value> {
    let (id, symbol): (i64, String) = (row.get(0)?, row.get(1)?);
    let (quantity, price): (i64, f64) = (row.get(2)?, row.get(3)?);
    Ok(json!({ "id": id, "symbol": symbol, "quantity": quantity, "price": price }))
}
