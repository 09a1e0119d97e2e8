//! Who asks.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use subtle::ConstantTimeEq;

use super::origin::Origin;
use crate::settings::{Role, Secret};

/// The other end of the connection; among every request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The connection that a request came over; among every request's extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// It has TLS of the server's own.
    pub(crate) by_tls: bool,
    /// The keyed hash of a name and password that were right over it.
    proved: Arc<Mutex<Option<[u8; 32]>>>,
    /// Somebody was let in by it.
    greeted: Arc<AtomicBool>,
}

impl Line {
    /// A new one.
    pub(crate) fn new(by_tls: bool) -> Self {
        Self { by_tls, ..Self::default() }
    }

    /// Whether somebody is let in by it for the first time.
    pub(super) fn is_first(&self) -> bool {
        !self.greeted.swap(true, Ordering::Relaxed)
    }
}

#[cfg_attr(not(feature = "auth"), allow(dead_code, reason = "nobody has a password then"))]
impl Line {
    /// Remembers what was right.
    pub(super) fn prove(&self, digest: [u8; 32]) {
        *self.proved.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
    }

    /// Whether that was right over it before: anything else is a guess, whoever has proved what.
    pub(super) fn has_proved(&self, digest: &[u8; 32]) -> bool {
        let proved = self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        proved.is_some_and(|proved| proved.ct_eq(digest).into())
    }
}

/// Somebody whom the settings name.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) name: String,
    /// What was proved: a token's secret, or the hash of a user's password.
    pub(crate) proof: Secret,
    pub(crate) role: Role,
}

/// Who asks; among the extensions of every request that passed the gate.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// `None` without a token or user.
    known: Option<Arc<Known>>,
    /// `None` may only know whether the process lives.
    role: Option<Role>,
    /// The page of another site, which may ask as long as the settings say so.
    pub(super) page: Option<Origin>,
}

impl Caller {
    pub(crate) fn stranger() -> Self {
        Self { known: None, role: None, page: None }
    }

    pub(crate) fn anybody(role: Role) -> Self {
        Self { known: None, role: Some(role), page: None }
    }

    pub(super) fn is(known: &Arc<Known>) -> Self {
        Self { known: Some(known.clone()), role: Some(known.role), page: None }
    }

    /// Whom the settings know it as; `None` without a token or user.
    pub(super) fn known(&self) -> Option<&Known> {
        self.known.as_deref()
    }

    /// Whether it has said who it is, as far as that is needed here.
    pub(super) fn is_stranger(&self) -> bool {
        self.role.is_none()
    }

    /// Whether the caller may see figures.
    pub(crate) fn may_read(&self) -> bool {
        self.may(Role::Read)
    }

    pub(crate) fn may(&self, role: Role) -> bool {
        self.role.is_some_and(|own| own >= role)
    }
}
