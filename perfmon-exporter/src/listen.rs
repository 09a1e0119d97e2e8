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

/// Why a text is no host and port. Whether there is such a host is seen when it is resolved.
pub(crate) fn look(address: &str) -> Result<(), &'static str> {
    let strange = |c: char| c == '/' || c == '@' || c.is_whitespace() || c.is_control();
    if address.contains("://") {
        return Err("it is written without http://, and without anything behind the port");
    }
    match address.rsplit_once(':') {
        Some((host, port)) if host.is_empty() || host.contains(strange) || port.is_empty() => {
            Err("it needs a host and a port")
        }
        Some((_, port)) if port.parse::<u16>().is_err() => Err("the port is a number from 0 to 65535"),
        Some(_) => Ok(()),
        None => Err("it needs a host and a port"),
    }
}

/// The addresses that are meant, if it may listen there. `public`: other machines may reach it.
pub(crate) fn resolve(address: &str, public: bool) -> Result<Vec<SocketAddr>, Error> {
    let wrong = |why: &dyn fmt::Display| {
        Error::invalid(format!(
            "failed to listen on {address:?}: {why}; write host and port, as in \"{DEFAULT_ADDRESS}\""
        ))
    };
    look(address).map_err(|why| wrong(&why))?;
    let addresses = address.to_socket_addrs();
    let addresses: Vec<SocketAddr> = addresses
        .map_err(|error| wrong(&format_args!("the host does not resolve, nobody knows its address ({error})")))?
        .collect();
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

/// Whether a port can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Free,
    Taken,
}

/// Tries whether a port can be taken, without listening on it: nobody can connect meanwhile, and who wants it at this moment gets it, too.
///
/// # Errors
/// When this user may not take it, or this machine does not have the address.
#[cfg(unix)]
pub(crate) fn could_take(address: &str, addresses: &[SocketAddr]) -> Result<Port, Error> {
    use rustix::net::{AddressFamily, SocketType, bind, socket, sockopt::set_socket_reuseaddr};

    let attempt = |one: &SocketAddr| {
        let family = if one.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let socket = socket(family, SocketType::STREAM, None)?;
        set_socket_reuseaddr(&socket, true)?;
        bind(&socket, one)
    };
    // The first that can be taken is taken, as the standard library does it.
    let mut outcome = Ok(Port::Free);
    for one in addresses {
        outcome = match attempt(one).map_err(io::Error::from) {
            Ok(()) => return Ok(Port::Free),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(Port::Taken),
            Err(error) => Err(cannot_listen(address, &error)),
        };
    }
    outcome
}

/// Nothing is known here before it is tried.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(crate) fn could_take(_: &str, _: &[SocketAddr]) -> Result<Port, Error> {
    Ok(Port::Free)
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
    let text = format!("failed to listen on {address}: {error}; {remedy}");
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::AddrNotAvailable => Error::invalid(text),
        // These pass.
        _ => Error::unavailable(text),
    }
}
