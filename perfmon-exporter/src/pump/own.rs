//! The exporter's figures of itself.

use std::{sync::Arc, time::Duration};

use perfmon_core::{
    collect::{BoxError, Collector, Samples},
    evidence, series,
};

use crate::state::Shared;

/// Tells how the exporter fares.
pub(crate) struct Own(pub(crate) Arc<Shared>);

impl Collector for Own {
    fn name(&self) -> &'static str {
        "perfmon.exporter"
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        let shared = &self.0;
        if let Some(tick) = shared.latest() {
            out.gauge("perfmon_health_ratio", tick.health.as_ratio()).describe("Health, from 0 (down) to 1", "ratio");
            out.counter("perfmon_pump_ticks", tick.number).describe("Seconds that the exporter worked through", "");
            out.gauge("perfmon_pump_tick_seconds", tick.took.as_secs_f64())
                .describe("What the work of the last second took", "seconds");
            out.gauge("perfmon_pump_late_seconds", tick.late.as_secs_f64())
                .describe("How much later than planned it began", "seconds");
        }
        let (windows, untracked) = {
            let windows = shared.windows();
            (windows.footprint(), windows.untracked())
        };
        out.gauge("perfmon_windows_bytes", windows as f64).describe("Memory that live windows take", "bytes");
        out.gauge("perfmon_windows_untracked", untracked as f64)
            .describe("Series without live windows, because their memory limit was reached", "");
        let history = series::footprint();
        out.gauge("perfmon_history_bytes", history.bytes as f64).describe("Memory that recent values take", "bytes");
        out.gauge("perfmon_history_series", history.series as f64).describe("Series whose recent values are kept", "");
        out.counter("perfmon_history_dropped", history.dropped)
            .describe("Recent values not kept, because a limit was reached or became lower", "");
        out.counter("perfmon_history_turned_away", history.turned_away)
            .describe("Recent values of series that have no history, because there are too many series", "");
        out.counter("perfmon_slow_calls_dropped", evidence::dropped())
            .describe("Slow calls not kept as evidence, because others were in the way", "");
        out.counter("perfmon_slow_calls_limited", evidence::limited())
            .describe("Slow calls not kept as evidence, because a series has at most ten a second", "");
        for (format, done) in shared.scrapes.done() {
            out.counter_with("perfmon_scrapes", &[("format", format.as_str())], done).describe("Scrapes answered", "");
        }
        out.counter("perfmon_scrape_bytes", shared.scrapes.bytes())
            .describe("Size of the answers before compression", "bytes");
        out.gauge("perfmon_scrape_render_seconds", shared.scrapes.last().as_secs_f64())
            .describe("What rendering the last one took", "seconds");
        out.gauge("perfmon_connections_open", shared.connections.len() as f64)
            .describe("Connections to the exporter", "");
        out.counter("perfmon_connections_evicted", shared.connections.evicted())
            .describe("Connections closed to make room: idle ones, and those whose clients did not read", "");
        out.counter("perfmon_connections_refused", shared.connections.refused())
            .describe("Connections turned away because all others were busy", "");
        out.counter("perfmon_connections_failed", shared.connections.failed())
            .describe("Times that the system gave no connection", "");
        for (reason, done) in shared.refusals.done() {
            out.counter_with("perfmon_requests_refused", &[("reason", reason)], done)
                .describe("Requests not answered, for the server's protection", "");
        }
        out.gauge("perfmon_websocket_clients", shared.audience.len() as f64)
            .describe("WebSocket clients connected", "");
        out.counter("perfmon_websocket_clients_refused", shared.audience.refused())
            .describe("WebSocket clients turned away because all places were taken", "");
        Ok(())
    }
}
