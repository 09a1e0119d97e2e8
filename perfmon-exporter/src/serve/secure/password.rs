//! Passwords: argon2, verified once.
//!
//! argon2 is slow on purpose, which is right against whoever steals the hashes and wrong on every request. So the first time that a password is right, a
//! keyed hash of it is remembered in its user's entry (the key is this process' alone), and compared from then on. One verification runs at a time, and
//! guesses have an allowance ([`Guesses`]), so that guessing gets nowhere and costs little. What is remembered outlives a change of the settings, as long as
//! the user's hash is the same.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::clock::{Clock, DefaultClock};

use super::{
    caller::{Caller, Known},
    rate::{Rate, client},
};
use crate::settings::{Secret, User};

#[cfg(feature = "auth")]
pub(crate) use self::with::Passwords;
#[cfg(feature = "auth")]
pub use self::with::hash_password;
#[cfg(not(feature = "auth"))]
pub(crate) use self::without::Passwords;

/// Wrong tokens, and new passwords, that an address may try at once, and how long until one more.
const GUESSES: u32 = 10;
const GUESS_AGAIN: Duration = Duration::from_secs(3);
/// New passwords that all addresses together may try: each costs tens of milliseconds.
const ALL_GUESSES: u32 = 50;
const ALL_GUESS_AGAIN: Duration = Duration::from_millis(250);
/// The first ones of an address come out of a second allowance of that size, which those who guess all day leave alone.
const FIRST: u32 = 3;
const FIRST_AGAIN: Duration = Duration::from_secs(600);
/// Addresses that are remembered as those of somebody who was right; they need nothing of what all have together.
const MOST_TRUSTED: usize = 1024;

/// What came of a name and a password.
#[derive(Debug)]
pub(crate) enum Verdict {
    Right(Caller),
    Wrong,
    /// Not looked at; ask again after so long.
    Later(Duration),
}

/// How often one may be wrong.
#[derive(Debug)]
pub(crate) struct Guesses<C: Clock = DefaultClock> {
    /// Tokens are long and cost nothing: only the one who guesses has to wait, and passwords are no matter of theirs.
    tokens: Rate<C>,
    each: Rate<C>,
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
    fn by(clock: &C) -> Self {
        let slow = |burst, period| Rate::slow(burst, period, clock.clone());
        Self {
            tokens: slow(GUESSES, GUESS_AGAIN),
            each: slow(GUESSES, GUESS_AGAIN),
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

    /// Takes one for a password that has to be verified.
    ///
    /// # Errors
    /// How long to wait for the next.
    #[cfg_attr(not(feature = "auth"), allow(dead_code, reason = "nobody has a password then"))]
    pub(crate) fn take(&self, address: IpAddr) -> Result<(), Duration> {
        self.each.take(address)?;
        let is_trusted = self.trusted().contains(&client(address));
        if is_trusted || (self.first.take(address).is_ok() && self.all_first.take_of_all().is_ok()) {
            return Ok(());
        }
        self.all.take_of_all()
    }

    /// Remembers an address as that of somebody who was right.
    #[cfg_attr(not(feature = "auth"), allow(dead_code, reason = "nobody has a password then"))]
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

#[cfg(feature = "auth")]
mod with {
    use std::sync::{Arc, Mutex, PoisonError};

    use argon2::{
        Argon2, Params,
        password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
    };
    use blake2::{Blake2b256, Digest};
    use perfmon_core::Error;
    use subtle::ConstantTimeEq;
    use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

    use super::{Caller, Duration, Guesses, IpAddr, Known, Secret, User, Verdict};

    /// argon2 takes 19 MiB and tens of milliseconds: one at a time.
    static TURN: Semaphore = Semaphore::const_new(1);
    /// The most that a hash may cost to verify, which somebody chooses who need not know: KiB of memory, and passes over it.
    const MOST_MEMORY: u32 = 256 << 10;
    const MOST_PASSES: u32 = 16;
    /// How long to wait for that.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Hashes a password for [`User::password_hash`], with argon2id and its recommended costs: some 20 MiB and tens of milliseconds. On the command line,
    /// `perfmon hash-password` does.
    ///
    /// # Errors
    /// When the system gives no random salt.
    pub fn hash_password(password: &str) -> Result<Secret, Error> {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| Secret::new(hash.to_string()))
            .map_err(|error| Error::unavailable(format!("failed to hash a password: {error}")))
    }

    /// The users.
    #[derive(Debug)]
    pub(crate) struct Passwords {
        users: Vec<Entry>,
        key: Key,
    }

    struct Key([u8; 32]);

    impl Key {
        fn random() -> Result<Self, getrandom::Error> {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map(|()| Self(key))
        }
    }

    impl std::fmt::Debug for Key {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("***")
        }
    }

    #[derive(Debug)]
    struct Entry {
        user: Arc<Known>,
        /// The keyed hash of the right password, once known.
        right: Mutex<Option<Key>>,
    }

    impl Passwords {
        /// Takes the users whose entries make sense, and says what is wrong with the others. What was remembered of those who stay the same is kept.
        pub(crate) fn new(users: &[User], before: Option<&Self>, problems: &mut Vec<String>) -> Arc<Self> {
            let mut entries: Vec<Entry> = Vec::new();
            // One without users may have no key either.
            let before = before.filter(|before| !before.is_empty());
            let key = match before.map_or_else(Key::random, |before| Ok(Key(before.key.0))) {
                Ok(key) => key,
                Err(error) => {
                    problems.push(format!("users cannot log in: the system gives no random numbers: {error}"));
                    return Arc::new(Self { users: entries, key: Key([0; 32]) });
                }
            };
            for user in users {
                let hash = PasswordHash::new(user.password_hash.expose());
                let hash = hash.ok().filter(|hash| hash.algorithm.as_str().starts_with("argon2"));
                let cost = hash.as_ref().and_then(|hash| Params::try_from(hash).ok());
                if user.name.is_empty() || user.name.contains(':') {
                    problems.push(format!(
                        "the user name {:?} cannot be logged in with: it needs letters, and no colon",
                        user.name
                    ));
                } else if hash.is_none() {
                    problems.push(format!(
                        "the password hash of user {:?} is none of argon2: write the PHC string that `perfmon hash-password` makes, such as \"$argon2id$v=19$m=19456,t=2,p=1$…\"",
                        user.name
                    ));
                } else if cost.is_none_or(|cost| cost.m_cost() > MOST_MEMORY || cost.t_cost() > MOST_PASSES) {
                    problems.push(format!(
                        "the password hash of user {:?} would take too long to verify: make one of at most m={MOST_MEMORY} and t={MOST_PASSES}, as `perfmon hash-password` does",
                        user.name
                    ));
                } else if entries.iter().any(|entry| entry.user.name == user.name) {
                    problems.push(format!("there are two users {:?}: remove one", user.name));
                } else {
                    let (name, proof) = (user.name.clone(), user.password_hash.clone());
                    let user = Arc::new(Known { name, proof, role: user.role });
                    let right = before.and_then(|before| before.right(&user));
                    entries.push(Entry { user, right: Mutex::new(right) });
                }
            }
            Arc::new(Self { users: entries, key })
        }

        pub(crate) fn is_empty(&self) -> bool {
            self.users.is_empty()
        }

        /// What is remembered of a user.
        fn right(&self, user: &Known) -> Option<Key> {
            let is_same = |entry: &&Entry| entry.user.name == user.name && entry.user.proof == user.proof;
            let right = self.users.iter().find(is_same)?.right.lock().unwrap_or_else(PoisonError::into_inner);
            right.as_ref().map(|right| Key(right.0))
        }

        /// All of them.
        pub(crate) fn users(&self) -> impl Iterator<Item = &Arc<Known>> {
            self.users.iter().map(|entry| &entry.user)
        }

        /// Verifies a name and a password. Once they were right it costs a microsecond.
        pub(crate) async fn verify(
            self: &Arc<Self>,
            name: String,
            password: Secret,
            guesses: &Guesses,
            from: IpAddr,
        ) -> Verdict {
            let digest = self.digest(&password);
            if let Some(caller) = self.remembered(&name, &digest) {
                return Verdict::Right(caller);
            }
            let Ok(Ok(turn)) = timeout(PATIENCE, TURN.acquire()).await else { return Verdict::Later(PATIENCE) };
            // A browser asks several things at once; the first may just have been found right.
            if let Some(caller) = self.remembered(&name, &digest) {
                return Verdict::Right(caller);
            }
            if let Err(wait) = guesses.take(from) {
                return Verdict::Later(wait);
            }
            let passwords = self.clone();
            let verifying = spawn_blocking(move || {
                // Held by the thread: a client that leaves does not make room for a second one.
                let _turn = turn;
                passwords.verify_slowly(&name, &password, digest)
            });
            let Some(caller) = verifying.await.ok().flatten() else { return Verdict::Wrong };
            guesses.trust(from);
            Verdict::Right(caller)
        }

        fn remembered(&self, name: &str, digest: &Key) -> Option<Caller> {
            let entry = self.users.iter().find(|entry| entry.user.name == name)?;
            let right = entry.right.lock().unwrap_or_else(PoisonError::into_inner);
            right.as_ref().is_some_and(|right| bool::from(right.0.ct_eq(&digest.0))).then(|| Caller::is(&entry.user))
        }

        /// Takes as long for names that do not exist.
        fn verify_slowly(&self, name: &str, password: &Secret, digest: Key) -> Option<Caller> {
            let entry = self.users.iter().find(|entry| entry.user.name == name);
            let hash = entry.or(self.users.first())?.user.proof.expose();
            let hash = PasswordHash::new(hash).ok()?;
            let right = Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok();
            let entry = entry.filter(|_| right)?;
            *entry.right.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
            Some(Caller::is(&entry.user))
        }

        /// BLAKE2 with the key in front, which is a sound keyed hash: it has no length extension.
        fn digest(&self, password: &Secret) -> Key {
            Key(Blake2b256::new().chain_update(self.key.0).chain_update(password.expose()).finalize().into())
        }
    }
}

#[cfg(not(feature = "auth"))]
mod without {
    use std::sync::Arc;

    use super::{Guesses, IpAddr, Known, Secret, User, Verdict};

    /// Nobody.
    #[derive(Debug)]
    pub(crate) struct Passwords;

    impl Passwords {
        pub(crate) fn new(users: &[User], _: Option<&Self>, problems: &mut Vec<String>) -> Arc<Self> {
            if !users.is_empty() {
                problems.push(String::from("users need the cargo feature `auth`: enable it, or use tokens"));
            }
            Arc::new(Self)
        }

        #[allow(clippy::unused_self, reason = "as with the feature")]
        pub(crate) fn is_empty(&self) -> bool {
            true
        }

        #[allow(clippy::unused_self, reason = "as with the feature")]
        pub(crate) fn users(&self) -> impl Iterator<Item = &Arc<Known>> {
            std::iter::empty()
        }

        #[allow(clippy::unused_async, clippy::unused_self, reason = "as with the feature")]
        pub(crate) async fn verify(self: &Arc<Self>, _: String, _: Secret, _: &Guesses, _: IpAddr) -> Verdict {
            Verdict::Wrong
        }
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
        let guess = || (0..20).filter(|number| guesses.take(address(*number)).is_ok()).count();
        let all: usize = (0..3_600)
            .map(|_| {
                clock.advance(Duration::from_secs(1));
                std::iter::repeat_with(guess).take_while(|right| *right > 0).sum::<usize>()
            })
            .sum();
        assert!(all <= 3_600 * 5, "guessing is slow for all together: {all}");
        assert!(guesses.take(known).is_ok(), "somebody was right there");
        assert!(guesses.take(address(100)).is_ok(), "one that has not tried yet");
        // Tokens are another matter.
        assert!(guesses.take_token(address(0)).is_ok());
    }
}
