//! Durations as other figures are written: in nanoseconds, `null` where there is none.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration that is written so: one, or one that may be missing.
pub(crate) trait Nanos: Sized {
    type Written: Serialize + for<'de> Deserialize<'de>;

    fn written(&self) -> Self::Written;
    fn read(written: Self::Written) -> Self;
}

impl Nanos for Duration {
    type Written = u64;

    fn written(&self) -> u64 {
        u64::try_from(self.as_nanos()).unwrap_or(u64::MAX)
    }

    fn read(nanos: u64) -> Self {
        Self::from_nanos(nanos)
    }
}

impl Nanos for Option<Duration> {
    type Written = Option<u64>;

    fn written(&self) -> Option<u64> {
        self.as_ref().map(Nanos::written)
    }

    fn read(nanos: Option<u64>) -> Self {
        nanos.map(Duration::from_nanos)
    }
}

pub(crate) fn serialize<T: Nanos, S: Serializer>(duration: &T, serializer: S) -> Result<S::Ok, S::Error> {
    duration.written().serialize(serializer)
}

pub(crate) fn deserialize<'de, T: Nanos, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::Written::deserialize(deserializer).map(T::read)
}
