//! The team's notes: a real SQLite database, in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use perfmon::{monitor_db, monitor_tool};
use rusqlite::{Connection, Result, params};

/// What agents keep for each other.
pub(crate) struct Notebook(Mutex<Connection>);

impl Notebook {
    pub(crate) fn open() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "CREATE TABLE notes (topic TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (topic, note)) STRICT;",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Keeps a note; one that is there already stays.
    #[monitor_tool("notes_write")]
    pub(crate) fn write(&self, topic: &str, note: &str) -> Result<()> {
        insert(&self.connection(), topic, note)
    }

    /// The notes of a topic.
    #[monitor_tool("notes_read")]
    pub(crate) fn read(&self, topic: &str) -> Result<Vec<String>> {
        select(&self.connection(), topic)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[monitor_db("insert", "notes")]
fn insert(connection: &Connection, topic: &str, note: &str) -> Result<()> {
    connection.prepare_cached("INSERT OR IGNORE INTO notes VALUES (?, ?)")?.execute(params![topic, note])?;
    Ok(())
}

#[monitor_db("select", "notes")]
fn select(connection: &Connection, topic: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT note FROM notes WHERE topic = ? ORDER BY rowid")?;
    statement.query_map([topic], |row| row.get(0))?.collect()
}
