//! `perfmon health`.

use std::{fmt::Write as _, process::ExitCode, time::Duration};

use perfmon::{
    analyse::{Deduction, HealthStatus},
    format,
};
use serde::Deserialize;

use crate::{
    args::{Asked, Form, Written},
    client::Client,
    failure::Failure,
    output::{self, Paint, Tint, plain},
};

/// The exit status when it is critical or down.
const UNWELL: u8 = 4;

/// What the API says about health.
#[derive(Debug, Deserialize)]
pub(crate) struct Vitals {
    status: HealthStatus,
    score: u8,
    deductions: Vec<Deduction>,
    uptime_seconds: f64,
    collectors: Vec<Collecting>,
}

#[derive(Debug, Deserialize)]
struct Collecting {
    name: String,
    enabled: bool,
    error: Option<String>,
    /// These two no older exporter has.
    #[serde(default)]
    hanging: bool,
    complaint: Option<String>,
}

pub(crate) fn health(asked: &Asked) -> Result<ExitCode, Failure> {
    let client = Client::new(&asked.target)?;
    let answer = client.get("/api/v1/health", Written::Json)?;
    let vitals: Vitals = client.json(&answer)?;
    match asked.format {
        Form::Json => output::write(None, &output::indented(&answer))?,
        Form::Text => output::print(&vitals.text(Paint::of_stdout()))?,
    }
    let unwell = matches!(vitals.status, HealthStatus::Critical | HealthStatus::Down);
    Ok(if unwell { ExitCode::from(UNWELL) } else { ExitCode::SUCCESS })
}

impl Vitals {
    /// A line for the score, one for each deduction and one for the collectors.
    pub(crate) fn text(&self, paint: Paint) -> String {
        let tint = match self.status {
            HealthStatus::Healthy => Tint::Good,
            HealthStatus::Warning => Tint::Caution,
            HealthStatus::Critical | HealthStatus::Down => Tint::Bad,
        };
        let (status, up) = (paint.tint(self.status.as_str(), tint), duration(self.uptime_seconds));
        let mut text = format!("{status}  {} of 100, up {up}\n", self.score);
        for Deduction { rule, points, reason } in &self.deductions {
            let lost = if *points == 0 { String::from("  note") } else { format!("{:>6}", format!("-{points}")) };
            // Below what the first line of it says.
            let reason = plain(reason).replace('\n', "\n      ");
            _ = writeln!(text, "{}  {}: {reason}", paint.tint(&lost, Tint::Caution), plain(rule));
        }
        let on: Vec<_> = self.collectors.iter().filter(|one| one.enabled).collect();
        let hanging = on.iter().filter(|one| one.hanging).count();
        let failing = on.iter().filter(|one| one.trouble().is_some()).count() - hanging;
        let off = self.collectors.len() - on.len();
        let mut counts = format!("collectors: {} on", on.len());
        for (count, how) in [(failing, "failing"), (hanging, "hanging"), (off, "off")] {
            if count > 0 {
                _ = write!(counts, ", {count} {how}");
            }
        }
        let tint = if failing + hanging == 0 { Tint::Faint } else { Tint::Bad };
        _ = writeln!(text, "{}", paint.tint(&counts, tint));
        for one in on {
            if let Some((how, why)) = one.trouble() {
                _ = writeln!(text, "{}  {}: {}", paint.tint(how, Tint::Bad), plain(&one.name), plain(why));
            }
        }
        text
    }
}

impl Collecting {
    /// What is wrong with it, if anything is.
    fn trouble(&self) -> Option<(&'static str, &str)> {
        let how = if self.hanging { "hangs" } else { "failed" };
        let complaint = || self.complaint.as_deref().map(|why| ("refused", why));
        self.error.as_deref().map(|why| (how, why)).or_else(complaint)
    }
}

/// Whole seconds, as `2m 04s`.
pub(crate) fn duration(seconds: f64) -> String {
    format::bound(Duration::try_from_secs_f64(seconds.floor()).unwrap_or_default())
}
