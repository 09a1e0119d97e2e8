//! Who asks.

use std::{net::SocketAddr, sync::Arc};

use super::origin::Origin;
use crate::settings::{Role, Secret};

/// The other end of the connection; among every request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

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
