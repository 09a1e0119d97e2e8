//! `network`: what interfaces sent and received.

use std::{collections::HashMap, net::IpAddr, time::Instant};

use perfmon_core::collect::{BoxError, Samples};
use sysinfo::{IpNetwork, NetworkData, Networks};

use super::part::{Between, Read};

/// What is told of a counter.
struct Told {
    total: &'static str,
    unit: &'static str,
    help: &'static str,
    /// Name, unit and help of its growth a second.
    rate: Option<[&'static str; 3]>,
}

const fn told(total: &'static str, unit: &'static str, help: &'static str, rate: Option<[&'static str; 3]>) -> Told {
    Told { total, unit, help, rate }
}

const TOLD: [Told; 6] = [
    told(
        "network_sent_bytes_total",
        "bytes",
        "Bytes sent since the interface came up.",
        Some(["network_sent_bytes_per_second", "bytes per second", "Bytes sent a second."]),
    ),
    told(
        "network_received_bytes_total",
        "bytes",
        "Bytes received since the interface came up.",
        Some(["network_received_bytes_per_second", "bytes per second", "Bytes received a second."]),
    ),
    told(
        "network_sent_packets_total",
        "packets",
        "Packets sent since the interface came up.",
        Some(["network_sent_packets_per_second", "packets per second", "Packets sent a second."]),
    ),
    told(
        "network_received_packets_total",
        "packets",
        "Packets received since the interface came up.",
        Some(["network_received_packets_per_second", "packets per second", "Packets received a second."]),
    ),
    told("network_sent_errors_total", "errors", "Packets that could not be sent.", None),
    told("network_received_errors_total", "errors", "Packets received damaged.", None),
];

/// The counters of an interface, in the order of [`TOLD`].
type Counts = [u64; TOLD.len()];

/// Their growth a second.
type Rates = [Option<f64>; TOLD.len()];

pub(super) struct Network {
    networks: Networks,
    traffic: Between<HashMap<String, Counts>, HashMap<String, Rates>>,
}

impl Network {
    pub(super) fn new() -> Result<Self, BoxError> {
        Ok(Self { networks: Networks::new()?, traffic: Between::default() })
    }
}

impl Read for Network {
    fn read(&mut self, now: Instant, out: &mut Samples) -> Result<(), BoxError> {
        self.networks.refresh(true);
        let outside =
            self.networks.iter().filter(|(name, data)| !is_loopback(&name.to_string_lossy(), data.ip_networks()));
        let counts: HashMap<_, _> =
            outside.map(|(name, data)| (name.to_string_lossy().into_owned(), counts(data))).collect();
        for (interface, counts) in &counts {
            for (told, count) in TOLD.iter().zip(counts) {
                out.counter_with(told.total, &[("interface", interface)], *count).describe(told.help, told.unit);
            }
        }
        self.traffic.advance(now, counts, rates);
        for (interface, rates) in self.traffic.rate.iter().flatten() {
            for ([name, unit, help], rate) in TOLD.iter().zip(rates).filter_map(|(told, rate)| told.rate.zip(*rate)) {
                out.gauge_with(name, &[("interface", interface)], rate).describe(help, unit);
            }
        }
        Ok(())
    }
}

fn counts(data: &NetworkData) -> Counts {
    [
        data.total_transmitted(),
        data.total_received(),
        data.total_packets_transmitted(),
        data.total_packets_received(),
        data.total_errors_on_transmitted(),
        data.total_errors_on_received(),
    ]
}

/// By name on Unix (`lo`, `lo0`), by its addresses elsewhere.
fn is_loopback(name: &str, addresses: &[IpNetwork]) -> bool {
    let named = name.strip_prefix("lo").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    named || (!addresses.is_empty() && addresses.iter().all(|network| IpAddr::is_loopback(&network.addr)))
}

/// Growth a second. An interface that is new has none, nor a counter that began anew.
fn rates(before: &HashMap<String, Counts>, now: &HashMap<String, Counts>, seconds: f64) -> HashMap<String, Rates> {
    let rate = |now: u64, before: u64| now.checked_sub(before).map(|growth| growth as f64 / seconds);
    let known = now.iter().filter_map(|(interface, now)| Some((interface, now, before.get(interface)?)));
    known.map(|(name, now, before)| (name.clone(), std::array::from_fn(|at| rate(now[at], before[at])))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use sysinfo::IpNetwork;

    use super::{is_loopback, rates};

    #[test]
    fn growth_a_second() {
        let before = HashMap::from([("eth0".to_owned(), [100; 6]), ("gone".to_owned(), [7; 6])]);
        let now = HashMap::from([("eth0".to_owned(), [300, 100, 50, 101, 100, 100]), ("new".to_owned(), [9; 6])]);
        let rates = rates(&before, &now, 4.0);
        assert_eq!(rates.len(), 1, "{rates:?}");
        assert_eq!(rates["eth0"], [Some(50.0), Some(0.0), None, Some(0.25), Some(0.0), Some(0.0)]);
    }

    #[test]
    fn what_stays_on_the_machine() {
        let network = |addr: &str| IpNetwork { addr: addr.parse().expect("an address"), prefix: 8 };
        for name in ["lo", "lo0", "lo1"] {
            assert!(is_loopback(name, &[]), "{name}");
        }
        for name in ["eth0", "local", "lowpan0", "wlo1", "eno1"] {
            assert!(!is_loopback(name, &[]), "{name}");
        }
        assert!(is_loopback("Pseudo-Interface 1", &[network("127.0.0.1"), network("::1")]));
        assert!(!is_loopback("Ethernet", &[network("192.168.0.4"), network("::1")]));
    }
}
