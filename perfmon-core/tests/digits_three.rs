//! Histograms of 3 significant digits.

#[macro_use]
mod support;
#[path = "support/digits.rs"]
mod digits;

#[test]
fn counts_are_those_of_hdrhistogram() {
    digits::counts_are_those_of_hdrhistogram(3, 1.0 / 1024.0);
}
