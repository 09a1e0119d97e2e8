//! Put an attribute on a function, read how it performs: `cargo run --release --example quickstart`.

use perfmon::monitor_latency;

/// How many steps the Collatz sequence takes to reach 1. An `Err` counts as an error; nothing else has to be said.
#[monitor_latency("collatz", p99 = "5us", labels(even = number.is_multiple_of(2)))]
fn collatz(number: u64) -> Result<u32, String> {
    if number == 0 {
        return Err("0 never reaches 1".to_owned());
    }
    let (mut value, mut steps) = (number, 0);
    while value > 1 {
        value = if value.is_multiple_of(2) { value / 2 } else { value * 3 + 1 };
        steps += 1;
    }
    Ok(steps)
}

#[monitor_latency]
fn longest(below: u64) -> Option<u64> {
    (0..below).max_by_key(|&number| collatz(number).unwrap_or(0))
}

fn main() {
    let _report = perfmon::report_on_exit(); // printed when `main` ends
    let number = longest(300_000).unwrap_or(0);
    println!("below 300,000, {number} takes the most steps to reach 1\n");
}
