//! An allowance of which what is wrong takes, and that can be looked at without taking of it.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::clock::{Clock, Reference};

use super::rate::client;

/// Of so many it is kept how much they have left; further ones share one allowance. Bounds the memory.
const MOST: usize = 4096;

/// So many at once for each, and after that one more each `period`.
#[derive(Debug)]
pub(crate) struct Allowance<C: Clock> {
    /// What can be used up at once, as the time in which it comes back.
    depth: Duration,
    period: Duration,
    clock: C,
    hasher: RandomState,
    /// When each will have the whole allowance again.
    whole_at: Mutex<BTreeMap<Whose, C::Instant>>,
}

/// An address, and perhaps a name tried there.
type Whose = (Option<IpAddr>, u64);

impl<C: Clock> Allowance<C> {
    pub(crate) fn new(burst: u32, period: Duration, clock: C) -> Self {
        let (hasher, whole_at) = (RandomState::new(), Mutex::default());
        Self { depth: period * burst, period, clock, hasher, whole_at }
    }

    /// Whether there is something left, without taking of it.
    ///
    /// # Errors
    /// How long until there is.
    pub(crate) fn look(&self, address: IpAddr, name: &str) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut all = self.whole_at();
        let whose = self.whose(&mut all, address, name, now);
        all.get(&whose).map_or(Ok(()), |whole_at| self.left(*whole_at, now))
    }

    /// Takes one.
    ///
    /// # Errors
    /// How long until there is one.
    pub(crate) fn take(&self, address: IpAddr, name: &str) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut all = self.whole_at();
        let whose = self.whose(&mut all, address, name, now);
        let whole_at = all.get(&whose).copied().unwrap_or(now).max(now);
        self.left(whole_at, now)?;
        all.insert(whose, whole_at + self.period.into());
        Ok(())
    }

    fn left(&self, whole_at: C::Instant, now: C::Instant) -> Result<(), Duration> {
        let used: Duration = Duration::from_nanos(whole_at.duration_since(now).into());
        let after = used + self.period;
        if after <= self.depth { Ok(()) } else { Err(after.saturating_sub(self.depth)) }
    }

    /// Under what it is kept: where there is no room for more, under what all others have together. Else whoever fills it up could try without end.
    fn whose(&self, all: &mut BTreeMap<Whose, C::Instant>, address: IpAddr, name: &str, now: C::Instant) -> Whose {
        let whose = (Some(client(address)), self.hasher.hash_one(name));
        if all.len() < MOST || all.contains_key(&whose) {
            return whose;
        }
        all.retain(|_, whole_at| *whole_at > now);
        if all.len() < MOST { whose } else { (None, 0) }
    }

    fn whole_at(&self) -> MutexGuard<'_, BTreeMap<Whose, C::Instant>> {
        self.whole_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr},
        time::Duration,
    };

    use governor::clock::FakeRelativeClock;

    use super::{Allowance, MOST};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn it_can_be_looked_at_and_comes_back() {
        let clock = FakeRelativeClock::default();
        let allowance = Allowance::new(2, Duration::from_secs(3), clock.clone());
        let is_left = || allowance.look(HERE, "ann").is_ok();
        assert!((0..100).all(|_| is_left()), "looking takes nothing");
        assert!(allowance.take(HERE, "ann").is_ok() && is_left() && allowance.take(HERE, "ann").is_ok());
        assert!(!is_left());
        assert_eq!(allowance.take(HERE, "ann"), Err(Duration::from_secs(3)));
        assert!(allowance.take(HERE, "bob").is_ok(), "another name");
        assert!(allowance.take(Ipv4Addr::BROADCAST.into(), "ann").is_ok(), "another address");
        clock.advance(Duration::from_secs(3));
        assert!(is_left() && allowance.take(HERE, "ann").is_ok());
        assert!(!is_left());
    }

    #[test]
    fn memory_is_bounded() {
        let clock = FakeRelativeClock::default();
        let allowance = Allowance::new(2, Duration::from_secs(3), clock.clone());
        for number in 0..20_000_u32 {
            let _ = allowance.take(IpAddr::V4(number.into()), "ann");
        }
        assert!(allowance.whole_at().len() <= MOST + 1);
        assert!(allowance.look(HERE, "ann").is_err(), "those for whom there is no room have one together");
        clock.advance(Duration::from_secs(60));
        assert!(allowance.take(HERE, "ann").is_ok(), "those who were quiet make room");
    }
}
