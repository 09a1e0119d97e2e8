use perfmon::monitor_latency;

#[monitor_latency("a", labels(x), label_limit = 0)]
fn none(x: u8) -> u8 { x }

#[monitor_latency("a", labels(x), label_limit = 65537)]
fn many(x: u8) -> u8 { x }

#[monitor_latency("a", labels(x), label_limit = -1)]
fn negative(x: u8) -> u8 { x }

#[monitor_latency("a", labels(x), label_limit = "1000")]
fn text(x: u8) -> u8 { x }

#[monitor_latency("a", labels(x), label_limit)]
fn missing(x: u8) -> u8 { x }

#[monitor_latency("a", label_limit = 10)]
fn no_labels() {}

#[monitor_latency("a", labels(x), label_limits = 10)]
fn misspelt(x: u8) -> u8 { x }

perfmon::counter!(static NONE: "a", label_limit = 10);
perfmon::counter!(static ZERO: "b", labels(x), label_limit = 0);
perfmon::counter!(static WORD: "c", labels(x), label_limit = many);

fn main() {
    let _ = perfmon::latency!("a", label_limit = 10);
}
