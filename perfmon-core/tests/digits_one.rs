//! Histograms of 1 significant digit.

#[macro_use]
mod support;
#[path = "support/digits.rs"]
mod digits;

#[test]
fn counts_are_those_of_hdrhistogram() {
    digits::counts_are_those_of_hdrhistogram(1, 1.0 / 16.0);
}
