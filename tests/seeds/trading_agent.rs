//! The monitoring agent of a trading system. Its document has calls rather than queries; each stands here with what takes its place.

use std::{
    collections::BTreeMap,
    process::Command,
    sync::{Mutex, mpsc},
    thread,
};

use serde_json::Value;

use crate::{
    ask::Document,
    support::soon,
    world::{World, world},
};

/// What the program `perfmon` says about the bot.
fn perfmon(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmon"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PERFMON_")) {
        command.env_remove(name);
    }
    let url = format!("http://{}", world.address);
    let output = command.args(arguments).args(["--url", &url]).output().expect("perfmon runs");
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn json(world: &World, arguments: &[&str]) -> Value {
    let (_, said) = perfmon(world, arguments);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// `self.alert_rules`, in PromQL.
#[test]
fn the_trading_agents_alarms_can_be_raised() {
    let document = Document::read(include_str!("trading_agent.toml"));
    document.holds(world(), &|name| panic!("nobody knows {name}"));
}

/// A component in what is exported.
fn component<'a>(whole: &'a Value, name: &str) -> Option<&'a Value> {
    whole["latency"].as_array().expect("a list").iter().find(|one| one["name"] == name)
}

/// `get_latency_metrics(component)`: p50, p95, p99, minimum, maximum, mean and count of each component, apart from the others.
#[test]
fn components_have_their_percentiles() {
    let world = world();
    let names = ["order_execution", "signal_generation", "risk_check", "market_data_fetch", "select experiences"];
    // The bot begins with the first, and comes to the others in its own time.
    let components = soon(|| {
        let mut whole = json(world, &["export"]);
        let all = names.iter().all(|name| component(&whole, name).is_some());
        if all { Ok(whole) } else { Err(whole["latency"].take()) }
    });
    let components = components.unwrap_or_else(|there| panic!("one is missing in {there:#}"));
    for name in names {
        let of_it = component(&components, name).expect("it was there");
        let [min, p50, p95, p99, max, mean] =
            ["min_ns", "p50_ns", "p95_ns", "p99_ns", "max_ns", "mean_ns"].map(|figure| number(&of_it["stats"][figure]));
        assert!(min > 0.0 && min <= mean && mean <= max, "{of_it}");
        assert!(min <= p50 && p50 <= p95 && p95 <= p99 && p99 <= max * 1.004, "{of_it}");
        assert!(number(&of_it["stats"]["calls"]) >= 1.0, "{of_it}");
    }
    // The same figures are in `/api/v1/sites` and in what Prometheus reads.
    let told = soon(|| {
        let export = json(world, &["export"]);
        let calls = |name: &str| component(&export, name).map(|one| number(&one["stats"]["calls"]));
        let site = world.get("/api/v1/sites/latency/order_execution?window=5m");
        let (exported, asked) = (calls("order_execution"), number(&site["windows"]["5m"]["stats"]["calls"]));
        // The bot goes on between two questions.
        if exported.is_some_and(|exported| exported <= asked && asked <= exported * 1.2 + 2.0) {
            Ok(())
        } else {
            Err(format!("{exported:?} and then {asked}"))
        }
    });
    told.unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// `get_dashboard_data()` and `export_dashboard_data(output_path)`: timestamp, system health, performance, P&L, alerts, latency, resources in one JSON file.
#[test]
fn the_whole_dashboard_is_exported() {
    let world = world();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dashboard.json");
    let (code, said) = perfmon(world, &["export", "--output", &path.to_string_lossy()]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("written")).expect("JSON");
    for part in ["timestamp", "health", "performance", "pnl", "alerts", "latency", "resources"] {
        assert!(whole.get(part).is_some(), "no {part}");
    }
    let performance = &whole["performance"];
    assert!(number(&performance["calls_per_second"]) > 0.0, "throughput: {performance}");
    assert!(number(&whole["health"]["uptime_seconds"]) > 0.0);
    assert!(whole["alerts"].is_null(), "nobody watches yet");
    // CPU, memory, disk, network, processes. Some are read now and then, or need two readings.
    for (name, unit) in [
        ("cpu_usage_percent", "percent"),
        ("memory_usage_percent", "percent"),
        ("memory_available_bytes", "bytes"),
        ("disk_usage_percent", "percent"),
        ("disk_available_bytes", "bytes"),
        ("network_sent_bytes_total", "bytes"),
        ("network_received_bytes_total", "bytes"),
        ("system_processes", "processes"),
    ] {
        let values = soon(|| match json(world, &["export"])["resources"].take() {
            Value::Object(mut there) => there.remove(name).ok_or_else(|| format!("among {:?}", there.keys())),
            other => Err(format!("{other}")),
        });
        let values = values.unwrap_or_else(|there| panic!("no {name} {there}"));
        let values = values.as_array().expect("a list");
        assert!(values.iter().all(|one| one["unit"] == unit && one["value"].is_number()), "{name}: {values:?}");
    }
}

/// `pnl_summary`: "portfolio performance and position tracking", `get_drawdown_metrics`, "daily P&L summaries".
#[test]
fn profit_and_loss_are_summed_up() {
    let world = world();
    let parts = [
        ("today", ["pnl", "return_ratio", "fees"]),
        ("drawdown", ["ratio", "value", "longest_days"]),
        ("performance", ["sharpe_ratio_30d", "sharpe_ratio_90d", "sortino_ratio"]),
        ("risk", ["gross_exposure_ratio", "beta", "conditional_value_at_risk_95"]),
    ];
    let summary = soon(|| {
        let book = json(world, &["export"])["pnl"]["books"][0].take();
        let traded = book["fills"].as_u64() > Some(0) && book["drawdown"]["max_ratio"].as_f64() > Some(0.0);
        // A month without a position has no Sharpe ratio.
        let whole = parts.iter().all(|(part, figures)| figures.iter().all(|figure| book[*part][*figure].is_number()));
        if traded && whole { Ok(book) } else { Err(book) }
    });
    let book = summary.unwrap_or_else(|book| panic!("{book:#}"));
    assert_eq!((&book["book"], &book["currency"]), (&"algo_trade".into(), &"USD".into()));
    let [total, realized, unrealized, fees] =
        ["total", "realized", "unrealized", "fees"].map(|figure| number(&book["pnl"][figure]));
    assert!((realized + unrealized - fees - total).abs() < 0.01 && fees > 0.0, "{book:#}");
    assert!((number(&book["capital"]) + total - number(&book["equity"])).abs() < 0.01, "{book:#}");
    assert_eq!((&book["positions"][0]["symbol"], book["positions"].as_array().map(Vec::len)), (&"SPX".into(), Some(1)));
    let switches: Vec<_> = book["kill_switches"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert_eq!(switches, ["drawdown", "pnl", "psr"]);

    let (_, status) = perfmon(world, &["status"]);
    let line = status.lines().find(|line| line.starts_with("book algo_trade: P&L ")).expect(&status);
    assert!(["today ", "drawdown ", "open position"].iter().all(|part| line.contains(part)), "{line}");

    // The bot reckons its equity by itself, too, and says after each session what it is: for any day both have to say the same.
    let said = &Mutex::new(BTreeMap::new());
    let same = thread::scope(|scope| {
        // Dropped at the end, by a panic too.
        let (_looking, ended) = mpsc::channel::<()>();
        scope.spawn(move || {
            while ended.try_recv() == Err(mpsc::TryRecvError::Empty) {
                let (account, _) = world.account();
                let (day, equity) = (account["date"].to_string(), number(&account["equity"]));
                said.lock().expect("a map").insert(day, equity);
            }
        });
        soon(|| {
            let book = world.book();
            let (day, equity) = (book["today"]["date"].to_string(), number(&book["equity"]));
            let said = said.lock().expect("a map").get(&day).copied();
            // Within a session the book knows of a trade before the bot says so.
            let same = said.is_some_and(|said: f64| (said - equity).abs() < 0.01);
            if same { Ok(()) } else { Err(format!("{day}: {equity}, and the bot says {said:?}")) }
        })
    });
    same.unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// `_calculate_system_health`: a score from 100 down, and the categories healthy (from 80), warning (60), critical (40), down.
#[test]
fn health_is_a_score_with_its_category() {
    let world = world();
    let health = json(world, &["health", "--format", "json"]);
    let score = health["score"].as_u64().expect("a number");
    let category = match score {
        80.. => "healthy",
        60.. => "warning",
        40.. => "critical",
        _ => "down",
    };
    assert_eq!(health["status"], category, "{health}");
    let deductions = health["deductions"].as_array().expect("a list");
    let lost: u64 = deductions.iter().filter_map(|one| one["points"].as_u64()).sum();
    assert_eq!(score, 100_u64.saturating_sub(lost), "each point is explained: {health}");
    // For people, too; and scripts see by the exit status whether it is critical.
    let (code, said) = perfmon(world, &["health"]);
    assert!(code == Some(0) || code == Some(4), "{code:?}");
    assert!(said.contains(" of 100, up "), "{said}");
    let (_, status) = perfmon(world, &["status"]);
    assert!(status.contains("objectives: ") && !status.contains("alerts"), "nobody watches yet: {status}");
}

/// `get_resource_trends()`: how resources were used over time.
#[test]
fn resources_have_a_past() {
    let world = world();
    for name in ["cpu_usage_percent", "memory_usage_percent", "disk_usage_percent", "network_sent_bytes_per_second"] {
        let trend = soon(|| {
            let values = world.get(&format!("/api/v1/metrics?name={name}"));
            let points = values["series"][0]["points"].as_array().map(Vec::len);
            // Disks are looked at less often than others.
            let enough = if name.starts_with("disk") { 1 } else { 2 };
            if points >= Some(enough) { Ok(()) } else { Err(format!("{values}")) }
        });
        trend.unwrap_or_else(|last| panic!("{name}: {last}"));
    }
}

/// `get_performance_report()`: latency by component, over a period.
#[test]
fn there_are_reports() {
    let world = world();
    let report = json(world, &["report", "--format", "json", "--window", "5m"]);
    let sites = report["sites"].as_array().expect("sites");
    assert!(sites.iter().any(|site| site["name"] == "order_execution" && number(&site["calls"]) > 0.0), "{report}");
    let (code, text) = perfmon(world, &["report"]);
    assert_eq!(code, Some(0));
    for expected in ["perfmon report", "order_execution", "p99", "never called"] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
}
