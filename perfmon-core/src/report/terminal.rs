//! The report as a table in a terminal.

use std::time::Duration;

use super::{
    Style,
    calls::{self, Field},
    format, metrics, notes, rank,
    sparkline::Axis,
    style::Tint,
    surroundings,
    table::{Block, Column, Fit, Note, Row, Table},
    text::{clean, left, right, shorten, width, wrap},
};
use crate::{
    site::Kind,
    snapshot::{Series, Site, Snapshot},
};

/// Never-called sites listed; more are only counted.
const NEVER_CALLED: usize = 20;

/// The whole report, each line ended.
pub(super) fn render(snapshot: &Snapshot, style: &Style) -> String {
    let mut page = Page { columns: style.width.max(Style::NARROWEST), color: style.color, text: String::new() };
    page.headline(snapshot);
    if snapshot.sites().is_empty() && snapshot.metrics().is_empty() {
        page.help();
        return page.text;
    }
    let mut table = calls_table(snapshot, style);
    let fit = table.fitted(page.columns);
    page.section(|page| table.lines(&fit, page.color));
    for mut table in metrics::tables(snapshot, style) {
        let fit = table.fitted(page.columns);
        page.section(|page| table.lines(&fit, page.color));
    }
    page.section(|page| {
        let around = surroundings::notes(snapshot);
        around.iter().flat_map(|note| note.lines(page.columns, page.color)).collect()
    });
    page.never_called(snapshot);
    page.section(|page| {
        let losses = notes::losses(snapshot);
        losses.iter().flat_map(|note| note.lines(page.columns, page.color)).collect()
    });
    page.legend(snapshot, &fit);
    page.text
}

struct Page {
    columns: usize,
    color: bool,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Lines behind an empty one; nothing at all when there are none.
    fn section(&mut self, lines: impl FnOnce(&Self) -> Vec<String>) {
        let lines = lines(self);
        if !lines.is_empty() {
            self.line("");
            for line in &lines {
                self.line(line);
            }
        }
    }

    fn note(&mut self, mark: &str, tint: Tint, text: String) {
        let lines = Note { indent: 0, mark: mark.to_owned(), tint, text }.lines(self.columns, self.color);
        for line in &lines {
            self.line(line);
        }
    }

    /// What there is, and what is wrong, before any table.
    fn headline(&mut self, snapshot: &Snapshot) {
        let calls = calls::all(snapshot);
        let facts = [
            format::plural(snapshot.sites().len() as u64, "call site"),
            format!("{} in {}", format::plural(calls, "call"), format::bound(snapshot.span())),
            format::readable_timestamp(snapshot.taken_at()),
        ];
        let (title, facts) = ("perfmon report", facts.join(" · "));
        let lines = wrap(&format!("{title} · {facts}"), self.columns);
        for (at, line) in lines.iter().enumerate() {
            let (strong, rest) = line.split_at(if at == 0 { title.len().min(line.len()) } else { 0 });
            let line = format!("{}{}", Tint::Strong.paint(strong, self.color), Tint::Faint.paint(rest, self.color));
            self.line(&line);
        }
        self.objectives(snapshot);
    }

    fn objectives(&mut self, snapshot: &Snapshot) {
        let judged = snapshot.sites().iter().flat_map(|site| site.objectives().map(move |status| (site, status)));
        let judged: Vec<_> = judged.filter(|(_, status)| status.met.is_some()).collect();
        let missed: Vec<_> = judged.iter().filter(|(_, status)| status.met == Some(false)).collect();
        let all = format::plural(judged.len() as u64, "objective");
        // A report has no windows: what it judges is all that it is of.
        let span = format::bound(snapshot.span());
        if missed.is_empty() {
            if !judged.is_empty() {
                let text = if judged.len() == 1 {
                    format!("the objective is met over all {span}")
                } else {
                    format!("all {all} met over all {span}")
                };
                self.note("✓", Tint::Good, text);
            }
            return;
        }
        let mut names: Vec<String> = missed
            .iter()
            .take(5)
            .map(|(site, status)| format!("{} {}", clean(site.name()), notes::promise(&status.objective)))
            .collect();
        if missed.len() > names.len() {
            names.push(format!("{} more", missed.len() - names.len()));
        }
        self.note("✗", Tint::Bad, format!("{} of {all} missed over all {span}: {}", missed.len(), names.join(", ")));
    }

    fn help(&mut self) {
        let lines = [
            "",
            "No call site is known. Put an attribute on a function and call it:",
            "",
            "    #[perfmon::monitor_latency]",
            "    fn work() { … }",
            "",
            "If there is one already: is perfmon's feature `on` switched on, and does the program use the crate that has it? A crate \
             that is never named is not linked.",
        ];
        for line in lines {
            if line.starts_with(' ') {
                self.line(line);
            } else {
                for line in wrap(line, self.columns) {
                    self.line(&line);
                }
            }
        }
    }

    fn never_called(&mut self, snapshot: &Snapshot) {
        let sites: Vec<&Site> = snapshot.never_called().collect();
        if sites.is_empty() {
            return;
        }
        let shown = &sites[..sites.len().min(NEVER_CALLED)];
        let rows = shown.iter().map(|site| {
            let places: Vec<String> = site.places().iter().map(notes::place).collect();
            [site.kind().as_str().to_owned(), clean(site.name()), places.join(", ")]
        });
        let rows: Vec<[String; 3]> = rows.collect();
        let widest = |at: usize| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0);
        let (kinds, names) = (widest(0), widest(1).min(self.columns / 2));
        self.section(|page| {
            let faint = |text: &str| Tint::Faint.paint(text, page.color);
            let mut lines =
                vec![Tint::Strong.paint(
                    &format!("never called in {} ({})", format::bound(snapshot.span()), sites.len()),
                    page.color,
                )];
            for [kind, name, places] in &rows {
                let lead = format!("  {}  {}", left(kind, kinds), left(&shorten(name, names), names));
                let room = page.columns.saturating_sub(width(&lead) + 2);
                lines.push(format!("{lead}  {}", faint(&shorten(places, room))));
            }
            if sites.len() > shown.len() {
                let more = sites.len() - shown.len();
                lines.push(faint(&format!("  … {more} more")));
            }
            let hint = "Sites in crates that the program never names are not linked, and not known here.";
            lines.extend(wrap(hint, page.columns.saturating_sub(2)).iter().map(|line| faint(&format!("  {line}"))));
            lines
        });
    }

    /// Explains what is not plain, as far as it was shown.
    fn legend(&mut self, snapshot: &Snapshot, fit: &Fit) {
        let shows = |field| Field::ALL.iter().position(|&one| one == field).is_some_and(|at| fit.shows(at));
        let share = ("share", "total as a part of the time covered: above 100 % where calls overlap");
        let spread = ("▁▃█▂", "calls by duration, on the logarithmic scale whose ends stand above it");
        let entries = [shows(Field::Share).then_some(share), fit.shows_tail().then_some(spread)];
        self.line("");
        for (mark, text) in entries.into_iter().flatten().chain(notes::legend(snapshot)) {
            self.note(&left(mark, width("perfmon")), Tint::Faint, text.to_owned());
        }
        self.note("perfmon", Tint::Faint, notes::own(snapshot));
    }
}

/// All called sites, a block for each kind.
fn calls_table<'a>(snapshot: &'a Snapshot, style: &Style) -> Table<'a> {
    let columns = Field::ALL.map(|field| Column { yields: field.yields(), width: 0 }).into();
    let blocks: Vec<_> = Kind::ALL.iter().filter_map(|&kind| block(snapshot, kind, style)).collect();
    // The ends of the axis stand above it, a blank between them.
    let tail = if blocks.is_empty() { 0 } else { 11 };
    Table { columns, tail: Column { yields: 22, width: tail }, tail_widest: 24, blocks }
}

fn block<'a>(snapshot: &'a Snapshot, kind: Kind, style: &Style) -> Option<Block<'a>> {
    let sites = rank::sites(snapshot, kind);
    let axis = Axis::of(sites.iter().map(|site| site.stats()));
    let group = Group {
        snapshot,
        axis,
        series: style.series,
        fields: Field::ALL.map(|field| {
            // What never happened in the whole group is not shown in it.
            let happened = |site: &&Site| field.rare(site) != Some(0);
            sites.iter().any(happened).then_some(field)
        }),
    };
    let most = style.sites.max(1);
    let mut rows: Vec<Row<'a>> = sites.iter().take(most).flat_map(|site| group.rows(site)).collect();
    let rest = sites.get(most..).unwrap_or_default();
    if let (Some(last), false) = (rows.last_mut(), rest.is_empty()) {
        let total = rest.iter().map(|site| site.outermost()).sum();
        let text =
            format!("… {} with {} in all", format::plural(rest.len() as u64, "more site"), format::duration(total));
        last.notes.push(Note::more(0, text));
    }
    let heads = group.fields.map(|field| field.map_or("", Field::head).to_owned()).into();
    let title = kind.as_str().to_owned();
    (!rows.is_empty()).then(|| Block { title, heads, tail_head: Box::new(move |cells| ends(axis, cells)), rows })
}

/// What the rows of a block have in common.
struct Group<'a> {
    snapshot: &'a Snapshot,
    axis: Option<Axis>,
    series: usize,
    fields: [Option<Field>; Field::ALL.len()],
}

impl<'a> Group<'a> {
    /// A site's row and those of its labelled series.
    fn rows(&self, site: &'a Site) -> Vec<Row<'a>> {
        let mut rows = vec![self.row(0, clean(site.name()), site)];
        rows[0].marks = notes::marks(site, self.snapshot);
        rows[0].notes = notes::of_site(site);
        let series = rank::series(site);
        rows.extend(series.iter().take(self.series).map(|one| self.row(2, labels(site, one), one.stats())));
        if let (Some(more @ 1..), Some(last)) = (series.len().checked_sub(self.series), rows.last_mut()) {
            last.notes.push(Note::more(2, format!("… {more} more")));
        }
        rows
    }

    fn row(&self, indent: usize, name: String, stats: &'a crate::snapshot::Stats) -> Row<'a> {
        let axis = self.axis;
        let cell =
            |field: Option<Field>| field.map(|field| field.cell(stats, self.snapshot.span())).unwrap_or_default();
        Row {
            indent,
            name,
            marks: String::new(),
            cells: self.fields.map(cell).into(),
            tail: Box::new(move |cells| axis.map(|axis| axis.draw(stats.buckets(), cells)).unwrap_or_default()),
            notes: Vec::new(),
        }
    }
}

/// `symbol=AAPL venue=XNAS`
fn labels(site: &Site, series: &Series) -> String {
    metrics::labels(site.label_keys(), series.values())
}

/// The ends of the axis at the ends of so many cells.
fn ends(axis: Option<Axis>, cells: usize) -> String {
    let Some(axis) = axis else { return String::new() };
    let [low, high] = [axis.low, axis.high].map(|nanos| Duration::try_from_secs_f64(nanos / 1e9).unwrap_or_default());
    let (low, high) = (format::duration(low), format::duration(high));
    let whole = format!("{low}{}", right(&high, cells.saturating_sub(width(&low)).max(width(&high) + 1)));
    let short = format!("{}–{}", format::short(&low), format::short(&high));
    [whole, short].into_iter().find(|text| width(text) <= cells).unwrap_or_default()
}
