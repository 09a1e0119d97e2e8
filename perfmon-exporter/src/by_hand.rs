//! An exporter without thread and port, for simulations.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use perfmon_core::Error;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::{pump::Pump, serve::router, state::Shared};

/// An exporter that moves when told to.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByHand {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pump: Pump,
}

impl ByHand {
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

    /// The status and the body that a GET of this path would be answered with.
    ///
    /// # Errors
    /// When the system gives no runtime, or the path is none.
    pub fn get(&self, path: &str) -> io::Result<(u16, Vec<u8>)> {
        let (_running, stop) = watch::channel(false);
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let request = Request::get(path).body(Body::empty()).map_err(io::Error::other)?;
            let app = router(self.shared.clone(), stop);
            let response = app.oneshot(request).await.map_err(io::Error::other)?;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), usize::MAX).await.map_err(io::Error::other)?;
            Ok((status, body.into()))
        })
    }
}
