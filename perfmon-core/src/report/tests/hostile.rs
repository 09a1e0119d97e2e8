//! Names and label values may be anything; no line is wider than asked for whatever the figures are.

use std::time::Duration;

use proptest::prelude::*;

use super::fixture::{self, Calls};
use crate::{
    report::{Report, Style, text},
    site::Kind,
    snapshot::{Metric, MetricKind, MetricSeries, Series, Snapshot, Value},
};

const NASTY: [&str; 9] = [
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "two\nlines\r\n\tand\u{2028}more",
    "\u{202e}desrever\u{2066}",
    "a|b\\|c`d`<script>*bold*",
    "日本語の非常に長い関数名前です::モジュール::関数",
    "👩‍👩‍👧‍👦🏳️‍🌈 family of emoji e\u{301}\u{301}\u{301}",
    "=cmd|' /C calc'!A0, \"quoted\"",
    "",
    "a_very_long_name::that_goes_on::and_on_without_an_end::until_nothing::fits_in_any::terminal_of_this_world",
];

fn nasty() -> Snapshot {
    let mut snapshot = fixture::rich();
    let named = |name: &&str| {
        let mut site = fixture::site(Kind::Tool, &[name], Calls::of(10, 1_000).stats(5), 1);
        site.label_keys = vec!["key".to_owned()];
        site.series = vec![Series { values: vec![(*name).to_owned()], stats: Calls::of(10, 1_000).stats(5) }];
        site
    };
    snapshot.sites = NASTY.iter().map(named).collect();
    let metric = |name: &&str| Metric {
        key: ((*name).to_owned(), MetricKind::Gauge),
        help: (*name).to_owned(),
        unit: (*name).to_owned(),
        label_keys: vec!["key".to_owned()],
        collected: false,
        series: vec![MetricSeries {
            values: vec![(*name).to_owned()],
            value: Value::Gauge(f64::NEG_INFINITY),
            standing: false,
        }],
    };
    snapshot.metrics = NASTY.iter().map(metric).collect();
    snapshot
}

fn fits(text: &str, columns: usize) {
    for line in text.lines() {
        assert!(text::width(line) <= columns, "{} > {columns}: {line}", text::width(line));
    }
}

#[test]
fn nothing_acts_on_the_terminal() {
    let report = Report::new(nasty());
    for width in [40, 60, 100, 300] {
        let text = report.to_terminal(&Style::default().with_width(width));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        fits(&text, width);
    }
    insta::assert_snapshot!("hostile_terminal", report);
}

#[test]
fn tables_stay_tables() {
    let report = Report::new(nasty());
    insta::assert_snapshot!("hostile_markdown", report.to_markdown());
    let parsed: serde_json::Value = serde_json::from_str(&report.to_json()).expect("JSON");
    let names: Vec<_> = parsed["sites"].as_array().expect("sites").iter().map(|site| site["name"].as_str()).collect();
    assert_eq!(names, NASTY.map(Some));
    // A newline in quotes is part of its cell.
    let csv = report.to_csv();
    let mut quoted = false;
    let cells: Vec<&str> = csv
        .split(|c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .collect();
    assert_eq!(cells.len(), 24 * (1 + 2 * NASTY.len()) + 1);
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..10, 0_u64..1_000_000, any::<u64>().prop_map(|count| count >> 8)]
}

prop_compose! {
    fn calls()(calls in count(), median in 1_u64..1 << 42, errors in count(), cancelled in count(), running in count()) -> Calls {
        let share = |part: u64| part.min(calls / 3);
        Calls { errors: share(errors), cancelled: share(cancelled), running, limits: vec![1_000], ..Calls::of(calls, median) }
    }
}

prop_compose! {
    fn snapshots()(
        sites in prop::collection::vec((0_usize..6, "\\PC{0,50}", calls(), prop::collection::vec((".{0,30}", calls()), 0..4)), 0..6),
        span in any::<u64>(),
        own_cost in 0_u64..1_000_000,
    ) -> Snapshot {
        let mut snapshot = Snapshot { span: Duration::from_nanos(span), own_cost: Duration::from_nanos(own_cost), ..fixture::rich() };
        snapshot.sites = sites
            .into_iter()
            .map(|(kind, name, calls, series)| {
                let mut site = fixture::site(Kind::ALL[kind], &[&name], calls.stats(3), 7);
                site.label_keys = vec!["key".to_owned()];
                let series = series.into_iter().map(|(value, calls)| Series { values: vec![value], stats: calls.stats(4) });
                site.series = series.collect();
                site.busy = name.len() % 2 == 0;
                site.total.outermost_ns /= 1 + name.len() as u64 % 3;
                site
            })
            .collect();
        snapshot
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_line_is_too_wide(snapshot in snapshots(), columns in 0_usize..240) {
        let report = Report::new(snapshot);
        let text = report.to_terminal(&Style::default().with_width(columns));
        fits(&text, columns.max(Style::NARROWEST));
        prop_assert!(text.ends_with('\n') && !text.lines().any(|line| line.ends_with(' ')));
        prop_assert!(!report.to_markdown().is_empty() && !report.to_csv().is_empty());
        super::schema::check(&report);
    }
}
