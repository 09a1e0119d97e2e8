//! Call sites whose names are known only at run time: routes of a router, statements of a database, jobs of a queue.
//!
//! Attributes and macros take names as literals, which costs nothing and lists sites that were never called. Where the same place in the source serves
//! many names, a label is the first choice (`labels(queue = job.queue)`). Where each name is to be a site of its own, with its own row in reports and its own
//! objectives, make it here, once, and keep it:
//!
//! ```
//! use std::{sync::OnceLock, time::Duration};
//! use perfmon::{Kind, sites::{self, CallSite, Table}};
//!
//! /// At most a hundred; what comes beyond them is measured together.
//! static QUEUES: Table<&'static CallSite> = Table::new(100);
//! static OTHER: OnceLock<&'static CallSite> = OnceLock::new();
//!
//! fn site_of(queue: &str) -> &'static CallSite {
//!     let parts = ["job", queue];
//!     let make = |parts| sites::announce(CallSite::made(Kind::Latency, parts, module_path!()));
//!     let found = QUEUES.find(sites::hash(&parts), |site| site.is_named(&parts), || make(&parts));
//!     found.copied().unwrap_or_else(|| OTHER.get_or_init(|| make(&["job", "other"])))
//! }
//!
//! let job = sites::guard(site_of("mail")); // counts when it is dropped, finished or cancelled
//! job.finish(false);
//! sites::record(site_of("mail"), Duration::from_millis(3)); // measured elsewhere
//! assert_eq!(perfmon::snapshot().get("job mail").unwrap().calls(), 2);
//! # (0..150).for_each(|number| sites::record(site_of(&number.to_string()), Duration::from_millis(1)));
//! # assert_eq!(perfmon::snapshot().get("job other").unwrap().calls(), 51);
//! ```
//!
//! What is known only while a call goes on becomes a label of it then: [`Guard::relabel`](crate::Guard::relabel), or with a [`LabelSet`] that is kept
//! [`relabel_as`](crate::Guard::relabel_as).
//!
//! A [`Table`] is found through without a lock and bounded, since names that come from outside are without end. A call of such a site costs what a
//! [guard](crate::latency!) does.

pub use perfmon_core::{
    call::{LabelSet, Stopwatch, announce, guard, in_flight, record, runs_here},
    site::{CallSite, Table, hash, is_declared, latency_bound},
};
