#![deny(warnings)]

fn main() {
    perfmon::latency!("a");
    perfmon::latency!("b", labels(x = 1));
}
