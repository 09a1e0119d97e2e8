//! `perfmon check`.

use std::{fmt::Write as _, path::Path};

use perfmon::exporter::{self, config::Config, settings::Access};

use crate::{args::Checked, failure::Failure, health, output};

pub(crate) fn check(asked: &Checked) -> Result<(), Failure> {
    if asked.example {
        return output::print(&Config::example());
    }
    if asked.schema {
        let schema = serde_json::to_string_pretty(&Config::schema());
        return output::print(&schema.map_err(|error| Failure::failed(error.to_string()))?);
    }
    // One of the three is there: the parser sees to that.
    asked.config.as_deref().map_or(Ok(()), file)
}

fn file(path: &Path) -> Result<(), Failure> {
    let config = Config::load(path).map_err(|error| Failure::configuration(&error))?;
    let told = tell(path, &config);
    let checked = exporter::builder().config(config).and_then(|builder| builder.check());
    checked.map_err(|error| Failure::configuration(&error))?;
    output::print(&told)
}

/// What a program with this configuration would do.
fn tell(path: &Path, config: &Config) -> String {
    let access = config.access(&Access::default());
    let listen = config.server.listen.as_deref().unwrap_or(exporter::DEFAULT_ADDRESS);
    let scheme = if access.tls.is_some() { "https" } else { "http" };
    let mut text = format!("{} is right\n  serves {scheme}://{listen}\n", path.display());
    _ = writeln!(text, "  read by {}", access.readers());
    for (what, names) in
        [("origins", &access.origins), ("hosts", &access.hosts), ("trusted proxies", &access.trusted_proxies)]
    {
        if !names.is_empty() {
            _ = writeln!(text, "  {what}: {}", names.join(", "));
        }
    }
    if let Some(most) = access.requests_per_second {
        _ = writeln!(text, "  answers {most} requests a second of each client");
    }
    if let Some(retention) = config.history.retention {
        _ = writeln!(text, "  keeps recent values for {}", health::duration(retention.as_secs_f64()));
    }
    perfmon::system::register();
    let known: Vec<String> = perfmon::collectors().into_iter().map(|collector| collector.name).collect();
    for (name, collector) in &config.collectors {
        let runs = match (collector.enabled, collector.interval) {
            (Some(false), _) => String::from("off"),
            (_, Some(interval)) => format!("every {} s", interval.as_secs_f64()),
            (_, None) => String::from("on"),
        };
        // The configuration may be another program's, which has collectors of its own.
        let unknown = if known.contains(name) { "" } else { "; `perfmon start` has none of that name" };
        _ = writeln!(text, "  collector {name}: {runs}{unknown}");
    }
    if let Some(profile) = &config.profiles.default {
        _ = writeln!(text, "  scrapes get the names of {profile}");
    }
    for profile in &config.profiles.files {
        _ = writeln!(text, "  reads the profile {}", profile.display());
    }
    if let Some(log) = &config.log.file {
        _ = writeln!(text, "  logs to {}", log.display());
    }
    if let Some(report) = &config.report.last {
        _ = writeln!(text, "  writes a last report to {}", report.display());
    }
    text
}
