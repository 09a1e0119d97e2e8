//! The WebSocket: what is pushed, what is refused, and that nobody holds up anybody else.

mod support;

use std::{
    net::TcpStream,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use perfmon_core::{
    call::{enter_labels, record},
    collect::{BoxError, Collector, Samples, observe, register_collector},
    inventory,
    site::{CallSite, Kind, Name},
};
use perfmon_exporter::Exporter;
use serde_json::{Value, json};
use support::{eventually, exporter, get, listen};
use tungstenite::{Message, WebSocket, protocol::frame::coding::CloseCode};

static SITE: CallSite = CallSite::new(Kind::Order, Name::One("order_execution"), module_path!());
static SIDES: CallSite = CallSite::new(Kind::Order, Name::One("limit"), module_path!()).labels(&["symbol", "side"]);
inventory::submit! { SITE.registration() }
inventory::submit! { SIDES.registration() }

/// One exporter for all tests, which take turns: some fill its bounds.
fn service() -> MutexGuard<'static, Exporter> {
    static SERVICE: LazyLock<Mutex<Exporter>> = LazyLock::new(|| {
        observe("cpu_usage_percent", || 12.5).unit("percent");
        for (symbol, side) in [("AAPL", "buy"), ("AAPL", "sell"), ("MSFT", "buy")] {
            enter_labels(&SIDES, &[symbol, side]).finish(side == "sell");
        }
        register_collector(Cores);
        let exporter = exporter();
        // Listeners are told what a second found, and the first may end before its collectors have.
        let ticks = exporter.subscribe();
        eventually("it is collected", || {
            let tick = ticks.borrow();
            let has = |name| tick.as_ref().is_some_and(|tick| tick.snapshot.metric(name).is_some());
            (has("cpu_usage_percent") && has("core_usage_percent")).then_some(())
        });
        Mutex::new(exporter)
    });
    SERVICE.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Client(WebSocket<TcpStream>);

impl Client {
    fn connect(exporter: &Exporter) -> Self {
        Self(listen(exporter))
    }

    fn say(&mut self, message: &Value) {
        self.send(message.to_string().into());
    }

    fn send(&mut self, message: Message) {
        self.0.send(message).expect("it takes it");
    }

    /// The next frame that is a text.
    fn hear(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.read().expect("a frame") {
                return serde_json::from_str(&text).expect("JSON");
            }
        }
    }

    fn hear_of(&mut self, kind: &str) -> Value {
        std::iter::repeat_with(|| self.hear()).find(|frame| frame["type"] == kind).expect("endless")
    }

    /// Why the other side closes.
    fn closed(&mut self) -> Option<CloseCode> {
        loop {
            match self.0.read() {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }
}

#[test]
fn what_is_subscribed_to_is_pushed_each_second() {
    let service = service();
    let mut client = Client::connect(&service);
    client.say(&json!({"type": "subscribe", "metric_name": "cpu_usage_percent"}));
    assert_eq!(client.hear(), json!({"type": "subscribed", "metric_name": "cpu_usage_percent"}));
    let (first, second) = (client.hear(), client.hear());
    for frame in [&first, &second] {
        assert_eq!(frame["type"], "metrics_update");
        assert_eq!(frame["data"]["metric_name"], "cpu_usage_percent");
        let point = &frame["data"]["data_points"][0];
        assert_eq!((&point["value"], &point["unit"], &point["tags"]), (&json!(12.5), &json!("percent"), &json!({})));
    }
    assert!(second["data"]["timestamp"].as_f64() > first["data"]["timestamp"].as_f64());

    record(&SITE, Duration::from_millis(5));
    client.say(&json!({"type": "subscribe", "site": "order_execution", "kind": "order"}));
    let reply = client.hear_of("subscribed");
    assert_eq!(reply, json!({"type": "subscribed", "site": "order_execution", "kind": "order"}));
    // There may be one from before the call.
    let of_site =
        eventually("a frame of the site", || Some(client.hear()).filter(|frame| frame["data"]["stats"]["calls"] == 1));
    assert_eq!((&of_site["data"]["kind"], &of_site["data"]["stats"]["calls"]), (&json!("order"), &json!(1)));
    assert_eq!(of_site["data"]["windows"]["1m"]["stats"]["calls"], 1);

    client.say(&json!({"type": "unsubscribe", "metric_name": "cpu_usage_percent"}));
    client.hear_of("unsubscribed");
    for _ in 0..2 {
        assert_eq!(client.hear()["data"]["site"], "order_execution");
    }
    // What nobody knows yet is nothing, until somebody tells it.
    client.say(&json!({"type": "subscribe", "metric_name": "appears_later"}));
    let note = client.hear_of("subscribed")["note"].take();
    assert_eq!(note, "there is no such metric yet, and its figures come when there is one.");
    let later = observe("appears_later", || 1.0);
    eventually("it appears", || (client.hear()["data"]["metric_name"] == "appears_later").then_some(()));
    later.remove();
}

struct Cores;

impl Collector for Cores {
    fn name(&self) -> &'static str {
        "cores"
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        for (core, value) in [("0", 10.0), ("1", 30.0)] {
            out.gauge_with("core_usage_percent", &[("core", core)], value);
        }
        Ok(())
    }
}

#[test]
fn labels_choose_as_in_the_api() {
    let service = service();
    for labels in [json!("core:1"), json!(["core:1"]), json!({"core": "1"})] {
        let mut client = Client::connect(&service);
        client.say(&json!({"type": "subscribe", "metric_name": "core_usage_percent", "labels": labels}));
        let reply = client.hear_of("subscribed");
        assert_eq!((&reply["labels"], &reply["note"]), (&json!(["core:1"]), &Value::Null), "{reply}");
        let points = client.hear_of("metrics_update")["data"]["data_points"].take();
        assert_eq!(points.as_array().map(Vec::len), Some(1));
        assert_eq!((&points[0]["tags"], &points[0]["value"]), (&json!({"core": "1"}), &json!(30.0)));
    }
    let mut client = Client::connect(&service);
    client.say(&json!({"type": "subscribe", "site": "limit", "labels": {"side": "buy"}}));
    let data = client.hear_of("metrics_update")["data"].take();
    assert_eq!((&data["stats"]["calls"], &data["stats"]["errors"]), (&json!(2), &json!(0)), "{data}");
    assert_eq!(
        (&data["windows"]["1m"]["stats"]["calls"], data["series"].as_array().map(Vec::len)),
        (&json!(2), Some(2))
    );
    // What is subscribed to with labels is another thing than all of it, and is given up by itself.
    client.say(&json!({"type": "subscribe", "site": "limit"}));
    let whole = eventually("all of it", || Some(client.hear()).filter(|frame| frame["data"]["stats"]["calls"] == 3));
    assert!(whole["data"].get("series").is_none());
    client.say(&json!({"type": "unsubscribe", "site": "limit", "labels": {"side": "buy"}}));
    assert_eq!(client.hear_of("unsubscribed")["labels"], json!(["side:buy"]));
    client.say(&json!({"type": "subscribe", "site": "limit", "labels": ["side:hold"]}));
    let note = client.hear_of("subscribed")["note"].take();
    assert!(note.as_str().expect("a note").contains("no such call site with these labels yet"), "{note}");
    for (labels, says) in [
        (json!("side"), "labels=symbol:AAPL"),
        (json!(7), "labels as"),
        (json!([format!("a:{}", "x".repeat(600))]), "512 bytes"),
    ] {
        client.say(&json!({"type": "subscribe", "site": "limit", "labels": labels}));
        let error = client.hear_of("error")["error"].take();
        assert!(error.as_str().expect("text").contains(says), "{error}");
    }
}

/// Collected once, and then not for an hour.
struct Seldom;

impl Collector for Seldom {
    fn name(&self) -> &'static str {
        "seldom"
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(3_600)
    }

    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        out.gauge_with("seldom", &[("place", "here")], 3.0);
        Ok(())
    }
}

#[test]
fn a_value_has_the_time_when_it_was_collected() {
    let service = service();
    let seldom = register_collector(Seldom);
    let history = eventually("it is collected", || {
        let answer: Value = serde_json::from_str(&get(&service, "/api/metrics?metric_name=seldom").1).ok()?;
        answer["data"]["data_points"][0]["timestamp"].as_f64()
    });
    let mut client = Client::connect(&service);
    client.say(&json!({"type": "subscribe", "metric_name": "seldom"}));
    client.hear_of("subscribed");
    let frames = [client.hear(), client.hear()];
    for frame in &frames {
        let point = &frame["data"]["data_points"][0];
        assert_eq!((point["value"].as_f64(), &point["tags"]), (Some(3.0), &json!({"place": "here"})));
        assert_eq!(point["timestamp"].as_f64(), Some(history), "{frame}");
    }
    assert!(frames[0]["data"]["timestamp"].as_f64() < frames[1]["data"]["timestamp"].as_f64());
    seldom.remove();
}

#[test]
fn two_clients_get_the_same_frame() {
    let service = service();
    let mut clients = [(); 2].map(|()| Client::connect(&service));
    for client in &mut clients {
        client.say(&json!({"type": "subscribe", "metric_name": "cpu_usage_percent"}));
        client.hear_of("subscribed");
    }
    let [mut one, mut other] = clients;
    let (first, mut second) = (one.hear(), other.hear());
    eventually("the same second", || {
        let (a, b) = (first["data"]["timestamp"].as_f64(), second["data"]["timestamp"].as_f64());
        if a < b {
            return Some(());
        }
        let same = first == second;
        second = other.hear();
        same.then_some(())
    });
}

#[test]
fn mistakes_are_answered_and_the_conversation_goes_on() {
    let service = service();
    let mut client = Client::connect(&service);
    for (message, says) in [
        ("nonsense", "failed to read the message"),
        ("[]", "expected an object"),
        ("{\"type\":7}", "failed to read the message"),
        ("{}", "missing field `type`"),
        ("{\"type\":\"shout\"}", "write subscribe, unsubscribe or ping"),
        ("{\"type\":\"subscribe\"}", "either metric_name or site"),
        ("{\"type\":\"subscribe\",\"metric_name\":\"a\",\"site\":\"b\"}", "either metric_name or site"),
        ("{\"type\":\"subscribe\",\"site\":\"b\",\"kind\":\"c\"}", "unknown variant `c`"),
    ] {
        client.send(message.into());
        let answer = client.hear();
        assert_eq!(answer["type"], "error", "{message}");
        assert!(answer["error"].as_str().expect("text").contains(says), "{message}: {answer}");
    }
    client.say(&json!({"type": "subscribe", "metric_name": "x".repeat(600)}));
    assert!(client.hear()["error"].as_str().expect("text").contains("512 bytes"));
    client.send(Message::Binary(vec![1, 2, 3].into()));
    assert!(client.hear()["error"].as_str().expect("text").contains("binary"));
    client.say(&json!({"type": "ping", "more": "is left alone"}));
    assert_eq!(client.hear(), json!({"type": "pong"}));
    client.send(Message::Ping(vec![7].into()));
    // The server asks now and then too.
    let mut answer = client.0.read().expect("a frame");
    while matches!(answer, Message::Ping(_)) {
        answer = client.0.read().expect("a frame");
    }
    assert_eq!(answer, Message::Pong(vec![7].into()));
}

#[test]
fn what_a_subscription_does_not_do_is_said() {
    let service = service();
    let mut client = Client::connect(&service);
    for (message, says) in [
        (json!({"metric_name": "cpu_usage_percnt"}), "no such metric yet"),
        #[cfg(feature = "config")]
        (json!({"metric_name": "cpu_usage_percnt"}), "did you mean \"cpu_usage_percent\"?"),
        (json!({"site": "order_execution", "kind": "latency"}), "no such call site yet"),
        (
            json!({"metric_name": "cpu_usage_percent", "color": {}, "interval": 5}),
            "\"color\", \"interval\" mean nothing here",
        ),
    ] {
        let mut client = Client::connect(&service);
        let mut message = message;
        message["type"] = json!("subscribe");
        client.say(&message);
        let reply = client.hear_of("subscribed");
        assert!(reply["note"].as_str().expect("a note").contains(says), "{reply}");
    }
    client.say(&json!({"type": "subscribe", "metric_name": "cpu_usage_percent"}));
    assert_eq!(client.hear_of("subscribed")["note"], Value::Null);
}

#[test]
fn who_invents_names_takes_no_place_from_others() {
    let service = service();
    let mut crowd: Vec<Client> = (0..45).map(|_| Client::connect(&service)).collect();
    let mut refused = 0;
    for (at, client) in crowd.iter_mut().enumerate() {
        for number in 0..100 {
            client.say(&json!({"type": "subscribe", "metric_name": format!("invented {at} {number}")}));
        }
        for _ in 0..100 {
            refused += u32::from(client.hear()["type"] == "error");
        }
    }
    assert!(refused > 0, "names that mean nothing have a bound");
    let mut client = Client::connect(&service);
    client.say(&json!({"type": "subscribe", "metric_name": "cpu_usage_percent"}));
    assert_eq!(client.hear()["type"], "subscribed");
    assert_eq!(client.hear()["data"]["metric_name"], "cpu_usage_percent");
}

#[test]
fn bounds_are_told() {
    let service = service();
    let mut client = Client::connect(&service);
    for number in 0..100 {
        client.say(&json!({"type": "subscribe", "metric_name": format!("metric {number}")}));
        client.hear_of("subscribed");
    }
    client.say(&json!({"type": "subscribe", "metric_name": "metric 100"}));
    assert!(client.hear_of("error")["error"].as_str().expect("text").contains("100 subscriptions"));
    // One that it has does not count again, and one given up makes room.
    client.say(&json!({"type": "subscribe", "metric_name": "metric 7"}));
    client.hear_of("subscribed");
    client.say(&json!({"type": "unsubscribe", "metric_name": "metric 7"}));
    client.hear_of("unsubscribed");
    client.say(&json!({"type": "subscribe", "metric_name": "metric 100"}));
    client.hear_of("subscribed");

    let mut shouting = Client::connect(&service);
    shouting.send("x".repeat(20_000).into());
    assert_eq!(shouting.closed(), Some(CloseCode::Size));
    let mut babbling = Client::connect(&service);
    // Mistakes are forgiven now and then, so a slow machine may need more of them.
    let told = eventually("it is told to leave", || {
        babbling.send("nonsense".into());
        match babbling.0.read().expect("a frame") {
            Message::Close(frame) => frame.map(|frame| frame.code),
            _ => None,
        }
    });
    assert_eq!(told, CloseCode::Policy);
    assert_eq!(get(&service, "/ready").0, 200);
}

#[test]
fn a_client_that_reads_nothing_holds_up_nobody() {
    let service = service();
    // Its answers alone are more than the system buffers, so that the exporter waits for it.
    let mut stalled = Client::connect(&service);
    stalled.say(&json!({"type": "subscribe", "metric_name": "cpu_usage_percent"}));
    let stream = stalled.0.get_mut();
    stream.set_write_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    while stalled.0.send(json!({"type": "unsubscribe", "metric_name": "x".repeat(500)}).to_string().into()).is_ok() {}

    let mut other = Client::connect(&service);
    other.say(&json!({"type": "subscribe", "metric_name": "cpu_usage_percent"}));
    other.hear_of("subscribed");
    let times: Vec<f64> = (0..4).map(|_| other.hear()["data"]["timestamp"].as_f64().expect("a time")).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    assert_eq!(get(&service, "/ready").0, 200);
}
