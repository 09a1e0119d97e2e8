//! The one tick: samplers, snapshot, windows, health, subscribers.

mod clock;
mod own;
pub(crate) mod sampler;

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use perfmon_core::{
    analyse::{Deduction, HealthPolicy, Judge, Window, assess},
    collect::{Driver, Source, collectors, register_collector},
    evidence, series, snapshot,
};
use tokio::time::Instant;

use self::{clock::Clock, own::Own, sampler::Sampler};
use crate::state::{Shared, Tick};

/// How late a tick may be before health says so.
const TOO_LATE: Duration = Duration::from_secs(2);

/// Something done before each second's work, which may change the policy and take points.
pub(crate) type Chore = Box<dyn FnMut(&mut HealthPolicy) -> Option<Deduction> + Send>;

/// Moves everything on by a second, when told to.
pub(crate) struct Pump {
    shared: Arc<Shared>,
    policy: HealthPolicy,
    judge: Judge,
    driver: Driver,
    sampler: Sampler,
    own: Source,
    chores: Vec<Chore>,
    clock: Clock,
    ticks: u64,
}

impl fmt::Debug for Pump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pump").field("ticks", &self.ticks).finish_non_exhaustive()
    }
}

impl Pump {
    pub(crate) fn new(shared: Arc<Shared>, policy: HealthPolicy, driver: Driver, chores: Vec<Chore>) -> Self {
        let own = register_collector(Own(shared.clone()));
        Self {
            shared,
            policy,
            judge: Judge::default(),
            driver,
            sampler: Sampler::new(),
            own,
            chores,
            clock: Clock::default(),
            ticks: 0,
        }
    }

    /// Between two seconds: whether a collector holds up the others. What goes wrong here is told by the next second.
    pub(crate) fn look_after(&self) {
        let _ = self.sampler.look_after();
    }

    /// One second's work. `late` is how much later than planned it begins.
    pub(crate) fn tick(&mut self, late: Duration) {
        let begun = Instant::now();
        self.ticks += 1;
        let mut own: Vec<_> = self.chores.iter_mut().filter_map(|chore| chore(&mut self.policy)).collect();
        let starved = self.sampler.run(self.driver.due()).err();
        let snapshot = Arc::new(snapshot());
        series::remember(&snapshot);
        let (minute, recent, verdicts, untracked) = {
            let mut windows = self.shared.windows();
            windows.advance(&snapshot);
            let of = |window| windows.interval(window, &snapshot);
            let (minute, recent) = (of(Window::OneMinute), of(Window::FiveMinutes));
            let verdicts = self.judge.judge(&snapshot, |window| match window {
                Window::OneMinute => Cow::Borrowed(&minute),
                Window::FiveMinutes => Cow::Borrowed(&recent),
                other => Cow::Owned(of(other)),
            });
            (minute, recent, verdicts, windows.untracked())
        };
        evidence::aim(&minute);
        if late > TOO_LATE {
            own.push(deduction(
                "pump_late",
                5,
                format!(
                    "the exporter's last second began {:.1} s late: the machine is overloaded or was asleep",
                    late.as_secs_f64()
                ),
            ));
        }
        if let Some(reason) = self.clock.see(snapshot.taken_at(), snapshot.span()) {
            own.push(deduction("clock", 5, reason));
        }
        // What is not followed is lost to whoever looks at a window.
        if let Some(losses) = self.policy.rule("losses").filter(|_| untracked > 0) {
            let reason =
                format!("{untracked} series have no live windows: give those more memory ([windows] memory_limit)");
            own.push(deduction("windows", losses.points, reason));
        }
        if let Some(error) = starved {
            own.push(deduction("no_sampler", 10, format!("failed to start a thread for collectors: {error}")));
        }
        if let Some(error) = self.shared.connections.failing() {
            own.push(deduction(
                "no_connections",
                10,
                format!("the exporter failed to accept connections within the last minute: {error}; raise the limit of open files (ulimit -n), or find who holds so many"),
            ));
        }
        if self.shared.faults() > 0 {
            let reason = format!(
                "{} of the exporter's seconds panicked, which is a mistake of perfmon's: please report it",
                self.shared.faults()
            );
            own.push(deduction("pump_fault", 10, reason));
        }
        own.extend(self.shared.troubles().into_iter().map(|(rule, reason)| deduction(rule, 5, reason)));
        let health = assess(&self.policy, &snapshot, &recent, &verdicts, &collectors(), &own);
        let minute = (Window::OneMinute, minute);
        let took = begun.elapsed();
        self.shared.publish(Tick { number: self.ticks, snapshot, health, verdicts, minute, recent, took, late });
    }
}

fn deduction(rule: &str, points: u8, reason: String) -> Deduction {
    Deduction { rule: rule.to_owned(), points, reason }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.own.clone().remove();
    }
}
