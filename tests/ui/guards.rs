fn main() {
    let _a = perfmon::latency!("");
    let _b = perfmon::latency!("a", "b");
    let _c = perfmon::db!("select");
    let _d = perfmon::latency!("a", err = |r| r);
    let _e = perfmon::latency!("a", ok = |r| r, busy, skip, kind = db);
    let _f = perfmon::latency!("a", p99 = "soon", severty = "error");
    let _g = perfmon::request!("get", "/");
    let _h = perfmon::latency!(p99 = "1s", "a");
}
