perfmon::counter!(static REJECTED: "orders_rejected", labels(symbol, reason));

fn main() {
    REJECTED.with(&["AAPL"]).inc();
    REJECTED.inc();
}
