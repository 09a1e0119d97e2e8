fn main() {
    let _ = perfmon::time!("a");
    let _ = perfmon::time!();
    let _ = perfmon::time!("a", |x| x);
    let _ = perfmon::time!("a", async || 1);
    let _ = perfmon::time!("a", busy, || 1);
    let _ = perfmon::time!("a", || 1, p99 = "1s");
    let _ = perfmon::time!("a", kind = database, || 1);
    let _ = perfmon::time!("a", kind = ordr, || 1);
    let _ = perfmon::time!("a", kind = db, || 1);
    let _ = perfmon::time!("a", lables(x), skip, || 1);
    perfmon::record!("a");
    perfmon::record!("a", err = |r| r, ok = |r| r, sample = 1/2, busy, std::time::Duration::ZERO);
    perfmon::record!("", std::time::Duration::ZERO);
}
