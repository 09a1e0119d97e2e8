//! The machine and the process itself: processor, memory, disks, network, temperature, connections.
//!
//! ```
//! let system = perfmon::system::register();
//! let snapshot = perfmon::snapshot();
//! let used = snapshot.metric("memory_usage_percent").unwrap().total();
//! println!("{used:?}");
//! system.collector("connections").unwrap().set_enabled(false); // each has its switch
//! ```
//!
//! Every part is a [`Collector`](crate::Collector) of its own, run as all collectors are. What a machine does not have (sensors, swap) is left out; what cannot be read is a
//! failure of that collector alone, which [`collectors()`](crate::collectors()) tells. Usage and rates compare two readings at least 200 ms apart, so the first run has none.
//!
//! | collector | metrics |
//! |---|---|
//! | `cpu` | `cpu_usage_percent`, `cpu_core_usage_percent{core}`, `cpu_cores`, `load_average{period}`; the histogram `cpu_usage_distribution` |
//! | `memory` | `memory_total_bytes`, `memory_available_bytes`, `memory_used_bytes`, `memory_usage_percent`; `swap_total_bytes`, `swap_used_bytes`, `swap_usage_percent` |
//! | `disk` | `disk_total_bytes{mount}`, `disk_available_bytes{mount}`, `disk_usage_percent{mount}`; local file systems, each device once |
//! | `network` | `network_sent_bytes_total{interface}` and `…_received_…`, bytes, packets and errors; the first two also `…_per_second`; without loopback |
//! | `temperature` | `temperature_celsius{sensor}` |
//! | `connections` | `network_connections{protocol, state}`; Linux |
//! | `process` | `process_cpu_milliseconds_total`, `process_cpu_usage_percent` (of one core), `process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_threads`, `process_open_fds`, `process_max_fds`, `process_start_time_seconds`, `process_uptime_seconds`, `process_context_switches_total{type}`; `system_processes`; the histogram `process_memory_distribution`; `process_memory_growth_bytes_per_second`, `process_memory_growing` |
//!
//! # Memory growth
//!
//! The process's memory is noted every 30 s, for half an hour. From ten minutes on, `process_memory_growth_bytes_per_second` is the slope (Theil and Sen), and
//! `process_memory_growing` is 1 when the growth is significant (Mann and Kendall, p < 0.01), at least 5 % and 10 MiB over the window, and still going on in its last
//! third, so that neither a start that has levelled off, nor a step, nor a garbage collector's sawtooth counts. See [`trend`](perfmon_core::analyse::trend()). A cache
//! that fills all the while looks like a leak.
//!
//! # Cost
//!
//! Measured on a machine of two cores and 24 GiB: 0.5 ms of one core each 5 s, most of it for the network (0.1 ms an interface) and the processor; and 5 ms each 30 s for the
//! connections of each of TCP's two families that is in use, whose table the kernel walks in whole, plus 1.5 µs a socket. With very many sockets, give `connections` a longer interval or leave it out.

mod connections;
mod cpu;
mod disk;
mod growth;
mod memory;
mod network;
mod part;
mod process;
mod temperature;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use perfmon_core::collect::{BoxError, Samples, Source, register_collector};

use self::part::{Part, Read};

/// The names of the collectors. In messages and in [`collectors()`](crate::collectors()) they are called `system.cpu` and so on.
pub const COLLECTORS: [&str; 7] = ["cpu", "memory", "disk", "network", "temperature", "connections", "process"];

/// How often a collector runs unless told otherwise.
fn usual_interval(name: &str) -> Duration {
    Duration::from_secs(match name {
        // Space on disks changes slowly, and asking for it can wake one; for connections the kernel walks its whole table of sockets.
        "disk" | "connections" => 30,
        _ => 5,
    })
}

/// The registered collectors. Cloning it, or dropping it, changes nothing.
#[derive(Debug, Clone)]
pub struct System {
    sources: Arc<[(&'static str, Source)]>,
}

impl System {
    /// The collector of this name, see [`COLLECTORS`]; `None` when it was left out.
    #[must_use]
    pub fn collector(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|(known, _)| *known == name).map(|(_, source)| source)
    }
}

/// Registers all collectors with their usual intervals: 5 s, connections and disks 30 s. They are registered once; called again, the same ones are handed out.
#[allow(clippy::must_use_candidate)]
pub fn register() -> System {
    builder().register()
}

/// Chooses collectors and intervals before registering.
///
/// ```
/// use std::time::Duration;
///
/// let system = perfmon::system::builder().interval(Duration::from_secs(10)).without("temperature").register();
/// assert!(system.collector("temperature").is_none());
/// ```
pub fn builder() -> Builder {
    Builder { chosen: COLLECTORS.map(|name| (name, Some(usual_interval(name)))) }
}

/// Which collectors run, and how often. From [`builder()`].
#[derive(Debug, Clone)]
#[must_use = "nothing is collected before `register`"]
pub struct Builder {
    /// Every collector with its interval; those left out have none.
    chosen: [(&'static str, Option<Duration>); COLLECTORS.len()],
}

impl Builder {
    /// How often all of them run, connections and disks too.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.chosen.iter_mut().filter_map(|(_, chosen)| chosen.as_mut()).for_each(|chosen| *chosen = interval);
        self
    }

    /// How often one of them runs. A name that is not in [`COLLECTORS`] changes nothing.
    pub fn interval_of(mut self, name: &str, interval: Duration) -> Self {
        self.set(name, Some(interval));
        self
    }

    /// Leaves one out. A name that is not in [`COLLECTORS`] changes nothing.
    pub fn without(mut self, name: &str) -> Self {
        self.set(name, None);
        self
    }

    fn set(&mut self, name: &str, interval: Option<Duration>) {
        self.chosen.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, chosen)| *chosen = interval);
    }

    /// Registers them. When this was done before, nothing changes, and the collectors registered then are handed out.
    #[allow(clippy::must_use_candidate)]
    pub fn register(self) -> System {
        static REGISTERED: Mutex<Option<System>> = Mutex::new(None);
        let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
        let register = |(name, interval): (&'static str, Option<Duration>)| {
            let (name_of, reader) = (format!("system.{name}"), Mutex::new(reader(name)));
            Some((name, register_collector(Part { name: name_of, interval: interval?, reader })))
        };
        registered
            .get_or_insert_with(|| System { sources: self.chosen.into_iter().filter_map(register).collect() })
            .clone()
    }
}

fn reader(name: &str) -> Box<dyn Read> {
    match name {
        "cpu" => made(cpu::Cpu::new()),
        "memory" => made(memory::Memory::new()),
        "disk" => made(disk::DiskSpace::new()),
        "network" => made(network::Network::new()),
        "temperature" => made(temperature::Temperature::new()),
        "connections" => Box::new(connections::Connections::default()),
        _ => made(process::Process::new()),
    }
}

fn made<R: Read + 'static>(reader: Result<R, BoxError>) -> Box<dyn Read> {
    match reader {
        Ok(reader) => Box::new(reader),
        Err(error) => Box::new(Unreadable(error.to_string())),
    }
}

/// Stands for what this system refuses to tell, and says so at every run.
struct Unreadable(String);

impl Read for Unreadable {
    fn read(&mut self, _now: Instant, _out: &mut Samples) -> Result<(), BoxError> {
        Err(format!("failed to ask the system: {}; leave this collector out here", self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use perfmon_core::collect::{Collector, Samples};

    use super::{COLLECTORS, builder, cpu::Cpu, made, part::Part, usual_interval};

    #[test]
    fn what_the_system_refuses_is_said_at_every_run() {
        let reader = Mutex::new(made::<Cpu>(Err("no such call".into())));
        let part = Part { name: "system.cpu".to_owned(), interval: Duration::ZERO, reader };
        for _ in 0..2 {
            let message = part.collect(&mut Samples::default()).expect_err("refused").to_string();
            assert_eq!(message, "failed to ask the system: no such call; leave this collector out here");
        }
    }

    #[test]
    fn chosen_by_name() {
        let second = Duration::from_secs(1);
        let chosen = builder().without("disk").interval_of("cpu", second).without("weather").chosen;
        for (name, interval) in chosen {
            let expected = match name {
                "disk" => None,
                "cpu" => Some(second),
                other => Some(usual_interval(other)),
            };
            assert_eq!(interval, expected, "{name}");
        }
        assert_eq!(chosen.map(|(name, _)| name), COLLECTORS);
        assert!(
            builder()
                .without("disk")
                .interval(second)
                .chosen
                .iter()
                .all(|(_, chosen)| chosen.is_none_or(|chosen| chosen == second))
        );
    }
}
