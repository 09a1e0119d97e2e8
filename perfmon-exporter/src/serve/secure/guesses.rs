//! How often one may be wrong.
//!
//! What is used up is used up for right passwords too: while nothing of an address is compared, nothing can be learned there by trying. Whoever has proved a password
//! over a connection goes on over that one, so that others behind the same address cannot shut it out; and each name has an allowance of its own there, so that guesses at one
//! user's password leave the others alone.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::clock::{Clock, DefaultClock};

use super::{
    allowance::Allowance,
    rate::{Rate, client},
};

/// Wrong tokens, or new passwords for one name, that an address may try at once, and how long until one more.
const GUESSES: u32 = 10;
const GUESS_AGAIN: Duration = Duration::from_secs(3);
/// New passwords that an address may try for all names together.
const NAMES_GUESSES: u32 = 30;
const NAMES_GUESS_AGAIN: Duration = Duration::from_secs(1);
/// New passwords that all addresses together may try: each costs tens of milliseconds.
const ALL_GUESSES: u32 = 50;
const ALL_GUESS_AGAIN: Duration = Duration::from_millis(250);
/// The first ones of an address come out of a second allowance of that size, which those who guess all day leave alone.
const FIRST: u32 = 3;
const FIRST_AGAIN: Duration = Duration::from_secs(600);
/// Addresses that are remembered as those of somebody who was right; they need nothing of what all have together.
const MOST_TRUSTED: usize = 1024;

/// Who has been wrong.
#[derive(Debug)]
pub(crate) struct Guesses<C: Clock = DefaultClock> {
    /// Tokens are long and cost nothing: only the one who guesses has to wait, and passwords are no matter of theirs.
    tokens: Rate<C>,
    of_name: Allowance<C>,
    of_address: Allowance<C>,
    all: Rate<C>,
    first: Rate<C>,
    all_first: Rate<C>,
    trusted: Mutex<BTreeSet<IpAddr>>,
}

impl Guesses {
    pub(crate) fn new() -> Self {
        Self::by(&DefaultClock::default())
    }
}

impl<C: Clock + Clone> Guesses<C> {
    pub(super) fn by(clock: &C) -> Self {
        let slow = |burst, period| Rate::slow(burst, period, clock.clone());
        Self {
            tokens: slow(GUESSES, GUESS_AGAIN),
            of_name: Allowance::new(GUESSES, GUESS_AGAIN, clock.clone()),
            of_address: Allowance::new(NAMES_GUESSES, NAMES_GUESS_AGAIN, clock.clone()),
            all: slow(ALL_GUESSES, ALL_GUESS_AGAIN),
            first: slow(FIRST, FIRST_AGAIN),
            all_first: slow(ALL_GUESSES, ALL_GUESS_AGAIN),
            trusted: Mutex::default(),
        }
    }

    /// Takes one for a token that was wrong.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub(crate) fn take_token(&self, address: IpAddr) -> Result<(), Duration> {
        self.tokens.take(address)
    }
}

#[cfg_attr(not(feature = "auth"), allow(dead_code, reason = "nobody has a password then"))]
impl<C: Clock + Clone> Guesses<C> {
    /// Whether a password of that name may be compared there, be it one that is remembered.
    ///
    /// # Errors
    /// How long to wait until it may.
    pub(crate) fn look(&self, address: IpAddr, name: &str) -> Result<(), Duration> {
        self.of_address.look(address, "")?;
        self.of_name.look(address, name)
    }

    /// Takes one for a password that has to be verified.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub(crate) fn take(&self, address: IpAddr, name: &str) -> Result<(), Duration> {
        self.look(address, name)?;
        self.of_address.take(address, "")?;
        self.of_name.take(address, name)?;
        let is_trusted = self.trusted().contains(&client(address));
        if is_trusted || (self.first.take(address).is_ok() && self.all_first.take_of_all().is_ok()) {
            return Ok(());
        }
        self.all.take_of_all()
    }

    /// Remembers an address as that of somebody who was right.
    pub(crate) fn trust(&self, address: IpAddr) {
        let mut trusted = self.trusted();
        if trusted.len() < MOST_TRUSTED {
            trusted.insert(client(address));
        }
    }

    fn trusted(&self) -> MutexGuard<'_, BTreeSet<IpAddr>> {
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::Duration};

    use governor::clock::FakeRelativeClock;

    use super::Guesses;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4((0xc000_0200 + number).into())
    }

    #[test]
    fn strangers_guesses_keep_nobody_out() {
        let clock = FakeRelativeClock::default();
        let guesses = Guesses::by(&clock);
        let known = address(200);
        guesses.trust(known);
        // Twenty addresses guess as fast as they may, for an hour.
        let guess = || (0..20).filter(|number| guesses.take(address(*number), "ann").is_ok()).count();
        let all: usize = (0..3_600)
            .map(|_| {
                clock.advance(Duration::from_secs(1));
                std::iter::repeat_with(guess).take_while(|right| *right > 0).sum::<usize>()
            })
            .sum();
        assert!(all <= 3_600 * 5, "guessing is slow for all together: {all}");
        assert!(guesses.take(known, "ann").is_ok(), "somebody was right there");
        assert!(guesses.take(address(100), "ann").is_ok(), "one that has not tried yet");
        // Tokens are another matter.
        assert!(guesses.take_token(address(0)).is_ok());
    }

    #[test]
    fn guesses_at_one_name_leave_the_others_alone() {
        let clock = FakeRelativeClock::default();
        let guesses = Guesses::by(&clock);
        let here = address(1);
        let tries = |name: &str| (0..1_000).take_while(|_| guesses.take(here, name).is_ok()).count();
        assert_eq!(tries("ann"), 10);
        assert!(guesses.look(here, "ann").is_err() && guesses.look(here, "bob").is_ok());
        // Trying all names is not faster for long.
        assert_eq!((tries("bob"), tries("cid"), tries("dan")), (10, 10, 0));
        assert!(guesses.look(here, "eve").is_err());
        clock.advance(Duration::from_secs(3));
        assert!(guesses.look(here, "ann").is_ok() && guesses.look(here, "eve").is_ok(), "not for long");
    }
}
