//! What perfmon finds around the program: itself, the process, the machine. They are many and the program's own figures few, so a terminal
//! shows them as two sentences, behind the program's own; the other formats have all of them. So it is with what else comes in such numbers.

use std::collections::BTreeMap;

use super::{format, style::Tint, table::Note, text::clean};
use crate::snapshot::{Metric, MetricSeries, Snapshot, Value};

/// The names that the pack for the system uses. A prefix would not do: `process_orders` is the program's own.
const SYSTEM: [&str; 41] = [
    "cpu_core_usage_percent",
    "cpu_cores",
    "cpu_usage_distribution",
    "cpu_usage_percent",
    "disk_available_bytes",
    "disk_total_bytes",
    "disk_usage_percent",
    "load_average",
    "memory_available_bytes",
    "memory_total_bytes",
    "memory_usage_percent",
    "memory_used_bytes",
    "network_connections",
    "network_received_bytes_per_second",
    "network_received_bytes_total",
    "network_received_errors_total",
    "network_received_packets_per_second",
    "network_received_packets_total",
    "network_sent_bytes_per_second",
    "network_sent_bytes_total",
    "network_sent_errors_total",
    "network_sent_packets_per_second",
    "network_sent_packets_total",
    "process_context_switches_total",
    "process_cpu_milliseconds_total",
    "process_cpu_usage_percent",
    "process_max_fds",
    "process_memory_distribution",
    "process_memory_growing",
    "process_memory_growth_bytes_per_second",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_uptime_seconds",
    "process_virtual_memory_bytes",
    "swap_total_bytes",
    "swap_usage_percent",
    "swap_used_bytes",
    "system_processes",
    "temperature_celsius",
];

/// Whether it is the program's own: declared by it, or brought by a collector of its own.
pub(super) fn is_own(metric: &Metric) -> bool {
    let name = metric.name();
    let around = name.starts_with("perfmon_") || SYSTEM.contains(&name);
    // The pack declares its two distributions; what else is declared by one of these names, the program declared.
    !around || !(metric.collected || name.ends_with("_distribution"))
}

/// A collector that brings more than so many metrics whose names begin alike brings them for machines to read.
const FEW: usize = 20;

/// How many metrics there are by the first word of their names, where they are too many for a terminal.
pub(super) struct Many<'a>(BTreeMap<&'a str, u64>);

impl<'a> Many<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut by_word: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
        for metric in snapshot.metrics().iter().filter(|metric| is_own(metric)) {
            let (all, collected) = by_word.entry(first_word(metric.name())).or_default();
            *all += 1;
            *collected += usize::from(metric.collected);
        }
        Self(
            by_word
                .into_iter()
                .filter(|(_, (_, collected))| *collected > FEW)
                .map(|(word, (all, _))| (word, all))
                .collect(),
        )
    }

    /// Whether it is one of them.
    pub(super) fn has(&self, metric: &Metric) -> bool {
        self.0.contains_key(first_word(metric.name()))
    }
}

fn first_word(name: &str) -> &str {
    name.split(['_', '.']).next().unwrap_or(name)
}

/// The process and the machine in a sentence each, and how much more there is.
pub(super) fn notes(snapshot: &Snapshot) -> Vec<Note> {
    let mut facts = Facts { snapshot, shown: Vec::new() };
    let sentences = [("process", process(&mut facts)), ("machine", machine(&mut facts))];
    let all = snapshot.metrics().iter().filter(|metric| !is_own(metric)).count();
    let mut notes: Vec<Note> = sentences
        .into_iter()
        .filter(|(_, facts)| !facts.is_empty())
        .map(|(mark, facts)| Note { indent: 0, mark: mark.to_owned(), tint: Tint::Plain, text: facts.join(" · ") })
        .collect();
    let more = all.saturating_sub(facts.shown.len()) as u64;
    let around = (more > 0).then(|| {
        let what = if notes.is_empty() { "metric" } else { "more metric" };
        format!("{} of process, machine and perfmon", format::plural(more, what))
    });
    let many = Many::of(snapshot).0;
    let many = many.into_iter().map(|(word, all)| format!("{} of {}", format::plural(all, "metric"), clean(word)));
    let counted: Vec<String> = around.into_iter().chain(many).collect();
    if !counted.is_empty() {
        let text = format!("… {}: in the report as Markdown, JSON or CSV", counted.join(", "));
        notes.push(Note::more(0, text));
    }
    notes
}

/// Gauges of the surroundings, and which of them were found.
struct Facts<'a> {
    snapshot: &'a Snapshot,
    shown: Vec<&'static str>,
}

impl<'a> Facts<'a> {
    fn series(&mut self, name: &'static str) -> impl Iterator<Item = (&'a MetricSeries, f64)> + use<'a> {
        let metric = self.snapshot.metric(name).filter(|metric| !is_own(metric));
        if metric.is_some_and(|metric| !metric.series().is_empty()) && !self.shown.contains(&name) {
            self.shown.push(name);
        }
        metric.into_iter().flat_map(Metric::series).filter_map(|one| match one.value() {
            Value::Gauge(value) if value.is_finite() => Some((one, *value)),
            _ => None,
        })
    }

    fn value(&mut self, name: &'static str) -> Option<f64> {
        self.series(name).next().map(|(_, value)| value)
    }

    /// ` of 23.5 GiB`, nothing when it is not known.
    fn of(&mut self, name: &'static str, unit: &str) -> String {
        self.value(name).map(|all| format!(" of {}", format::quantity(all, unit))).unwrap_or_default()
    }
}

fn process(facts: &mut Facts<'_>) -> Vec<String> {
    let cpu = facts.value("process_cpu_usage_percent").map(|used| format!("cpu {} of a core", percent(used)));
    let growing = facts.value("process_memory_growing").is_some_and(|growing| growing > 0.0);
    let pace = facts.value("process_memory_growth_bytes_per_second").filter(|_| growing);
    let memory = facts.value("process_resident_memory_bytes").map(|bytes| {
        let pace = pace.map(|pace| format!(", growing by {}/s", format::bytes(pace))).unwrap_or_default();
        format!("memory {}{pace}", format::bytes(bytes))
    });
    let threads = facts.value("process_threads").map(|threads| plural(threads, "thread"));
    let files = facts.value("process_open_fds").map(|open| {
        let most = facts.of("process_max_fds", "");
        format!("files {}{most}", format::number(open))
    });
    [cpu, memory, threads, files].into_iter().flatten().collect()
}

fn machine(facts: &mut Facts<'_>) -> Vec<String> {
    let cpu = facts.value("cpu_usage_percent").map(|used| {
        let cores = facts.value("cpu_cores").map(|cores| format!(" of {}", plural(cores, "core"))).unwrap_or_default();
        format!("cpu {}{cores}", percent(used))
    });
    let load: Vec<_> = facts.series("load_average").collect();
    let of =
        |period: &str| load.iter().find(|(one, _)| one.values() == [period]).map(|(_, tasks)| format!("{tasks:.1}"));
    let load: Vec<String> = ["1m", "5m", "15m"].into_iter().filter_map(of).collect();
    let load = (!load.is_empty()).then(|| format!("load {}", load.join(" ")));
    let memory = facts.value("memory_usage_percent").map(|used| {
        let all = facts.of("memory_total_bytes", "bytes");
        format!("memory {}{all}", percent(used))
    });
    let swap =
        facts.value("swap_usage_percent").filter(|used| *used > 0.0).map(|used| format!("swap {}", percent(used)));
    let fullest = facts.series("disk_usage_percent").max_by(|a, b| a.1.total_cmp(&b.1));
    let disk = fullest.map(|(disk, used)| {
        let size = facts.series("disk_total_bytes").find(|(one, _)| one.values() == disk.values());
        let size = size.map(|(_, bytes)| format!(" of {}", format::bytes(bytes))).unwrap_or_default();
        format!("disk {} {}{size}", clean(&disk.values().join(" ")), percent(used))
    });
    let mut sum = |name| facts.series(name).map(|(_, value)| value).reduce(|sum, value| sum + value);
    let traffic = [("in", sum("network_received_bytes_per_second")), ("out", sum("network_sent_bytes_per_second"))];
    let traffic: Vec<String> =
        traffic.into_iter().filter_map(|(way, rate)| Some(format!("{}/s {way}", format::bytes(rate?)))).collect();
    let network = (!traffic.is_empty()).then(|| format!("network {}", traffic.join(", ")));
    let hottest = facts.series("temperature_celsius").map(|(_, celsius)| celsius).reduce(f64::max);
    let hottest = hottest.map(|celsius| format!("{celsius:.0} °C"));
    [cpu, load, memory, swap, disk, network, hottest].into_iter().flatten().collect()
}

fn percent(value: f64) -> String {
    format::measured(value, "percent")
}

fn plural(count: f64, one: &str) -> String {
    let ending = if (count - 1.0).abs() < 0.5 { "" } else { "s" };
    format!("{} {one}{ending}", format::number(count))
}
