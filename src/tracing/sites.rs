//! One call site for each place in the source that makes spans, found again without a lock.

use std::{
    ptr,
    sync::atomic::{AtomicU64, Ordering},
};

use perfmon_core::{
    call::{announce, is_measured},
    site::{CallSite, Kind, Name, Table},
};
use tracing::Metadata;

use super::outcome;

/// Places that have a site.
const MOST: usize = 4096;

static SITES: Table<Known> = Table::new(MOST);

/// Spans that were not measured, because too many places in the source make spans.
#[must_use]
pub fn left_out() -> u64 {
    LEFT_OUT.load(Ordering::Relaxed)
}

static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

/// A place that makes spans.
#[derive(Debug)]
pub(super) struct Known {
    key: usize,
    /// `None` where an attribute of the same name measures the function already.
    pub(super) site: Option<&'static CallSite>,
    pub(super) name: &'static str,
    /// One bit of 64, chosen by the name.
    pub(super) bit: u64,
    pub(super) has_fields: bool,
    /// Its spans say something of a statement.
    #[cfg(feature = "db")]
    pub(super) has_statement: bool,
}

/// The site of a place, made if need be. `None` when there are too many.
pub(super) fn find(metadata: &'static Metadata<'static>, with_target: bool) -> Option<&'static Known> {
    // Metadata are static and aligned: the lowest bit is free to tell the two ways of naming apart.
    let key = ptr::from_ref(metadata).addr() | usize::from(with_target);
    let hash = ((key >> 3) ^ (key >> 14)) as u64;
    SITES.find(hash, |known| known.key == key, || Known::new(key, metadata, with_target))
}

/// Counts a span without a site.
pub(super) fn leave_out() {
    LEFT_OUT.fetch_add(1, Ordering::Relaxed);
}

impl Known {
    fn new(key: usize, metadata: &'static Metadata<'static>, with_target: bool) -> Self {
        let name = if with_target {
            Box::leak(format!("{}::{}", metadata.target(), metadata.name()).into_boxed_str())
        } else {
            metadata.name()
        };
        let module = metadata.module_path().unwrap_or_else(|| metadata.target());
        let site = CallSite::new(Kind::Latency, Name::One(name), module)
            .declared_at(metadata.file().unwrap_or("unknown"), metadata.line().unwrap_or(0))
            .busy();
        let site = (!is_measured(&site)).then(|| announce(site));
        let bit = 1 << (name.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % 64);
        Self {
            key,
            site,
            name,
            bit,
            has_fields: outcome::has_fields(metadata),
            #[cfg(feature = "db")]
            has_statement: super::statements::are_said(metadata),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{ptr, thread};

    use tracing::{
        Level, Metadata,
        callsite::{Callsite, Identifier},
        field::FieldSet,
        metadata::Kind,
        subscriber::Interest,
    };

    use super::{MOST, find};

    struct Nowhere;

    impl Callsite for Nowhere {
        fn set_interest(&self, _: Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            unreachable!("nobody asks")
        }
    }

    fn place(_: usize) -> &'static Metadata<'static> {
        let fields = FieldSet::new(&[], Identifier(&Nowhere));
        Box::leak(Box::new(Metadata::new("many", "tests", Level::INFO, None, None, None, fields, Kind::SPAN)))
    }

    #[test]
    fn places_have_one_site_each_up_to_a_limit() {
        let places: Vec<_> = (0..MOST + 1_000).map(place).collect();
        let find_all = || -> Vec<_> {
            places.iter().map(|place| find(place, false).map(|known| ptr::from_ref(known).addr())).collect()
        };
        let (here, there) = thread::scope(|scope| {
            let there = scope.spawn(find_all);
            (find_all(), there.join().expect("a thread ends well"))
        });
        let found = here.iter().flatten().count();
        assert!((MOST..MOST + 8).contains(&found), "{found}");
        assert!(here.iter().zip(&there).all(|(here, there)| here == there || here.is_none() || there.is_none()));
        assert_eq!(find_all(), find_all());
    }
}
