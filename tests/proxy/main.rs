//! Behind a real nginx that speaks TLS, set up as the guide says.

mod client;
mod nginx;
#[path = "../support/mod.rs"]
mod support;

use std::sync::LazyLock;

use perfmon::exporter::{
    Exporter, builder,
    config::{Config, Format},
};
use serde_json::Value;

use self::{
    client::{Client, Listened},
    nginx::{NAME, Nginx},
    support::eventually,
};

/// Each client may ask once a second.
const CONFIG: &str = "[server]\nlisten = \"127.0.0.1:0\"\nhosts = [\"perfmon.example.com\"]\ntrusted_proxies = [\"127.0.0.1\"]\nrequests_per_second = 1\n";

/// The exporter and the proxy in front of it, one for all tests.
static STAGE: LazyLock<(Exporter, Nginx)> = LazyLock::new(|| {
    let config = Config::parse(CONFIG, Format::Toml, "perfmon.toml").expect("it is right");
    let exporter = builder().config(config).and_then(perfmon::exporter::Builder::start).expect("the exporter starts");
    let nginx = Nginx::start(exporter.address());
    eventually("nginx passes on", || Client::new(&nginx).get("/ready").filter(|answer| answer.0 == 200));
    (exporter, nginx)
});

/// One at an address that no other test has.
fn client() -> Client {
    Client::new(&STAGE.1)
}

#[test]
fn whoever_asks_is_answered() {
    let (status, health) = client().get("/health").expect("an answer");
    let health: Value = serde_json::from_str(&health).expect("JSON");
    assert!(status == 200 && health["score"].is_number(), "{health}");
    let (status, dashboard) = client().get("/api/v1/dashboard").expect("an answer");
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    assert!(status == 200 && dashboard["resources"].is_object(), "{dashboard}");
}

#[test]
fn a_name_that_is_not_configured_is_refused() {
    let mut other = client();
    other.host = String::from("other.example.com");
    assert_eq!(other.get("/metrics").map(|answer| answer.0), Some(421));
}

#[test]
fn pages_of_the_proxys_own_listen() {
    let port = STAGE.1.port();
    let Listened::Told(first) = client().listen(&format!("https://{NAME}:{port}")) else { panic!("it is not let in") };
    assert!(first.contains("\"subscribed\""), "{first}");
    for other in [format!("http://{NAME}:{port}"), format!("https://{NAME}"), String::from("https://evil.example")] {
        let refused = client().listen(&other);
        assert!(matches!(refused, Listened::Refused(403)), "{other}: {refused:?}");
    }
}

#[test]
fn each_client_has_a_limit_of_its_own() {
    let (greedy, other) = (client(), client());
    eventually("one asks too often", || greedy.get("/health").filter(|answer| answer.0 == 429));
    assert_eq!(other.get("/health").map(|answer| answer.0), Some(200));
    // Nor does it help to say to be others.
    let mut liar = client();
    let mut number = 0;
    eventually("one says to be ever others", || {
        number += 1;
        liar.headers = format!("X-Forwarded-For: 203.0.113.{}\r\n", number % 256);
        liar.get("/health").filter(|answer| answer.0 == 429)
    });
}
