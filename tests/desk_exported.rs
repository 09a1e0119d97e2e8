//! What scrapers see of the desk: perfmon's own names, and those that the algorithmic trader's documents ask for.

use std::time::{Duration, UNIX_EPOCH};

use perfmon::trading::{Broker, Feed, KillSwitches, OrderEvent, Orders, error};

fn scrape(address: std::net::SocketAddr, names: &str) -> String {
    let url = format!("http://{address}/metrics?names={names}");
    let mut answer = ureq::get(&url).call().expect("an answer");
    answer.body_mut().read_to_string().expect("text")
}

/// Those lines that a document lacks.
fn missing<'a>(document: &str, lines: &[&'a str]) -> Vec<&'a str> {
    let has = |line: &str| document.lines().any(|one| one.strip_prefix("algo_trade_") == Some(line));
    lines.iter().copied().filter(|line| !has(line)).collect()
}

#[test]
fn the_documents_ask_for_figures_that_are_there() {
    let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").start().expect("starts");
    let address = exporter.address();

    KillSwitches::new("algo").switch("drawdown").activate("-12 %");
    KillSwitches::new("algo").switch("volatility").activate("VIX");
    let orders = Orders::new("algo");
    orders.intent("limit").submitted().filled();
    orders.intent("market").submitted().filled();
    orders.count(OrderEvent::Rejected("halted"), "limit", 2);
    error("timeout");
    let feed = Feed::builder("bars").interval(Duration::from_secs(60)).replay().build();
    for minute in [0, 1, 2, 6, 6] {
        feed.at(UNIX_EPOCH + Duration::from_secs(60 * minute)).tick("SPX");
    }
    let broker = Broker::new("ibkr").with_limit(50.0);
    broker.request();
    broker.set_clients(2);
    broker.connection_error();
    broker.reconnected();
    broker.pacing_violation();

    // The exporter asks collectors once a second.
    let expected = [
        "kill_switch_pnl_active 0",
        "kill_switch_psr_active 0",
        "kill_switch_drawdown_active 1",
        "orders_submitted_total 2",
        "orders_filled_total 2",
        "orders_cancelled_total 0",
        "orders_rejected_total 2",
        "errors_total{error_type=\"timeout\"} 1",
        "intent_to_ack_latency_ms_count 2",
        "order_placement_latency_ms_count 2",
        "order_fill_latency_ms_count 2",
        "connected_clients 2",
        "data_completeness 0.5714285714285714",
        "data_staleness_seconds 0",
        "missing_ticks_total 3",
        "data_gaps_total 1",
        "data_quality_errors_total{error_type=\"duplicate\"} 1",
        "ibkr_connection_errors_total 1",
        "ibkr_reconnections_total 1",
        "ibkr_pacing_violations_total 1",
    ];
    let mut document = String::new();
    let settled = (0..600).any(|turn| {
        std::thread::sleep(Duration::from_millis(if turn == 0 { 0 } else { 100 }));
        document = scrape(address, "algo_trade");
        missing(&document, &expected).is_empty()
    });
    assert!(settled, "{:#?}\n{document}", missing(&document, &expected));
    for gauge in ["throughput_msg_per_sec", "ibkr_api_rate"] {
        assert!(document.lines().any(|line| line.starts_with(&format!("algo_trade_{gauge} "))), "{gauge}\n{document}");
    }

    let document = scrape(address, "canonical");
    for line in [
        "trading_kill_switch_active{book=\"algo\",switch=\"volatility\"} 1",
        "trading_orders_filled_total{book=\"algo\",order_type=\"limit\"} 1",
        "trading_orders_rejected_total{book=\"algo\",order_type=\"limit\",reason=\"halted\"} 2",
        "trading_feed_completeness_ratio{feed=\"bars\"} 0.5714285714285714",
        "trading_feed_symbol_missing_ticks_total{feed=\"bars\",symbol=\"SPX\"} 3",
        "trading_broker_limit_requests_per_second{broker=\"ibkr\"} 50",
        "perfmon_calls_total{kind=\"latency\",name=\"order_fill\",outcome=\"ok\",book=\"algo\",order_type=\"market\"} 1",
    ] {
        assert!(document.lines().any(|one| one == line), "{line}\n{document}");
    }
}
