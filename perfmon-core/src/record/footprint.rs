//! How much memory recording takes.

/// Memory the recorder has in use, in bytes unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(any(feature = "serde", feature = "report"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Footprint {
    /// Taken from the arena: slots, records and buckets.
    pub arena_bytes: u64,
    /// The limit of the arena for the whole process.
    pub limit_bytes: u64,
    /// Names and label values kept outside the arena.
    pub label_bytes: u64,
    /// Slots, a count: the most threads that recorded at one time.
    pub slots: u64,
    /// Series, a count: sites, label sets and custom metrics that were used.
    pub series: u64,
}

impl Footprint {
    /// All bytes in use.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.arena_bytes + self.label_bytes
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.arena_bytes += other.arena_bytes;
        self.limit_bytes += other.limit_bytes;
        self.label_bytes += other.label_bytes;
        self.slots += other.slots;
        self.series = self.series.max(other.series);
    }
}
