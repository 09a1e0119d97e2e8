//! Values of a series as fewer ones, or as one.

use std::{collections::BTreeMap, str::FromStr};

use perfmon_core::Point;

use super::measure::percentile;
use crate::serve::number::unix;

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
pub(super) const PATTERN: &str = r"^(avg|min|max|sum|last|count|increase|rate|p(100|[0-9]{1,2}(\.[0-9]{1,3})?))$";

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
    /// Seconds since recording began: the wall clock may be set between two values.
    since_start: f64,
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
        Self { at: unix(at), since_start: point.since_start.as_secs_f64(), value, min, max, count, growth: None }
    }

    /// The growth since the value before. A counter that begins anew goes on from where it was, also within the time that a value stands for: then it fell
    /// from its largest.
    fn after(self, before: Self) -> Self {
        let rise = |from: f64, to: f64| if to >= from { to - from } else { to };
        let fell = self.max > self.value;
        let growth = if fell { rise(before.value, self.max) + self.value } else { rise(before.value, self.value) };
        Self { growth: Some((growth, (self.since_start - before.since_start).max(0.0))), ..self }
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
    /// Only of what grows.
    pub(super) fn needs_counter(self) -> bool {
        matches!(self, Self::Increase | Self::Rate)
    }

    /// The unit of what comes of values in a unit.
    pub(super) fn unit(self, of_values: &str) -> String {
        match self {
            Self::Count => String::from("count"),
            Self::Rate if of_values.is_empty() => String::from("per_second"),
            Self::Rate => format!("{of_values}_per_second"),
            _ => of_values.to_owned(),
        }
    }

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
            Self::Last => points().max_by(|a, b| a.since_start.total_cmp(&b.since_start)).map(|point| point.value),
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

/// Values by steps of time: when each begins, with its values. Steps begin at multiples of their length since 1970.
pub(super) fn by_step(values: &[Grown], step: f64) -> Vec<(f64, Vec<Grown>)> {
    let mut steps: BTreeMap<u64, Vec<Grown>> = BTreeMap::new();
    for value in values {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time that makes sense is far smaller"
        )]
        let number = (value.at / step).floor() as u64;
        steps.entry(number).or_default().push(*value);
    }
    steps.into_iter().map(|(number, values)| (number as f64 * step, values)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Grown, How, by_step};

    /// A value for itself alone.
    fn single(at: u32, value: f64) -> Grown {
        Grown { at: f64::from(at), since_start: f64::from(at), value, min: value, max: value, count: 1, growth: None }
    }

    /// Values at some distance from each other, with their growth.
    fn values() -> impl Strategy<Value = Vec<Grown>> {
        prop::collection::vec((1..30_u32, 0..1_000_u32), 1..60).prop_map(|steps| {
            let mut at = 1_000_000;
            let mut values: Vec<Grown> = Vec::new();
            for (distance, value) in steps {
                at += distance;
                let value = single(at, f64::from(value));
                values.push(values.last().map_or(value, |before| value.after(*before)));
            }
            values
        })
    }

    proptest! {
        #[test]
        fn steps_add_up_to_the_whole(values in values(), step in 1..120_u32) {
            let steps = by_step(&values, f64::from(step));
            prop_assert!(steps.is_sorted_by(|a, b| a.0 < b.0));
            for (at, of_step) in &steps {
                prop_assert!(of_step.iter().all(|one| (*at..*at + f64::from(step)).contains(&one.at)));
            }
            for how in [How::Count, How::Sum, How::Increase] {
                let parts: Vec<f64> = steps.iter().filter_map(|(_, of_step)| how.of(of_step, true)).collect();
                let whole = how.of(&values, true).unwrap_or(0.0);
                prop_assert!((parts.iter().sum::<f64>() - whole).abs() < 1e-6, "{:?} {:?} {}", how, parts, whole);
            }
            for (how, pick) in [(How::Min, f64::min as fn(f64, f64) -> f64), (How::Max, f64::max)] {
                let parts = steps.iter().filter_map(|(_, of_step)| how.of(of_step, true)).reduce(pick);
                prop_assert_eq!(parts, how.of(&values, true));
            }
        }

        #[test]
        fn what_stands_for_all_lies_among_them(values in values(), percentile in 0.0..=100.0_f64) {
            let ends = (How::Min.of(&values, false).unwrap(), How::Max.of(&values, false).unwrap());
            for how in [How::Avg, How::Last, How::Percentile(percentile)] {
                let value = how.of(&values, false).unwrap();
                prop_assert!(ends.0 - 1e-9 <= value && value <= ends.1 + 1e-9);
            }
            prop_assert_eq!(How::Percentile(100.0).of(&values, false), Some(ends.1));
            prop_assert_eq!(How::Percentile(0.0).of(&values, false), Some(ends.0));
            prop_assert_eq!(How::Rate.of(&values, false), None, "a gauge does not grow");
        }

        #[test]
        fn a_counter_that_begins_anew_goes_on(before in 0..1_000_u32, after in 0..1_000_u32, peak in 0..1_000_u32) {
            let (first, second) = (single(10, f64::from(before)), single(20, f64::from(after)));
            let grew = |value: Grown| How::Increase.of(&[value.after(first)], true);
            let expected = if after >= before { after - before } else { after };
            prop_assert_eq!(grew(second), Some(f64::from(expected)));
            // It reached a peak and fell within the time that the second stands for.
            let peak = after + 1 + before + peak;
            let fell = Grown { max: f64::from(peak), count: 5, ..second };
            prop_assert_eq!(grew(fell), Some(f64::from(peak - before + after)));
        }
    }

    #[test]
    fn a_rate_goes_by_time_that_nobody_sets() {
        let first = single(3_600, 100.0);
        // Ten seconds later the wall clock says an hour less, and then goes on.
        let second = Grown { at: 10.0, since_start: 3_610.0, ..single(0, 196.0) }.after(first);
        let third = Grown { at: 20.0, since_start: 3_620.0, ..single(0, 292.0) }.after(second);
        assert_eq!(How::Rate.of(&[first, second, third], true), Some(9.6));
        assert_eq!(How::Last.of(&[first, second, third], true), Some(292.0));
    }

    #[test]
    fn nothing_has_no_value() {
        for how in [How::Avg, How::Min, How::Count, How::Rate, How::Percentile(50.0)] {
            assert_eq!(how.of(&[], true), None);
        }
        assert_eq!(How::Rate.of(&[single(1, 5.0)], true), None, "one value has no growth");
    }

    #[test]
    fn names() {
        assert_eq!("p99.9".parse(), Ok(How::Percentile(99.9)));
        for wrong in
            ["", "p", "p101", "p-1", "p1e1", "p100.9", "p99.", "p.5", "p99.1234", "p007", "pinf", "P99", "median"]
        {
            assert_eq!(wrong.parse::<How>(), Err(()), "{wrong}");
        }
    }
}
