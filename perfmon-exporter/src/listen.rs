//! The socket to listen on, or a sentence that says why there is none.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
};

use perfmon_core::Error;

/// Where it listens unless told otherwise: loopback, at the port that OpenTelemetry's exporter uses (9090 is Prometheus itself).
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:9464";

/// Connections that may wait to be accepted; the system may allow fewer.
#[cfg(unix)]
const WAITING: i32 = 4096;

/// The addresses that are meant, if it may listen there. `public`: other machines may reach it.
pub(crate) fn resolve(address: &str, public: bool) -> Result<Vec<SocketAddr>, Error> {
    let wrong = |why: &dyn fmt::Display| {
        Error::invalid(format!(
            "failed to listen on {address:?}: {why}; write host and port, as in \"{DEFAULT_ADDRESS}\""
        ))
    };
    let addresses: Vec<SocketAddr> = address.to_socket_addrs().map_err(|error| wrong(&error))?.collect();
    if let Some(reachable) = addresses.iter().find(|address| !address.ip().is_loopback())
        && !public
    {
        return Err(Error::invalid(format!(
            "refused to listen on {reachable}: other machines could read everything there without authentication; \
             give it tokens or users (`access()`, or [server] of the configuration), listen on 127.0.0.1 behind a proxy, or say that everybody may read (`allow_public()`, or allow_public = true)"
        )));
    }
    Ok(addresses)
}

/// Listens, as [`resolve`] allows.
pub(crate) fn bind(address: &str, public: bool) -> Result<TcpListener, Error> {
    let addresses = resolve(address, public)?;
    let listener = TcpListener::bind(addresses.as_slice()).map_err(|error| cannot_listen(address, &error))?;
    // The standard library lets 128 connections wait. A flood would fill that, and whoever comes then waits for a second or more.
    #[cfg(unix)]
    rustix::net::listen(&listener, WAITING).map_err(|error| cannot_listen(address, &error.into()))?;
    listener.set_nonblocking(true).map_err(|error| cannot_listen(address, &error))?;
    Ok(listener)
}

pub(crate) fn cannot_listen(address: &str, error: &io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has the port, perhaps another exporter: choose a different one, such as 127.0.0.1:9465, or port 0 for any that is free"
        }
        io::ErrorKind::PermissionDenied => "ports below 1024 need privileges: choose a higher one",
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address: listen on 127.0.0.1",
        _ => "choose another address",
    };
    Error::unavailable(format!("failed to listen on {address}: {error}; {remedy}"))
}
