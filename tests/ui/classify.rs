use perfmon::monitor_latency;

#[monitor_latency("a", err = |r| *r > 1, ok = |r| *r < 1)]
fn both() -> u8 {
    1
}

#[monitor_latency("a", err)]
fn missing() -> u8 {
    1
}

#[monitor_latency("a", err = "x > 1")]
fn text() -> u8 {
    1
}

#[monitor_latency("a", err = |r| r.is_none())]
fn opaque() -> impl Sized {
    1
}

#[monitor_latency("a", ok = |_| true)]
fn never() -> ! {
    panic!()
}

#[monitor_latency("a", ok = |_| true)]
async fn async_never() -> ! {
    panic!()
}

#[monitor_latency("a", err = |r| *r > 1)]
#[track_caller]
fn caller() -> u8 {
    1
}

fn main() {}
