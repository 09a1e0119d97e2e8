use perfmon::{monitor_db, monitor_latency, monitor_order, monitor_request, monitor_tool};

#[monitor_latency("")]
fn empty() {}

#[monitor_order(" ")]
fn blank() {}

#[monitor_latency("a\nb")]
fn control() {}

#[monitor_latency(42)]
fn number() {}

#[monitor_latency(execution)]
fn without_quotes() {}

#[monitor_latency(name = "execution")]
fn named() {}

#[monitor_latency("a", "b")]
fn two() {}

#[monitor_db("select")]
fn one_of_two() {}

#[monitor_db("select", "orders", "trades")]
fn three_of_two() {}

#[monitor_db("DELETE", "invoices")]
fn capitals() {}

#[monitor_db("selct", "orders")]
fn slip() {}

#[monitor_db("delete", "public.bills")]
fn schema() {}

#[monitor_db("delete", "Papers")]
fn capital() {}

#[monitor_db("SELECT", "[dbo].[Order Lines]")]
fn both() {}

#[monitor_db("select", "dbo.")]
fn no_table() {}

#[monitor_request("get", "/orders")]
fn small() {}

#[monitor_request("/orders", "GET")]
fn swapped() {}

#[monitor_request("GET", "orders")]
fn no_slash() {}

#[monitor_tool(p99 = "1s", "search")]
fn late() {}

#[monitor_latency(concat!("a", "b"))]
fn computed() {}

fn main() {
    // The functions are there all the same: nothing cascades.
    empty();
    two();
    late();
}
