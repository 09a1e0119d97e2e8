//! What every call is compared with: two bare readings of the processor's counter around the same body.

use std::hint::black_box;

/// A batch of it.
pub(crate) fn batch(calls: u64) {
    for i in 0..calls {
        black_box(two_reads(i));
    }
}

#[cfg(target_arch = "x86_64")]
fn now() -> u64 {
    // SAFETY: reads a counter; every x86-64 processor has it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "aarch64")]
fn now() -> u64 {
    let ticks: u64;
    // SAFETY: reads a counter that user space may read.
    unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

#[inline(never)]
fn two_reads(x: u64) -> u64 {
    let start = now();
    let result = black_box(x) + 1;
    black_box(now() - start);
    result
}
