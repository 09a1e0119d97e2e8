//! The recent values of collected series, in memory.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, SystemTime},
};

use super::Reading;

/// Values kept of one series, at most one a second; ten minutes of them.
const POINTS: usize = 600;
const SPACING: Duration = Duration::from_secs(1);

/// One value of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When it was collected.
    pub at: SystemTime,
    /// The value.
    pub value: f64,
}

/// Label keys and values.
pub(crate) type Labels = Vec<(String, String)>;

/// The recent values of every series of one source.
#[derive(Debug, Default)]
pub(crate) struct History {
    series: BTreeMap<(String, Labels), VecDeque<Point>>,
}

impl History {
    /// Takes the values of a run. Series that it has no value for any more keep theirs until they have grown old.
    pub(crate) fn add(&mut self, readings: &[Reading], at: SystemTime) {
        for reading in readings {
            let labels = reading.labels.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
            let points = self.series.entry((reading.name.to_string(), labels)).or_default();
            let point = Point { at, value: reading.quantity.value() };
            // A second value within the second replaces the first, so that many readers do not shorten the history.
            let same_second = points
                .iter()
                .nth_back(1)
                .is_some_and(|before| at.duration_since(before.at).is_ok_and(|age| age < SPACING));
            match points.back_mut() {
                Some(last) if same_second => *last = point,
                _ => points.push_back(point),
            }
            if points.len() > POINTS {
                points.pop_front();
            }
        }
        let oldest = SPACING * u32::try_from(POINTS).unwrap_or(u32::MAX);
        let recent = |point: &Point| at.duration_since(point.at).is_ok_and(|age| age < oldest) || point.at > at;
        self.series.retain(|_, points| points.back().is_some_and(recent));
    }

    /// The series of a name with their points, oldest first.
    pub(crate) fn of(&self, name: &str) -> Vec<(Labels, Vec<Point>)> {
        let named = self.series.iter().filter(|((known, _), _)| known == name);
        named.map(|((_, labels), points)| (labels.clone(), points.iter().copied().collect())).collect()
    }
}
