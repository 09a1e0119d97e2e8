use perfmon::monitor_latency;

#[monitor_latency("a", err = |r| r.is_none())]
fn wrong_type() -> u8 {
    1
}

#[monitor_latency("b", err = |r| *r)]
fn no_bool() -> u8 {
    1
}

#[monitor_latency("c", err = |r| r.is_empty())]
async fn of_a_future() -> u8 {
    1
}

fn main() {}
