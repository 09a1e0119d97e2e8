//! `connections`: sockets by protocol and state, of the process's network namespace. Linux only.

use std::{collections::BTreeMap, time::Instant};

use perfmon_core::collect::{BoxError, Samples};

use super::part::Read;

/// Counts by protocol and state. A state once seen stays, with 0, so that its series has no holes.
#[derive(Debug, Default)]
pub(super) struct Connections {
    counts: BTreeMap<(&'static str, &'static str), u64>,
}

impl Read for Connections {
    fn read(&mut self, _now: Instant, out: &mut Samples) -> Result<(), BoxError> {
        self.counts.values_mut().for_each(|count| *count = 0);
        self.count()?;
        for ((protocol, state), count) in &self.counts {
            out.gauge_with("network_connections", &[("protocol", protocol), ("state", state)], *count as f64)
                .describe("Sockets by protocol and state.", "connections");
        }
        Ok(())
    }
}

impl Connections {
    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn count(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn count(&mut self) -> Result<(), BoxError> {
        use procfs::net;

        for (protocol, table) in [("tcp", net::tcp()), ("tcp6", net::tcp6())] {
            let Some(sockets) = present(protocol, table)? else { continue };
            for usual in [net::TcpState::Established, net::TcpState::Listen, net::TcpState::TimeWait] {
                self.counts.entry((protocol, name(&usual))).or_default();
            }
            for socket in sockets {
                *self.counts.entry((protocol, name(&socket.state))).or_default() += 1;
            }
        }
        for (protocol, table) in [("udp", net::udp()), ("udp6", net::udp6())] {
            let Some(sockets) = present(protocol, table)? else { continue };
            self.counts.insert((protocol, "open"), sockets.len() as u64);
        }
        Ok(())
    }
}

/// A table that does not exist belongs to a protocol that is switched off.
#[cfg(target_os = "linux")]
fn present<T>(protocol: &str, table: procfs::ProcResult<T>) -> Result<Option<T>, BoxError> {
    match table {
        Ok(sockets) => Ok(Some(sockets)),
        Err(procfs::ProcError::NotFound(_)) => Ok(None),
        Err(error) => Err(format!("failed to read the {protocol} sockets: {error}").into()),
    }
}

#[cfg(target_os = "linux")]
fn name(state: &procfs::net::TcpState) -> &'static str {
    use procfs::net::TcpState;

    match state {
        TcpState::Established => "established",
        TcpState::SynSent => "syn_sent",
        TcpState::SynRecv | TcpState::NewSynRecv => "syn_recv",
        TcpState::FinWait1 => "fin_wait1",
        TcpState::FinWait2 => "fin_wait2",
        TcpState::TimeWait => "time_wait",
        TcpState::Close => "close",
        TcpState::CloseWait => "close_wait",
        TcpState::LastAck => "last_ack",
        TcpState::Listen => "listen",
        TcpState::Closing => "closing",
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io;

    use procfs::ProcError;

    use super::present;

    #[test]
    fn switched_off_is_no_error_and_unreadable_is() {
        assert!(matches!(present::<()>("tcp6", Err(ProcError::NotFound(None))), Ok(None)));
        let denied = present::<()>("udp", Err(ProcError::Io(io::Error::other("disk on fire"), None)));
        let message = denied.expect_err("an error").to_string();
        assert!(
            message.starts_with("failed to read the udp sockets: ") && message.contains("disk on fire"),
            "{message}"
        );
    }
}
