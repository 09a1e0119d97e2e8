//! An annotated function that nobody calls is told of like a plain one.

#![deny(dead_code)]

use perfmon::monitor_latency;

#[monitor_latency("a")]
fn never_used() {}

#[monitor_latency]
async fn never_used_async() {}

#[monitor_latency("b")]
fn never_used_opaque() -> impl Sized {}

struct Book;

impl Book {
    #[monitor_latency("c")]
    fn never_used_method(&self) {}
}

#[monitor_latency("d")]
impl Book {
    fn never_used_in_a_block(&self) {}
}

fn main() {
    let _ = Book;
}
