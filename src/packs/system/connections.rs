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

        type Table = fn() -> procfs::ProcResult<Vec<net::TcpNetEntry>>;
        let in_use = InUse::read();
        let tables: [(_, Table, _); 2] = [("tcp", net::tcp, in_use.has_tcp()), ("tcp6", net::tcp6, in_use.has_tcp6())];
        for (protocol, table, worth_it) in tables {
            let sockets = if worth_it { present(protocol, table())? } else { Some(Vec::new()) };
            for usual in [net::TcpState::Established, net::TcpState::Listen, net::TcpState::TimeWait] {
                if sockets.is_some() {
                    self.counts.entry((protocol, name(&usual))).or_default();
                }
            }
            for socket in sockets.into_iter().flatten() {
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

/// The kernel's own sums of sockets. It walks its whole table for each list, used or not (5 ms on a machine of 24 GiB), and has these at hand.
#[cfg(target_os = "linux")]
struct InUse {
    tcp: Option<u64>,
    tcp6: Option<u64>,
    /// Of both: these are in the lists, and not in the sums.
    waiting: Option<u64>,
}

#[cfg(target_os = "linux")]
impl InUse {
    fn read() -> Self {
        let text = |name| std::fs::read_to_string(name).unwrap_or_default();
        Self::parse(&text("/proc/self/net/sockstat"), &text("/proc/self/net/sockstat6"))
    }

    fn parse(four: &str, six: &str) -> Self {
        let sum = |text: &str, protocol: &str, key: &str| {
            let mut words = text.lines().find_map(|line| line.strip_prefix(protocol))?.split_whitespace();
            words.find(|word| *word == key)?;
            words.next()?.parse().ok()
        };
        Self { tcp: sum(four, "TCP:", "inuse"), tcp6: sum(six, "TCP6:", "inuse"), waiting: sum(four, "TCP:", "tw") }
    }

    /// Whether there may be any; so also when the sums are not known.
    fn has_tcp(&self) -> bool {
        (self.tcp, self.waiting) != (Some(0), Some(0))
    }

    fn has_tcp6(&self) -> bool {
        (self.tcp6, self.waiting) != (Some(0), Some(0))
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

    use super::{InUse, present};

    #[test]
    fn lists_are_read_when_there_may_be_something_in_them() {
        let four = |inuse, tw| {
            format!("sockets: used 14\nTCP: inuse {inuse} orphan 0 tw {tw} alloc 1 mem 346\nUDP: inuse 0 mem 0\n")
        };
        let six = |inuse| format!("TCP6: inuse {inuse}\nUDP6: inuse 3\n");
        for (four, six, expected) in [
            (four(1, 0), six(0), (true, false)),
            (four(0, 0), six(2), (false, true)),
            (four(0, 0), six(0), (false, false)),
            (four(0, 1), six(0), (true, true)),
            (four(1, 0), String::new(), (true, true)),
            (String::new(), six(0), (true, true)),
            ("TCP: inuse many tw 0".to_owned(), "TCP6: inuse".to_owned(), (true, true)),
        ] {
            let found = InUse::parse(&four, &six);
            assert_eq!((found.has_tcp(), found.has_tcp6()), expected, "{four}{six}");
        }
    }

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
