//! What is left when the exporter stops.

mod support;

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use perfmon_core::{
    collect::{BoxError, Collector, CollectorStatus, Samples, collectors, register_collector},
    snapshot,
};
use support::eventually;

/// Whether it is shut, and whether somebody has come to it since.
type Gate = Arc<(Mutex<(bool, bool)>, Condvar)>;

/// Waits while the gate is shut.
struct Gated(&'static str, Gate);

impl Collector for Gated {
    fn name(&self) -> &str {
        self.0
    }
    fn interval(&self) -> Duration {
        Duration::ZERO
    }
    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        let mut gate = self.1.0.lock().expect("no panic");
        gate.1 = true;
        drop(self.1.1.wait_while(gate, |gate| gate.0).expect("no panic"));
        out.gauge(self.0, 1.0);
        Ok(())
    }
}

fn status(name: &str) -> CollectorStatus {
    collectors().into_iter().find(|one| one.name == name).expect("registered")
}

/// A report is written after the exporter has stopped, and should have what was known.
#[test]
fn collectors_that_wait_for_their_turn_keep_their_values() {
    let gate = Gate::default();
    let shut = |shut: bool| {
        *gate.0.lock().expect("no panic") = (shut, false);
        gate.1.notify_all();
    };
    register_collector(Gated("slow_one", gate.clone()));
    register_collector(Gated("next_one", Gate::default()));
    let mut exporter = perfmon_exporter::builder().by_hand().expect("the only one");
    eventually("both have run", || {
        exporter.tick();
        snapshot().metric("next_one").map(|_| ())
    });
    shut(true);
    eventually("the slow one runs", || {
        exporter.tick();
        gate.0.lock().expect("no panic").1.then_some(())
    });
    exporter.tick();
    drop(exporter);
    let next = status("next_one");
    assert_eq!((next.failures, next.last_error), (0, None));
    let snapshot = snapshot();
    assert!(snapshot.metric("slow_one").is_some() && snapshot.metric("next_one").is_some());
    shut(false);
}
