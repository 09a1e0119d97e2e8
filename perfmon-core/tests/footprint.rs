//! What a site costs in memory.

#[macro_use]
mod support;

use perfmon_core::{call::record, snapshot};
use support::ns;

site!(FIRST, "first");
site!(SIX_OCTAVES, "six octaves");
site!(NEVER, "never");

fn bytes() -> u64 {
    snapshot().footprint().arena_bytes
}

#[test]
fn a_pair_of_thread_and_site() {
    record(&FIRST, ns(1));
    let before = bytes();
    assert_eq!(bytes(), before, "sites that were never called and snapshots cost nothing");
    for octave in 0..6 {
        for part in 0..64 {
            record(&SIX_OCTAVES, ns((1_000 << octave) + part * ((1_000 << octave) / 64)));
        }
    }
    let pair = bytes() - before;
    assert!(pair <= 8 * 1024, "{pair}");
    assert_eq!(snapshot().get("never").map(|site| site.started()), Some(0));
}
