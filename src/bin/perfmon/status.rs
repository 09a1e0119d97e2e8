//! `perfmon status`.

use std::{fmt::Write as _, time::Duration};

use perfmon::format;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    args::{Asked, Form, Written},
    client::Client,
    failure::Failure,
    health::{Vitals, duration},
    output::{self, Paint, Tint, plain},
};

/// Call sites that are shown.
const SITES: usize = 5;

/// What the dashboard says.
#[derive(Debug, Deserialize)]
struct Dashboard {
    /// `None` in the first second.
    health: Option<Vitals>,
    performance: Performance,
    /// What the pack for trading tells, or the program itself in any shape.
    #[serde(default)]
    pnl: Value,
    latency: Vec<Component>,
}

#[derive(Debug, Deserialize)]
struct Performance {
    window: String,
    span_seconds: f64,
    calls: u64,
    errors: u64,
    panics: u64,
    in_flight: u64,
    calls_per_second: f64,
    objectives_missed: u64,
}

#[derive(Debug, Deserialize)]
struct Component {
    kind: String,
    name: String,
    stats: Stats,
}

#[derive(Debug, Deserialize)]
struct Stats {
    calls: u64,
    errors: u64,
    panics: u64,
    p99_ns: Option<u64>,
}

pub(crate) fn status(asked: &Asked) -> Result<(), Failure> {
    let client = Client::new(&asked.target)?;
    let answer = client.get("/api/v1/dashboard", Written::Json)?;
    match asked.format {
        Form::Text => {
            let dashboard: Dashboard = client.json(&answer)?;
            output::print(&dashboard.text(&client.url, Paint::of_stdout()))
        }
        Form::Json => {
            let whole: Value = client.json(&answer)?;
            let part = |name: &str| whole.get(name).cloned().unwrap_or_default();
            let status = json!({
                "url": client.url,
                "timestamp": part("timestamp"),
                "health": part("health"),
                "performance": part("performance"),
                "alerts": part("alerts"),
            });
            output::write(None, &output::indented(&status.to_string()))
        }
    }
}

impl Dashboard {
    fn text(&self, url: &str, paint: Paint) -> String {
        let mut text = format!("{}  ", paint.tint(url, Tint::Strong));
        match &self.health {
            Some(vitals) => text += &vitals.text(paint),
            None => text += "started a moment ago\n",
        }
        let Performance { calls, errors, panics, in_flight, calls_per_second: rate, .. } = self.performance;
        let (window, span) = (plain(&self.performance.window), duration(self.performance.span_seconds));
        _ = writeln!(
            text,
            "{} ({rate:.1}/s), {}, {} in the last {window} ({span} seen); {in_flight} in flight",
            format::plural(calls, "call"),
            format::plural(errors, "error"),
            format::plural(panics, "panic"),
        );
        let missed = self.performance.objectives_missed;
        let tint = if missed == 0 { Tint::Faint } else { Tint::Bad };
        _ = writeln!(text, "{}", paint.tint(&format!("objectives: {missed} missed"), tint));
        for book in self.pnl["books"].as_array().into_iter().flatten() {
            _ = writeln!(text, "{}", book_line(book, paint));
        }
        for Component { kind, name, stats } in self.latency.iter().take(SITES) {
            let wrong = stats.errors + stats.panics;
            let p99 = stats.p99_ns.map(Duration::from_nanos);
            let p99 = p99.map(|p99| format!(", p99 {}", format::duration(p99))).unwrap_or_default();
            let calls = format::plural(stats.calls, "call");
            _ = writeln!(text, "  {} {}: {calls}, {wrong} failed{p99}", plain(kind), plain(name));
        }
        text
    }
}

/// `book algo_trade: P&L +65.6 %, today -0.3 %, drawdown 13.5 %, 1 open position`; in money where there is no capital.
fn book_line(book: &Value, paint: Paint) -> String {
    let percent = |value: &Value| value.as_f64().map(|ratio| format!("{:+.1} %", ratio * 100.0));
    let currency = plain(book["currency"].as_str().unwrap_or_default());
    let money = |value: &Value| value.as_f64().map(|money| format!("{money:+.2} {currency}").trim_end().to_owned());
    let pnl = &book["pnl"];
    let facts = [
        percent(&pnl["ratio"]).or_else(|| money(&pnl["total"])).map(|all| format!("P&L {all}")),
        percent(&pnl["daily_ratio"]).or_else(|| money(&pnl["daily"])).map(|day| format!("today {day}")),
        book["drawdown"]["ratio"].as_f64().map(|ratio| format!("drawdown {:.1} %", ratio * 100.0)),
        book["open_positions"].as_u64().map(|open| format!("{open} open position{}", if open == 1 { "" } else { "s" })),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let mut line = format!("book {}: {}", plain(book["book"].as_str().unwrap_or_default()), facts.join(", "));
    let switches = book["kill_switches"].as_array().into_iter().flatten().filter(|switch| switch["active"] == true);
    let active: Vec<_> = switches.filter_map(|switch| switch["name"].as_str()).map(plain).collect();
    if !active.is_empty() {
        line += &paint.tint(&format!("; stopped by {}", active.join(", ")), Tint::Bad);
    }
    line
}
