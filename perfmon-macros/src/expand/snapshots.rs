//! What representative code expands to, in `tests/expand/`. Look there before at the code that makes it.

use std::str::FromStr;

use proc_macro2::TokenStream;

use super::{Mode, attribute, guard, metric, record, time};
use crate::model::Kind;

const ON: Mode = Mode::On { agents: false };
const AGENTS: Mode = Mode::On { agents: true };
const OFF: Mode = Mode::Off;

fn tokens(text: &str) -> TokenStream {
    TokenStream::from_str(text).expect("tokens")
}

/// The first attribute of the text expanded, as a person would write the result.
fn expanded(mode: Mode, text: &str) -> String {
    let (line, item) = text
        .trim()
        .split_once(")]\n")
        .map_or_else(|| text.trim().split_once("]\n").expect("an attribute"), |(line, item)| (line, item));
    let (name, options) = line.trim_start_matches("#[").split_once('(').unwrap_or((line.trim_start_matches("#["), ""));
    let kind = Kind::of_attribute(name).expect("an attribute of ours");
    let expanded = attribute(kind, tokens(options), tokens(item), mode);
    pretty(&expanded)
}

fn pretty(tokens: &TokenStream) -> String {
    let file = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{error}: {tokens}"));
    prettyplease::unparse(&file)
}

fn check(name: &str, expanded: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../tests/expand");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, expanded));
}

fn in_a_function(expression: &TokenStream) -> String {
    pretty(&quote::quote!(fn f() { let x = #expression; }))
}

macro_rules! snapshot {
    ($name:ident, $mode:expr, $text:literal) => {
        #[test]
        fn $name() {
            check(stringify!($name), &expanded($mode, $text));
        }
    };
}

snapshot!(
    a_request,
    ON,
    "
#[monitor_request(\"GET\", \"/orders/{id}\", labels(tier = user.tier))]
async fn order(user: User) -> Result<Order, StatusCode> { find(user).await }
"
);

snapshot!(
    a_function,
    ON,
    "
#[monitor_latency]
/// Sums.
pub fn sum(values: &[u64]) -> u64 { values.iter().sum() }"
);

snapshot!(
    a_function_with_every_option,
    ON,
    r#"
#[monitor_db("select", "orders", labels(symbol = order.symbol, side = %order.side, venue), label_limit = 1000, p99 = "250ms", error_rate = "5%", severity = "P1", window = "5m", for = "30s", sample = 1/64, err = |r| r.is_none())]
fn find(order: &Order, venue: Venue) -> Option<Row> { query(order)? }"#
);

snapshot!(
    an_async_function,
    ON,
    r#"
#[monitor_latency("order_execution")]
async fn execute(order: &Order) -> Result<Fill, BrokerError> { broker.send(order).await }"#
);

snapshot!(
    an_async_function_without_value,
    ON,
    r#"
#[monitor_latency("tick", busy)]
async fn tick() { sleep().await }"#
);

snapshot!(
    an_async_function_that_never_ends,
    ON,
    r#"
#[monitor_latency("serve")]
async fn serve() -> ! { loop { accept().await } }"#
);

snapshot!(
    a_boxed_future,
    ON,
    r#"
#[monitor_agent("planner", labels(goal))]
fn plan<'a>(goal: &'a str) -> Pin<Box<dyn Future<Output = Plan> + Send + 'a>> { before(); Box::pin(async move { think(goal).await }) }"#
);

snapshot!(
    a_stream,
    ON,
    r#"
#[monitor_tool("tail")]
fn tail() -> BoxStream<'static, Line> { lines().boxed() }"#
);

snapshot!(
    an_agent_that_streams,
    AGENTS,
    r#"
#[monitor_agent("writer")]
async fn write(draft: &str) -> Result<impl Stream<Item = Result<Chunk, ModelError>>, ModelError> { ask(draft).await }"#
);

snapshot!(
    an_agent,
    AGENTS,
    r#"
#[monitor_agent("planner")]
async fn plan(goal: &str) -> Result<Plan, ModelError> { think(goal).await }"#
);

snapshot!(
    an_agent_without_async,
    AGENTS,
    "
#[monitor_agent]
fn plan(goal: &str) -> Plan { think(goal) }"
);

snapshot!(
    an_agent_named_at_run_time,
    AGENTS,
    r#"
#[monitor_agent("worker", labels(agent = task.agent, task))]
fn work(task: Task) -> BoxFuture<'static, Done> { Box::pin(async move { task.run().await }) }"#
);

snapshot!(
    an_agent_beside_a_guard,
    AGENTS,
    r#"
#[monitor_agent("ids")]
fn ids(&self) -> impl Iterator<Item = u64> + '_ { self.ids.iter().copied() }"#
);

snapshot!(
    a_tool,
    AGENTS,
    r#"
#[monitor_tool("search", labels(index))]
async fn search(index: &str) -> Result<Vec<Hit>, ToolError> { find(index).await }"#
);

snapshot!(
    a_tool_told_by_whom,
    AGENTS,
    r#"
#[monitor_tool("search", labels(agent = caller))]
fn search(caller: &str) -> Vec<Hit> { find(index) }"#
);

snapshot!(
    an_opaque_future,
    ON,
    r#"
#[monitor_tool("search")]
fn search(query: Query) -> impl Future<Output = Vec<Hit>> + Send { async move { find(query).await } }"#
);

snapshot!(
    a_guarded_function,
    ON,
    r#"
#[monitor_latency("ids")]
fn ids(&self) -> impl Iterator<Item = u64> + '_ { self.ids.iter().copied() }"#
);

snapshot!(
    inner_attributes,
    ON,
    "
#[monitor_latency]
fn f() { #![allow(unused)] //! Documented inside.\n let x = 1; }"
);

snapshot!(
    an_impl_block,
    ON,
    r#"
#[monitor_latency("book", p99 = "1ms", busy, skip(len))]
impl<T> Book<T> { const DEPTH: usize = { 10 }; pub const fn new() -> Self { Self } fn len(&self) -> usize { 0 } fn take(&mut self) -> T { self.take() } async fn load() {} #[monitor_db("insert", "orders")] fn put(&mut self) {} }"#
);

snapshot!(
    a_module,
    ON,
    r#"
#[monitor_latency("risk", crate = crate::metrics)]
mod risk { #![allow(dead_code)] use super::*; fn check() {} impl Limits { fn read() {} } mod inner { fn g() {} #[monitor_latency(skip)] mod out { fn h() {} } } trait Source { fn next(&self); fn all(&self) {} } }"#
);

snapshot!(
    off,
    OFF,
    r#"
#[monitor_latency("sum", p99 = "1ms")]
pub fn sum(values: &[u64]) -> u64 { values.iter().sum() }"#
);

snapshot!(
    off_with_labels,
    OFF,
    r#"
#[monitor_latency("find", labels(venue), err = |r| r.is_none())]
fn find(venue: &str) -> Option<Row> { #![allow(unused)] query()? }"#
);

snapshot!(
    a_mistake_keeps_the_function,
    ON,
    r#"
#[monitor_latency("sum", p99 = "1 parsec", lables(a))]
pub fn sum(values: &[u64]) -> u64 { values.iter().sum() }"#
);

#[test]
fn function_like_macros() {
    let kind = Kind::of_guard("latency").expect("a kind");
    let mut text = String::new();
    for (mode, name) in [(ON, "on"), (OFF, "off")] {
        for (call, expression) in [
            (
                "latency!(\"match_orders\", labels(venue), p99 = \"1ms\")",
                guard(kind, tokens("\"match_orders\", labels(venue), p99 = \"1ms\""), mode),
            ),
            ("time!(|| work())", time(tokens("|| work()"), mode)),
            ("time!(\"load\", async { work().await })", time(tokens("\"load\", async { work().await }"), mode)),
            ("record!(\"trip\", acked - sent)", record(tokens("\"trip\", acked - sent"), mode)),
        ] {
            text += &["// ", name, ": ", call, "\n", &in_a_function(&expression), "\n"].concat();
        }
    }
    check("function_like_macros", &text);
}

#[test]
fn a_metric() {
    let expanded = metric(
        "Counter",
        tokens(
            "/// Orders that the risk\n/// check refused.\n///\n/// More.\npub static REJECTED: \"orders_rejected\", unit = \"orders\", labels(symbol, reason);",
        ),
    );
    check("a_metric", &pretty(&expanded));
}

/// Off, an item without labels and classification is given back token for token.
#[test]
fn off_changes_nothing() {
    for (options, item) in [
        (
            "\"a\", p99 = \"1s\", busy, sample = \"auto\"",
            "#[inline] pub async fn f<T>(x: T) -> T where T: Copy { #![allow(unused)] x }",
        ),
        ("skip(b)", "impl<T> A<T> { fn a(&self) {} fn b() -> u8 { 1 } }"),
        ("", "unsafe extern \"C\" fn f() -> ! { loop {} }"),
    ] {
        let kind = Kind::of_guard("latency").expect("a kind");
        let expanded = attribute(kind, tokens(options), tokens(item), OFF);
        assert_eq!(expanded.to_string(), tokens(item).to_string());
    }
}
