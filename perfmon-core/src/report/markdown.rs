//! The report as Markdown (GitHub's tables): everything the terminal shows, and no site or series left out.

use std::fmt::Write as _;

use super::{
    calls::{self, Field},
    format, metrics, notes, rank,
    surroundings::is_own,
    text::{clean, left, name, right, width},
};
use crate::{
    site::Kind,
    snapshot::{Metric, Site, Snapshot, Stats, Value},
};

pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut text = format!(
        "# perfmon report\n\n{} in {}, {}\n",
        format::plural(calls::all(snapshot), "call"),
        format::bound(snapshot.span()),
        format::readable_timestamp(snapshot.taken_at()),
    );
    if snapshot.sites().is_empty() && snapshot.metrics().is_empty() {
        text.push_str("\nNo call site is known: put `#[perfmon::monitor_latency]` on a function and call it.\n");
        return text;
    }
    for kind in Kind::ALL {
        section(&mut text, kind.as_str(), &sites(snapshot, kind));
    }
    let objectives_over = format!("Objectives, over all {}", format::bound(snapshot.span()));
    section(&mut text, &objectives_over, &objectives(snapshot));
    list(&mut text, "Notes", &remarks(snapshot));
    section(&mut text, "Custom metrics", &values(snapshot, is_own));
    section(&mut text, "Histograms", &histograms(snapshot, is_own));
    section(&mut text, "Never called", &never_called(snapshot));
    let around = |metric: &Metric| !is_own(metric);
    section(&mut text, "Process, machine and perfmon", &values(snapshot, around));
    section(&mut text, "Histograms of process, machine and perfmon", &histograms(snapshot, around));
    list(
        &mut text,
        "Warnings",
        &notes::losses(snapshot).into_iter().map(|note| escape(&note.text)).collect::<Vec<_>>(),
    );
    // Writing to a string cannot fail.
    let _ = write!(text, "\nperfmon {}\n", escape(&notes::own(snapshot)));
    text
}

/// Heads, with whether the column is of figures; and rows of as many cells, escaped.
struct Table {
    heads: Vec<(&'static str, bool)>,
    rows: Vec<Vec<String>>,
}

fn section(text: &mut String, title: &str, table: &Table) {
    if table.rows.is_empty() {
        return;
    }
    let _ = write!(text, "\n## {title}\n\n");
    let widest = |at: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell));
        // A delimiter needs three characters.
        cells.chain([width(table.heads[at].0), 3]).max().unwrap_or(3)
    };
    let widths: Vec<usize> = (0..table.heads.len()).map(widest).collect();
    let columns = || table.heads.iter().zip(&widths);
    let pad =
        |figures: bool, cell: &str, columns: usize| if figures { right(cell, columns) } else { left(cell, columns) };
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(columns().map(|((head, figures), &width)| pad(*figures, head, width)).collect()));
    let rule = |((_, figures), width): (&(&str, bool), &usize)| {
        if *figures { format!("{}:", "-".repeat(width - 1)) } else { "-".repeat(*width) }
    };
    text.push_str(&line(columns().map(rule).collect()));
    for row in &table.rows {
        text.push_str(&line(
            columns().zip(row).map(|(((_, figures), &width), cell)| pad(*figures, cell, width)).collect(),
        ));
    }
}

fn list(text: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        let _ = write!(text, "\n## {title}\n\n");
        for item in items {
            let _ = writeln!(text, "- {item}");
        }
    }
}

fn sites(snapshot: &Snapshot, kind: Kind) -> Table {
    let sites = rank::sites(snapshot, kind);
    let happened = |field: &Field| sites.iter().any(|site| field.rare(site) != Some(0));
    let fields: Vec<Field> = Field::ALL.into_iter().filter(happened).collect();
    let row = |name: String, stats: &Stats| {
        let figures = fields.iter().map(|field| escape(&field.cell(stats, snapshot.span()).text));
        std::iter::once(name).chain(figures).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    for site in &sites {
        rows.push(row(format!("{}{}", escape(site.name()), escape(&notes::marks(site, snapshot))), site));
        for series in rank::series(site) {
            let labels = metrics::labels(site.label_keys(), series.values());
            rows.push(row(format!("↳ {}", escape(&labels)), series.stats()));
        }
    }
    let figures = fields.iter().map(|field| (field.head(), true));
    Table { heads: std::iter::once(("name", false)).chain(figures).collect(), rows }
}

fn objectives(snapshot: &Snapshot) -> Table {
    let statuses = snapshot.sites().iter().flat_map(|site| site.objectives().map(move |status| (site, status)));
    let row = |(site, status): (&Site, crate::snapshot::ObjectiveStatus)| {
        let mark = match status.met {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "·",
        };
        vec![
            mark.to_owned(),
            escape(site.name()),
            escape(&notes::promise(&status.objective)),
            escape(&notes::verdict(&status, site.calls())),
            status.objective.severity().to_string(),
        ]
    };
    let heads = vec![("", false), ("site", false), ("objective", false), ("result", false), ("severity", false)];
    Table { heads, rows: statuses.map(row).collect() }
}

/// What there is to say about sites besides figures and objectives.
fn remarks(snapshot: &Snapshot) -> Vec<String> {
    let of_site = |site: &Site| {
        let name = escape(site.name());
        let remarks = notes::remarks(site).into_iter();
        remarks.map(|remark| format!("{name}: {}", escape(&remark))).collect::<Vec<_>>()
    };
    snapshot
        .sites()
        .iter()
        .flat_map(of_site)
        .chain(notes::legend(snapshot).map(|(mark, text)| escape(&format!("{mark} {text}"))))
        .collect()
}

/// Counters, gauges, and what was never used.
fn values(snapshot: &Snapshot, whose: impl Fn(&Metric) -> bool) -> Table {
    let heads =
        vec![("metric", false), ("labels", false), ("type", false), ("value", true), ("rate", true), ("help", false)];
    let mut rows = series(snapshot, metrics::VALUES.len(), &whose, |value| !matches!(value, Value::Histogram(_)));
    for metric in snapshot.metrics().iter().filter(|metric| metric.series().is_empty() && whose(metric)) {
        rows.push([&name(metric.name()), "", "never used", "", "", metric.help()].map(escape).to_vec());
    }
    Table { heads, rows }
}

fn histograms(snapshot: &Snapshot, whose: impl Fn(&Metric) -> bool) -> Table {
    let figures = metrics::HISTOGRAMS.iter().map(|&head| (head, true));
    let heads =
        [("metric", false), ("labels", false), ("type", false)].into_iter().chain(figures).chain([("help", false)]);
    let rows = series(snapshot, metrics::HISTOGRAMS.len(), whose, |value| matches!(value, Value::Histogram(_)));
    Table { heads: heads.collect(), rows }
}

/// A row for each series of the metrics that are wanted, with so many figures.
fn series(
    snapshot: &Snapshot,
    figures: usize,
    whose: impl Fn(&Metric) -> bool,
    wanted: impl Fn(&Value) -> bool,
) -> Vec<Vec<String>> {
    let of_metric = |metric: &Metric| {
        let series = metric.series().iter().filter(|series| wanted(series.value()));
        let row = series.map(|series| {
            let labels = metrics::labels(metric.label_keys(), series.values());
            let mut row = vec![name(metric.name()), labels, metric.kind().as_str().to_owned()];
            row.extend(
                metrics::cells(series.value(), metric, series.standing, snapshot).into_iter().map(|cell| cell.text),
            );
            row.resize(3 + figures, String::new());
            row.push(metric.help().to_owned());
            row.iter().map(|cell| escape(cell)).collect()
        });
        row.collect::<Vec<_>>()
    };
    snapshot.metrics().iter().filter(|metric| whose(metric)).flat_map(of_metric).collect()
}

fn never_called(snapshot: &Snapshot) -> Table {
    let row = |site: &Site| {
        let places: Vec<String> = site.places().iter().map(notes::place).collect();
        [site.kind().as_str(), site.name(), &places.join(", ")].map(escape).to_vec()
    };
    Table {
        heads: vec![("kind", false), ("name", false), ("place", false)],
        rows: snapshot.never_called().map(row).collect(),
    }
}

/// Text that Markdown shows as it is: in a table, a heading or a list.
fn escape(text: &str) -> String {
    let text = clean(text);
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' | '<' | '`' | '*' | '[' | ']' | '~' | '|' | '$' => escaped.extend(['\\', c]),
            // Within a word it is no emphasis.
            '_' if !(letter(before) && letter(rest.peek().copied())) => escaped.push_str("\\_"),
            '&' => escaped.push_str("&amp;"),
            c => escaped.push(c),
        }
        before = Some(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_means_itself() {
        assert_eq!(escape("a|b\\|c"), "a\\|b\\\\\\|c");
        assert_eq!(escape("one\ntwo\r"), "one␊two␍");
        assert_eq!(escape("order_execution _x_ *y*"), "order_execution \\_x\\_ \\*y\\*");
        assert_eq!(escape("<img src=x> [a](b) `c`"), "\\<img src=x> \\[a\\](b) \\`c\\`");
    }
}
