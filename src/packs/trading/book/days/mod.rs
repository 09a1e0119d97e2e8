//! Days: when one begins, what it is called, what it came to.

mod calendar;
mod date;
mod day;

pub(crate) use self::calendar::{Calendar, Session};
pub use self::{date::Date, day::Day};
