//! What every format makes of the same snapshots.

mod collected;
pub(super) mod fixture;
mod hostile;
mod schema;
mod surroundings;

use std::path::Path;

use super::{Format, Report, Style};

fn terminal(style: Style) -> String {
    Report::new(fixture::rich()).to_terminal(&style)
}

#[test]
fn terminal_of_60_columns() {
    insta::assert_snapshot!(terminal(Style::default().with_width(60)));
}

#[test]
fn terminal_of_100_columns_is_what_displays() {
    let report = Report::new(fixture::rich());
    assert_eq!(report.to_string(), report.to_terminal(&Style::default().with_width(100)));
    insta::assert_snapshot!(report);
}

#[test]
fn terminal_of_160_columns() {
    insta::assert_snapshot!(terminal(Style::default().with_width(160)));
}

#[test]
fn terminal_of_220_columns() {
    insta::assert_snapshot!(terminal(Style::default().with_width(220)));
}

#[test]
fn terminal_in_colour() {
    let colored = terminal(Style::default().with_color(true)).replace('\x1b', "␛");
    insta::assert_snapshot!(colored);
}

#[test]
fn colour_adds_nothing_but_colour() {
    for width in [60, 100, 160] {
        let colored = terminal(Style::default().with_width(width).with_color(true));
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        plain.push_str(rest);
        let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(trimmed(&plain), trimmed(&terminal(Style::default().with_width(width))));
    }
}

#[test]
fn few_sites_and_series_on_request() {
    let text = terminal(Style::default().with_sites(1).with_series(0));
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_recorded() {
    let report = Report::new(fixture::empty());
    insta::assert_snapshot!("empty_terminal", report.to_terminal(&Style::default().with_width(60)));
    insta::assert_snapshot!("empty_markdown", report.to_markdown());
    insta::assert_snapshot!("empty_json", report.to_json());
    assert_eq!(report.to_csv().lines().count(), 1);
    assert_eq!(report.metrics_to_csv().lines().count(), 1);
}

#[test]
fn nothing_called() {
    let mut snapshot = fixture::rich();
    snapshot.metrics.clear();
    snapshot.sites.retain(|site| site.started() == 0);
    snapshot.losses = crate::snapshot::Losses::default();
    insta::assert_snapshot!(Report::new(snapshot));
}

#[test]
fn an_interval_is_reported_like_a_snapshot() {
    let later = fixture::rich();
    let mut earlier = later.clone();
    earlier.span /= 2;
    earlier.sites.retain(|site| site.name() != "market_order");
    let report = Report::new(&later - &earlier);
    let text = report.to_string();
    assert!(text.contains("12,568 calls in 1m 02s"), "{text}");
    assert!(report.to_json().contains("\"span_ns\": 61728000000"));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(Report::new(fixture::rich()).to_markdown());
}

#[test]
fn json() {
    insta::assert_snapshot!(Report::new(fixture::rich()).to_json());
}

#[test]
fn csv() {
    let report = Report::new(fixture::rich());
    insta::assert_snapshot!("csv_calls", report.to_csv().replace("\r\n", "\n"));
    insta::assert_snapshot!("csv_metrics", report.metrics_to_csv().replace("\r\n", "\n"));
    assert!(report.to_csv().split_inclusive('\n').all(|line| line.ends_with("\r\n")));
}

#[test]
fn csv_header_is_documented() {
    let docs = include_str!("../mod.rs");
    let report = Report::new(fixture::empty());
    for column in report.to_csv().trim_end().split(',').chain(report.metrics_to_csv().trim_end().split(',')) {
        assert!(docs.contains(&format!("`{column}`")), "{column} is not in the module's documentation");
    }
}

#[test]
fn the_ending_of_a_file_names_its_format() {
    use Format::{Csv, Json, Markdown, Terminal};
    let of = |path: &str| Format::of_path(Path::new(path));
    let formats = ["r.json", "a/b.MD", "x.markdown", "x.csv", "report.txt", "report", "/dev/stdout"].map(of);
    assert_eq!(formats, [Json, Markdown, Markdown, Csv, Terminal, Terminal, Terminal]);
}

#[cfg(unix)]
#[test]
fn files_are_the_owners_alone() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let path = std::env::temp_dir().join(format!("perfmon-report-{}.json", std::process::id()));
    fs::write(&path, "x".repeat(1 << 20)).expect("a temporary file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("its mode");
    let report = Report::new(fixture::rich());
    report.write_to(&path).expect("writing it");
    let (text, mode) = (fs::read_to_string(&path), fs::metadata(&path).expect("its mode").permissions().mode());
    fs::remove_file(&path).expect("removing it");
    assert_eq!(text.expect("its text"), report.to_json());
    assert_eq!(mode & 0o777, 0o600);
    report.write_to("/dev/null").expect("a device is written to");
    assert_ne!(fs::metadata("/dev/null").expect("its mode").permissions().mode() & 0o777, 0o600, "and left as it is");
}
