//! The latest of numbered cells: counts by time.

/// The cells of the latest `N` numbers. A number that lies `N` or more before those in use takes the places over: then the clock went back, or another replay began.
#[derive(Debug)]
pub(super) struct Ring<T, const N: i64>(Box<[(i64, T)]>);

impl<T: Copy + Default, const N: i64> Ring<T, N> {
    pub(super) fn new() -> Self {
        Self((0..N).map(|_| (i64::MIN, T::default())).collect())
    }

    /// The cell of this number, empty when it is new.
    pub(super) fn cell(&mut self, number: i64) -> &mut T {
        let cell = &mut self.0[Self::place(number)];
        if cell.0 != number {
            *cell = (number, T::default());
        }
        &mut cell.1
    }

    /// The cell of this number; an empty one when it is not known.
    pub(super) fn get(&self, number: i64) -> T {
        let (known, value) = self.0[Self::place(number)];
        if known == number { value } else { T::default() }
    }

    /// The cells of the `N` numbers up to this one, oldest first.
    pub(super) fn up_to(&self, newest: i64) -> impl Iterator<Item = T> {
        (0..N).rev().map(move |back| self.get(newest.saturating_sub(back)))
    }

    fn place(number: i64) -> usize {
        usize::try_from(number.rem_euclid(N)).unwrap_or(0)
    }
}

/// Cells of a meter, a tenth of a second each.
const CELL: i64 = 100_000_000;
const CELLS: i64 = 100;
/// Cells of a second.
const SECOND: usize = 10;

/// How often something happened in the last ten seconds.
#[derive(Debug)]
pub(super) struct Meter(Ring<u32, CELLS>);

impl Meter {
    pub(super) fn new() -> Self {
        Self(Ring::new())
    }

    /// It happened once more.
    pub(super) fn count(&mut self, nanos: i64) {
        let cell = self.0.cell(nanos.div_euclid(CELL));
        *cell = cell.saturating_add(1);
    }

    /// A second, over the ten seconds before.
    pub(super) fn over_ten_seconds(&self, nanos: i64) -> f64 {
        let cells = self.cells(nanos);
        let all: u64 = cells.iter().sum();
        all as f64 * SECOND as f64 / cells.len() as f64
    }

    /// In the second before.
    pub(super) fn last_second(&self, nanos: i64) -> u64 {
        self.cells(nanos).iter().rev().take(SECOND).sum()
    }

    /// In the busiest second of the ten before.
    pub(super) fn peak(&self, nanos: i64) -> u64 {
        self.cells(nanos).windows(SECOND).map(|second| second.iter().sum()).max().unwrap_or(0)
    }

    fn cells(&self, nanos: i64) -> Vec<u64> {
        self.0.up_to(nanos.div_euclid(CELL)).map(u64::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CELL, Meter};

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn what_happened_is_forgotten_after_ten_seconds() {
        let mut meter = Meter::new();
        (0..30).for_each(|_| meter.count(5 * SECOND));
        assert_eq!((meter.last_second(5 * SECOND), meter.peak(5 * SECOND)), (30, 30));
        assert_eq!((meter.last_second(6 * SECOND), meter.peak(6 * SECOND)), (0, 30));
        assert!((meter.over_ten_seconds(14 * SECOND) - 3.0).abs() < 1e-12);
        assert_eq!((meter.over_ten_seconds(15 * SECOND), meter.peak(15 * SECOND)), (0.0, 0));
    }

    #[test]
    fn a_burst_over_a_boundary_is_one_burst() {
        let mut meter = Meter::new();
        (0..45).for_each(|at| meter.count(SECOND - SECOND / 2 + at * SECOND / 50));
        assert_eq!(meter.peak(8 * SECOND), 45);
    }

    #[test]
    fn a_clock_that_went_back_does_not_stop_it() {
        let mut meter = Meter::new();
        meter.count(i64::MAX);
        (0..7).for_each(|_| meter.count(SECOND));
        assert_eq!((meter.last_second(SECOND), meter.last_second(i64::MIN)), (7, 0));
    }

    proptest! {
        /// Against a list of all times.
        #[test]
        fn counts_are_those_of_a_list(steps in proptest::collection::vec(0..700_000_000_i64, 1..200), later in 0..20 * SECOND) {
            let (mut meter, mut now, mut all) = (Meter::new(), 0, Vec::new());
            for step in steps {
                now += step;
                meter.count(now);
                all.push(now);
            }
            now += later;
            let begin = |cells: i64| (now.div_euclid(CELL) - cells + 1) * CELL;
            let since = |begin: i64| all.iter().filter(|&&at| at >= begin).count() as u64;
            prop_assert_eq!(meter.last_second(now), since(begin(10)));
            prop_assert!((meter.over_ten_seconds(now) - since(begin(100)) as f64 / 10.0).abs() < 1e-9);
            prop_assert!(meter.peak(now) >= meter.last_second(now) && meter.peak(now) <= since(begin(100)));
        }
    }
}
