//! Who asks.

use std::{net::SocketAddr, sync::Arc};

use crate::settings::Role;

/// The other end of the connection; among every request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Who asks; among the extensions of every request that passed the gate.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The name of the token or user; `None` without one.
    pub(crate) name: Option<Arc<str>>,
    /// `None` may only know whether the process lives.
    pub(crate) role: Option<Role>,
}

impl Caller {
    pub(crate) fn stranger() -> Self {
        Self { name: None, role: None }
    }

    pub(crate) fn anybody(role: Role) -> Self {
        Self { name: None, role: Some(role) }
    }

    /// Whether the caller may see figures.
    pub(crate) fn may_read(&self) -> bool {
        self.may(Role::Read)
    }

    pub(crate) fn may(&self, role: Role) -> bool {
        self.role.is_some_and(|own| own >= role)
    }
}
