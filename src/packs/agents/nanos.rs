//! Durations as other figures are written: in nanoseconds, `null` where there is none.

use std::time::Duration;

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

// Serde hands out a reference.
#[allow(clippy::ref_option)]
pub(super) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_nanos))
}
