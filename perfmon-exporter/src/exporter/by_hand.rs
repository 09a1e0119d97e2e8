//! An exporter without thread and port.

use std::{io, sync::Arc, time::Duration};

use axum::body::to_bytes;
use perfmon_core::{Error, analyse::Health};

use super::{Builder, start::only_one};
use crate::{
    pump::Pump,
    serve::{Door, ask},
    settings::Access,
    state::Shared,
};

impl Builder {
    /// The same without thread and port: it moves when told to. For simulations, with a mock clock say.
    #[doc(hidden)]
    pub fn by_hand(self) -> Result<ByHand, Error> {
        let profiles = self.profiles()?;
        #[cfg(feature = "config")]
        self.begin_log()?;
        let (shared, pump) = self.pump(profiles, only_one()?)?;
        Ok(ByHand { shared, pump })
    }
}

/// An exporter that moves when told to.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByHand {
    shared: Arc<Shared>,
    pump: Pump,
}

impl ByHand {
    /// One second's work.
    pub fn tick(&mut self) {
        self.pump.tick(Duration::ZERO);
    }

    /// How healthy the process was at the last tick.
    #[must_use]
    pub fn health(&self) -> Option<Health> {
        self.shared.latest().map(|tick| tick.health.clone())
    }

    /// What a scrape gets.
    ///
    /// # Errors
    /// When there is no such profile of names.
    pub fn scrape(&self, names: Option<&str>, accept: Option<&str>) -> Result<Vec<u8>, Error> {
        let profile = self.shared.profiles().get(names).map_err(Error::invalid)?;
        Ok(self.shared.render(&profile, profile.negotiate(accept)))
    }

    /// The status and the body that a GET of this path would be answered with.
    ///
    /// # Errors
    /// When the system gives no runtime, or the path is none.
    pub fn get(&self, path: &str) -> io::Result<(u16, Vec<u8>)> {
        let door = Door::new(&self.shared.access(), true).map_err(io::Error::other)?;
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let response = ask(&self.shared, door, path).await?;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), usize::MAX).await.map_err(io::Error::other)?;
            Ok((status, body.into()))
        })
    }

    /// Who may do what.
    #[must_use]
    pub fn access(&self) -> Arc<Access> {
        self.shared.access()
    }
}
