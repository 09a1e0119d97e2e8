//! Whoever is first, or second, finds every registered site.

#[macro_use]
mod support;

use std::{sync::Barrier, thread};

site!(NEVER_CALLED, "never called");

#[test]
fn snapshots_taken_at_once_by_many_threads_all_know_every_site() {
    // More sites make the time longer in which the first is not done yet.
    macro_rules! many { ($($name:ident)*) => {$( mod $name { site!(SITE, stringify!($name)); } )*} }
    many!(a b c d e f g h i j k l m n o p q r s t u v w x y z);
    let start = Barrier::new(16);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                start.wait();
                let snapshot = perfmon_core::snapshot();
                assert!(snapshot.get("never called").is_some());
                assert_eq!(snapshot.sites().len(), 27);
            });
        }
    });
}
