//! What is made at run time and found again on a hot path: a table that only fills.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Values made once each, up to a number, and found again without a lock: the sites of routes, of statements, of whatever a program learns of while it runs.
/// Nothing is ever taken out, so what is found may be kept.
///
/// ```
/// # mod perfmon { pub mod sites { pub use perfmon_core::site::{Table, hash}; } }
/// use perfmon::sites::{Table, hash};
///
/// static LENGTHS: Table<(String, usize)> = Table::new(100);
///
/// let length = |word: &str| LENGTHS.find(hash(&[word]), |known| known.0 == word, || (word.to_owned(), word.len()));
/// assert_eq!(length("orders").map(|known| known.1), Some(6));
/// assert!(std::ptr::eq(length("orders").unwrap(), length("orders").unwrap()), "made once");
/// ```
pub struct Table<T> {
    /// Half empty at least, so that a search ends soon.
    places: OnceLock<Box<[OnceLock<Box<T>>]>>,
    made: AtomicUsize,
    most: usize,
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("made", &self.made).field("most", &self.most).finish_non_exhaustive()
    }
}

impl<T> Table<T> {
    /// For so many values; two threads that make their last ones at the same time may make a few more.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { places: OnceLock::new(), made: AtomicUsize::new(0), most }
    }

    /// The value for which `is` holds, made if there is none. `hash` is the same for the same value, and different for most others. `None` when there are
    /// too many: count what that loses. Costs a few comparisons, and waits for nobody but another thread that makes a value just then.
    pub fn find(&self, hash: u64, is: impl Fn(&T) -> bool, make: impl Fn() -> T) -> Option<&T> {
        let length = 2 * self.most.max(8);
        let places = self.places.get_or_init(|| (0..length).map(|_| OnceLock::new()).collect());
        #[expect(clippy::cast_possible_truncation, reason = "any of its bits will do")]
        let home = (hash ^ (hash >> 32)) as usize % length;
        for place in places[home..].iter().chain(&places[..home]) {
            if place.get().is_none() && self.made.load(Ordering::Relaxed) >= self.most {
                break;
            }
            // Two threads may come to the same free place; one of them makes what it came for and the other looks on.
            let value = place.get_or_init(|| {
                let value = Box::new(make());
                // Only now: a `make` that panics takes no place.
                self.made.fetch_add(1, Ordering::Relaxed);
                value
            });
            if is(value) {
                return Some(value);
            }
        }
        None
    }

    /// The values, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.get().into_iter().flatten().filter_map(|place| place.get().map(AsRef::as_ref))
    }
}

/// A hash of texts, for [`Table::find`]: another in every process, so that nobody outside can choose texts of equal hash.
#[must_use]
pub fn hash(parts: &[&str]) -> u64 {
    static SEED: LazyLock<[u64; 2]> = LazyLock::new(|| [0, 1].map(|half| RandomState::new().hash_one(half)));
    let [mut hash, factor] = *SEED;
    let mut add = |word: u64| {
        // Both halves of a product by a secret factor, folded: which bits of the hash a bit of the text changes depends on the seed.
        let product = u128::from(hash ^ word) * u128::from(factor | 1);
        #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
        let low = product as u64;
        hash = low ^ (product >> 64) as u64;
    };
    // Words of eight bytes, each part with its length.
    for part in parts {
        for chunk in part.as_bytes().chunks(8) {
            add(chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
        add(part.len() as u64);
    }
    hash
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        ptr, thread,
    };

    use super::{Table, hash};

    #[test]
    fn values_are_made_once_each_up_to_a_limit() {
        let table = Table::new(1_000);
        let find_all = || -> Vec<_> {
            let find = |number: u64| {
                let found = table.find(number / 3, |known| *known == number, || number);
                found.map(|value| (ptr::from_ref(value).addr(), *value))
            };
            (0..1_200).map(find).collect()
        };
        let (here, there) = thread::scope(|scope| {
            let there = scope.spawn(find_all);
            (find_all(), there.join().expect("a thread ends well"))
        });
        assert!(here.iter().zip(0..).all(|(found, number)| found.is_none_or(|(_, value)| value == number)));
        let made = table.iter().count();
        assert!((1_000..1_008).contains(&made), "{made}");
        assert!(here.iter().zip(&there).all(|(here, there)| here == there || here.is_none() || there.is_none()));
        assert_eq!(find_all(), find_all());
    }

    #[test]
    fn what_fails_to_be_made_takes_no_place() {
        let table = Table::new(1);
        let fail = || table.find(1, |_: &u64| true, || panic!("on purpose"));
        (0..3).for_each(|_| assert!(catch_unwind(AssertUnwindSafe(fail)).is_err()));
        assert_eq!(table.find(1, |known| *known == 7, || 7), Some(&7));
        assert_eq!(table.find(2, |known| *known == 8, || 8), None, "that was the last place");
    }

    #[test]
    fn texts_that_run_together_differ() {
        let hashes = [&["ab", "c"][..], &["a", "bc"], &["abc"], &["abc", ""], &["", "abc"], &[]].map(hash);
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash), "{at}");
        }
    }
}
