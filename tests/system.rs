//! The system pack on this machine: figures that hold together, and figures that follow what the process does.

use std::{
    collections::BTreeMap,
    fs,
    hint::black_box,
    io,
    net::{TcpListener, TcpStream, UdpSocket},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use perfmon::{
    Snapshot, collectors,
    snapshot::{Metric, MetricKind, Value},
    system::{self, COLLECTORS},
};

/// Tests here change what others read: threads, memory, open files.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    system::builder().interval(Duration::ZERO).register();
    guard
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Counter(count) => *count as f64,
        Value::Gauge(value) => *value,
        other => panic!("no number: {other:?}"),
    }
}

/// The series of a metric by their label values; empty when there is no such metric.
fn series(snapshot: &Snapshot, name: &str) -> BTreeMap<String, f64> {
    let series = snapshot.metric(name).map(Metric::series).unwrap_or_default();
    series.iter().map(|series| (series.values().join(" "), number(series.value()))).collect()
}

fn value(snapshot: &Snapshot, name: &str) -> f64 {
    *series(snapshot, name).get("").unwrap_or_else(|| panic!("{name} has no value; {:?}", collectors()))
}

/// Takes snapshots until one shows what is waited for.
fn until(what: &str, holds: impl Fn(&Snapshot) -> bool) -> Snapshot {
    for _ in 0..100_000 {
        let snapshot = perfmon::snapshot();
        if holds(&snapshot) {
            return snapshot;
        }
        thread::yield_now();
    }
    panic!("never seen: {what}");
}

/// Two readings far enough apart for usage and rates.
fn settled() -> Snapshot {
    let rated = |snapshot: &Snapshot| {
        snapshot.metric("cpu_usage_percent").is_some() && snapshot.metric("process_cpu_usage_percent").is_some()
    };
    until("usage", rated)
}

#[test]
fn registered_once() {
    let _alone = alone();
    let (first, again) = (system::register(), system::builder().without("cpu").register());
    for name in COLLECTORS {
        assert!(first.collector(name).is_some() && again.collector(name).is_some(), "{name}");
        let full = format!("system.{name}");
        assert_eq!(collectors().iter().filter(|status| status.name == full).count(), 1, "{full}");
    }
    assert!(first.collector("weather").is_none());
}

#[test]
fn every_collector_succeeds_and_describes_itself() {
    let _alone = alone();
    let snapshot = settled();
    for status in collectors() {
        assert!(status.runs > 0 && status.failures == 0, "{status:?}");
    }
    for metric in snapshot.metrics() {
        assert!(!metric.help().is_empty(), "{}", metric.name());
        assert_eq!(metric.name().ends_with("_total"), metric.kind() == MetricKind::Counter, "{}", metric.name());
        if metric.kind() != MetricKind::Histogram && metric.name().contains("bytes") {
            assert!(metric.unit().starts_with("bytes"), "{}: {}", metric.name(), metric.unit());
        }
    }
}

#[test]
fn the_machine_holds_together() {
    let _alone = alone();
    let now = settled();
    let cores = value(&now, "cpu_cores");
    assert!((series(&now, "cpu_core_usage_percent").len() as f64 - cores).abs() < 0.5);
    let usages = series(&now, "cpu_core_usage_percent").into_values().chain([value(&now, "cpu_usage_percent")]);
    assert!(usages.into_iter().all(|usage| (0.0..=100.0).contains(&usage)));
    assert_eq!(series(&now, "load_average").into_keys().collect::<Vec<_>>(), ["15m", "1m", "5m"]);

    let (total, used) = (value(&now, "memory_total_bytes"), value(&now, "memory_used_bytes"));
    assert!(used > 0.0 && used < total);
    assert!((value(&now, "memory_available_bytes") + used - total).abs() < 0.5);
    assert!((value(&now, "memory_usage_percent") - used / total * 100.0).abs() < 1e-9);
    assert!(value(&now, "swap_used_bytes") <= value(&now, "swap_total_bytes"));
    assert_eq!(now.metric("swap_usage_percent").is_some(), value(&now, "swap_total_bytes") > 0.0);

    let totals = series(&now, "disk_total_bytes");
    assert!(totals.contains_key("/"), "{totals:?}");
    for (mount, available) in series(&now, "disk_available_bytes") {
        assert!(available <= totals[&mount], "{mount}");
        assert!((0.0..=100.0).contains(&series(&now, "disk_usage_percent")[&mount]), "{mount}");
    }
    for interface in series(&now, "network_received_bytes_total").keys() {
        assert_ne!(interface, "lo");
        assert!(series(&now, "network_received_bytes_per_second").get(interface).is_none_or(|rate| *rate >= 0.0));
    }
    for (sensor, celsius) in series(&now, "temperature_celsius") {
        assert!((-60.0..200.0).contains(&celsius), "{sensor}: {celsius}");
    }
    assert!(value(&now, "system_processes") >= 1.0);
}

#[test]
fn switched_off_it_is_not_shown() {
    let _alone = alone();
    let memory = system::register().collector("memory").cloned().expect("registered");
    memory.set_enabled(false);
    assert!(perfmon::snapshot().metric("memory_total_bytes").is_none());
    memory.set_enabled(true);
    assert!(perfmon::snapshot().metric("memory_total_bytes").is_some());
}

/// The process's own memory as the kernel tells it in pages, by a way that the pack does not use.
#[cfg(target_os = "linux")]
fn pages() -> f64 {
    let text = fs::read_to_string("/proc/self/statm").expect("readable");
    text.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).expect("a number")
}

#[test]
#[cfg(target_os = "linux")]
fn memory_follows_the_process() {
    let _alone = alone();
    let before = perfmon::snapshot();
    let resident = value(&before, "process_resident_memory_bytes");
    let page = resident / pages();
    assert!((2_048.0..131_072.0).contains(&page), "{page} bytes a page");
    assert!(resident < value(&before, "process_virtual_memory_bytes"));
    let block = vec![1_u8; 64 << 20];
    let after = perfmon::snapshot();
    assert!(value(&after, "process_resident_memory_bytes") >= resident + f64::from(48 << 20));
    black_box(&block);
    // What a collector records shows in the snapshot after its run.
    let later = perfmon::snapshot();
    let Some(Value::Histogram(memory)) = later.metric("process_memory_distribution").and_then(Metric::total) else {
        panic!("no distribution");
    };
    assert!(memory.count() >= 2 && memory.max() >= Some(64 << 20));
}

#[test]
fn time_and_threads_follow_the_process() {
    let _alone = alone();
    let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let (begun, before) = (seconds(), perfmon::snapshot());
    let cpu = |snapshot: &Snapshot| value(snapshot, "process_cpu_milliseconds_total");
    let busy = until("50 ms of processor time", |snapshot| {
        black_box((0..200_000_u64).fold(0, |sum: u64, at| black_box(sum.wrapping_mul(31) ^ at)));
        cpu(snapshot) >= cpu(&before) + 50.0
    });
    let passed = value(&busy, "process_uptime_seconds") - value(&before, "process_uptime_seconds");
    assert!(passed >= 0.0 && value(&settled(), "process_cpu_usage_percent") > 0.0);

    // The time of that snapshot, which was between these two: the kernel tells when it started to the second.
    let at = value(&busy, "process_start_time_seconds") + value(&busy, "process_uptime_seconds");
    let meanwhile = begun - 5.0..seconds() + 5.0;
    assert!(meanwhile.contains(&at), "{at} is not in {meanwhile:?}");

    let threads = value(&busy, "process_threads");
    let (stop, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    thread::scope(|scope| {
        for _ in 0..10 {
            // They wait for a channel that nothing is sent to, and end when it is closed.
            scope.spawn(|| wait.lock().unwrap_or_else(PoisonError::into_inner).recv());
        }
        // The test harness starts and ends threads too.
        until("ten threads more", |snapshot| value(snapshot, "process_threads") >= threads + 10.0 - 4.0);
        drop(stop);
    });
    let switches = series(&perfmon::snapshot(), "process_context_switches_total");
    assert!(switches["voluntary"] >= 10.0 && switches.contains_key("involuntary"), "{switches:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn sockets_are_counted_by_state() -> io::Result<()> {
    let _alone = alone();
    let files = value(&perfmon::snapshot(), "process_open_fds");
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let clients = (0..20).map(|_| TcpStream::connect(listener.local_addr()?)).collect::<io::Result<Vec<_>>>()?;
    let servers = (0..20).map(|_| Ok(listener.accept()?.0)).collect::<io::Result<Vec<_>>>()?;
    let datagrams = UdpSocket::bind("127.0.0.1:0")?;
    let now = perfmon::snapshot();
    let sockets = series(&now, "network_connections");
    assert!(sockets["tcp established"] >= 40.0 && sockets["tcp listen"] >= 1.0, "{sockets:?}");
    if let Ok(listener) = TcpListener::bind("[::1]:0") {
        let sockets = series(&perfmon::snapshot(), "network_connections");
        assert!(sockets["tcp6 listen"] >= 1.0, "{sockets:?} with {listener:?}");
    }
    assert!(sockets["udp open"] >= 1.0 && sockets.contains_key("tcp time_wait"), "{sockets:?}");
    assert!(value(&now, "process_open_fds") >= files + 42.0 - 8.0);
    assert!(value(&now, "process_open_fds") <= value(&now, "process_max_fds"));
    drop((clients, servers, datagrams, listener));
    Ok(())
}

#[test]
fn counters_never_fall() {
    let _alone = alone();
    let (first, second) = (perfmon::snapshot(), perfmon::snapshot());
    for metric in first.metrics().iter().filter(|metric| metric.kind() == MetricKind::Counter) {
        let later = series(&second, metric.name());
        for (labels, before) in series(&first, metric.name()) {
            assert!(later.get(&labels).is_none_or(|now| *now >= before), "{} {labels}", metric.name());
        }
    }
}

#[test]
fn read_back_in_the_process() {
    let _alone = alone();
    settled();
    let hour = Duration::from_secs(3_600);
    let average = perfmon::aggregate("cpu_usage_percent", perfmon::Aggregate::Avg, hour).expect("a value");
    assert!((0.0..=100.0).contains(&average));
    assert!(!perfmon::series("process_resident_memory_bytes").is_empty());
}

#[cfg(feature = "report")]
#[test]
fn the_terminal_tells_them_in_two_sentences() {
    let _alone = alone();
    let snapshot = settled();
    let text = perfmon::Report::new(snapshot.clone()).to_terminal(&perfmon::report::Style::default().with_width(200));
    let starts = |start: &str| text.lines().any(|line| line.split(' ').next() == Some(start));
    assert!(starts("process") && starts("machine"), "{text}");
    for metric in snapshot.metrics() {
        assert!(!starts(metric.name()), "{} is taken for the program's own: {text}", metric.name());
    }
}
