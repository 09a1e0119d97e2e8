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
        let known = self.known.find(
            hash,
            |(known, _)| *known == status,
            || {
                let http = Text::new(format_args!("{}", status.http));
                let grpc = status.grpc.map(|grpc| Text::new(format_args!("{grpc}")));
                (status, make([http.as_str(), grpc.as_ref().map_or("", Text::as_str)]))
            },
        );
        known.map_or_else(|| *self.beyond.get_or_init(|| make([OTHER, OTHER])), |(_, made)| *made)
    }
}
