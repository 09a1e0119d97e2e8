//! The words the recorder writes: mapped memory, or whatever a test puts in their place.
//!
//! Everything the recorder keeps is a 64-bit word at a number, never a pointer, so that the same bytes could lie in
//! anonymous memory or in a file that another process reads.

use std::{
    sync::atomic::{AtomicU64, Ordering, fence},
    time::Duration,
};

use memmap2::{MmapOptions, MmapRaw};

/// One word. Its writer is one thread unless a method says otherwise.
pub(crate) trait Word {
    fn load(&self, order: Ordering) -> u64;
    fn store(&self, value: u64, order: Ordering);
    fn fetch_add(&self, value: u64, order: Ordering) -> u64;
    fn fetch_max(&self, value: u64, order: Ordering) -> u64;
    fn replace(&self, current: u64, new: u64) -> Result<u64, u64>;

    /// A relaxed load.
    #[inline(always)]
    fn get(&self) -> u64 {
        self.load(Ordering::Relaxed)
    }

    /// A relaxed store.
    #[inline(always)]
    fn set(&self, value: u64) {
        self.store(value, Ordering::Relaxed);
    }

    /// Adds by load and store: for the word's only writer. Returns the new value.
    #[inline(always)]
    fn bump(&self, by: u64) -> u64 {
        let value = self.get().wrapping_add(by);
        self.set(value);
        value
    }

    /// Raises to a value by load and store: for the word's only writer.
    #[inline(always)]
    fn raise(&self, to: u64) {
        self.set(self.get().max(to));
    }
}

/// Words that lie behind the last one that has a number, so that a block that begins inside also ends inside.
pub(crate) const MARGIN: usize = 1024;

/// A fixed number of words, all zero at first.
pub(crate) trait Storage {
    type Word: Word;

    /// How many there are.
    fn len(&self) -> usize;

    /// So many words, at most [`MARGIN`], from a number on. Bounds are checked once for all of them, which matters on the hot path.
    ///
    /// # Panics
    /// When the number lies outside, which those the arena handed out never do.
    fn block<const N: usize>(&self, at: usize) -> &[Self::Word; N];

    /// A memory fence of the same make as the words (loom has its own).
    fn fence(order: Ordering);

    /// Waits a little for another thread, the longer the more often it has done so. False when it has waited long enough: a tenth of a
    /// second, in which every thread that can run has run.
    fn wait(attempt: u32) -> bool;
}

impl Word for AtomicU64 {
    #[inline(always)]
    fn load(&self, order: Ordering) -> u64 {
        self.load(order)
    }

    #[inline(always)]
    fn store(&self, value: u64, order: Ordering) {
        self.store(value, order);
    }

    fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        self.fetch_add(value, order)
    }

    fn fetch_max(&self, value: u64, order: Ordering) -> u64 {
        self.fetch_max(value, order)
    }

    fn replace(&self, current: u64, new: u64) -> Result<u64, u64> {
        self.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire)
    }
}

/// Memory reserved from the system: pages that nobody touches cost nothing.
pub(crate) struct Mapped {
    /// Kept so that the mapping lives as long as this.
    _map: MmapRaw,
    words: *const AtomicU64,
    len: usize,
}

// SAFETY: the mapping is not tied to a thread, and its words are atomics.
#[allow(unsafe_code)]
unsafe impl Send for Mapped {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Mapped {}

impl Mapped {
    /// Reserves this many words of address space.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn new(len: usize) -> std::io::Result<Self> {
        let bytes = (len + MARGIN) * size_of::<AtomicU64>();
        let map: MmapRaw = MmapOptions::new().len(bytes).no_reserve_swap().map_anon()?.into();
        #[expect(clippy::cast_ptr_alignment, reason = "a mapping begins at a page")]
        let words = map.as_mut_ptr().cast::<AtomicU64>();
        Ok(Self { _map: map, words, len })
    }
}

impl Storage for Mapped {
    type Word = AtomicU64;

    fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn block<const N: usize>(&self, at: usize) -> &[AtomicU64; N] {
        const { assert!(N <= MARGIN) };
        assert!(at < self.len, "words outside the arena");
        // SAFETY: the mapping has `len + MARGIN` words, so the block lies in it. It is page-aligned, zero-filled at first, lives as long as
        // `self`, and is only ever accessed as `AtomicU64`, for which every bit pattern is valid and which may change behind a
        // shared reference.
        unsafe { &*self.words.add(at).cast() }
    }

    #[inline(always)]
    fn fence(order: Ordering) {
        fence(order);
    }

    fn wait(attempt: u32) -> bool {
        wait(attempt)
    }
}

fn wait(attempt: u32) -> bool {
    const SPINS: u32 = 64;
    const YIELDS: u32 = 128;
    const SLEEPS: u32 = 228;
    match attempt {
        ..SPINS => std::hint::spin_loop(),
        SPINS..YIELDS => std::thread::yield_now(),
        _ => std::thread::sleep(Duration::from_millis(1)),
    }
    attempt < SLEEPS
}

/// Plain memory, for miri and for tests that want an arena of their own.
#[cfg(all(test, not(loom)))]
pub(crate) struct Heap(pub(crate) Box<[AtomicU64]>);

#[cfg(all(test, not(loom)))]
impl Heap {
    pub(crate) fn new(len: usize) -> Self {
        Self((0..len + MARGIN).map(|_| AtomicU64::new(0)).collect())
    }
}

#[cfg(all(test, not(loom)))]
impl Storage for Heap {
    type Word = AtomicU64;

    fn len(&self) -> usize {
        self.0.len() - MARGIN
    }

    fn block<const N: usize>(&self, at: usize) -> &[AtomicU64; N] {
        self.0[at..].first_chunk().expect("words outside the arena")
    }

    fn fence(order: Ordering) {
        fence(order);
    }

    fn wait(attempt: u32) -> bool {
        wait(attempt)
    }
}
