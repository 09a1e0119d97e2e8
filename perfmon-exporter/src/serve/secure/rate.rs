//! How often an address may ask.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

/// Addresses told apart; beyond that, further ones share one allowance. Bounds the memory.
const MOST_ADDRESSES: usize = 4096;

/// An allowance for each address.
#[derive(Debug)]
pub(crate) struct Rate<C: Clock = DefaultClock> {
    limiter: RateLimiter<IpAddr, HashMapStateStore<IpAddr>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl Rate {
    /// So many in a second; as many at once.
    pub(crate) fn per_second(most: u32) -> Self {
        Self::new(Quota::per_second(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN)), DefaultClock::default())
    }
}

impl<C: Clock + Clone> Rate<C> {
    /// `burst` at once, and after that one each `period`.
    pub(crate) fn slow(burst: u32, period: Duration, clock: C) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst);
        Self::new(quota, clock)
    }

    fn new(quota: Quota, clock: C) -> Self {
        Self { limiter: RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()), clock }
    }

    /// Takes one of an address' allowance.
    ///
    /// # Errors
    /// When it is used up: how long until there is one again.
    pub(crate) fn take(&self, address: IpAddr) -> Result<(), Duration> {
        if self.limiter.len() >= MOST_ADDRESSES {
            self.limiter.retain_recent();
        }
        let key = if self.limiter.len() < MOST_ADDRESSES { client(address) } else { EVERYBODY_ELSE };
        self.limiter.check_key(&key).map_err(|until: NotUntil<_>| until.wait_time_from(self.clock.now()))
    }

    /// Takes one of the allowance that all have together.
    pub(crate) fn take_of_all(&self) -> Result<(), Duration> {
        self.take(EVERYBODY_ELSE)
    }
}

const EVERYBODY_ELSE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Who has an IPv6 address has 2⁶⁴ of them: the network counts.
pub(crate) fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, num::NonZeroU32, time::Duration};

    use governor::{Quota, clock::FakeRelativeClock};

    use super::{MOST_ADDRESSES, Rate};

    fn rate() -> (Rate<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Rate::new(Quota::per_second(NonZeroU32::new(2).expect("two")), clock.clone()), clock)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn each_address_has_its_own_allowance() {
        let (rate, clock) = rate();
        let (one, other) = (ip("192.0.2.1"), ip("192.0.2.2"));
        assert!(rate.take(one).is_ok() && rate.take(one).is_ok());
        let wait = rate.take(one).expect_err("used up");
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        assert!(rate.take(ip("::ffff:192.0.2.1")).is_err(), "the same address in other words");
        assert!(rate.take(other).is_ok());
        clock.advance(Duration::from_millis(500));
        assert!(rate.take(one).is_ok());
        assert!(rate.take(one).is_err());
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let (rate, _) = rate();
        assert!(rate.take(ip("2001:db8::1")).is_ok() && rate.take(ip("2001:db8::2")).is_ok());
        assert!(rate.take(ip("2001:db8::3")).is_err());
        assert!(rate.take(ip("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let (rate, clock) = rate();
        for number in 0..20_000_u32 {
            let _ = rate.take(IpAddr::V4((0x0a00_0000 + number).into()));
        }
        assert!(rate.limiter.len() <= MOST_ADDRESSES + 1);
        clock.advance(Duration::from_secs(10));
        assert!(rate.take(ip("192.0.2.1")).is_ok(), "those who were quiet make room");
        assert!(rate.limiter.len() <= 1);
    }
}
