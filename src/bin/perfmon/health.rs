//! `perfmon health`.

use std::{fmt::Write as _, process::ExitCode};

use perfmon::analyse::{Deduction, HealthStatus};
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
        let running = self.collectors.iter().filter(|one| one.enabled).count();
        let off = match self.collectors.len() - running {
            0 => String::new(),
            off => format!(", {off} off"),
        };
        _ = writeln!(text, "{}", paint.tint(&format!("collectors: {running} on{off}"), Tint::Faint));
        for one in self.collectors.iter().filter(|one| one.enabled) {
            if let Some(error) = &one.error {
                _ = writeln!(text, "{}  {}: {}", paint.tint("failed", Tint::Bad), plain(&one.name), plain(error));
            }
        }
        text
    }
}

/// Seconds in the two largest units that they have.
pub(crate) fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and shows whole seconds")]
    let whole = seconds as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600..86400 => format!("{} h {} min", whole / 3600, whole / 60 % 60),
        _ => format!("{} d {} h", whole / 86400, whole / 3600 % 24),
    }
}
