//! Collectors that fail, panic or hang: the service is unharmed, and health says what is wrong.

mod support;

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use perfmon_core::collect::{
    AsyncCollector, BoxError, Collecting, Collector, Samples, observe, register_async_collector, register_collector,
};
use support::{eventually, get, health};

struct Bad<F>(&'static str, F);

impl<F: Fn(&mut Samples) -> Result<(), BoxError> + Send + Sync> Collector for Bad<F> {
    fn name(&self) -> &str {
        self.0
    }
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }
    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        (self.1)(out)
    }
}

/// A future that never ends.
struct Endless(Arc<AtomicU64>);

impl AsyncCollector for Endless {
    fn name(&self) -> &'static str {
        "endless"
    }
    fn collect<'a>(&'a self, _: &'a mut Samples) -> Collecting<'a> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::pending())
    }
}

/// A future that needs a runtime with timers.
struct Timed;

impl AsyncCollector for Timed {
    fn name(&self) -> &'static str {
        "timed"
    }
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }
    fn collect<'a>(&'a self, out: &'a mut Samples) -> Collecting<'a> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            out.gauge("timed_value", 4.0);
            Ok(())
        })
    }
}

#[test]
fn bad_collectors_harm_nobody() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let held = gate.clone();
    register_collector(Bad("failing", |_: &mut Samples| Err("the feed is down".into())));
    register_collector(Bad("panicking", |_: &mut Samples| panic!("an index out of reach")));
    register_collector(Bad("hanging", move |out: &mut Samples| {
        let open = held.0.lock().unwrap();
        drop(held.1.wait_while(open, |open| !*open).unwrap());
        out.gauge("hanging_value", 5.0);
        Ok(())
    }));
    let endless = Arc::new(AtomicU64::new(0));
    register_async_collector(Endless(endless.clone()));
    register_collector(Bad("good", |out: &mut Samples| {
        out.gauge("good_value", 3.0);
        Ok(())
    }));
    register_async_collector(Timed);
    observe("answer", || 42.0);

    let exporter = support::exporter();
    let collector = |name: &str| {
        let health = health(&exporter);
        let found = health["collectors"].as_array().expect("a list").iter().find(|one| one["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("no {name} in {health}"))
    };
    // The good ones go on behind the bad ones, the hanging one included.
    for name in ["good", "timed", "answer"] {
        eventually(name, || (collector(name)["runs"].as_u64() >= Some(3)).then_some(()));
        assert_eq!(collector(name)["failures"], 0);
    }
    let error = |name: &str| collector(name)["error"].as_str().unwrap_or_default().to_owned();
    eventually("it has failed", || (error("failing") == "the feed is down").then_some(()));
    eventually("it has panicked", || (error("panicking") == "panicked: an index out of reach").then_some(()));
    eventually("it hangs", || error("hanging").contains("still running").then_some(()));
    assert!(collector("hanging")["running_for_seconds"].as_f64() > Some(2.0));

    // Health names them, and answers at once; so do metrics and the program's own snapshots.
    let reasons = eventually("health names them", || {
        let text = health(&exporter)["deductions"].to_string();
        ["failing", "panicking", "hanging"].iter().all(|name| text.contains(name)).then_some(text)
    });
    assert!(reasons.contains("the feed is down"), "{reasons}");
    let (status, text) = get(&exporter, "/metrics");
    assert_eq!(status, 200);
    assert!(text.contains("good_value 3") && text.contains("timed_value 4") && text.contains("answer 42"), "{text}");
    assert!(!text.contains("hanging_value"));
    assert!(perfmon_core::snapshot().metric("good_value").is_some());
    // On a slow machine it may have been given up and begun anew.
    let (status, begun) = (collector("endless"), endless.load(Ordering::Relaxed));
    let ended = status["failures"].as_u64().expect("a number");
    assert!((1..=ended + 2).contains(&begun), "one that still runs is not started again: {begun} {status}");
    assert!(status["runs"].as_u64() <= Some(ended + 1), "{status}");

    // Whoever comes back is welcome.
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    eventually("its value is there", || get(&exporter, "/metrics").1.contains("hanging_value 5").then_some(()));
    eventually("it is well again", || collector("hanging")["error"].is_null().then_some(()));
}
