use perfmon::monitor_latency;

#[monitor_latency("a")]
struct Struct {
    x: u8,
}

#[monitor_latency]
pub enum Enum {
    A,
}

#[monitor_latency]
mod elsewhere_is_fine_but_not_this {
    #[perfmon::monitor_latency("a")]
    pub const X: u8 = 1;
}

#[monitor_latency]
use std::fmt::Debug;

#[monitor_latency("a")]
const fn constant() -> u8 {
    1
}

trait Trait {
    #[monitor_latency("a")]
    fn required(&self);
}

#[monitor_latency("a", p99 = "soon")]
static STATIC: u8 = 1;

fn main() {
    let _ = Struct { x: constant() };
    let _ = (Enum::A, elsewhere_is_fine_but_not_this::X, STATIC);
    fn debug(_: impl Debug) {}
    debug(1);
}
