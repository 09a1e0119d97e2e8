//! `perfmon report` and `perfmon export`.

use perfmon::report::Style;
use serde_json::Value;

use crate::{
    args::{Exported, Reported, Written},
    client::Client,
    failure::Failure,
    output,
};

/// The schema of the JSON.
const SCHEMA: &str = "perfmon.report/1";
/// What only the dashboard has.
const PARTS: [&str; 5] = ["timestamp", "health", "performance", "latency", "resources"];

pub(crate) fn report(Reported { target, output, format, window }: &Reported) -> Result<(), Failure> {
    let client = Client::new(target)?;
    let window = window.map(|window| format!("&window={window}")).unwrap_or_default();
    let path = format!("/api/v1/report?format={}{window}", format.as_str());
    let file = output::file(output.as_deref());
    let text = match format {
        Written::Json => client.document(&path, |document| document["schema"] == SCHEMA)?,
        Written::Text => {
            let Style { width, color, .. } = style(file.is_some());
            output::harmless(&client.get(&format!("{path}&columns={width}&color={color}"), *format)?)
        }
        Written::Md | Written::Csv => output::harmless(&client.get(&path, *format)?),
    };
    output::write(file, &text)
}

pub(crate) fn export(Exported { target, output, window }: &Exported) -> Result<(), Failure> {
    let client = Client::new(target)?;
    let is_dashboard = |document: &Value| PARTS.iter().all(|part| document.get(part).is_some());
    let text = client.document(&format!("/api/v1/dashboard?window={window}"), is_dashboard)?;
    output::write(output.as_deref(), &output::indented(&text))
}

/// A file is as wide as reports are that perfmon writes itself, and without colour.
fn style(file: bool) -> Style {
    if file { Style::default().with_width(120) } else { Style::detect_stdout() }
}
