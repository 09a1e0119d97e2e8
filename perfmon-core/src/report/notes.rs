//! What there is to say about a site besides its figures, in words.

use super::{calls, format, style::Tint, table::Note, text::clean};
use crate::{
    site::{Objective, Place, Sample, Statistic},
    snapshot::{ObjectiveStatus, Site, Snapshot, Value},
};

/// The lines below a site: its objectives first.
pub(super) fn of_site(site: &Site) -> Vec<Note> {
    let objectives = site.objectives().map(|status| objective(&status, site.calls()));
    let remarks =
        remarks(site).into_iter().map(|text| Note { indent: 2, mark: "·".to_owned(), tint: Tint::Faint, text });
    objectives.chain(remarks).collect()
}

/// What the figures of a site do not say.
pub(super) fn remarks(site: &Site) -> Vec<String> {
    let mut remarks = Vec::new();
    if site.outermost() < site.total() {
        let total = format::duration(site.total());
        remarks
            .push(format!("recursive: its total is that of outermost calls, {total} with inner calls counted again"));
    }
    if site.is_busy_measured() && site.calls() > 0 {
        let part = site.busy().as_secs_f64() / site.outermost().as_secs_f64();
        let waiting = site.outermost().saturating_sub(site.busy());
        let (busy, waiting) = (format::duration(site.busy()), format::duration(waiting));
        remarks.push(format!("busy {} of its time: {busy} polling, {waiting} waiting", format::percent(part)));
    }
    if let [_, _, ..] = site.places() {
        let places: Vec<String> = site.places().iter().map(place).collect();
        remarks.push(format!("declared in {} places, counted as one: {}", places.len(), places.join(", ")));
    }
    if site.clamped() > 0 {
        remarks.push(format!("{} longer than 9.7 h, counted as that long", format::plural(site.clamped(), "call")));
    }
    if site.coarse() > 0 {
        let calls = format::plural(site.coarse(), "call");
        remarks.push(format!("{calls} timed to the nearest power of two: the memory limit was reached"));
    }
    remarks
}

/// The marks behind names that are in use, each with what it means.
pub(super) fn legend(snapshot: &Snapshot) -> impl Iterator<Item = (&'static str, &'static str)> {
    let any = |holds: &dyn Fn(&Site) -> bool| snapshot.sites().iter().any(holds);
    let sampled = any(&|site| calls::one_in(site).is_some());
    let near = any(&|site| calls::near_own_cost(site, snapshot));
    let sampled = sampled.then_some(("1/64", "one call in so many is timed; all are counted, times are estimates"));
    let near = near.then_some(("≈", "the median is under 3 × perfmon's own cost of a call, part of which it holds"));
    sampled.into_iter().chain(near)
}

/// `src/broker.rs:88`
pub(super) fn place(place: &Place) -> String {
    format!("{}:{}", clean(&place.file), place.line)
}

/// `p99 ≤ 250 ms`
pub(super) fn promise(objective: &Objective) -> String {
    let name = match objective.statistic() {
        Statistic::P999 => "p99.9",
        Statistic::ErrorRate => "error rate",
        other => other.as_str(),
    };
    let limit = match (objective.latency_bound(), objective.error_rate_bound()) {
        (Some(limit), _) => format::bound(limit),
        (None, fraction) => format::percent(fraction.unwrap_or(0.0)),
    };
    format!("{name} ≤ {limit}")
}

/// `missed: 1.8 % of calls over it (222), 1 % allowed`
pub(super) fn verdict(status: &ObjectiveStatus, calls: u64) -> String {
    let objective = &status.objective;
    let part = format::percent(status.breaches as f64 / calls.max(1) as f64);
    let (verb, allowed) = match (objective.statistic().percentile(), objective.error_rate_bound()) {
        (Some(percentile), _) => ("over", (100.0 - percentile) / 100.0),
        (None, bound) => ("failed", bound.unwrap_or(0.0)),
    };
    let breaches = format::count(status.breaches);
    match status.met {
        None => "not judged: no call has finished".to_owned(),
        Some(true) if status.breaches == 0 => format!("met: none {verb}"),
        Some(true) => format!("met: {part} {verb} ({breaches})"),
        Some(false) => {
            let allowed = format::percent(allowed);
            format!("missed: {part} {verb} ({breaches} of {}), {allowed} allowed", format::plural(calls, "call"))
        }
    }
}

fn objective(status: &ObjectiveStatus, calls: u64) -> Note {
    let (mark, tint) = match status.met {
        Some(true) => ("✓", Tint::Good),
        Some(false) => ("✗", Tint::Bad),
        None => ("·", Tint::Faint),
    };
    let mut text = format!("{} {}", promise(&status.objective), verdict(status, calls));
    if status.met == Some(false) {
        text = format!("{text} · {}", status.objective.severity());
    }
    Note { indent: 2, mark: mark.to_owned(), tint, text }
}

/// What the bounds cost, each with what to do about it.
pub(super) fn losses(snapshot: &Snapshot) -> Vec<Note> {
    let losses = snapshot.losses();
    let mut notes = Vec::new();
    let mut warn = |count: u64, text: String| {
        if count > 0 {
            notes.push(Note { indent: 0, mark: "⚠".to_owned(), tint: Tint::Caution, text });
        }
    };
    let refused = format::plural(losses.labels_refused, "time");
    warn(
        losses.labels_refused,
        format!(
            "{refused} a label set was beyond its site's limit and counted in the series \"other\": choose labels with fewer \
             values, or raise the limit with perfmon::setup().label_limit(…)"
        ),
    );
    let shared = format::plural(losses.shared_pairs, "pair");
    warn(
        losses.shared_pairs,
        format!(
            "{shared} of thread and series share memory because half of its limit is in use. Their counts are exact, their calls \
             slower: raise the limit with perfmon::setup().memory_limit(…)"
        ),
    );
    let uncounted = format::plural(losses.uncounted_calls, "call");
    warn(
        losses.uncounted_calls,
        format!(
            "{uncounted} from inside perfmon's own slow path could not be counted: is the allocator or something it calls \
             monitored? Leave it out with `skip`"
        ),
    );
    let increments = format::plural(losses.increments_refused, "increment");
    warn(
        losses.increments_refused,
        format!(
            "{increments} of counters beyond 2^53 not added, for nobody means so much: look for a difference that went below zero before it \
             was given to a counter"
        ),
    );
    let values = format::plural(losses.values_refused, "value");
    warn(
        losses.values_refused,
        format!(
            "{values} of closures and collectors not shown, for names that metrics cannot have or that others have: perfmon::collectors() tells whose"
        ),
    );
    for pair in snapshot.metrics().windows(2).filter(|pair| pair[0].name() == pair[1].name()) {
        let (name, kinds) = (clean(pair[0].name()), [pair[0].kind().as_str(), pair[1].kind().as_str()]);
        warn(
            1,
            format!(
                "{name} is a {} and a {} too, so one of them has another name in /metrics: rename one",
                kinds[0], kinds[1]
            ),
        );
    }
    for metric in snapshot.metrics() {
        if let Some(Value::Histogram(values)) = metric.total() {
            let (count, name) = (format::plural(values.clamped(), "value"), clean(metric.name()));
            warn(values.clamped(), format!("{count} of {name} beyond 2^45 − 1, counted as that large"));
        }
    }
    notes
}

/// What perfmon itself took.
pub(super) fn own(snapshot: &Snapshot) -> String {
    let timed: u64 = snapshot.sites().iter().map(|site| site.timed()).fold(0, u64::saturating_add);
    let footprint = snapshot.footprint();
    let cost = snapshot.own_cost();
    let all = std::time::Duration::try_from_secs_f64(cost.as_secs_f64() * timed as f64).unwrap_or_default();
    let memory = format!(
        "{} of {} memory, {}, {}",
        format::bytes(footprint.total_bytes() as f64),
        format::bytes(footprint.limit_bytes as f64),
        format::plural(footprint.slots, "thread slot"),
        if footprint.series == 1 {
            "1 series".to_owned()
        } else {
            format!("{} series", format::count(footprint.series))
        },
    );
    format!("itself takes {} a call, about {} in all; {memory}", format::duration(cost), format::duration(all))
}

/// The marks behind a site's name.
pub(super) fn marks(site: &Site, snapshot: &Snapshot) -> String {
    let sampled = calls::one_in(site)
        .map(|n| {
            let about = if site.sample() == Sample::Auto { "~" } else { "" };
            format!(" {about}1/{}", format::count(n))
        })
        .unwrap_or_default();
    let near = if calls::near_own_cost(site, snapshot) { " ≈" } else { "" };
    format!("{sampled}{near}")
}
