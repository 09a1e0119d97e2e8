//! The recorder: counts and buckets that only grow, one writer each, read by anyone at any time.
//!
//! ```text
//! thread ─ slot ─ directory ─ record of a series ─ chunks of buckets      all in one arena, by number
//! ```
//!
//! - `storage`, `arena`: words, and who gets them.
//! - `words`: what each word means. `writer`: the end of a call. `reader`: the figures of a series.
//! - `labels`, `sample`: from label values to a record; which calls are timed.
//! - `thread`, `process`, `call`: the thread's slot, the process' recorder, and the hot path through both.

mod arena;
mod call;
#[cfg(test)]
mod fixture;
mod footprint;
mod labels;
#[cfg(all(test, loom))]
mod loom_tests;
mod process;
mod reader;
mod sample;
mod storage;
#[cfg(all(test, not(loom)))]
mod tests;
mod thread;
mod words;
mod writer;

pub use self::footprint::Footprint;
pub use self::process::{is_enabled, set_enabled};
pub(crate) use self::{
    call::{Flight, Ticket, change, count, observe, record},
    process::{Recorder, RecorderReader, recorder, running},
    reader::Totals,
    thread::undisturbed,
    writer::Outcome,
};
