//! Where calls are counted: the static that an attribute leaves behind, and what it says of itself.
//!
//! A [`Declaration`] is what the programmer wrote, as constants. A [`CallSite`] is a declaration plus the
//! number under which the recorder knows it. [`Registration`]s are collected before `main`, so sites that
//! were never called are known too.

mod gate;
mod kind;
mod name;
mod objective;
mod registry;
mod table;

use std::{
    borrow::Cow,
    panic::Location,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

pub(crate) use gate::{Gate, Rate};
pub use kind::Kind;
pub(crate) use name::{is_metric_key, is_metric_name, is_site_key, metric_key_mistake, metric_name_mistake};
pub use objective::{Objective, Statistic};
pub(crate) use registry::{Family, REGISTRY, Registry, SeriesId, SeriesInfo, Variant};
pub use table::{Table, hash};

/// What a declaration counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Instrument {
    /// Calls, of one kind.
    Calls(Kind),
    /// A custom counter: a sum that only grows.
    Counter,
    /// A custom gauge: the last value set.
    Gauge,
    /// A custom histogram: a distribution of values.
    Histogram,
}

/// How a declaration is named.
#[derive(Debug, Clone, Copy)]
pub enum Name {
    /// The name itself.
    One(&'static str),
    /// The parts written in the attribute: `["select", "orders"]`.
    Parts(&'static [&'static str]),
    /// None written: the path of the function, asked for when first needed. The function returns the path of an item
    /// named `here` inside the function in question.
    Path(fn() -> &'static str),
}

impl Name {
    /// The whole name, parts joined by a blank.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        match self {
            Self::One(name) | Self::Parts([name]) => Cow::Borrowed(name),
            Self::Parts(parts) => Cow::Owned(parts.join(" ")),
            Self::Path(path) => Cow::Borrowed(path()),
        }
    }
}

/// Which calls of a site are timed. All are counted and classified, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    any(feature = "serde", feature = "report"),
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Sample {
    /// Every call.
    Every,
    /// One call in so many, chosen without bias.
    OneIn(u32),
    /// As many as keep the time spent on timing under 1 % of one core.
    Auto,
}

/// Where in the source a declaration stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(any(feature = "serde", feature = "report"), derive(serde::Serialize, serde::Deserialize))]
pub struct Place {
    /// `my_crate::module`.
    pub module: Cow<'static, str>,
    /// As the compiler names it, relative to the workspace.
    pub file: Cow<'static, str>,
    /// Counted from 1.
    pub line: u32,
}

/// What the programmer wrote, as constants.
#[derive(Debug)]
pub struct Declaration {
    pub(crate) instrument: Instrument,
    pub(crate) name: Name,
    pub(crate) labels: &'static [&'static str],
    /// How many sets of label values it may have, if not as many as [`Setup::label_limit`](crate::Setup::label_limit) says.
    pub(crate) label_limit: Option<u32>,
    pub(crate) objectives: &'static [Objective],
    pub(crate) sample: Sample,
    pub(crate) busy: bool,
    pub(crate) help: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) module: &'static str,
    source: Source,
}

/// Where a declaration stands: where it was made, where somebody else said, or nowhere.
#[derive(Debug, Clone, Copy)]
enum Source {
    Here(&'static Location<'static>),
    Told(&'static str, u32),
    Nowhere,
}

impl Declaration {
    #[track_caller]
    pub(crate) const fn new(instrument: Instrument, name: Name, module: &'static str) -> Self {
        Self {
            instrument,
            name,
            labels: &[],
            label_limit: None,
            objectives: &[],
            sample: Sample::Every,
            busy: false,
            help: "",
            unit: "",
            module,
            source: Source::Here(Location::caller()),
        }
    }

    /// File and line; `None` for what was made at run time and stands nowhere.
    pub(crate) fn spot(&self) -> Option<(&'static str, u32)> {
        match self.source {
            Source::Here(location) => Some((location.file(), location.line())),
            Source::Told(file, line) => Some((file, line)),
            Source::Nowhere => None,
        }
    }

    pub(crate) fn place(&self) -> Option<Place> {
        let (file, line) = self.spot()?;
        Some(Place { module: Cow::Borrowed(self.module), file: Cow::Borrowed(file), line })
    }
}

/// A declaration as `inventory` collects it.
#[derive(Debug)]
pub struct Registration(pub(crate) &'static Declaration);

inventory::collect!(Registration);

/// The number of a declaration's unlabelled series, given out at first use; 0 before.
#[derive(Debug)]
pub(crate) struct Handle(AtomicU32);

impl Handle {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// One relaxed load.
    #[inline(always)]
    pub(crate) fn series(&self) -> SeriesId {
        SeriesId(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn assign(&self, series: SeriesId) {
        self.0.store(series.0, Ordering::Relaxed);
    }
}

/// A place in the source whose calls are measured. Attributes make one static of it for each function.
#[derive(Debug)]
pub struct CallSite {
    pub(crate) handle: Handle,
    pub(crate) declaration: Declaration,
}

/// Whether an attribute or a macro anywhere in the program declares calls of this kind and name: what counts them elsewhere counts them twice.
#[must_use]
pub fn is_declared(kind: Kind, parts: &[&str]) -> bool {
    Registry::registered_as(kind, parts).next().is_some()
}

/// The highest latency objective of the calls of this kind and name that attributes and macros declare.
#[must_use]
pub fn latency_bound(kind: Kind, parts: &[&str]) -> Option<Duration> {
    let declared = Registry::registered_as(kind, parts);
    declared.flat_map(|declaration| declaration.objectives).filter_map(Objective::latency_bound).max()
}

/// The label keys of the calls of this kind and name that attributes and macros declare.
#[must_use]
pub fn declared_labels(kind: Kind, parts: &[&str]) -> Vec<&'static str> {
    let mut keys = Vec::new();
    for key in Registry::registered_as(kind, parts).flat_map(|declaration| declaration.labels) {
        if !keys.contains(key) {
            keys.push(*key);
        }
    }
    keys
}

impl CallSite {
    /// A site of this kind and name; `module` is `module_path!()`. File and line are the caller's.
    #[must_use]
    #[track_caller]
    pub const fn new(kind: Kind, name: Name, module: &'static str) -> Self {
        Self { handle: Handle::new(), declaration: Declaration::new(Instrument::Calls(kind), name, module) }
    }

    /// A site whose name is known only at run time; the parts are those of its kind ([`Kind::name_labels`]). Make each once, keep it (a [`Table`] does), and
    /// make it known by [`announce`](crate::call::announce): its text is never given back. It has no place in the source, for the line that makes it makes others
    /// too, unless [`declared_at`](Self::declared_at) says one.
    #[must_use]
    pub fn made(kind: Kind, parts: &[&str], module: &'static str) -> Self {
        let parts = parts.iter().map(|part| &*Box::leak(Box::<str>::from(*part)));
        let mut site = Self::new(kind, Name::Parts(Box::leak(parts.collect())), module);
        site.declaration.source = Source::Nowhere;
        site
    }

    /// Whether these are the parts of its name.
    #[must_use]
    pub fn is_named(&self, parts: &[&str]) -> bool {
        match self.declaration.name {
            Name::One(name) => parts == [name],
            Name::Parts(known) => parts == known,
            Name::Path(path) => parts == [path()],
        }
    }

    /// With labels of these keys; their values come with each call.
    ///
    /// # Panics
    /// When a key is not made of letters, digits and `_`, or is one that perfmon's own families have (`kind`, `name`, `outcome`, `window`, …, those of
    /// [`Kind::name_labels`]). In a static that is an error while compiling.
    #[must_use]
    pub const fn labels(mut self, keys: &'static [&'static str]) -> Self {
        if let Instrument::Calls(kind) = self.declaration.instrument {
            let mut at = 0;
            while at < keys.len() {
                assert!(
                    is_site_key(kind, keys[at]),
                    "a label key has letters, digits and _, no digit first, and is none of those that perfmon's own families have"
                );
                at += 1;
            }
        }
        self.declaration.labels = keys;
        self
    }

    /// The keys of its labels.
    #[must_use]
    pub const fn label_keys(&self) -> &'static [&'static str] {
        self.declaration.labels
    }

    /// With so many sets of label values at most, whatever [`Setup::label_limit`](crate::Setup::label_limit) says; calls with further ones count in the series `other`.
    #[must_use]
    pub const fn label_limit(mut self, sets: u32) -> Self {
        self.declaration.label_limit = Some(sets);
        self
    }

    /// With these objectives.
    #[must_use]
    pub const fn objectives(mut self, objectives: &'static [Objective]) -> Self {
        self.declaration.objectives = objectives;
        self
    }

    /// With a choice of which calls are timed.
    #[must_use]
    pub const fn sample(mut self, sample: Sample) -> Self {
        self.declaration.sample = sample;
        self
    }

    /// With time spent polling measured too.
    #[must_use]
    pub const fn busy(mut self) -> Self {
        self.declaration.busy = true;
        self
    }

    /// As if declared in this file and line: for sites made at run time.
    #[must_use]
    pub const fn declared_at(mut self, file: &'static str, line: u32) -> Self {
        self.declaration.source = Source::Told(file, line);
        self
    }

    /// What `inventory` is given.
    #[must_use]
    pub const fn registration(&'static self) -> Registration {
        Registration(&self.declaration)
    }
}
