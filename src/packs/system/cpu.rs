//! `cpu`: usage in total and by core, load.

use std::time::Instant;

use perfmon_core::{
    Histogram,
    collect::{BoxError, Samples},
};
use sysinfo::System;

use super::part::{Between, Read};

static USAGE: Histogram = Histogram::new("cpu_usage_distribution", module_path!())
    .help("How busy all cores together were, over the runs of the collector.")
    .unit("millipercent");

pub(super) struct Cpu {
    system: System,
    readings: Between<(), ()>,
}

impl Cpu {
    pub(super) fn new() -> Result<Self, BoxError> {
        Ok(Self { system: System::new()?, readings: Between::default() })
    }
}

impl Read for Cpu {
    fn read(&mut self, now: Instant, out: &mut Samples) -> Result<(), BoxError> {
        let fresh = self.readings.is_due(now);
        if fresh {
            self.system.refresh_cpu_usage();
            self.readings.advance(now, (), |(), (), _| ());
        }
        let cores = self.system.cpus();
        if cores.is_empty() {
            return Err("failed to read the processor's times: the system lists no core; is /proc mounted?".into());
        }
        out.gauge("cpu_cores", cores.len() as f64).describe("Logical cores.", "cores");
        // The first reading compares with the time the machine started.
        if self.readings.rate.is_some() {
            let total = f64::from(self.system.global_cpu_usage());
            out.gauge("cpu_usage_percent", total).describe("How busy all cores together are.", "percent");
            if fresh {
                USAGE.record(millipercent(total));
            }
            for (number, core) in cores.iter().enumerate() {
                let usage = f64::from(core.usage());
                out.gauge_with("cpu_core_usage_percent", &[("core", &number.to_string())], usage)
                    .describe("How busy a core is.", "percent");
            }
        }
        load(out)
    }
}

fn load(out: &mut Samples) -> Result<(), BoxError> {
    let load = match System::load_average() {
        Ok(load) => load,
        Err(sysinfo::Error::Unsupported) => return Ok(()),
        Err(error) => return Err(format!("failed to read the load average: {error}").into()),
    };
    for (period, value) in [("1m", load.one), ("5m", load.five), ("15m", load.fifteen)] {
        out.gauge_with("load_average", &[("period", period)], value)
            .describe("Tasks that run or wait to run (on Linux also those that wait for a disk), averaged.", "tasks");
    }
    Ok(())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a percentage; `as` keeps it in range
fn millipercent(percent: f64) -> u64 {
    (percent * 1_000.0).round() as u64
}
