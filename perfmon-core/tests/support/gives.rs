//! A collector made of a closure, and a turn for whoever looks at what collectors gave.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use perfmon_core::collect::{BoxError, Collector, Samples, Source, register_collector};

/// Gives this at every snapshot.
struct Gives<F>(&'static str, F);

impl<F: Fn(&mut Samples) + Send + Sync> Collector for Gives<F> {
    fn name(&self) -> &str {
        self.0
    }
    fn interval(&self) -> Duration {
        Duration::ZERO
    }
    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        (self.1)(out);
        Ok(())
    }
}

/// Registered where it is called.
#[track_caller]
pub(crate) fn give(name: &'static str, body: impl Fn(&mut Samples) + Send + Sync + 'static) -> Source {
    register_collector(Gives(name, body))
}

/// Nobody else takes a snapshot meanwhile: collectors are run by one of those who do at the same time, and the others see what was found before.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
