//! What perfmon tells of itself.

use perfmon_core::snapshot::Snapshot;

use super::{
    family::{Encoder, Number},
    profile::{Own, Source},
    sink::Sink,
};

pub(super) fn write<E: Encoder>(snapshot: &Snapshot, own: Own, source: &Source, sink: &mut Sink<'_, E>) {
    let (losses, footprint) = (snapshot.losses(), snapshot.footprint());
    let value = match own {
        Own::LabelsRefused => Number::Whole(losses.labels_refused),
        Own::SharedPairs => Number::Whole(losses.shared_pairs),
        Own::UncountedCalls => Number::Whole(losses.uncounted_calls),
        Own::IncrementsRefused => Number::Whole(losses.increments_refused),
        Own::ValuesRefused => Number::Whole(losses.values_refused),
        Own::UsedBytes => Number::Whole(footprint.total_bytes()),
        Own::LimitBytes => Number::Whole(footprint.limit_bytes),
        Own::Slots => Number::Whole(footprint.slots),
        Own::Series => Number::Whole(footprint.series),
        Own::CallOverhead => Number::Float(snapshot.own_cost().as_secs_f64()),
        Own::Uptime => Number::Float(snapshot.span().as_secs_f64()),
        Own::Build => Number::Whole(1),
    };
    let value = match (source.scale, value) {
        (None, value) => value,
        (Some(scale), Number::Whole(value)) => Number::Float(scale.apply(value as f64)),
        (Some(scale), Number::Float(value)) => Number::Float(scale.apply(value)),
    };
    let mut labels: Vec<(&str, &str)> = Vec::new();
    for (key, from) in &source.labels {
        if own == Own::Build && from == "version" {
            labels.push((key, env!("CARGO_PKG_VERSION")));
        }
    }
    labels.extend(source.constants.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    sink.number(&labels, value);
}
