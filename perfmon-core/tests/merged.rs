//! Places that share a kind and name, and differ in the rest: their figures add up, and values stay with their keys.

#[macro_use]
mod support;

use perfmon_core::{call::enter_labels, call::enter_labels_sampled, site::Sample, snapshot};
use support::{call, mock, ns};

site!(EVERY, "mixed", labels(&["a"]));
site!(SOME, "mixed", labels(&["a"]), sample(Sample::OneIn(4)));
site!(PLAIN, "mixed plain");
site!(PLAIN_SOME, "mixed plain", sample(Sample::OneIn(4)));
site!(X_Y, "keys", labels(&["x", "y"]));
site!(Y_X, "keys", labels(&["y", "x"]));
site!(ONLY_Z, "keys", labels(&["z"]));

#[test]
fn sampled_and_not() {
    let (clock, _alone) = mock();
    for value in ["0", "1", "2", "3", "4", "5", "6", "7"] {
        let every = enter_labels(&EVERY, &[value]);
        clock.advance(ns(200_000));
        every.finish(false);
        let some = enter_labels_sampled(&SOME, &[value]);
        clock.advance(ns(200_000));
        some.finish(false);
    }
    let snapshot = snapshot();
    let site = snapshot.get("mixed").expect("registered");
    assert_eq!((site.calls(), site.total()), (16, ns(16 * 200_000)));
    assert!(site.is_sampled());
    assert_eq!(site.series().len(), 8);
    for series in site.series() {
        assert_eq!((series.stats().calls(), series.stats().total()), (2, ns(400_000)), "{:?}", series.values());
    }
}

#[test]
fn sampled_and_not_without_labels() {
    let (clock, _alone) = mock();
    for _ in 0..50 {
        call(&PLAIN, || clock.advance(ns(1_000)));
        let some = perfmon_core::call::enter_sampled(&PLAIN_SOME);
        clock.advance(ns(1_000));
        some.finish(false);
    }
    let snapshot = snapshot();
    let site = snapshot.get("mixed plain").expect("registered");
    assert_eq!((site.calls(), site.buckets().total(), site.total()), (100, 100, ns(100_000)));
}

#[test]
fn values_stay_with_their_keys() {
    let (_clock, _alone) = mock();
    enter_labels(&X_Y, &["X", "Y"]).finish(false);
    enter_labels(&Y_X, &["Y", "X"]).finish(false);
    enter_labels(&ONLY_Z, &["Z"]).finish(false);
    let snapshot = snapshot();
    let site = snapshot.get("keys").expect("registered");
    let key = |key: &str| site.label_keys().iter().position(|known| known == key).expect("a key");
    let labels = |x: &str, y: &str, z: &str| {
        let mut values = vec![String::new(); 3];
        (values[key("x")], values[key("y")], values[key("z")]) = (x.to_owned(), y.to_owned(), z.to_owned());
        site.series().iter().find(|series| series.values() == values).map(|series| series.stats().calls())
    };
    assert_eq!((labels("X", "Y", ""), labels("", "", "Z")), (Some(2), Some(1)), "{:?}", site.series());
    assert_eq!((site.calls(), site.series().len()), (3, 2));
}
