//! Custom metrics.
fn main() {}
