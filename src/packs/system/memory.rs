//! `memory`: main memory and swap.

use std::time::Instant;

use perfmon_core::collect::{BoxError, Samples};
use sysinfo::System;

use super::part::{Read, percent};

pub(super) struct Memory {
    system: System,
}

impl Memory {
    pub(super) fn new() -> Result<Self, BoxError> {
        Ok(Self { system: System::new()? })
    }
}

impl Read for Memory {
    fn read(&mut self, _now: Instant, out: &mut Samples) -> Result<(), BoxError> {
        self.system.refresh_memory();
        let (total, available) = (self.system.total_memory(), self.system.available_memory());
        if total == 0 {
            return Err("failed to read the memory's size: the system gives none; is /proc mounted?".into());
        }
        memory(total, available, out);
        swap(self.system.total_swap(), self.system.free_swap(), out);
        Ok(())
    }
}

fn memory(total: u64, available: u64, out: &mut Samples) {
    let used = total.saturating_sub(available);
    out.gauge("memory_total_bytes", total as f64).describe("Main memory.", "bytes");
    out.gauge("memory_available_bytes", available as f64)
        .describe("What programs can still get without swapping; caches that can be dropped are part of it.", "bytes");
    out.gauge("memory_used_bytes", used as f64).describe("What programs can not get: total less available.", "bytes");
    if let Some(usage) = percent(used, total) {
        out.gauge("memory_usage_percent", usage).describe("Used of the total.", "percent");
    }
}

fn swap(total: u64, free: u64, out: &mut Samples) {
    let used = total.saturating_sub(free);
    out.gauge("swap_total_bytes", total as f64).describe("Swap space.", "bytes");
    out.gauge("swap_used_bytes", used as f64).describe("Swap space in use.", "bytes");
    if let Some(usage) = percent(used, total) {
        out.gauge("swap_usage_percent", usage).describe("Used of the total; absent without swap space.", "percent");
    }
}
