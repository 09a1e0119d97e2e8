fn main() {
    let _ = perfmon::time!("a", 1);
    let _: String = perfmon::time!("b", || 1);
    perfmon::record!("c", 5);
}
