//! The series of call sites.

use std::borrow::Cow;

use perfmon_core::{
    site::{Kind, Place, Statistic},
    snapshot::{Buckets, ObjectiveStatus, Series, Site, Snapshot, Stats},
};

use super::{
    Scrape,
    edges::Edges,
    exemplar::{Exemplar, Exemplars},
    family::{Encoder, FamilyType, Number, RESERVED},
    name::own_keys,
    number,
    profile::{Family, Measure, Outcome, Source, matches},
    sink::{Sink, Spread},
    unit::{Scale, Unit},
};

/// What a source with `calls` asks for.
#[derive(Clone, Copy)]
pub(super) struct Calls<'a> {
    pub(super) scrape: &'a Scrape<'a>,
    pub(super) exemplars: &'a Exemplars<'a>,
    pub(super) family: &'a Family,
    pub(super) source: &'a Source,
    pub(super) kinds: &'a [Kind],
    pub(super) names: &'a [String],
    pub(super) measure: Measure,
    pub(super) outcomes: &'a [Outcome],
}

/// The counts of a series, or of what is left of a site beside its series.
struct Figures<'a> {
    /// Of the site's labels, none where they are empty; `None` for the whole site.
    values: Option<&'a [String]>,
    /// By outcome.
    finished: [u64; 4],
    started: u64,
    in_flight: u64,
    time_ns: u128,
    busy_ns: u128,
    buckets: Cow<'a, Buckets>,
}

impl<'a> Figures<'a> {
    fn of(stats: &'a Stats, values: Option<&'a [String]>) -> Self {
        Self {
            values,
            finished: [stats.ok(), stats.errors(), stats.panics(), stats.cancelled()],
            started: stats.started(),
            in_flight: stats.in_flight(),
            time_ns: stats.total().as_nanos(),
            busy_ns: stats.busy().as_nanos(),
            buckets: Cow::Borrowed(stats.buckets()),
        }
    }

    fn subtract(&mut self, part: &Self) {
        self.finished.iter_mut().zip(part.finished).for_each(|(mine, part)| *mine = mine.saturating_sub(part));
        self.started = self.started.saturating_sub(part.started);
        self.in_flight = self.in_flight.saturating_sub(part.in_flight);
        self.time_ns = self.time_ns.saturating_sub(part.time_ns);
        self.busy_ns = self.busy_ns.saturating_sub(part.busy_ns);
        self.buckets.to_mut().subtract(&part.buckets);
    }

    /// The series of a site, with what its total has beside them: calls of a place that shares the name and has no labels, and those that have none yet, or
    /// ended without. A series all of whose labels are empty reads the same as those, and is one with them.
    fn by_series(site: &'a Site, measure: Measure) -> Vec<Self> {
        let labelled = site.series().iter().filter(|series| series.values().iter().any(|value| !value.is_empty()));
        let mut all: Vec<_> = labelled.map(|series| Self::of(series.stats(), Some(series.values()))).collect();
        let mut rest = Self::of(site.stats(), Some(&[]));
        all.iter().for_each(|part| rest.subtract(part));
        // Calls that begin there may all end elsewhere. What is counted at the end then has nothing of them to show.
        let begins = matches!(measure, Measure::Started | Measure::InFlight);
        if if begins { rest.started > 0 } else { rest.finished.iter().any(|&calls| calls > 0) } {
            all.push(rest);
        }
        all
    }
}

/// The keys under which a site's own labels are shown.
struct OwnKeys {
    /// In the order of the site's keys; `None` for those that are not shown under their own.
    keys: Vec<Option<String>>,
}

impl<'a> Calls<'a> {
    pub(super) fn write<E: Encoder>(self, sink: &mut Sink<'_, E>) {
        let edges = Edges::new(&self.family.edges, self.scale());
        for site in self.scrape.snapshot.sites() {
            let named = self.names.is_empty() || self.names.iter().any(|name| matches(name, site.name()));
            if named && self.kinds.contains(&site.kind()) {
                self.site(site, &edges, sink);
            }
        }
    }

    /// From nanoseconds to what is shown.
    fn scale(self) -> Scale {
        let shown = self.family.unit.and_then(|unit| Unit::NANOSECONDS.to(unit));
        self.source.scale.map_or_else(|| shown.unwrap_or(Scale::NANOSECONDS), |scale| Scale::NANOSECONDS.then(scale))
    }

    fn site<E: Encoder>(self, site: &Site, edges: &Edges, sink: &mut Sink<'_, E>) {
        match self.measure {
            Measure::Breaches | Measure::LatencyBound | Measure::ErrorRateBound => self.objectives(site, sink),
            Measure::Rate | Measure::ErrorRatio | Measure::Mean | Measure::Apdex | Measure::Quantile => {
                self.windows(site, sink);
            }
            Measure::Place if site.places().is_empty() => {
                // Made at run time: it is known, and stands nowhere.
                sink.number(&borrowed(&self.site_labels(site, &[])), Number::Whole(1));
            }
            Measure::Place => site.places().iter().for_each(|place| self.place(site, place, sink)),
            _ => self.counts(site, edges, sink),
        }
    }

    fn counts<E: Encoder>(self, site: &Site, edges: &Edges, sink: &mut Sink<'_, E>) {
        let labelled = self.source.keeps_own || site.label_keys().iter().any(|key| self.is_mapped(site, key));
        if site.label_keys().is_empty() || !labelled {
            let figures = Figures::of(site.stats(), None);
            return self.series(site, &figures, &OwnKeys { keys: Vec::new() }, edges, sink);
        }
        let own = self.own_keys(site);
        for figures in Figures::by_series(site, self.measure) {
            self.series(site, &figures, &own, edges, sink);
        }
    }

    /// Whether a label of this name is perfmon's, whatever labels the program has.
    fn is_fixed(self, site: &Site, label: &str) -> bool {
        let by_call = site.kind().is_named_by_call() && site.label_keys().iter().any(|key| key == label);
        let part = site.kind().name_labels().contains(&label) && !by_call;
        ["kind", "name"].contains(&label) || part || self.measure.labels().contains(&label)
    }

    /// Whether the profile gives a label of the program another key.
    fn is_mapped(self, site: &Site, key: &str) -> bool {
        !self.is_fixed(site, key) && self.source.labels.iter().any(|(_, from)| from == key)
    }

    fn own_keys(self, site: &Site) -> OwnKeys {
        let fixed = self.source.labels.iter().chain(&self.source.constants).map(|(key, _)| key.as_str());
        let taken: Vec<&str> = fixed.chain(RESERVED).collect();
        let shown = |key: &&String| self.source.keeps_own && !self.is_mapped(site, key);
        let mut made = own_keys(site.label_keys().iter().filter(shown).map(String::as_str), &taken).into_iter();
        let keys = site.label_keys().iter().map(|key| if shown(&key) { made.next() } else { None }).collect();
        OwnKeys { keys }
    }

    fn series<E: Encoder>(
        self,
        site: &Site,
        figures: &Figures<'_>,
        own: &OwnKeys,
        edges: &Edges,
        sink: &mut Sink<'_, E>,
    ) {
        let labels =
            |extra: &[(&str, &str)]| -> Vec<(String, String)> { self.labels(site, figures.values, own, extra) };
        let scale = self.scale();
        let whole = |sink: &mut Sink<'_, E>, value| sink.number(&borrowed(&labels(&[])), Number::Whole(value));
        let time = |sink: &mut Sink<'_, E>, nanos: u128| {
            sink.number(&borrowed(&labels(&[])), Number::Float(scale.apply(nanos as f64)));
        };
        match self.measure {
            Measure::Duration => self.duration(site, figures, &labels(&[]), edges, sink),
            Measure::Calls => {
                for &outcome in self.outcomes {
                    let labels = labels(&[("outcome", outcome.as_str())]);
                    sink.number(&borrowed(&labels), Number::Whole(figures.finished[outcome as usize]));
                }
            }
            Measure::Started => whole(sink, figures.started),
            Measure::InFlight => whole(sink, figures.in_flight),
            Measure::Time => time(sink, figures.time_ns),
            Measure::Busy if site.is_busy_measured() => time(sink, figures.busy_ns),
            _ => {}
        }
    }

    fn duration<E: Encoder>(
        self,
        site: &Site,
        figures: &Figures<'_>,
        labels: &[(String, String)],
        edges: &Edges,
        sink: &mut Sink<'_, E>,
    ) {
        let scale = self.scale();
        let sum = scale.apply(figures.time_ns as f64);
        let labels = borrowed(labels);
        if self.family.kind == FamilyType::Summary {
            let recent = self.recent(site, figures.values).map(|buckets| Spread { buckets, scale });
            let total = (figures.buckets.total(), sum);
            sink.summary(&labels, &self.family.quantiles, recent, Some(total));
            return;
        }
        let spread = Spread { buckets: &figures.buckets, scale };
        let mut bounds = site.objectives().filter_map(|status| status.objective.latency_bound()).peekable();
        let exemplars = self.exemplars.of(site, figures.values);
        let exemplars: Vec<&Exemplar> = exemplars.collect();
        if self.family.streams && bounds.peek().is_some() {
            sink.histogram(&labels, &edges.with_bounds(bounds, scale), spread, sum, &exemplars);
        } else {
            sink.histogram(&labels, edges, spread, sum, &exemplars);
        }
    }

    /// What the series did in the family's window.
    fn recent(self, site: &Site, values: Option<&[String]>) -> Option<&'a Buckets> {
        let wanted = self.family.window.as_deref().unwrap_or("5m");
        let (_, window) = self.scrape.windows.iter().find(|(name, _)| *name == wanted)?;
        let site = window.site(site.kind(), site.name())?;
        let Some(values) = values else { return Some(site.buckets()) };
        let at = site.series().binary_search_by(|series| series.values().cmp(values)).ok()?;
        site.series().get(at).map(Series::stats).map(Stats::buckets)
    }

    fn objectives<E: Encoder>(self, site: &Site, sink: &mut Sink<'_, E>) {
        for ObjectiveStatus { objective, breaches, .. } in site.objectives() {
            let bound = match (objective.latency_bound(), objective.error_rate_bound()) {
                (Some(bound), _) => bound.as_secs_f64(),
                (None, Some(bound)) => bound,
                (None, None) => continue,
            };
            let statistic = objective.statistic();
            let value = match self.measure {
                Measure::Breaches => Number::Whole(breaches),
                Measure::LatencyBound if statistic == Statistic::ErrorRate => continue,
                Measure::ErrorRateBound if statistic != Statistic::ErrorRate => continue,
                _ => Number::Float(bound),
            };
            let extra = [("objective", statistic.as_str()), ("bound", &number::canonical(bound))];
            sink.number(&borrowed(&self.site_labels(site, &extra)), value);
        }
    }

    fn windows<E: Encoder>(self, site: &Site, sink: &mut Sink<'_, E>) {
        let wanted = |name: &str| self.family.window.as_deref().is_none_or(|window| window == name);
        for (name, window) in self.scrape.windows.iter().filter(|(name, _)| wanted(name)) {
            if let Some(recent) = window.site(site.kind(), site.name()) {
                let labels = self.site_labels(site, &[("window", name)]);
                self.window(recent, window, &borrowed(&labels), sink);
            }
        }
    }

    fn window<E: Encoder>(self, site: &Site, window: &Snapshot, labels: &[(&str, &str)], sink: &mut Sink<'_, E>) {
        let scale = self.scale();
        let (calls, span) = (site.calls() as f64, window.span().as_secs_f64());
        match self.measure {
            Measure::Rate if span > 0.0 => sink.number(labels, Number::Float(calls / span)),
            Measure::ErrorRatio => sink.fraction(labels, (site.errors() + site.panics()) as f64, calls),
            Measure::Mean => sink.fraction(labels, scale.apply(site.total().as_nanos() as f64), calls),
            Measure::Apdex => {
                let target = site.objectives().filter_map(|status| status.objective.latency_bound()).min();
                if let Some(score) = target.and_then(|target| site.apdex(target)) {
                    sink.fraction(labels, score * calls, calls);
                }
            }
            Measure::Quantile => {
                let spread = Spread { buckets: site.buckets(), scale };
                sink.summary(labels, &self.family.quantiles, Some(spread), None);
            }
            _ => {}
        }
    }

    fn place<E: Encoder>(self, site: &Site, place: &Place, sink: &mut Sink<'_, E>) {
        let line = place.line.to_string();
        let extra = [("module", &*place.module), ("file", &*place.file), ("line", &line)];
        sink.number(&borrowed(&self.site_labels(site, &extra)), Number::Whole(1));
    }

    fn site_labels(self, site: &Site, extra: &[(&str, &str)]) -> Vec<(String, String)> {
        self.labels(site, None, &OwnKeys { keys: Vec::new() }, extra)
    }

    /// The labels of a value: `extra` is what its measure adds.
    fn labels(
        self,
        site: &Site,
        values: Option<&[String]>,
        own: &OwnKeys,
        extra: &[(&str, &str)],
    ) -> Vec<(String, String)> {
        let value_of = |label: &str| -> Option<&str> {
            let added = || extra.iter().find(|(key, _)| *key == label).map(|&(_, value)| value);
            let part = || {
                let at = site.kind().name_labels().iter().position(|key| *key == label)?;
                site.name_parts().get(at).map(String::as_str)
            };
            let of_program = || {
                let at = site.label_keys().iter().position(|key| key == label)?;
                values?.get(at).map(String::as_str)
            };
            match label {
                "kind" => Some(site.kind().as_str()),
                "name" => Some(site.name()),
                fixed if self.is_fixed(site, fixed) => added().or_else(part),
                _ => of_program().filter(|value| !value.is_empty()).or_else(part),
            }
        };
        let mapped =
            self.source.labels.iter().filter_map(|(key, from)| Some((key.clone(), value_of(from)?.to_owned())));
        let own = own.keys.iter().zip(values.unwrap_or_default());
        let own = own.filter_map(|(key, value)| Some((key.clone()?, value.clone())));
        mapped.chain(self.source.constants.iter().cloned()).chain(own).filter(|(_, value)| !value.is_empty()).collect()
    }
}

fn borrowed(labels: &[(String, String)]) -> Vec<(&str, &str)> {
    labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}
