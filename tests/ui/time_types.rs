fn main() {
    let _: String = perfmon::time!("a", || 1);
    let _: u8 = perfmon::time!("b", || "text".len());
    perfmon::time!("c", || undefined);
}
