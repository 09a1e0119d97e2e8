//! `temperature`: what the sensors say, where there are any.

use std::{collections::HashSet, time::Instant};

use perfmon_core::collect::{BoxError, Samples};
use sysinfo::Components;

use super::part::Read;

pub(super) struct Temperature {
    sensors: Components,
}

impl Temperature {
    pub(super) fn new() -> Result<Self, BoxError> {
        Ok(Self { sensors: Components::new()? })
    }
}

impl Read for Temperature {
    fn read(&mut self, _now: Instant, out: &mut Samples) -> Result<(), BoxError> {
        self.sensors.refresh(true);
        let found = self.sensors.iter().filter_map(|sensor| Some((sensor.label(), sensor.id(), sensor.temperature()?)));
        for (name, celsius) in named(found) {
            out.gauge_with("temperature_celsius", &[("sensor", &name)], f64::from(celsius))
                .describe("What a sensor says.", "celsius");
        }
        Ok(())
    }
}

/// Two disks of one make have sensors of one name; the second says which it is.
fn named<'a>(sensors: impl Iterator<Item = (&'a str, Option<&'a str>, f32)>) -> Vec<(String, f32)> {
    let mut sensors: Vec<_> = sensors.collect();
    sensors.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let mut seen = HashSet::new();
    let unique = sensors.into_iter().map(|(label, id, celsius)| {
        let full = || id.map_or_else(|| label.to_owned(), |id| format!("{label} ({id})"));
        (if seen.insert(label) { label.to_owned() } else { full() }, celsius)
    });
    unique.collect()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn sensors_of_one_name_stay_apart() {
        let sensors = [("nvme", Some("hwmon1_1"), 41.0), ("cpu", None, 55.0), ("nvme", Some("hwmon0_1"), 40.0)];
        let expected = [("cpu", 55.0), ("nvme", 40.0), ("nvme (hwmon1_1)", 41.0)];
        assert_eq!(named(sensors.into_iter()), expected.map(|(name, celsius)| (name.to_owned(), celsius)));
    }
}
