use perfmon::monitor_latency;

#[monitor_latency("a", busy)]
fn sync() {}

#[monitor_latency("a", busy = true)]
async fn value() {}

#[monitor_latency("a", skip)]
fn not_alone() {}

#[monitor_latency(skip, p99 = "1s")]
fn not_alone_either() {}

#[monitor_latency(skip(a))]
fn names() {}

#[monitor_latency(skip(a, "b"))]
impl Book {
    fn a(&self) {}
}

#[monitor_latency(skip(c))]
impl Book {
    fn b(&self) {}
}

struct Book;

fn main() {
    Book.a();
    Book.b();
}
