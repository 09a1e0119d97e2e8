//! Passwords: argon2, verified once.
//!
//! argon2 is slow on purpose, which is right against whoever steals the hashes and wrong on every request. So the first time that a password is right, a
//! keyed hash of it is remembered in its user's entry (the key is this process' alone), and compared from then on. One verification runs at a time, and
//! guesses have an allowance ([`Guesses`]), so that guessing gets nowhere and costs little; when it is used up nothing is compared, not even with what is remembered. What is remembered outlives a change of the settings, as long as
//! the user's hash is the same.

use std::{net::IpAddr, time::Duration};

use super::{
    caller::{Caller, Known, Line},
    guesses::Guesses,
};
use crate::settings::{Secret, User};

#[cfg(feature = "auth")]
pub(crate) use self::with::Passwords;
#[cfg(feature = "auth")]
pub use self::with::hash_password;
#[cfg(not(feature = "auth"))]
pub(crate) use self::without::Passwords;

/// What came of a name and a password.
#[derive(Debug)]
pub(crate) enum Verdict {
    Right {
        caller: Caller,
        /// So many were wrong for that user before, from wherever.
        misses: u32,
    },
    Wrong,
    /// Not looked at; ask again after so long.
    Later(Duration),
}

/// A name and a password, and where they come from.
#[derive(Debug)]
#[cfg_attr(not(feature = "auth"), allow(dead_code, reason = "nobody has a password then"))]
pub(crate) struct Attempt<'a> {
    pub(crate) name: String,
    pub(crate) password: Secret,
    pub(crate) from: IpAddr,
    /// The connection, if it is one client's alone.
    pub(crate) line: Option<&'a Line>,
}

#[cfg(feature = "auth")]
mod with {
    use std::sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    };

    use argon2::{
        Argon2, Params,
        password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
    };
    use blake2::{Blake2b256, Digest};
    use governor::clock::Clock;
    use perfmon_core::Error;
    use subtle::ConstantTimeEq;
    use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

    use super::{Attempt, Caller, Duration, Guesses, Known, Line, Secret, User, Verdict};

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
        /// How many were wrong since the last that was right.
        misses: AtomicU32,
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
                    entries.push(Entry { user, right: Mutex::new(right), misses: AtomicU32::new(0) });
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

        /// Verifies a name and a password. Once they were right it costs a microsecond. Over a connection that has proved them already no allowance is asked.
        pub(crate) async fn verify<C: Clock + Clone>(
            self: &Arc<Self>,
            attempt: Attempt<'_>,
            guesses: &Guesses<C>,
        ) -> Verdict {
            let Attempt { name, password, from, line } = attempt;
            let digest = self.digest(&name, &password);
            if !line.is_some_and(|line| line.has_proved(&digest.0))
                && let Err(wait) = guesses.look(from, &name)
            {
                return Verdict::Later(wait);
            }
            if let Some(right) = self.remembered(&name, &digest, line) {
                return right;
            }
            let Ok(Ok(turn)) = timeout(PATIENCE, TURN.acquire()).await else { return Verdict::Later(PATIENCE) };
            // Others have tried meanwhile. A browser asks several things at once; the first may just have been found right.
            if let Err(wait) = guesses.look(from, &name) {
                return Verdict::Later(wait);
            }
            if let Some(right) = self.remembered(&name, &digest, line) {
                return right;
            }
            if let Err(wait) = guesses.take(from, &name) {
                return Verdict::Later(wait);
            }
            let passwords = self.clone();
            let verifying = spawn_blocking(move || {
                // Held by the thread: a client that leaves does not make room for a second one.
                let _turn = turn;
                let is_right = passwords.verify_slowly(&name, &password, &digest);
                (is_right, passwords, name, digest)
            });
            let Ok((true, passwords, name, digest)) = verifying.await else { return Verdict::Wrong };
            guesses.trust(from);
            passwords.remembered(&name, &digest, line).unwrap_or(Verdict::Wrong)
        }

        /// Who it is, if that password has been found right; the connection has proved it then.
        fn remembered(&self, name: &str, digest: &Key, line: Option<&Line>) -> Option<Verdict> {
            let entry = self.users.iter().find(|entry| entry.user.name == name)?;
            let right = entry.right.lock().unwrap_or_else(PoisonError::into_inner);
            right.as_ref().filter(|right| bool::from(right.0.ct_eq(&digest.0)))?;
            line.into_iter().for_each(|line| line.prove(digest.0));
            Some(Verdict::Right { caller: Caller::is(&entry.user), misses: entry.misses.swap(0, Ordering::Relaxed) })
        }

        /// Whether they belong together; remembers it if they do. Takes as long for names that do not exist.
        fn verify_slowly(&self, name: &str, password: &Secret, digest: &Key) -> bool {
            let entry = self.users.iter().find(|entry| entry.user.name == name);
            let Some(hash) = entry.or(self.users.first()).map(|entry| entry.user.proof.expose()) else { return false };
            let Ok(hash) = PasswordHash::new(hash) else { return false };
            let is_right = Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok();
            let Some(entry) = entry else { return false };
            if is_right {
                *entry.right.lock().unwrap_or_else(PoisonError::into_inner) = Some(Key(digest.0));
            } else {
                entry.misses.fetch_add(1, Ordering::Relaxed);
            }
            is_right
        }

        /// BLAKE2 with the key in front, which is a sound keyed hash: it has no length extension. No name has a colon.
        fn digest(&self, name: &str, password: &Secret) -> Key {
            let hash = Blake2b256::new().chain_update(self.key.0).chain_update(name).chain_update(":");
            Key(hash.chain_update(password.expose()).finalize().into())
        }
    }
}

#[cfg(not(feature = "auth"))]
mod without {
    use std::sync::Arc;

    use super::{Attempt, Guesses, Known, User, Verdict};

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
        pub(crate) async fn verify(self: &Arc<Self>, _: Attempt<'_>, _: &Guesses) -> Verdict {
            Verdict::Wrong
        }
    }
}

#[cfg(all(test, feature = "auth"))]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr},
        sync::Arc,
        time::Duration,
    };

    use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
    use governor::clock::FakeRelativeClock;

    use super::{Attempt, Guesses, Line, Passwords, Verdict};
    use crate::settings::{Role, User};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const RIGHT: &str = "correct horse";

    /// Two users whose hashes cost little.
    fn passwords() -> Arc<Passwords> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).expect("parameters"));
        let hash = argon2.hash_password(RIGHT.as_bytes()).expect("random numbers").to_string();
        let user = |name: &str| User { name: name.to_owned(), password_hash: hash.as_str().into(), role: Role::Read };
        let mut problems = Vec::new();
        let passwords = Passwords::new(&[user("ann"), user("bob")], None, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        passwords
    }

    struct Asker {
        passwords: Arc<Passwords>,
        guesses: Guesses<FakeRelativeClock>,
        clock: FakeRelativeClock,
    }

    impl Asker {
        fn new() -> Self {
            let clock = FakeRelativeClock::default();
            Self { passwords: passwords(), guesses: Guesses::by(&clock), clock }
        }

        async fn ask(&self, name: &str, password: &str, line: Option<&Line>) -> &'static str {
            let attempt = Attempt { name: name.to_owned(), password: password.into(), from: HERE, line };
            match self.passwords.verify(attempt, &self.guesses).await {
                Verdict::Right { .. } => "right",
                Verdict::Wrong => "wrong",
                Verdict::Later(_) => "later",
            }
        }
    }

    #[tokio::test]
    async fn guesses_that_have_run_out_learn_nothing() {
        let asker = Asker::new();
        let (kept, own) = (Line::default(), Line::default());
        assert_eq!(asker.ask("ann", RIGHT, Some(&kept)).await, "right");
        // The guesser has a password of its own, which proves nothing of others'.
        assert_eq!(asker.ask("bob", RIGHT, Some(&own)).await, "right");
        let mut found = Vec::new();
        for number in 0..2_000 {
            let guess = if number == 1_500 { RIGHT.to_owned() } else { number.to_string() };
            let line = [None, Some(&own), Some(&Line::default())][number % 3].cloned();
            found.push(asker.ask("ann", &guess, line.as_ref()).await);
        }
        assert!(found[..9].iter().all(|one| *one == "wrong") && found[9..].iter().all(|one| *one == "later"));
        // Who has proved it over its connection goes on, and the other user too.
        assert_eq!(asker.ask("ann", RIGHT, Some(&kept)).await, "right");
        assert_eq!(asker.ask("bob", RIGHT, None).await, "right");
        // Nobody is shut out for long.
        asker.clock.advance(Duration::from_secs(3));
        assert_eq!(asker.ask("ann", RIGHT, None).await, "right");
        // What was right does not count as a guess.
        assert_eq!((asker.ask("ann", RIGHT, None).await, asker.ask("ann", "1", None).await), ("right", "wrong"));
        assert_eq!(asker.ask("ann", RIGHT, None).await, "later");
    }

    #[tokio::test]
    async fn a_right_one_tells_how_many_were_wrong() {
        let asker = Asker::new();
        for number in 0..7 {
            assert_eq!(asker.ask("ann", &number.to_string(), None).await, "wrong");
        }
        for expected in [7, 0] {
            let attempt = Attempt { name: String::from("ann"), password: RIGHT.into(), from: HERE, line: None };
            let verdict = asker.passwords.verify(attempt, &asker.guesses).await;
            assert!(matches!(verdict, Verdict::Right { misses, .. } if misses == expected), "{verdict:?}");
        }
    }
}
