//! The store: a real SQLite database of orders and of experiences, in a file of its own that is deleted at the end.

use std::sync::Arc;

use perfmon::{monitor_db, trading::Regime};
use rusqlite::{Connection, OptionalExtension as _, Result, params};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::{
    market::Date,
    order::{Execution, Order},
    signal::Signal,
};

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY, day TEXT NOT NULL, side TEXT NOT NULL, kind TEXT NOT NULL,
        quantity INTEGER NOT NULL, filled INTEGER NOT NULL, price REAL NOT NULL, status TEXT NOT NULL
    ) STRICT;
    CREATE INDEX orders_by_day ON orders (day);
    CREATE TABLE experiences (
        day INTEGER PRIMARY KEY, regime TEXT NOT NULL, trend INTEGER NOT NULL, outcome REAL NOT NULL
    ) STRICT;
    CREATE INDEX experiences_by_situation ON experiences (regime, trend, day);
";

/// Two connections to one file: with a write-ahead log, reading does not wait for writing.
pub(crate) struct Store {
    writer: Connection,
    reader: Reader,
    /// Deleted when dropped, after the connections.
    _directory: TempDir,
}

/// The connection that reads, for whoever asks.
#[derive(Clone)]
pub(crate) struct Reader(Arc<Mutex<Connection>>);

/// How the market went on after similar situations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Memories {
    pub(crate) count: u32,
    /// Mean return of the session that followed.
    pub(crate) mean: f64,
}

/// The orders of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct OrderCounts {
    pub(crate) placed: u32,
    pub(crate) filled: u32,
    pub(crate) partial: u32,
    pub(crate) refused: u32,
}

impl Store {
    pub(crate) fn open() -> std::result::Result<Self, Box<dyn std::error::Error>> {
        let directory = tempfile::Builder::new().prefix("perfmon-trading-bot-").tempdir()?;
        let path = directory.path().join("bot.sqlite");
        let writer = Connection::open(&path)?;
        writer.execute_batch(SCHEMA)?;
        let reader = Reader(Arc::new(Mutex::new(Connection::open(&path)?)));
        Ok(Self { writer, reader, _directory: directory })
    }

    pub(crate) fn reader(&self) -> Reader {
        self.reader.clone()
    }

    #[monitor_db("insert", "orders")]
    pub(crate) fn insert_order(&self, day: Date, order: &Order, execution: &Execution, status: &str) -> Result<()> {
        let mut insert = self.writer.prepare_cached("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?;
        insert.execute(params![
            order.id.cast_signed(),
            day.to_string(),
            order.side.to_string(),
            order.kind(),
            order.quantity,
            execution.filled,
            execution.price,
            status
        ])?;
        Ok(())
    }

    #[monitor_db("insert", "experiences")]
    pub(crate) fn insert_experience(&self, day: Date, signal: &Signal, outcome: f64) -> Result<()> {
        let mut insert = self.writer.prepare_cached("INSERT INTO experiences VALUES (?, ?, ?, ?)")?;
        insert.execute(params![day.ordinal(), signal.regime.to_string(), situation(signal.trend), outcome])?;
        Ok(())
    }

    /// What followed when the market was as it is now. It may have to read thousands of rows, so it runs where it blocks nobody; the
    /// measured time is what the caller waits, the hand-over to the other thread included.
    #[monitor_db("select", "experiences", p99 = "5ms")]
    pub(crate) async fn query_memories(&self, signal: &Signal) -> Result<Memories> {
        let (regime, trend) = (signal.regime, situation(signal.trend));
        self.reader.ask(move |reader| memories(reader, regime, trend)).await
    }

    #[monitor_db("select", "orders")]
    pub(crate) fn count_orders(&self, year: i32) -> Result<OrderCounts> {
        let mut select = self.writer.prepare_cached(
            "SELECT count(*), coalesce(sum(status = 'filled'), 0), coalesce(sum(status = 'partial'), 0),
                    coalesce(sum(status = 'refused'), 0)
             FROM orders WHERE day >= ?1 || '-' AND day < ?1 || '.'",
        )?;
        select.query_row([year.to_string()], |row| {
            Ok(OrderCounts { placed: row.get(0)?, filled: row.get(1)?, partial: row.get(2)?, refused: row.get(3)? })
        })
    }
}

impl Reader {
    /// An order as it is stored, for people; `None` when there is none of this number.
    #[monitor_db("select", "orders")]
    pub(crate) async fn order(&self, id: u64) -> Result<Option<serde_json::Value>> {
        self.ask(move |reader| {
            let mut select = reader
                .prepare_cached("SELECT day, side, kind, quantity, filled, price, status FROM orders WHERE id = ?")?;
            let order = select.query_row([id.cast_signed()], |row| {
                Ok(serde_json::json!({
                    "id": id, "day": row.get::<_, String>(0)?, "side": row.get::<_, String>(1)?, "kind": row.get::<_, String>(2)?,
                    "quantity": row.get::<_, i64>(3)?, "filled": row.get::<_, i64>(4)?, "price": row.get::<_, f64>(5)?,
                    "status": row.get::<_, String>(6)?,
                }))
            });
            order.optional()
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let reader = Arc::clone(&self.0);
        let query = tokio::task::spawn_blocking(move || question(&reader.blocking_lock()));
        query.await.expect("the query neither panics nor is aborted")
    }
}

fn memories(reader: &Connection, regime: Regime, trend: i64) -> Result<Memories> {
    let mut select = reader
        .prepare_cached("SELECT count(*), coalesce(avg(outcome), 0) FROM experiences WHERE regime = ? AND trend = ?")?;
    select.query_row(params![regime.to_string(), trend], |row| Ok(Memories { count: row.get(0)?, mean: row.get(1)? }))
}

/// Trends are compared in quarters.
fn situation(trend: f64) -> i64 {
    crate::sizing::whole_shares(trend * 4.0)
}
