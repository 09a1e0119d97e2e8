//! What a span's fields say of its call.

use std::fmt::{self, Write};

use perfmon_core::evidence::Trace;
use tracing::{
    Metadata,
    field::{Field, Visit},
};

const FIELDS: [&str; 4] = ["error", "otel.status_code", "trace_id", "traceparent"];

/// Whether spans of this place have fields that say something; looked at once for each place.
pub(super) fn has_fields(metadata: &Metadata<'_>) -> bool {
    FIELDS.iter().any(|name| metadata.fields().field(name).is_some())
}

/// What was found in the fields of a span.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) failed: Option<bool>,
    pub(super) trace: Option<Trace>,
}

impl Found {
    fn text(&mut self, field: &Field, text: &str) {
        match field.name() {
            "error" => self.failed = Some(true),
            "otel.status_code" => self.failed = Some(text.eq_ignore_ascii_case("error")),
            // The span that a traceparent names is the caller's, not this one.
            "trace_id" | "traceparent" => {
                let trace = text.parse::<Trace>().map(|trace| Trace { span_id: None, ..trace });
                self.trace = trace.ok().or(self.trace);
            }
            _ => {}
        }
    }
}

impl Visit for Found {
    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "error" {
            self.failed = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match field.name() {
            "trace_id" if value != 0 => self.trace = Some(Trace { trace_id: value.to_be_bytes(), span_id: None }),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if FIELDS.contains(&field.name()) {
            let mut text = Short::default();
            // What is longer is none of ours; nor is what fails to be shown.
            let whole = write!(text, "{value:?}").is_ok();
            self.text(field, if whole { text.0.trim_matches('"') } else { "" });
        }
    }
}

/// Text that stops when it is longer than any that is looked for.
#[derive(Default)]
struct Short(String);

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > 128 {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
