//! Database statements: what they are called, what is kept of them, who tells them.

mod naming;
mod real;
mod redacting;
mod rows;
mod running;
mod slow;
mod spans;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// For one test at a time that reads the slow statements: others would push its own out.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
