//! `process`: this process, and how many there are.

mod read;

use std::time::{Duration, Instant};

use perfmon_core::{
    Histogram,
    collect::{BoxError, Samples},
};

use self::read::{Reading, Source};
use super::{
    growth::Growth,
    part::{Between, Read},
};

static MEMORY: Histogram = Histogram::new("process_memory_distribution", module_path!())
    .help("Resident memory of the process, over the runs of the collector.")
    .unit("bytes");

pub(super) struct Process {
    source: Source,
    usage: Between<Duration, f64>,
    first: Option<Instant>,
    growth: Growth,
}

impl Process {
    pub(super) fn new() -> Result<Self, BoxError> {
        Ok(Self { source: Source::new()?, usage: Between::default(), first: None, growth: Growth::default() })
    }
}

impl Read for Process {
    fn read(&mut self, now: Instant, out: &mut Samples) -> Result<(), BoxError> {
        let found = self.source.read()?;
        MEMORY.record(found.resident);
        let percent = |before: &Duration, cpu: &Duration, seconds: f64| {
            cpu.saturating_sub(*before).as_secs_f64() / seconds * 100.0
        };
        self.usage.advance(now, found.cpu, percent);
        let first = *self.first.get_or_insert(now);
        self.growth.add(now.saturating_duration_since(first), found.resident);
        write(&found, out);
        if let Some(usage) = self.usage.rate {
            out.gauge("process_cpu_usage_percent", usage)
                .describe("Processor time the process uses; 100 is one core.", "percent");
        }
        if let Some(verdict) = self.growth.verdict {
            out.gauge("process_memory_growth_bytes_per_second", verdict.bytes_per_second)
                .describe("How fast resident memory grows, over the last half hour.", "bytes per second");
            out.gauge("process_memory_growing", f64::from(u8::from(verdict.growing)))
                .describe("1 when resident memory grows without levelling off, else 0.", "");
        }
        Ok(())
    }
}

fn write(found: &Reading, out: &mut Samples) {
    let milliseconds = u64::try_from(found.cpu.as_millis()).unwrap_or(u64::MAX);
    out.counter("process_cpu_milliseconds_total", milliseconds)
        .describe("Processor time the process used, its own and the kernel's for it.", "milliseconds");
    let resident = found.resident as f64;
    out.gauge("process_resident_memory_bytes", resident).describe("Memory of the process that lies in RAM.", "bytes");
    out.gauge("process_virtual_memory_bytes", found.virtual_memory as f64)
        .describe("Address space of the process, mapped or reserved.", "bytes");
    out.gauge("process_start_time_seconds", found.started)
        .describe("When the process started, in seconds since 1970.", "seconds");
    out.gauge("process_uptime_seconds", found.uptime).describe("How long the process has run.", "seconds");
    for (name, value, help, unit) in [
        ("process_threads", found.threads, "Threads of the process.", "threads"),
        ("process_open_fds", found.open_files, "Open file descriptors.", "files"),
        ("process_max_fds", found.max_files, "File descriptors the process may open.", "files"),
        ("system_processes", found.processes, "Processes on the machine.", "processes"),
    ] {
        if let Some(value) = value {
            out.gauge(name, value as f64).describe(help, unit);
        }
    }
    if let Some((voluntary, involuntary)) = found.switches {
        for (kind, count) in [("voluntary", voluntary), ("involuntary", involuntary)] {
            out.counter_with("process_context_switches_total", &[("type", kind)], count).describe(
                "How often a thread of the process left a core: to wait (voluntary), or for another's turn.",
                "switches",
            );
        }
    }
}
