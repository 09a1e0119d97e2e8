//! Values of a series as fewer ones, or as one.

use std::str::FromStr;

use perfmon_core::Point;

use super::{answer::unix, measure::percentile};

/// How values become one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum How {
    Avg,
    Min,
    Max,
    Sum,
    Last,
    Count,
    Increase,
    Rate,
    Percentile(f64),
}

/// The pattern of their names, for the description of the API.
pub(super) const PATTERN: &str = r"^(avg|min|max|sum|last|count|increase|rate|p(100|[0-9]{1,2})(\.[0-9]{1,3})?)$";

impl FromStr for How {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Ok(match name {
            "avg" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            "sum" => Self::Sum,
            "last" => Self::Last,
            "count" => Self::Count,
            "increase" => Self::Increase,
            "rate" => Self::Rate,
            other => Self::Percentile(percentile(other).ok_or(())?),
        })
    }
}

/// A value with how much a counter had grown by then since the value before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grown {
    /// Seconds since 1970.
    pub(super) at: f64,
    pub(super) value: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// How many values it stands for.
    pub(super) count: u64,
    /// The growth and the seconds it took; `None` of the first value there is.
    growth: Option<(f64, f64)>,
}

impl Grown {
    fn of(point: &Point) -> Self {
        let Point { at, value, min, max, count, .. } = *point;
        Self { at: unix(at), value, min, max, count, growth: None }
    }

    /// The growth since the value before. A counter that begins anew goes on from where it was, also within the time that a value stands for: then it fell
    /// from its largest.
    fn after(self, before: Self) -> Self {
        let rise = |from: f64, to: f64| if to >= from { to - from } else { to };
        let fell = self.max > self.value;
        let growth = if fell { rise(before.value, self.max) + self.value } else { rise(before.value, self.value) };
        Self { growth: Some((growth, (self.at - before.at).max(0.0))), ..self }
    }
}

/// Each value with its growth.
pub(super) fn grown(points: &[Point]) -> Vec<Grown> {
    let mut values: Vec<Grown> = points.iter().map(Grown::of).collect();
    for at in (1..values.len()).rev() {
        values[at] = values[at].after(values[at - 1]);
    }
    values
}

impl How {
    /// Values as one; `None` where they have none. Only counters grow.
    pub(super) fn of(self, values: &[Grown], counter: bool) -> Option<f64> {
        let points = || values.iter();
        let weight = || points().map(|point| point.count as f64).sum::<f64>();
        let sum = || points().map(|point| point.value * point.count as f64).sum::<f64>();
        values.first()?;
        match self {
            Self::Avg => Some(sum() / weight()),
            Self::Min => points().map(|point| point.min).reduce(f64::min),
            Self::Max => points().map(|point| point.max).reduce(f64::max),
            Self::Sum => Some(sum()),
            Self::Last => points().max_by(|a, b| a.at.total_cmp(&b.at)).map(|point| point.value),
            Self::Count => Some(weight()),
            Self::Increase => counter.then(|| growth(values)).flatten().map(|(growth, _)| growth),
            Self::Rate => {
                let (growth, seconds) = counter.then(|| growth(values)).flatten()?;
                (seconds > 0.0).then(|| growth / seconds)
            }
            Self::Percentile(percentile) => rank(values, percentile, weight()),
        }
    }
}

/// Growth and seconds added up; `None` where nothing could grow.
fn growth(values: &[Grown]) -> Option<(f64, f64)> {
    values.iter().filter_map(|value| value.growth).reduce(|a, b| (a.0 + b.0, a.1 + b.1))
}

/// The value of rank ⌈percentile / 100 × count⌉ in ascending order, each value counting for as many as it stands for.
fn rank(values: &[Grown], percentile: f64, weight: f64) -> Option<f64> {
    let mut sorted: Vec<(f64, u64)> = values.iter().map(|value| (value.value, value.count)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rank = (percentile / 100.0 * weight).ceil().max(1.0);
    let mut seen = 0.0;
    let at = sorted.iter().find(|(_, count)| {
        seen += *count as f64;
        seen >= rank
    });
    at.or(sorted.last()).map(|(value, _)| *value)
}

/// Values by steps of time: each step's number with its values. Steps begin at multiples of their length since 1970.
pub(super) fn by_step(values: &[Grown], step: f64) -> Vec<(f64, Vec<Grown>)> {
    let mut steps: Vec<(f64, Vec<Grown>)> = Vec::new();
    for value in values {
        let number = (value.at / step).floor();
        match steps.iter_mut().rev().find(|(known, _)| *known == number) {
            Some((_, of_step)) => of_step.push(*value),
            None => steps.push((number, vec![*value])),
        }
    }
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    steps.into_iter().map(|(number, values)| (number * step, values)).collect()
}
