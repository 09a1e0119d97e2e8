perfmon::counter!(pub static EMPTY: "");
perfmon::counter!(pub static DASH: "orders-rejected");
perfmon::counter!(pub static CAPITAL: "OrdersRejected");
perfmon::counter!(pub static DIGIT: "2xx");
perfmon::counter!(pub const CONST: "a");
perfmon::counter!(pub static mut MUT: "a");
perfmon::counter!(pub static NO_NAME);
perfmon::counter!(pub static TYPE: u64);
perfmon::counter!("a");
perfmon::gauge!(static OPTION: "a", units = "orders");
perfmon::gauge!(static UNKNOWN: "a", colour = "red");
perfmon::gauge!(static TWICE: "a", unit = "a", unit = "b");
perfmon::gauge!(static MISSING: "a", unit, help, labels);
perfmon::gauge!(static TEXT: "a", unit = 1, help = LIMIT);
perfmon::gauge!(static COMMA: "a" unit = "a");
perfmon::histogram!(static LABELS: "a", unit = " ", labels(le, __x, Symbol, a, a));
perfmon::histogram!(static VALUES: "a", labels(symbol = x, "b", 1));

fn main() {
    // The statics are there all the same.
    let _ = (&EMPTY, &OPTION, &LABELS);
}
