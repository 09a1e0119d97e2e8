//! Errors by type.

use perfmon_core::Counter;

static ERRORS: Counter<1> = Counter::new("trading_errors_total", module_path!())
    .labels(&["error_type"])
    .help("Errors of the trading system, by type.")
    .unit("errors");

/// Counts an error of this type: `error("timeout")`.
///
/// A type is a name out of few, not a message. Types beyond [the bound of labels](crate::Setup::label_limit) count as `other`.
pub fn error(error_type: &str) {
    ERRORS.with(&[error_type]).inc();
}
