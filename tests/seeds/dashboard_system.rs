//! The dashboard system: metrics, REST, WebSocket, aggregation.

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    ask::Document,
    page::Page,
    shape::alike,
    support::{eventually, soon},
    world::{World, world},
};

fn document() -> Document {
    Document::read(include_str!("dashboard_system.toml"))
}

#[test]
fn the_dashboard_systems_words_work() {
    let world = world();
    // Somebody looks orders up; some of them never were.
    for order in 1..=20 {
        assert!([200, 404].contains(&world.visit(&format!("/orders/{order}"))), "order {order}");
    }
    document().holds(world, &|name| match name {
        "resident memory in bytes" => world.resident_bytes(),
        "requests that the bot answered" => world.recent("request", "calls"),
        "mean time of requests in seconds" => world.recent("request", "mean_ns") / 1e9,
        other => panic!("nobody knows {other}"),
    });
}

#[test]
fn its_rest_api_answers_as_documented() {
    let world = world();
    for answer in document().answer {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let path = answer.get.replace("{an_hour_ago}", &(now - 3600).to_string());
        let path = path.replace("{in_an_hour}", &(now + 3600).to_string());
        let expected = serde_json::from_str(&answer.says).expect("JSON");
        // Of what is named some needs two readings.
        soon(|| alike(&expected, &world.get(&path))).unwrap_or_else(|wrong| panic!("{path}: {wrong}"));
    }
    let health = &world.get("/api/health")["data"];
    assert_eq!(health["running"], true);
    assert!(health["collectors_count"].as_u64() >= Some(4) && health["uptime"].as_f64() > Some(0.0), "{health}");
}

/// "Available Metrics", each by the REST API and over the WebSocket too.
#[test]
fn every_metric_is_told_by_its_apis() {
    let world = world();
    let document = document();
    let mut names: BTreeSet<&str> = document.names().collect();
    assert_eq!(names.len(), 17);
    let mut page = Page::open(world);
    for name in &names {
        page.send(&json!({"type": "subscribe", "metric_name": name}));
        soon(|| points_of(&world.get(&format!("/api/metrics?metric_name={name}"))["data"], name))
            .unwrap_or_else(|wrong| panic!("/api/metrics: {name}: {wrong}"));
    }
    eventually("an update of each", || {
        let data = page.hear("metrics_update")["data"].take();
        let name = data["metric_name"].as_str().expect("a name");
        // One that has no values yet comes again.
        if points_of(&data, name).is_ok() {
            names.remove(name);
        }
        names.is_empty().then_some(())
    });
}

/// Values of this metric, and each of them a number with its unit.
fn points_of(data: &Value, name: &str) -> Result<(), String> {
    let points = data["data_points"].as_array().filter(|points| !points.is_empty() && data["metric_name"] == name);
    let points = points.ok_or_else(|| format!("no points: {data}"))?;
    let unit = ["percent", "bytes", "seconds"].into_iter().find(|unit| name.contains(unit));
    let right = |point: &Value| {
        point["value"].is_number() && point["tags"].is_object() && unit.is_none_or(|unit| point["unit"] == unit)
    };
    points.iter().find(|point| !right(point)).map_or(Ok(()), |wrong| Err(format!("{wrong}")))
}

/// "Metric Aggregation": the average over the last hour, the maximum, the sum.
#[test]
fn it_aggregates() {
    let world = world();
    let aggregated = |query: &str| {
        let value = || world.get(&format!("/api/v1/metrics?{query}"))["value"].as_f64().ok_or("no value yet");
        soon(value).unwrap_or_else(|wrong| panic!("{query}: {wrong}"))
    };
    let average = aggregated("name=cpu_usage_percent&aggregate=avg");
    let most = aggregated("name=cpu_usage_percent&aggregate=max");
    assert!((0.0..=100.0).contains(&average) && average <= most, "{average} {most}");
    assert!((0.1..=100.0).contains(&aggregated("name=memory_usage_percent&aggregate=max")));
    let requests = aggregated("name=GET%20/status&kind=request&measure=calls");
    assert!(requests >= 1.0, "{requests}");
}

/// The document's own example, word for word.
#[test]
fn a_page_of_its_own_listens() {
    let world: &World = world();
    let mut page = Page::open(world);
    page.send(&json!({"type": "subscribe", "metric_name": "cpu_usage_percent"}));
    let [first, second] = [(); 2].map(|()| page.hear("metrics_update"));
    assert!(second["data"]["timestamp"].as_f64() > first["data"]["timestamp"].as_f64(), "live");
}
