//! `counter!`, `gauge!`, `histogram!`.

perfmon::counter! {
    /// Orders that the risk check
    /// refused.
    ///
    /// Not part of the help.
    pub static REJECTED: "metrics_rejected", unit = "orders", labels(symbol, reason)
}
perfmon::gauge!(pub(crate) static OPEN: "metrics_open", help = "Positions that are open.");
perfmon::histogram!(#[doc = "Sizes."] static SIZE: "metrics_size", unit = "shares",);
perfmon::counter!(static LIMITED: "metrics_limited", labels(symbol), label_limit = 1);
perfmon::counter!(static PLAIN: "_metrics_plain_2";);

#[test]
fn a_metric_says_what_it_is() {
    let snapshot = perfmon::snapshot();
    let rejected = snapshot.metric("metrics_rejected").expect("declared");
    assert_eq!(rejected.help(), "Orders that the risk check refused.");
    assert_eq!(rejected.unit(), "orders");
    assert_eq!(rejected.label_keys(), ["symbol", "reason"]);
    assert_eq!(snapshot.metric("metrics_open").map(|metric| metric.help()), Some("Positions that are open."));
    assert_eq!(snapshot.metric("metrics_size").map(|metric| metric.help()), Some("Sizes."));
    assert!(snapshot.metric("_metrics_plain_2").is_some());
}

#[test]
fn a_metric_can_be_used() {
    REJECTED.with(&["AAPL", "size"]).inc();
    OPEN.set(1.0);
    SIZE.record(100);
    PLAIN.add(2);
    let snapshot = perfmon::snapshot();
    let rejected = snapshot.metric("metrics_rejected").expect("declared");
    assert!(rejected.with_labels(&["AAPL", "size"]).is_some());
}

#[test]
fn labels_have_a_limit_of_their_own() {
    for symbol in ["AAPL", "MSFT", "IBM"] {
        LIMITED.with(&[symbol]).inc();
    }
    let snapshot = perfmon::snapshot();
    let limited = snapshot.metric("metrics_limited").expect("declared");
    assert!(limited.with_labels(&["AAPL"]).is_some() && limited.with_labels(&["MSFT"]).is_none());
    assert!(limited.with_labels(&["other"]).is_some());
}

#[test]
fn in_a_function() {
    perfmon::counter!(static INSIDE: "metrics_inside");
    INSIDE.inc();
    assert!(perfmon::snapshot().metric("metrics_inside").is_some());
}
