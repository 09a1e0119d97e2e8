//! What a collector is.

use std::{future::Future, pin::Pin, time::Duration};

use super::Samples;

/// Why a collector failed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A family of figures collected together. It is run when its interval has passed: by the exporter's thread for collectors while there is one, else by
/// whoever takes a snapshot, on that thread.
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// use std::time::Duration;
/// use perfmon::{BoxError, Collector, Samples, register_collector};
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
/// assert!(perfmon::snapshot().metric("queue_length").is_some());
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

/// A family of figures collected together by a future. It is run when its interval has passed: by the exporter's thread for collectors while there is
/// one, on a runtime of its own, else by [`run_async_collectors`](super::run_async_collectors).
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// use perfmon::{AsyncCollector, Collecting, Samples};
///
/// struct Broker;
///
/// impl Broker {
///     async fn open_orders(&self) -> Result<u32, std::io::Error> {
///         Ok(7) // ask it, over the network
///     }
/// }
///
/// impl AsyncCollector for Broker {
///     fn name(&self) -> &str {
///         "broker"
///     }
///     fn collect<'a>(&'a self, out: &'a mut Samples) -> Collecting<'a> {
///         Box::pin(async move {
///             out.gauge("broker_open_orders", self.open_orders().await?.into()).describe("Orders at the broker", "orders");
///             Ok(())
///         })
///     }
/// }
///
/// # async fn run() {
/// perfmon::register_async_collector(Broker);
/// perfmon::run_async_collectors().await; // only where no exporter runs
/// assert!(perfmon::snapshot().metric("broker_open_orders").is_some());
/// # }
/// # let mut run = std::pin::pin!(run());
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(std::future::Future::poll(run.as_mut(), &mut context).is_ready());
/// ```
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
