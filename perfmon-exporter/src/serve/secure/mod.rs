//! Who comes in: every request passes the gate before any route sees it.
//!
//! In this order, cheap things first: for whom it asks, if it is a proxy ([`proxy`]), how often that address asks ([`rate`]), whether it means this server ([`host`]), a browser's question before the
//! true one ([`origin`]), who asks ([`credential`], [`rules`], [`password`]), whether that role may, whether a change or a WebSocket comes from a page
//! that may, whether the body is JSON and small. Headers for browsers ([`headers`]) are on every answer, refusals too.

mod caller;
mod credential;
mod door;
mod gate;
mod headers;
mod host;
mod origin;
mod password;
mod proxy;
mod rate;
mod rules;
#[cfg(test)]
mod tests;
mod tls;

#[cfg(feature = "auth")]
pub use self::password::hash_password;
pub(crate) use self::{
    caller::{Caller, Peer},
    credential::PROTOCOL,
    door::Door,
    gate::{FOR_ANYBODY, Gate, pass},
    headers::{protective, protective_headers},
    tls::Tls,
};
