//! Who is who: declarations that share a kind and name form a family, and a family's label sets are its series.
//!
//! All of this is off the hot path. A family and a series, once made, stay.

use std::{
    collections::HashMap,
    sync::{
        LazyLock, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{Declaration, Gate, Instrument, Name, Objective, Place, Rate, Registration, Sample, Statistic};

/// Bounds on what is kept.
const MOST_OBJECTIVES: usize = 6;
const PAGE: usize = 1024;

/// The number of a series. 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SeriesId(pub(crate) u32);

/// All declarations of one instrument and name.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) instrument: Instrument,
    pub(crate) name: String,
    pub(crate) parts: Vec<String>,
    /// Label keys, the union of those of all places; replaced when one that was made at run time has more.
    labels: RwLock<&'static [&'static str]>,
    /// The largest of those of all places that have one.
    label_limit: Option<u32>,
    /// The union of those of all places, at most as many as a record counts breaches of, latency bounds first.
    pub(crate) objectives: Vec<Objective>,
    pub(crate) sample: Sample,
    pub(crate) busy: bool,
    pub(crate) help: &'static str,
    pub(crate) unit: &'static str,
    /// How often somebody is told of calls beyond the site's bound.
    pub(crate) told: Rate,
    places: RwLock<Vec<Place>>,
    variants: RwLock<Vec<&'static Variant>>,
    /// All its series.
    series: RwLock<Vec<SeriesId>>,
}

/// The declarations of a family that have the same label keys and are timed alike, nearly always all of them. Others have series of their
/// own, which a snapshot adds up: values stay with their keys, and a record follows one protocol.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) family: &'static Family,
    pub(crate) labels: &'static [&'static str],
    /// Whether records follow the protocol of sampled sites.
    pub(crate) sampled: bool,
    base: OnceLock<SeriesId>,
    other: OnceLock<SeriesId>,
    /// Its series with labels, by their values' encoding.
    label_sets: RwLock<HashMap<Box<[u8]>, SeriesId>>,
}

impl Family {
    fn new(declarations: &[&'static Declaration]) -> Self {
        let first = declarations[0];
        let name = first.name.text().into_owned();
        let mut places: Vec<_> = declarations.iter().filter_map(|declaration| declaration.place()).collect();
        places.sort_unstable();
        places.dedup();
        let mut objectives = Vec::new();
        declarations.iter().for_each(|declaration| add_objectives(&mut objectives, declaration.objectives));
        let mut labels: Vec<&'static str> = Vec::new();
        for key in declarations.iter().flat_map(|declaration| declaration.labels) {
            if !labels.contains(key) {
                labels.push(key);
            }
        }
        let sample = declarations.iter().map(|declaration| declaration.sample).find(|sample| *sample != Sample::Every);
        Self {
            instrument: first.instrument,
            parts: match first.name {
                Name::Parts(parts) => parts.iter().map(ToString::to_string).collect(),
                Name::One(_) | Name::Path(_) => vec![name.clone()],
            },
            name,
            labels: RwLock::new(labels.leak()),
            label_limit: declarations.iter().filter_map(|declaration| declaration.label_limit).max(),
            objectives,
            sample: sample.unwrap_or(Sample::Every),
            busy: declarations.iter().any(|declaration| declaration.busy),
            help: first.help,
            unit: first.unit,
            told: Rate::new(),
            places: RwLock::new(places),
            variants: RwLock::default(),
            series: RwLock::default(),
        }
    }

    /// The bounds of its latency objectives in nanoseconds, in the order in which records count their breaches.
    pub(crate) fn latency_bounds(&self) -> impl Iterator<Item = u64> + '_ {
        let bounds = self.objectives.iter().filter_map(Objective::latency_bound);
        bounds.map(|bound| u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Its label keys so far.
    pub(crate) fn labels(&self) -> &'static [&'static str] {
        *read(&self.labels)
    }

    /// Where it is declared, sorted.
    pub(crate) fn places(&self) -> Vec<Place> {
        read(&self.places).clone()
    }

    /// Its series so far.
    pub(crate) fn series(&self) -> Vec<SeriesId> {
        read(&self.series).clone()
    }
}

/// The calls of one set of label values.
#[derive(Debug)]
pub(crate) struct SeriesInfo {
    pub(crate) variant: &'static Variant,
    /// Empty for the series without labels.
    pub(crate) values: Vec<String>,
    /// The values as one string of bytes, which the hot path compares.
    pub(crate) key: Box<[u8]>,
    /// Whether its shared record may use the memory held back for sites: the series without labels, and `other`.
    pub(crate) is_base: bool,
    /// Which of its calls are looked at one by one.
    pub(crate) gate: Gate,
}

impl SeriesInfo {
    fn new(variant: &'static Variant, values: Vec<String>, key: Box<[u8]>, is_base: bool) -> Self {
        Self { variant, values, key, is_base, gate: Gate::new(variant.family) }
    }
}

type FamilyKey = (Instrument, String);
type Page = [OnceLock<SeriesInfo>];

/// Families and series of the process.
pub(crate) struct Registry {
    families: RwLock<HashMap<FamilyKey, &'static Family>>,
    /// Registrations seen so far; a library loaded at run time adds some.
    seen: AtomicUsize,
    /// Read without a lock, by number.
    pages: Vec<OnceLock<Box<Page>>>,
    next: AtomicU32,
    label_limit: AtomicU32,
    label_bytes: AtomicUsize,
    label_bytes_limit: AtomicUsize,
    refused: AtomicU64,
}

pub(crate) static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

/// A lock is never held across code that can panic half-way, so a poisoned one is still good.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    /// Label sets a family may have unless configured otherwise.
    pub(crate) const DEFAULT_LABEL_LIMIT: u32 = 256;
    /// Series there can be in the process, as many as a slot's directory has entries.
    pub(crate) const MOST_SERIES: usize = 1 << 17;

    fn new() -> Self {
        Self {
            families: RwLock::default(),
            seen: AtomicUsize::new(0),
            pages: (0..Self::MOST_SERIES.div_ceil(PAGE)).map(|_| OnceLock::new()).collect(),
            next: AtomicU32::new(1),
            label_limit: AtomicU32::new(Self::DEFAULT_LABEL_LIMIT),
            label_bytes: AtomicUsize::new(0),
            label_bytes_limit: AtomicUsize::new(usize::MAX),
            refused: AtomicU64::new(0),
        }
    }

    pub(crate) fn set_label_limit(&self, limit: u32) {
        self.label_limit.store(limit, Ordering::Relaxed);
    }

    /// Sets how many bytes may be kept for label values.
    pub(crate) fn set_label_bytes_limit(&self, bytes: usize) {
        self.label_bytes_limit.store(bytes, Ordering::Relaxed);
    }

    /// Bytes kept for label values, keys and their look-up.
    pub(crate) fn label_bytes(&self) -> usize {
        self.label_bytes.load(Ordering::Relaxed)
    }

    /// Label sets turned away.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Series numbers given out.
    pub(crate) fn series_count(&self) -> u32 {
        self.next.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// Declarations registered before `main` (or by a library loaded since).
    pub(crate) fn registered() -> usize {
        inventory::iter::<Registration>.into_iter().count()
    }

    /// Whether a declaration of the same family registered itself from the same file and module.
    pub(crate) fn is_registered_beside(declaration: &Declaration) -> bool {
        let file = |declaration: &Declaration| declaration.spot().map(|(file, _)| (declaration.module, file));
        let beside = |other: &Declaration| file(other).is_some() && file(other) == file(declaration);
        let same = |Registration(other): &Registration| beside(other) && key_of(other) == key_of(declaration);
        inventory::iter::<Registration>.into_iter().any(same)
    }

    /// The declarations of calls of this kind and name that registered themselves.
    pub(crate) fn registered_as(kind: super::Kind, parts: &[&str]) -> impl Iterator<Item = &'static Declaration> {
        let key = (Instrument::Calls(kind), parts.join(" "));
        let registered = inventory::iter::<Registration>.into_iter().map(|Registration(declaration)| *declaration);
        registered.filter(move |declaration| key_of(declaration) == key)
    }

    /// Makes a family of every declaration that registered itself.
    fn adopt_registered(&self) {
        let registered = Self::registered();
        if self.seen.load(Ordering::Acquire) == registered {
            return;
        }
        // Whoever comes second waits here until the first is done.
        let mut families = write(&self.families);
        let mut groups: HashMap<FamilyKey, Vec<&'static Declaration>> = HashMap::with_capacity(registered);
        for Registration(declaration) in inventory::iter::<Registration> {
            groups.entry(key_of(declaration)).or_default().push(declaration);
        }
        for (key, mut declarations) in groups {
            // `inventory` gives no order; the same program should always give the same report.
            declarations.sort_by_key(|declaration| declaration.spot());
            match families.get(&key) {
                Some(family) => declarations.iter().for_each(|declaration| family.add_place_of(declaration)),
                None => _ = families.insert(key, Box::leak(Box::new(Family::new(&declarations)))),
            }
        }
        self.seen.store(registered, Ordering::Release);
    }

    /// The family a declaration belongs to.
    pub(crate) fn family_of(&self, declaration: &'static Declaration) -> &'static Family {
        self.adopt_registered();
        let key = key_of(declaration);
        if let Some(family) = read(&self.families).get(&key) {
            return family;
        }
        write(&self.families).entry(key).or_insert_with(|| Box::leak(Box::new(Family::new(&[declaration]))))
    }

    /// Makes a declaration known that did not register itself.
    pub(crate) fn adopt(&self, declaration: &'static Declaration) {
        let family = self.family_of(declaration);
        family.add_labels_of(declaration);
        family.add_place_of(declaration);
    }

    /// The variant of its family that a declaration belongs to.
    pub(crate) fn variant_of(&self, declaration: &'static Declaration) -> &'static Variant {
        let family = self.family_of(declaration);
        let (labels, sampled) = (declaration.labels, declaration.sample != Sample::Every);
        let mut variants = write(&family.variants);
        if let Some(known) = variants.iter().find(|known| known.labels == labels && known.sampled == sampled) {
            return known;
        }
        let (base, other, label_sets) = (OnceLock::new(), OnceLock::new(), RwLock::default());
        let variant: &'static Variant =
            Box::leak(Box::new(Variant { family, labels, sampled, base, other, label_sets }));
        variants.push(variant);
        variant
    }

    /// Every family, in no order.
    pub(crate) fn families(&self) -> Vec<&'static Family> {
        self.adopt_registered();
        read(&self.families).values().copied().collect()
    }

    /// The series of a variant without labels.
    pub(crate) fn base_of(&self, variant: &'static Variant) -> SeriesId {
        *variant.base.get_or_init(|| self.add_series(SeriesInfo::new(variant, Vec::new(), Box::default(), true)))
    }

    /// The series of a set of label values, `key` being their encoding; the variant's `other` when there are too many, or their text
    /// has become too long.
    pub(crate) fn labelled(&self, variant: &'static Variant, values: &[&str], key: &[u8]) -> SeriesId {
        // The other half of the numbers, if it came to that, is for sites and their `other`.
        let limit = variant.family.label_limit.unwrap_or_else(|| self.label_limit.load(Ordering::Relaxed));
        let room = |sets: usize| {
            sets < limit as usize
                && self.label_bytes() + key.len() <= self.label_bytes_limit.load(Ordering::Relaxed)
                && (self.series_count() as usize) < Self::MOST_SERIES / 2
        };
        let refuse = || {
            self.refused.fetch_add(1, Ordering::Relaxed);
            self.other_of(variant)
        };
        {
            let sets = read(&variant.label_sets);
            match sets.get(key) {
                Some(series) => return *series,
                None if !room(sets.len()) => return refuse(),
                None => {}
            }
        }
        let mut sets = write(&variant.label_sets);
        if let Some(series) = sets.get(key) {
            return *series;
        }
        if !room(sets.len()) {
            return refuse();
        }
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let text = values.iter().map(|value| value.len() + size_of::<String>()).sum::<usize>();
        self.label_bytes.fetch_add(text + 2 * key.len() + size_of::<SeriesInfo>() + 64, Ordering::Relaxed);
        let series = self.add_series(SeriesInfo::new(variant, values, key.into(), false));
        sets.insert(key.into(), series);
        series
    }

    /// The series of a variant's label sets beyond the limit.
    pub(crate) fn other_of(&self, variant: &'static Variant) -> SeriesId {
        *variant.other.get_or_init(|| {
            let values = vec!["other".to_owned(); variant.labels.len()];
            // No encoding starts like this, so the values ("other", …) themselves remain a series of their own.
            self.add_series(SeriesInfo::new(variant, values, Box::from([u8::MAX; 32]), true))
        })
    }

    /// None beyond the most there can be: calls of it count as uncounted, each.
    fn add_series(&self, info: SeriesInfo) -> SeriesId {
        let free = |next: u32| ((next as usize) < Self::MOST_SERIES).then_some(next + 1);
        let Ok(id) = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free) else {
            return SeriesId(0);
        };
        let id = SeriesId(id);
        let family = info.variant.family;
        let page = self.pages[id.0 as usize / PAGE].get_or_init(|| (0..PAGE).map(|_| OnceLock::new()).collect());
        // The number was given out just now, so the place is free.
        let _ = page[id.0 as usize % PAGE].set(info);
        write(&family.series).push(id);
        id
    }

    /// What a series is. Lock-free.
    pub(crate) fn info(&self, series: SeriesId) -> Option<&SeriesInfo> {
        self.pages.get(series.0 as usize / PAGE)?.get()?[series.0 as usize % PAGE].get()
    }
}

impl Family {
    /// Keys that nobody else of the family has come last, so that those there are keep their places.
    fn add_labels_of(&self, declaration: &Declaration) {
        let mut labels = write(&self.labels);
        let more: Vec<_> = declaration.labels.iter().copied().filter(|key| !labels.contains(key)).collect();
        if !more.is_empty() {
            *labels = [*labels, &more].concat().leak();
        }
    }

    fn add_place_of(&self, declaration: &Declaration) {
        let Some(place) = declaration.place() else { return };
        let mut places = write(&self.places);
        if let Err(at) = places.binary_search(&place) {
            places.insert(at, place);
        }
    }
}

fn key_of(declaration: &Declaration) -> FamilyKey {
    (declaration.instrument, declaration.name.text().into_owned())
}

fn add_objectives(known: &mut Vec<Objective>, more: &[Objective]) {
    for objective in more {
        // The error rate needs no counter of its own, so it never stands in the way of a latency bound.
        let full = known.iter().filter(|known| known.statistic() != Statistic::ErrorRate).count() >= MOST_OBJECTIVES;
        if !known.contains(objective) && (objective.statistic() == Statistic::ErrorRate || !full) {
            known.push(*objective);
        }
    }
    // Latency bounds first: their position is where a record counts their breaches.
    known.sort_by_key(|objective| objective.statistic() == Statistic::ErrorRate);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::{Registry, SeriesId};
    use crate::site::{CallSite, Kind};

    #[test]
    fn beyond_the_last_series_there_is_none() {
        let registry = Registry::new();
        let variant = |name: &str| {
            let site = Box::leak(Box::new(CallSite::made(Kind::Latency, &[name], module_path!()).labels(&["key"])));
            registry.variant_of(&site.declaration)
        };
        registry.next.store(u32::try_from(Registry::MOST_SERIES - 2).expect("small"), Ordering::Relaxed);
        let (last, beyond) = (variant("last"), variant("beyond"));
        assert!(registry.info(registry.base_of(last)).is_some());
        assert!(registry.info(registry.labelled(last, &["a"], b"a")).is_some(), "the one that is left is its other");
        for _ in 0..2 {
            assert_eq!(registry.base_of(beyond), SeriesId(0));
            assert_eq!(registry.labelled(beyond, &["a"], b"a"), SeriesId(0));
        }
        assert_eq!(registry.info(SeriesId(0)).map(|_| ()), None);
        assert_eq!(registry.series_count() as usize, Registry::MOST_SERIES - 1);
        assert_eq!(registry.refused(), 3);
    }
}
