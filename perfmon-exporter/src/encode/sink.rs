//! Where a family's series come together before an encoder writes them.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
};

use perfmon_core::snapshot::Buckets;

use super::{
    edges::Edges,
    exemplar::Exemplar,
    family::{Encoder, FamilyType, Head, HistogramPoint, Labels, Number, Quantile, SummaryPoint},
    profile::{Combine, Family},
    unit::Scale,
};

/// The distribution behind a series of a histogram or summary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread<'a> {
    pub(super) buckets: &'a Buckets,
    /// From the buckets' unit to the one that is shown.
    pub(super) scale: Scale,
}

/// Takes the series of one family. Where no two can have the same labels they are written as they come; else they are kept, and those that
/// have the same labels become one.
pub(super) struct Sink<'a, E> {
    encoder: &'a mut E,
    head: Head<'a>,
    opened: bool,
    kept: Option<Kept<'a>>,
    cumulative: Vec<u64>,
}

/// Series in the order in which they first came.
struct Kept<'a> {
    family: &'a Family,
    /// By labels in order of their keys.
    places: HashMap<Vec<(String, String)>, usize>,
    series: Vec<(Vec<(String, String)>, Merged)>,
}

enum Merged {
    Number { value: Number, count: u32 },
    Fraction { over: f64, under: f64 },
    Histogram { edges: Edges, cumulative: Vec<u64>, count: u64, sum: f64 },
    Summary { points: Vec<(f64, u64)>, count: Option<u64>, sum: Option<f64> },
}

impl<'a, E: Encoder> Sink<'a, E> {
    /// For a family of a profile.
    pub(super) fn of(encoder: &'a mut E, head: Head<'a>, family: &'a Family) -> Self {
        let kept = (!family.streams).then(|| Kept { family, places: HashMap::new(), series: Vec::new() });
        Self { kept, ..Self::streaming(encoder, head) }
    }

    /// For series whose labels all differ.
    pub(super) fn streaming(encoder: &'a mut E, head: Head<'a>) -> Self {
        Self { encoder, head, opened: false, kept: None, cumulative: Vec::new() }
    }

    pub(super) fn is_summary(&self) -> bool {
        self.head.kind == FamilyType::Summary
    }

    fn open(&mut self) -> &mut E {
        if !self.opened {
            self.opened = true;
            self.encoder.open(&self.head);
        }
        self.encoder
    }

    pub(super) fn number(&mut self, labels: &Labels<'_>, value: Number) {
        match &mut self.kept {
            None => self.open().number(labels, value),
            Some(kept) => kept.add(labels, Merged::Number { value, count: 1 }),
        }
    }

    /// A quotient; several are added above and below the line. Nothing where nothing is below it.
    pub(super) fn fraction(&mut self, labels: &Labels<'_>, over: f64, under: f64) {
        if let Some(kept) = &mut self.kept {
            kept.add(labels, Merged::Fraction { over, under });
        } else if under > 0.0 {
            self.open().number(labels, Number::Float(over / under));
        }
    }

    pub(super) fn histogram(
        &mut self,
        labels: &Labels<'_>,
        edges: &Edges,
        spread: Spread<'_>,
        sum: f64,
        exemplars: &[&Exemplar],
    ) {
        let count = spread.buckets.total();
        edges.cumulate(spread.buckets, &mut self.cumulative);
        if let Some(kept) = &mut self.kept {
            let (edges, cumulative) = (edges.clone(), self.cumulative.clone());
            kept.add(labels, Merged::Histogram { edges, cumulative, count, sum });
            return;
        }
        let cumulative = std::mem::take(&mut self.cumulative);
        let native = Some((spread.buckets, spread.scale));
        let point = HistogramPoint { edges: edges.as_slice(), cumulative: &cumulative, count, sum, native, exemplars };
        self.open().histogram(labels, &point);
        self.cumulative = cumulative;
    }

    /// Quantiles of what `recent` holds, with the count and sum since the start where the family has them.
    pub(super) fn summary(
        &mut self,
        labels: &Labels<'_>,
        quantiles: &[Quantile],
        recent: Option<Spread<'_>>,
        total: Option<(u64, f64)>,
    ) {
        let (count, sum) = (total.map(|total| total.0), total.map(|total| total.1));
        if let Some(kept) = &mut self.kept {
            let point = |spread: Spread<'_>| -> Vec<(f64, u64)> {
                let shown = |(value, count)| (spread.scale.apply(value as f64), count);
                spread.buckets.midpoints().map(shown).collect()
            };
            kept.add(labels, Merged::Summary { points: recent.map(point).unwrap_or_default(), count, sum });
            return;
        }
        let value = |quantile: &Quantile| {
            let Spread { buckets, scale } = recent?;
            Some(scale.apply(buckets.percentile(quantile.at * 100.0)? as f64))
        };
        let quantiles: Vec<_> = quantiles.iter().filter_map(|quantile| Some((quantile, value(quantile)?))).collect();
        if !quantiles.is_empty() || count.is_some() {
            self.open().summary(labels, &SummaryPoint { quantiles: &quantiles, count, sum });
        }
    }

    /// Writes what was kept, and ends the family.
    pub(super) fn close(mut self) {
        if let Some(kept) = self.kept.take() {
            for (labels, merged) in kept.series {
                let labels: Vec<(&str, &str)> = labels.iter().map(|(key, value)| (&**key, &**value)).collect();
                self.write(&labels, merged, &kept.family.quantiles);
            }
        }
        if self.opened {
            self.encoder.close();
        }
    }

    fn write(&mut self, labels: &Labels<'_>, merged: Merged, quantiles: &[Quantile]) {
        match merged {
            Merged::Number { value, .. } => self.open().number(labels, value),
            Merged::Fraction { over, under } => self.fraction(labels, over, under),
            Merged::Histogram { edges, cumulative, count, sum } => {
                let (edges, cumulative) = (edges.as_slice(), cumulative.as_slice());
                let point = HistogramPoint { edges, cumulative, count, sum, native: None, exemplars: &[] };
                self.open().histogram(labels, &point);
            }
            Merged::Summary { mut points, count, sum } => {
                points.sort_by(|a, b| a.0.total_cmp(&b.0));
                let quantiles: Vec<_> = quantiles
                    .iter()
                    .filter_map(|quantile| Some((quantile, quantile_of(&points, quantile.at)?)))
                    .collect();
                if !quantiles.is_empty() || count.is_some() {
                    self.open().summary(labels, &SummaryPoint { quantiles: &quantiles, count, sum });
                }
            }
        }
    }
}

/// The value of rank ⌈quantile × total⌉, as `Buckets::percentile` has it.
fn quantile_of(points: &[(f64, u64)], quantile: f64) -> Option<f64> {
    let total: u64 = points.iter().map(|point| point.1).sum();
    let exact = quantile * total as f64;
    let nearest = exact.round();
    let rank = if (exact - nearest).abs() < 1e-9 * nearest.max(1.0) { nearest } else { exact.ceil() };
    let mut seen = 0;
    points.iter().find_map(|&(value, count)| {
        seen += count;
        (seen as f64 >= rank.max(1.0)).then_some(value)
    })
}

impl Kept<'_> {
    fn add(&mut self, labels: &Labels<'_>, new: Merged) {
        let value = |key: &str, value: &str| -> String {
            let Some(map) = self.family.values.get(key) else { return value.to_owned() };
            map.get(value).or_else(|| map.get("*")).map_or_else(|| value.to_owned(), Clone::clone)
        };
        let labels: Vec<_> = labels.iter().map(|&(key, text)| (key.to_owned(), value(key, text))).collect();
        // The order of labels does not tell series apart.
        let mut sorted = labels.clone();
        sorted.sort();
        match self.places.entry(sorted) {
            Entry::Occupied(known) => self.series[*known.get()].1.merge(new, self.family.combine),
            Entry::Vacant(free) => {
                free.insert(self.series.len());
                self.series.push((labels, new));
            }
        }
    }
}

impl Merged {
    fn merge(&mut self, other: Self, how: Combine) {
        match (self, other) {
            (Self::Number { value, count }, Self::Number { value: other, .. }) => {
                *value = combined((*value, *count), other, how);
                *count += 1;
            }
            (Self::Fraction { over, under }, Self::Fraction { over: more, under: below }) => {
                *over += more;
                *under += below;
            }
            (
                Self::Histogram { cumulative, count, sum, .. },
                Self::Histogram { cumulative: more, count: calls, sum: time, .. },
            ) => {
                cumulative.iter_mut().zip(more).for_each(|(mine, more)| *mine += more);
                *count += calls;
                *sum += time;
            }
            (Self::Summary { points, count, sum }, Self::Summary { points: more, count: calls, sum: time }) => {
                points.extend(more);
                *count = count.zip(calls).map(|(mine, more)| mine + more);
                *sum = sum.zip(time).map(|(mine, more)| mine + more);
            }
            // A family's values are all of one sort: its type and measure say which.
            _ => {}
        }
    }
}

fn combined((value, count): (Number, u32), other: Number, how: Combine) -> Number {
    let float = |number: Number| match number {
        Number::Whole(value) => value as f64,
        Number::Float(value) => value,
    };
    match (how, value, other) {
        (Combine::Sum, Number::Whole(a), Number::Whole(b)) => Number::Whole(a.saturating_add(b)),
        (Combine::Min, Number::Whole(a), Number::Whole(b)) => Number::Whole(a.min(b)),
        (Combine::Max, Number::Whole(a), Number::Whole(b)) => Number::Whole(a.max(b)),
        (Combine::Sum, a, b) => Number::Float(float(a) + float(b)),
        (Combine::Min, a, b) => Number::Float(float(a).min(float(b))),
        (Combine::Max, a, b) => Number::Float(float(a).max(float(b))),
        (Combine::Mean, a, b) => Number::Float(float(a) + (float(b) - float(a)) / f64::from(count + 1)),
    }
}

/// What a profile's family says of itself.
pub(super) fn head_of(family: &Family) -> Head<'_> {
    let stem = family.name.strip_suffix(family.kind.own_suffix()).unwrap_or(&family.name);
    let base = family.unit.map_or("", |unit| unit.base);
    let unit = if super::unit::ends_in(stem, base) { base } else { "" };
    Head { name: Cow::Borrowed(&family.name), kind: family.kind, help: Cow::Borrowed(&family.help), unit: unit.into() }
}
