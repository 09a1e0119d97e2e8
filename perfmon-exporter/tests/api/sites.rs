use serde_json::{Value, json};

use crate::service::ask;

fn names(list: &Value) -> Vec<&str> {
    list["sites"].as_array().expect("a list").iter().map(|site| site["name"].as_str().expect("a name")).collect()
}

#[test]
fn lists_are_filtered() {
    assert_eq!(names(&ask("/api/v1/sites")), ["order_execution", "limit", "select orders", "GET /orders/{id}?a=b"]);
    assert_eq!(names(&ask("/api/v1/sites?kind=latency")), ["order_execution"]);
    assert_eq!(names(&ask("/api/v1/sites?name=order")), ["order_execution", "select orders", "GET /orders/{id}?a=b"]);
    assert_eq!(names(&ask("/api/v1/sites?kind=db&name=execution")), [""; 0]);
    assert_eq!(names(&ask("/api/v1/sites?labels=symbol:AAPL")), ["limit"]);
    assert_eq!(names(&ask("/api/v1/sites?labels=symbol:TSLA")), [""; 0]);
    let limit = &ask("/api/v1/sites?labels=symbol:AAPL&labels=side:sell")["sites"][0];
    assert_eq!(limit["series"][0]["labels"], json!({"symbol": "AAPL", "side": "sell"}));
    assert_eq!(limit["series"][0]["stats"]["errors"], 1);
    assert_eq!(limit["series"].as_array().map(Vec::len), Some(1));
    assert_eq!((&limit["stats"]["calls"], &limit["stats"]["errors"]), (&json!(1), &json!(1)));
    assert_eq!(limit["windows"]["1m"]["stats"]["calls"], 1);
    // Of several values of one key any is right.
    assert_eq!(ask("/api/v1/sites?labels=side:sell&labels=side:buy")["sites"][0]["stats"]["calls"], 3);
    // Only the key ends at a colon.
    assert_eq!(names(&ask("/api/v1/sites?labels=symbol:MS:FT")), ["limit"]);
}

#[test]
fn a_list_has_totals_and_the_windows_asked_for() {
    let list = ask("/api/v1/sites?name=order_execution");
    let site = &list["sites"][0];
    assert_eq!(site["stats"]["calls"], 100);
    assert_eq!(site["stats"]["max_ns"], 100_000_000);
    assert_eq!(site["objectives"][0]["statistic"], "p99");
    assert_eq!((&site["objectives"][0]["breaches"], &site["objectives"][0]["met"]), (&json!(50), &json!(false)));
    assert_eq!(
        site["windows"].as_object().map(|windows| windows.keys().collect::<Vec<_>>()),
        Some(vec![&"1m".to_owned()])
    );
    let verdict = &site["verdicts"][0];
    assert_eq!(
        (&verdict["statistic"], &verdict["window"], &verdict["breaches"], &verdict["met"], &verdict["for_seconds"]),
        (&json!("p99"), &json!("5m"), &json!(50), &json!(false), &json!(0.0))
    );
    assert!(verdict["missed_for_seconds"].as_f64() >= Some(0.0), "{verdict}");
    assert!(site.get("series").is_none() && site.get("distribution").is_none());
    assert!(site["places"][0]["module"].as_str().expect("a module").contains("service"));
    assert!(list["timestamp"].as_f64() > Some(1.7e9));
    let windows = &ask("/api/v1/sites?name=order_execution&window=1h&window=10s")["sites"][0]["windows"];
    assert_eq!(windows.as_object().map(serde_json::Map::len), Some(2));
    // The calls may be more than a minute ago.
    assert_eq!(windows["1h"]["stats"]["calls"].as_u64(), Some(100));
}

#[test]
fn one_site_has_everything() {
    let site = ask("/api/v1/sites/latency/order_execution?percentiles=50&percentiles=99.5");
    let told = site["percentiles"].as_array().expect("a list");
    assert_eq!(told.iter().map(|one| one["percentile"].as_f64()).collect::<Vec<_>>(), [Some(50.0), Some(99.5)]);
    assert_eq!(ask("/api/v1/sites/latency/order_execution?percentiles=50,99.5")["percentiles"], site["percentiles"]);
    let median = told[0]["value_ns"].as_f64().expect("a number");
    assert!((median / 50e6 - 1.0).abs() < 0.005, "{median}");
    let bars = site["distribution"].as_array().expect("a list");
    assert_eq!(bars.iter().filter_map(|bar| bar["count"].as_u64()).sum::<u64>(), 100);
    assert!(bars.iter().all(|bar| bar["from_ns"].as_u64() <= bar["to_ns"].as_u64()));
    assert_eq!(site["windows"].as_object().map(serde_json::Map::len), Some(5));
    assert_eq!(ask("/api/v1/sites/latency/order_execution")["percentiles"].as_array().map(Vec::len), Some(7));

    let orders = ask("/api/v1/sites/order/limit?labels=side:buy");
    // Every figure is of these series: the sale failed.
    assert_eq!((&orders["stats"]["calls"], &orders["stats"]["errors"]), (&json!(2), &json!(0)));
    assert_eq!(orders["windows"]["1h"]["stats"]["calls"], 2);
    assert_eq!(orders["series"].as_array().map(Vec::len), Some(2));
    assert_eq!(ask("/api/v1/sites/request/GET%20%2Forders%2F%7Bid%7D%3Fa=b")["stats"]["calls"], 1);
    // Without calls there is nothing to tell, and it says so.
    let silent = ask("/api/v1/sites/db/select%20orders");
    assert_eq!((&silent["stats"]["calls"], &silent["stats"]["p99_ns"]), (&json!(0), &Value::Null));
    assert_eq!(silent["percentiles"][0]["value_ns"], Value::Null);
}
