//! The exporter without thread and port, for simulations.

use std::{sync::Arc, time::Duration};

use perfmon_core::Error;

use crate::{pump::Pump, state::Shared};

/// An exporter that moves when told to.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByHand {
    shared: Arc<Shared>,
    pump: Pump,
}

impl ByHand {
    pub(crate) fn new(shared: Arc<Shared>, pump: Pump) -> Self {
        Self { shared, pump }
    }

    /// One second's work.
    pub fn tick(&mut self) {
        self.pump.tick(Duration::ZERO);
    }

    /// What a scrape gets.
    ///
    /// # Errors
    /// When there is no such profile of names.
    pub fn scrape(&self, names: Option<&str>, accept: Option<&str>) -> Result<Vec<u8>, Error> {
        let profile = self.shared.profiles.get(names).map_err(Error::invalid)?;
        Ok(self.shared.render(&profile, profile.negotiate(accept)))
    }
}
