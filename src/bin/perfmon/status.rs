//! `perfmon status`.

use std::{fmt::Write as _, time::Duration};

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
            "calls: {calls} ({rate:.1}/s), {errors} errors, {panics} panics in the last {window} ({span} seen); {in_flight} in flight"
        );
        let missed = self.performance.objectives_missed;
        let tint = if missed == 0 { Tint::Faint } else { Tint::Bad };
        _ = writeln!(text, "{}", paint.tint(&format!("objectives: {missed} missed"), tint));
        for Component { kind, name, stats } in self.latency.iter().take(SITES) {
            let wrong = stats.errors + stats.panics;
            let p99 = stats.p99_ns.map(Duration::from_nanos).map(|p99| format!(", p99 {p99:.1?}")).unwrap_or_default();
            _ = writeln!(text, "  {} {}: {} calls, {wrong} failed{p99}", plain(kind), plain(name), stats.calls);
        }
        text
    }
}
