//! Snapshots to other formats and back, and histograms as every HDR library reads them.

#[macro_use]
mod support;

use hdrhistogram::{
    Histogram,
    serialization::{Serializer as _, V2Serializer},
};
use perfmon_core::{
    Counter, Gauge, Layout, Snapshot,
    call::{enter_labels, record_labels},
    site::{Objective, Statistic},
    snapshot,
    snapshot::Buckets,
};
use support::ns;

site!(
    SITE,
    "site",
    labels(&["symbol"]),
    objectives(&[Objective::latency(Statistic::P99, 1_000), Objective::error_rate(0.5)])
);
site!(NEVER, "never");
static COUNT: Counter = Counter::new("count", module_path!());
static LEVEL: Gauge = Gauge::new("level", module_path!());

fn full() -> Snapshot {
    for at in 0..500_u64 {
        record_labels(&SITE, &["AAPL"], ns(at * at * at));
        enter_labels(&SITE, &["日本 \"}\n"]).finish(at % 2 == 0);
    }
    COUNT.add(3);
    LEVEL.set(-0.5);
    snapshot()
}

#[test]
fn there_and_back() {
    let snapshot = full();
    let json = serde_json::to_string(&snapshot).expect("JSON takes it");
    assert_eq!(serde_json::from_str::<Snapshot>(&json).expect("JSON gives it back"), snapshot);
    assert_eq!(serde_json::from_slice::<Snapshot>(json.as_bytes()).expect("from bytes"), snapshot);
    assert_eq!(serde_json::from_reader::<_, Snapshot>(json.as_bytes()).expect("from a reader"), snapshot);
    let bytes = postcard::to_stdvec(&snapshot).expect("postcard takes it");
    assert_eq!(postcard::from_bytes::<Snapshot>(&bytes).expect("postcard gives it back"), snapshot);
    let bytes = rmp_serde::to_vec_named(&snapshot).expect("MessagePack takes it");
    assert_eq!(rmp_serde::from_slice::<Snapshot>(&bytes).expect("MessagePack gives it back"), snapshot);
}

/// Takes out what was not written before calls could change their labels.
fn age(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.retain(|field, _| !["arrived", "moved"].contains(&field.as_str()));
            fields.values_mut().for_each(age);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(age),
        _ => {}
    }
}

#[test]
fn an_older_snapshot_is_read() {
    let snapshot = full();
    let mut older = serde_json::to_value(&snapshot).expect("JSON takes it");
    age(&mut older);
    assert!(!older.to_string().contains("moved"), "nothing of it is left");
    assert_eq!(serde_json::from_value::<Snapshot>(older).expect("an older snapshot is one"), snapshot);
}

#[test]
fn bytes_are_hdr_v2() {
    let mut own = Histogram::<u64>::new_with_max(Layout::MAX_VALUE, 2).expect("valid bounds");
    for value in [0, 1, 255, 256, 1_000, 123_456_789, Layout::MAX_VALUE] {
        own.record_n(value, value % 7 + 1).expect("in range");
    }
    let buckets = Buckets::from_histogram(&own).expect("two digits");
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(&buckets.to_histogram(), &mut bytes).expect("serializes");
    let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(serde_json::to_string(&buckets).expect("JSON takes it"), format!("\"{hex}\""));
    let read =
        hdrhistogram::serialization::Deserializer::new().deserialize::<u64, _>(&mut bytes.as_slice()).expect("HDR V2");
    assert_eq!(read, own);
}

#[test]
fn nonsense_is_an_error() {
    for text in ["\"\"", "\"0\"", "\"zz\"", "\"00ff\"", "3", "\"1c849303\""] {
        assert!(serde_json::from_str::<Buckets>(text).is_err(), "{text}");
    }
}
