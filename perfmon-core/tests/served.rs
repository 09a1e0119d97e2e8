//! Requests that a layer counts.

use std::panic::{AssertUnwindSafe, catch_unwind};

use perfmon_core::{
    call::{Served, enter, guard_labels, served_trace, unless_served, unless_served_labels},
    evidence::Trace,
    inventory,
    site::{CallSite, Kind, Name},
    snapshot,
};

static PLAIN: CallSite = CallSite::new(Kind::Request, Name::Parts(&["GET", "/served/plain"]), module_path!());
static LABELLED: CallSite =
    CallSite::new(Kind::Request, Name::Parts(&["GET", "/served/labelled"]), module_path!()).labels(&["tier", "user"]);
inventory::submit! { PLAIN.registration() }
inventory::submit! { LABELLED.registration() }

fn plain() {
    unless_served(&PLAIN, enter).finish(false);
}

fn labelled(tier: &str) {
    unless_served_labels(&LABELLED, &[tier, "ada"], guard_labels).finish(false);
}

fn calls(name: &str) -> u64 {
    snapshot().get(name).expect("registered").calls()
}

#[test]
fn what_is_served_is_not_counted_again() {
    let trace = Trace { trace_id: [7; 16], span_id: None };
    let mut outer = Served::new("/served/plain", Some(trace));
    let mut inner = Served::new("/served/labelled", None);
    outer.run(|| {
        plain();
        labelled("silver");
        assert_eq!((calls("GET /served/plain"), calls("GET /served/labelled")), (0, 1), "one is of another route");
        inner.run(|| {
            labelled("gold");
            labelled("lead");
            assert_eq!(served_trace(), None);
        });
        assert_eq!(served_trace(), Some(trace));
    });
    assert_eq!((calls("GET /served/plain"), calls("GET /served/labelled")), (0, 1));
    assert!(outer.labels().is_empty());
    assert_eq!(inner.labels(), [("tier", "lead".to_owned()), ("user", "ada".to_owned())], "the last word counts");

    let mut unwound = Served::new("/served/labelled", Some(trace));
    let run = AssertUnwindSafe(|| {
        unwound.run(|| {
            labelled("mud");
            panic!("on purpose")
        });
    });
    catch_unwind(run).expect_err("it panics");
    assert_eq!(unwound.labels()[0], ("tier", "mud".to_owned()), "what was said stays");
    assert_eq!(served_trace(), None);
    plain();
    assert_eq!(calls("GET /served/plain"), 1, "the thread works on none any more");
}
