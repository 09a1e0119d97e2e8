//! What a collector is.

use std::{future::Future, pin::Pin, time::Duration};

use super::Samples;

/// Why a collector failed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A family of figures collected together. It is run when its interval has passed: by the exporter's sampler while there is one (see
/// [`drive`](super::drive)), else by whoever takes a snapshot, on that thread.
///
/// ```
/// # use std::time::Duration;
/// use perfmon_core::collect::{BoxError, Collector, Samples, register_collector};
///
/// struct Queues;
///
/// impl Collector for Queues {
///     fn name(&self) -> &str {
///         "queues"
///     }
///     fn interval(&self) -> Duration {
///         Duration::from_secs(1)
///     }
///     fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
///         out.gauge_with("queue_length", &[("queue", "orders")], 7.0).describe("Orders that wait", "orders");
///         Ok(())
///     }
/// }
///
/// register_collector(Queues);
/// assert!(perfmon_core::snapshot().metric("queue_length").is_some());
/// ```
pub trait Collector: Send + Sync {
    /// Its name in messages about it.
    fn name(&self) -> &str;

    /// How long its values stay good; five seconds by default. A snapshot taken sooner shows the last ones. Asked when it is registered and after
    /// each run.
    fn interval(&self) -> Duration {
        DEFAULT_INTERVAL
    }

    /// Finds the values. It is never run twice at once. One that takes longer than three intervals, and ten seconds, is reported as hanging and its old
    /// values are no longer shown.
    ///
    /// # Errors
    /// Whatever keeps it from doing so. Values handed over before are dropped with the error, so no half a family is shown.
    fn collect(&self, out: &mut Samples) -> Result<(), BoxError>;
}

/// What an [`AsyncCollector`] returns.
pub type Collecting<'a> = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send + 'a>>;

/// A family of figures collected together by a future. It is run when its interval has passed: by the exporter's sampler while there is one
/// (see [`drive`](super::drive)), else by [`run_async_collectors`](super::run_async_collectors).
pub trait AsyncCollector: Send + Sync {
    /// Its name in messages about it.
    fn name(&self) -> &str;

    /// How long its values stay good; five seconds by default. Asked when it is registered and after each run.
    fn interval(&self) -> Duration {
        DEFAULT_INTERVAL
    }

    /// Finds the values, under the same rules as [`Collector::collect`].
    fn collect<'a>(&'a self, out: &'a mut Samples) -> Collecting<'a>;
}

const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
