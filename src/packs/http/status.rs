//! Statuses of responses, as labels.

use std::sync::OnceLock;

use perfmon_core::site::Table;

use super::timing::Text;

/// Statuses of a route that have figures of their own.
pub(super) const MOST: usize = 24;
/// The status of those beyond.
const OTHER: &str = "other";

/// How a response says that it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) http: u16,
    /// Of a call of gRPC, once it has told.
    pub(super) grpc: Option<u16>,
}

impl Status {
    /// Its labels `status` and `grpc_status`, as text.
    pub(super) fn with_text<T>(self, of: impl FnOnce([&str; 2]) -> T) -> T {
        let http = Text::new(format_args!("{}", self.http));
        let grpc = self.grpc.map(|grpc| Text::new(format_args!("{grpc}")));
        of([http.as_str(), grpc.as_ref().map_or("", Text::as_str)])
    }
}

/// What is made once for each status, and found again without a lock.
#[derive(Debug)]
pub(super) struct ByStatus<T> {
    known: Table<(Status, T)>,
    beyond: OnceLock<T>,
}

impl<T: Copy> ByStatus<T> {
    pub(super) const fn new() -> Self {
        Self { known: Table::new(MOST), beyond: OnceLock::new() }
    }

    /// What `make` makes of a status, written as labels `status` and `grpc_status`; of those beyond the limit one for all.
    pub(super) fn of(&self, status: Status, make: impl Fn([&str; 2]) -> T) -> T {
        let hash = u64::from(status.http) | status.grpc.map_or(0, |grpc| u64::from(grpc) + 1) << 16;
        let known = self.known.find(hash, |(known, _)| *known == status, || (status, status.with_text(&make)));
        known.map_or_else(|| *self.beyond.get_or_init(|| make([OTHER, OTHER])), |(_, made)| *made)
    }
}
