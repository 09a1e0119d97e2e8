//! What is kept of one series: which one it is, and its counts at the moments that windows begin.

use std::time::Duration;

use super::{Window, pack};
use crate::{
    site::Kind,
    snapshot::{MetricKind, Slots, Snapshot, Value},
};

/// Which series of a snapshot. In the order in which a snapshot has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    /// The snapshot's losses.
    Losses,
    /// All calls of a site together, or those with these label values.
    Site(Kind, &'a str, Option<&'a [String]>),
    /// A custom counter or histogram with these label values.
    Metric(&'a str, MetricKind, &'a [String]),
}

/// A [`Key`] to keep.
#[derive(Debug)]
pub(super) enum OwnedKey {
    Losses,
    Site(Kind, Box<str>, Option<Box<[String]>>),
    Metric(Box<str>, MetricKind, Box<[String]>),
}

impl Key<'_> {
    /// Whether it is one of the few that go before all others: losses and site totals.
    pub(super) fn is_total(self) -> bool {
        matches!(self, Key::Losses | Key::Site(_, _, None))
    }

    pub(super) fn to_owned(self) -> OwnedKey {
        match self {
            Key::Losses => OwnedKey::Losses,
            Key::Site(kind, name, values) => OwnedKey::Site(kind, name.into(), values.map(Into::into)),
            Key::Metric(name, kind, values) => OwnedKey::Metric(name.into(), kind, values.into()),
        }
    }
}

impl OwnedKey {
    pub(super) fn as_key(&self) -> Key<'_> {
        match self {
            Self::Losses => Key::Losses,
            Self::Site(kind, name, values) => Key::Site(*kind, name, values.as_deref()),
            Self::Metric(name, kind, values) => Key::Metric(name, *kind, values),
        }
    }

    pub(super) fn footprint(&self) -> usize {
        let (name, values) = match self {
            Self::Losses => ("", &[] as &[String]),
            Self::Site(_, name, values) => (&**name, values.as_deref().unwrap_or_default()),
            Self::Metric(name, _, values) => (&**name, &**values),
        };
        let values: usize = values.iter().map(|value| size_of::<String>() + value.len()).sum();
        size_of::<Self>() + name.len() + values
    }
}

/// A series' counts: at the last tick, and packed where each window begins.
#[derive(Debug)]
pub(super) struct Track {
    /// The first moment it was followed from; zero if since its first count. It says nothing of windows that begin before.
    pub(super) since: Duration,
    /// The last tick whose snapshot had it.
    pub(super) seen: Duration,
    pub(super) last: Vec<(u32, u64)>,
    bases: [Vec<u8>; Window::ALL.len()],
}

impl Track {
    /// Of a series that had counted nothing until now.
    pub(super) fn from_zero() -> Self {
        Self { since: Duration::ZERO, seen: Duration::ZERO, last: Vec::new(), bases: Default::default() }
    }

    /// Of a series that was not followed until now, when this is its state.
    pub(super) fn from_state(since: Duration, now: Duration, state: &[(u32, u64)]) -> Self {
        let mut packed = Vec::new();
        pack::pack(state.iter().copied(), &mut packed);
        packed.shrink_to_fit();
        Self { since, seen: now, last: state.to_vec(), bases: std::array::from_fn(|_| packed.clone()) }
    }

    /// The state where a window begins.
    pub(super) fn base(&self, window: Window) -> &[u8] {
        &self.bases[window as usize]
    }

    /// Moves a window's beginning past this growth. `scratch` is for reuse.
    pub(super) fn leave(&mut self, window: Window, growth: &[u8], scratch: &mut Vec<u8>) {
        let base = &mut self.bases[window as usize];
        scratch.clear();
        pack::pack(pack::merged(pack::unpack(base), pack::unpack(growth)), scratch);
        keep(base, scratch);
    }

    /// Moves the beginnings of these windows to the last tick.
    pub(super) fn settle(&mut self, windows: &[Window], scratch: &mut Vec<u8>) {
        scratch.clear();
        pack::pack(self.last.iter().copied(), scratch);
        for &window in windows {
            keep(&mut self.bases[window as usize], scratch);
        }
    }

    pub(super) fn footprint(&self) -> usize {
        let last = self.last.capacity() * size_of::<(u32, u64)>();
        size_of::<Option<Self>>() + last + self.bases.iter().map(Vec::capacity).sum::<usize>()
    }
}

/// Replaces a list, with little room to spare.
pub(super) fn keep<T: Copy>(kept: &mut Vec<T>, list: &[T]) {
    if list.len() > kept.capacity() {
        *kept = Vec::with_capacity(list.len() + list.len() / 16);
    }
    kept.clear();
    kept.extend_from_slice(list);
}

/// Hands over every series that can count, in order, with whether it was collected and its state.
pub(super) fn for_each_state(now: &Snapshot, mut see: impl FnMut(Key<'_>, bool, &[(u32, u64)])) {
    let mut state = Vec::new();
    see_slots(Key::Losses, false, &now.losses, &mut state, &mut see);
    for site in &now.sites {
        let (kind, name) = (site.key.0, site.key.1.as_str());
        see_slots(Key::Site(kind, name, None), false, &site.total, &mut state, &mut see);
        for series in &site.series {
            let key = Key::Site(kind, name, Some(&series.values));
            see_slots(key, false, &series.stats, &mut state, &mut see);
        }
    }
    for metric in now.metrics.iter().filter(|metric| metric.key.1 != MetricKind::Gauge) {
        for series in &metric.series {
            debug_assert!(!matches!(series.value, Value::Gauge(_)), "a metric's series are of its kind");
            let key = Key::Metric(&metric.key.0, metric.key.1, &series.values);
            see_slots(key, metric.collected, &series.value, &mut state, &mut see);
        }
    }
}

fn see_slots(
    key: Key<'_>,
    collected: bool,
    of: &impl Slots,
    state: &mut Vec<(u32, u64)>,
    see: &mut impl FnMut(Key<'_>, bool, &[(u32, u64)]),
) {
    state.clear();
    of.slots().for_each(|slot| state.push(slot));
    see(key, collected, state);
}
