//! The recorder: counts and buckets that only grow, one writer each, read by anyone at any time.
//!
//! ```text
//! thread ─ slot ─ directory ─ record of a series ─ chunks of buckets      all in one arena, by number
//! ```
//!
//! - `storage`, `arena`: words, and who gets them.
//! - `words`: what each word means. `writer`: the end of a call. `reader`: the figures of a series.
//! - `labels`, `sample`: from label values to a record; which calls are timed.
//! - `slow`: calls over a threshold.
//! - `thread`, `process`: the thread's slot, the process' recorder.
//! - `ticket`, `flight`, `given`: the hot path, of calls that stay on their thread, of calls that may move, of figures that need no clock;
//!   all find their record through `entry`.

mod arena;
mod entry;
#[cfg(test)]
mod fixture;
mod flight;
mod footprint;
mod given;
mod labels;
#[cfg(all(test, loom))]
mod loom_tests;
mod process;
mod reader;
mod sample;
mod slow;
mod storage;
mod tally;
#[cfg(all(test, not(loom)))]
mod tests;
mod thread;
mod ticket;
mod words;
mod writer;

pub use self::footprint::Footprint;
pub use self::process::{footprint, is_enabled, set_enabled};
pub(crate) use self::{
    entry::{entry_of, entry_of_series, series_of},
    flight::Flight,
    given::{change, count, observe, record},
    process::{Recorder, RecorderReader, recorder, running},
    reader::Totals,
    thread::undisturbed,
    ticket::Ticket,
    writer::Outcome,
};
