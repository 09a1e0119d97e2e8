//! Measures batches of calls. Each library runs in a *worker*, a process of its own, so that its background threads and
//! globals stay out of the others' figures; the table's process asks the workers in turn, round by round. Updates of a pack are measured in one process: [`updates`].
//!
//! ```text
//! table ─ ask ─► worker ─► crew of two pinned threads ─► batch of a case, right after one of two bare timestamp reads
//! ```

mod baseline;
mod case;
mod clock;
mod crew;
mod protocol;
pub mod updates;
mod worker;

pub use self::{
    case::{Case, Group, Settle},
    clock::{process_cpu, thread_cpu},
    crew::pin,
    protocol::{Mode, Worker},
    worker::serve,
};
