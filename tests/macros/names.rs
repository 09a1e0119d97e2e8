//! Names: given, or the path of the function.

use perfmon::{monitor_agent, monitor_db, monitor_latency, monitor_order, monitor_request, monitor_tool};

use crate::support::{ok, run};

#[monitor_order("names.order")]
fn order() {}
#[monitor_db("select", "names_db")]
fn db() {}
#[monitor_request("GET", "/names/{id}")]
fn request() {}
#[monitor_agent("names.agent")]
fn agent() {}
#[monitor_tool("names.tool")]
fn tool() {}
#[monitor_latency("names: Ünïcode \"quoted\"")]
fn unicode() {}

#[monitor_latency]
fn free() {}
#[monitor_latency()]
fn parentheses() {}
#[monitor_db]
fn db_by_path() {}
#[monitor_latency]
async fn asynchronous() {}
#[monitor_latency]
fn boxed() -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async {})
}
#[monitor_latency]
fn guarded() -> impl Sized {}
#[monitor_latency]
fn generic<T>(_: T) {}
#[monitor_latency]
fn r#fn() {}

struct A<T>(T);
struct B;
trait Go {
    fn went(&self);
    #[monitor_latency]
    fn default(&self) {}
}
impl<T> A<T> {
    #[monitor_latency]
    fn go(&self) {}
}
impl B {
    #[monitor_latency]
    fn go(&self) {}
}
impl Go for B {
    #[monitor_latency]
    fn went(&self) {
        #[monitor_latency]
        fn nested() {}
        nested();
        (|| perfmon::time!(|| ()))();
    }
}
impl Go for u8 {
    fn went(&self) {}
}

#[test]
fn each_kind_has_its_parts() {
    order();
    db();
    request();
    agent();
    tool();
    unicode();
    for name in
        ["names.order", "select names_db", "GET /names/{id}", "names.agent", "names.tool", "names: Ünïcode \"quoted\""]
    {
        ok(name, 1);
    }
}

#[test]
fn a_free_function_has_its_path() {
    free();
    parentheses();
    db_by_path();
    run(asynchronous());
    run(boxed());
    guarded();
    generic(1);
    generic("a");
    r#fn();
    for name in ["free", "parentheses", "db_by_path", "asynchronous", "boxed", "guarded"] {
        ok(&format!("macros::names::{name}"), 1);
    }
    ok("macros::names::generic", 2);
}

#[test]
fn methods_of_one_name_are_two_sites() {
    A(1).go();
    A("a").go();
    B.go();
    B.went();
    B.default();
    1_u8.default();
    1_u8.went();
    let snapshot = perfmon::snapshot();
    let calls = |part: &str| {
        let ours =
            |site: &&perfmon::snapshot::Site| site.name().contains("macros::names") && site.name().ends_with(part);
        let mut found = snapshot.sites().iter().filter(ours);
        let site = found.next().unwrap_or_else(|| panic!("no site {part}"));
        assert!(found.next().is_none(), "two sites {part}");
        site.calls()
    };
    ok("macros::names::B::go", 1);
    assert_eq!(calls("Go::default"), 2);
    assert_eq!(calls("nested"), 1);
}
