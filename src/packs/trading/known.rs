//! What there is one of for each name in the process, so that no two have the same series.

use std::{
    collections::BTreeMap,
    sync::{Once, PoisonError, RwLock},
    time::Duration,
};

use perfmon_core::collect::{BoxError, Collector, Samples, register_collector};

/// Names of each sort; what comes after shares [`OTHER`].
const MOST: usize = 256;
pub(super) const OTHER: &str = "other";
/// Bytes of a name.
const LONGEST: usize = 128;

/// What tells figures under its name.
pub(super) trait Told: Clone + Send + Sync {
    /// What collects them.
    const COLLECTOR: &'static str;

    fn tell(&self, out: &mut Samples);
}

/// All there is of one sort.
pub(super) struct Known<T: 'static> {
    by_name: RwLock<BTreeMap<String, T>>,
    registered: Once,
}

impl<T: Told> Known<T> {
    pub(super) const fn new() -> Self {
        Self { by_name: RwLock::new(BTreeMap::new()), registered: Once::new() }
    }

    /// The one of this name, made if there is none.
    pub(super) fn get(&'static self, name: &str, make: impl FnOnce(&str) -> T) -> T {
        self.registered.call_once(|| _ = register_collector(self));
        let name = cut(name);
        if let Some(known) = self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return known.clone();
        }
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let name = bounded(&by_name, name, MOST);
        by_name.entry(name.to_owned()).or_insert_with(|| make(name)).clone()
    }

    /// Takes one out: it goes on working and is told no more. One that has its name since stays, and so does what many share: none of them can tell who else does.
    pub(super) fn remove(&self, is: impl Fn(&T) -> bool) {
        self.by_name.write().unwrap_or_else(PoisonError::into_inner).retain(|name, known| name == OTHER || !is(known));
    }

    pub(super) fn all(&self) -> Vec<T> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

impl<T: Told> Collector for &'static Known<T> {
    fn name(&self) -> &str {
        T::COLLECTOR
    }

    /// A snapshot shows what is, not what was.
    fn interval(&self) -> Duration {
        Duration::ZERO
    }

    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        self.all().iter().for_each(|one| one.tell(out));
        Ok(())
    }
}

/// The name under which something belongs into a map of so many at most, the one for the rest among them.
pub(super) fn bounded<'a, T>(known: &BTreeMap<String, T>, name: &'a str, most: usize) -> &'a str {
    let names = || known.len() - usize::from(known.contains_key(OTHER));
    if known.contains_key(name) || names() < most - 1 { name } else { OTHER }
}

/// A name as it is kept: its first 128 bytes, whole characters.
pub(super) fn cut(name: &str) -> &str {
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use perfmon_core::collect::Samples;

    use super::{Known, MOST, OTHER, Told};

    impl Told for Arc<str> {
        const COLLECTOR: &'static str = "tested";

        fn tell(&self, _out: &mut Samples) {}
    }

    static KNOWN: Known<Arc<str>> = Known::new();

    #[test]
    fn what_many_share_is_not_taken_out_by_one() {
        let get = |name: &str| KNOWN.get(name, |name| Arc::from(name));
        let remove = |one: &Arc<str>| KNOWN.remove(|known| Arc::ptr_eq(known, one));
        let all: Vec<Arc<str>> = (0..MOST + 10).map(|number| get(&format!("{number}"))).collect();
        assert_eq!((KNOWN.all().len(), &**all.last().expect("many")), (MOST, OTHER));
        remove(&get("one too many"));
        assert!(Arc::ptr_eq(&get("another"), all.last().expect("many")));

        remove(&all[0]);
        assert_eq!(&*get("another"), "another", "there is a place again");
    }
}
