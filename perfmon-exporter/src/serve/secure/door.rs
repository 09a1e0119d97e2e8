//! The way in: TLS, then the gate.

use std::{net::SocketAddr, sync::Arc};

use perfmon_core::Error;

use super::{
    gate::{Gate, Standing},
    tls::Tls,
};
use crate::settings::Access;

/// What a connection and its requests pass.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) gate: Gate,
    pub(crate) tls: Option<Arc<Tls>>,
    access: Arc<Access>,
}

impl Door {
    /// Reads the certificate. `open`: everybody may read.
    ///
    /// # Errors
    /// When something in the settings makes no sense.
    pub(crate) fn new(access: &Arc<Access>, open: bool) -> Result<Self, Error> {
        let gate = Gate::new(access, Standing { loopback: true, open })?;
        let tls = access.tls.as_ref().map(Tls::load).transpose()?;
        Ok(Self { gate, tls, access: access.clone() })
    }

    /// Whether settings make sense, apart from the certificate.
    ///
    /// # Errors
    /// When they do not.
    pub(crate) fn check(access: &Arc<Access>) -> Result<(), Error> {
        Gate::new(access, Standing { loopback: true, open: false }).map(|_| ())
    }

    /// Whether other machines may reach it.
    pub(crate) fn may_be_public(&self) -> bool {
        self.access.names_anybody() || self.gate.standing.open
    }

    /// Says where it is.
    pub(crate) fn stand_at(&mut self, address: SocketAddr) {
        self.gate.standing.loopback = address.ip().is_loopback();
        for warning in Self::warnings(&self.access, address) {
            tracing::warn!(target: "perfmon", %address, "{warning}");
        }
    }

    /// What is dangerous about settings at an address that other machines reach.
    pub(crate) fn warnings(access: &Access, address: SocketAddr) -> Vec<String> {
        let is_public = !address.ip().is_loopback();
        // Where one has to say who one is, such a page has nothing to say.
        let any_page = (is_public && !access.names_anybody() && access.hosts.is_empty()).then_some(
            "everybody may read, and any page whose name is made to resolve to this address has its visitors' browsers read for it: \
             say in `hosts` by which names the server is reached",
        );
        let in_clear = (is_public && access.names_anybody() && access.tls.is_none()).then_some(
            "tokens and passwords travel in the clear: configure a certificate, or put a proxy with TLS in front",
        );
        any_page.into_iter().chain(in_clear).map(str::to_owned).collect()
    }

    /// `"http"` or `"https"`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}
