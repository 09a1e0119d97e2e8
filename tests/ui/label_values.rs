use perfmon::monitor_latency;

struct Order {
    symbol: String,
    price: f64,
}

struct Opaque;

#[monitor_latency("a", labels(price = order.price))]
fn not_a_label(order: &Order) {}

#[monitor_latency("b", labels(what = %what))]
fn no_display(what: Opaque) {}

#[monitor_latency("c", labels(symbol = order.symbl, other))]
fn no_such_thing(order: &Order) {}

#[monitor_latency("d", labels(what))]
async fn in_a_future(what: Opaque) {}

fn main() {}
