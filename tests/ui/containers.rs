use perfmon::{monitor_db, monitor_latency};

struct A;

#[monitor_latency("", p99 = "soon", lables(x))]
impl A {
    fn one(&self) {}
    fn two(&self) {}
}

#[monitor_db("select")]
mod module {
    pub fn one() {}
}

#[monitor_latency("a", busy)]
trait Trait {
    fn fine(&self) {}
}

impl Trait for A {}

fn main() {
    A.one();
    A.two();
    A.fine();
    module::one();
}
