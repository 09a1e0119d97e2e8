//! Label values of every sort, and their limit.

#[macro_use]
mod support;

use std::thread;

use perfmon_core::{
    call::{Label, LabelBuf, display, enter_labels, record_labels},
    snapshot,
    snapshot::Stats,
};
use support::{ns, taken};

site!(HOSTILE, "hostile", labels(&["value"]));
site!(PAIRS, "pairs", labels(&["a", "b"]));
site!(MANY, "many", labels(&["n"]));
site!(CROWD, "crowd", labels(&["n"]));
site!(OTHER, "named other", labels(&["n"]));

#[test]
fn hostile_values_stay_apart() {
    let mut values: Vec<String> =
        ["", "\0", "\0\0", "other", "é", "e\u{301}", "日本語", "🦀", " ", "\"}\n", "other\0"].map(String::from).into();
    values.extend((1..=40).map(|length| "x".repeat(length)));
    values.extend((1..=40).map(|length| format!("{}y", "x".repeat(length))));
    values.extend((0..40).map(|at| format!("a common prefix of thirty bytes{at}")));
    values.extend((0..8).map(|at| format!("{}{at}{}", "p".repeat(5_000), "q".repeat(5_000))));
    for round in 1..=3 {
        for value in &values {
            enter_labels(&HOSTILE, &[value]).finish(false);
        }
        let site = taken("hostile");
        assert_eq!(site.series().len(), values.len());
        for value in &values {
            assert_eq!(site.with_labels(&[value]).map(Stats::calls), Some(round), "{value:.40}");
        }
    }
}

#[test]
fn pairs_are_not_run_together() {
    let long = "l".repeat(300);
    let pairs = [
        ("ab", "c"),
        ("a", "bc"),
        ("", "abc"),
        ("abc", ""),
        ("", ""),
        ("\u{1}", "a"),
        ("a\u{1}", ""),
        (&long, "x"),
        ("x", &long),
    ];
    for _ in 0..2 {
        pairs.iter().for_each(|(a, b)| enter_labels(&PAIRS, &[a, b]).finish(false));
    }
    let site = taken("pairs");
    assert_eq!(site.series().len(), pairs.len());
    assert!(pairs.iter().all(|(a, b)| site.with_labels(&[a, b]).is_some_and(|stats| stats.calls() == 2)));
}

#[test]
fn beyond_the_limit_comes_other() {
    for at in 0..300 {
        let value = if at % 2 == 0 { format!("{at}") } else { format!("a value of more than two words, {at}") };
        for _ in 0..3 {
            enter_labels(&MANY, &[&value]).finish(at % 10 == 0);
        }
    }
    let site = taken("many");
    assert_eq!((site.calls(), site.series().len()), (900, 257));
    assert_eq!(site.with_labels(&["other"]).map(Stats::calls), Some(3 * (300 - 256)));
    assert!(snapshot().losses().labels_refused > 0);
}

/// The limit holds exactly when many threads come with new values at once.
#[test]
fn a_crowd_at_the_limit() {
    thread::scope(|scope| {
        for worker in 0..16 {
            scope.spawn(move || {
                for at in 0..400 {
                    enter_labels(&CROWD, &[&format!("{}", (at * 7 + worker * 31) % 400)]).finish(false);
                }
            });
        }
    });
    let site = taken("crowd");
    assert_eq!((site.calls(), site.series().len()), (16 * 400, 257));
    assert_eq!(site.series().iter().map(|series| series.stats().calls()).sum::<u64>(), 16 * 400);
}

#[test]
fn a_value_may_be_called_other() {
    for at in 0..300 {
        record_labels(&OTHER, &["other"], ns(1));
        record_labels(&OTHER, &[&at.to_string()], ns(2));
    }
    let site = taken("named other");
    assert_eq!((site.calls(), site.series().len()), (600, 256));
    assert_eq!(site.with_labels(&["other"]).map(Stats::calls), Some(300 + 300 - 255));
}

#[test]
fn values_that_are_not_text() {
    let mut buf = LabelBuf::new();
    assert_eq!(42_u8.text(&mut buf), "42");
    assert_eq!(i128::MIN.text(&mut LabelBuf::new()), i128::MIN.to_string());
    assert_eq!(true.text(&mut LabelBuf::new()), "true");
    assert_eq!('é'.text(&mut LabelBuf::new()), "é");
    for length in [0, 1, 63, 64, 65, 10_000] {
        let text = "é".repeat(length / 2) + if length % 2 == 1 { "x" } else { "" };
        assert_eq!(display(&format_args!("{text}{}", ""), &mut LabelBuf::new()), text);
        assert_eq!(display(&format_args!("{}{text}", "ab"), &mut LabelBuf::new()), format!("ab{text}"));
    }
}
