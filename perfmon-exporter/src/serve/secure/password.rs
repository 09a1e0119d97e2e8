//! Passwords: argon2, verified once.
//!
//! argon2 is slow on purpose, which is right against whoever steals the hashes and wrong on every request. So the first time that a password is right, a
//! keyed hash of it is remembered in its user's entry (the key is this process' alone), and compared from then on. One verification runs at a time, and
//! guesses have an allowance ([`Guesses`]), so that guessing gets nowhere and costs little.

use std::{net::IpAddr, time::Duration};

use super::{caller::Caller, rate::Rate};
use crate::settings::{Secret, User};

#[cfg(feature = "auth")]
pub(crate) use self::with::Passwords;
#[cfg(feature = "auth")]
pub use self::with::hash_password;
#[cfg(not(feature = "auth"))]
pub(crate) use self::without::Passwords;

/// Wrong tokens and new passwords that an address may try at once, and how long until one more.
const GUESSES: u32 = 10;
const GUESS_AGAIN: Duration = Duration::from_secs(3);
/// The same for all addresses together.
const ALL_GUESSES: u32 = 50;
const ALL_GUESS_AGAIN: Duration = Duration::from_millis(250);

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
pub(crate) struct Guesses {
    each: Rate,
    all: Rate,
}

impl Guesses {
    pub(crate) fn new() -> Self {
        Self { each: Rate::slow(GUESSES, GUESS_AGAIN), all: Rate::slow(ALL_GUESSES, ALL_GUESS_AGAIN) }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub(crate) fn take(&self, address: IpAddr) -> Result<(), Duration> {
        self.each.take(address)?;
        self.all.take_of_all()
    }
}

#[cfg(feature = "auth")]
mod with {
    use std::sync::{Arc, Mutex, PoisonError};

    use argon2::{
        Argon2,
        password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
    };
    use blake2::{Blake2b256, Digest};
    use perfmon_core::Error;
    use subtle::ConstantTimeEq;
    use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

    use super::{Caller, Duration, Guesses, IpAddr, Secret, User, Verdict};
    use crate::settings::Role;

    /// argon2 takes 19 MiB and tens of milliseconds: one at a time.
    static TURN: Semaphore = Semaphore::const_new(1);
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

    impl std::fmt::Debug for Key {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("***")
        }
    }

    #[derive(Debug)]
    struct Entry {
        name: Arc<str>,
        hash: Secret,
        role: Role,
        /// The keyed hash of the right password, once known.
        right: Mutex<Option<Key>>,
    }

    impl Passwords {
        /// Takes the users whose entries make sense, and says what is wrong with the others.
        pub(crate) fn new(users: &[User], problems: &mut Vec<String>) -> Arc<Self> {
            let mut key = [0; 32];
            let mut entries: Vec<Entry> = Vec::new();
            if let Err(error) = getrandom::fill(&mut key) {
                problems.push(format!("users cannot log in: the system gives no random numbers: {error}"));
                return Arc::new(Self { users: entries, key: Key(key) });
            }
            for user in users {
                let known = PasswordHash::new(user.password_hash.expose())
                    .is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2"));
                if user.name.is_empty() || user.name.contains(':') {
                    problems.push(format!(
                        "the user name {:?} cannot be logged in with: it needs letters, and no colon",
                        user.name
                    ));
                } else if !known {
                    problems.push(format!(
                        "the password hash of user {:?} is none of argon2: write the PHC string that `perfmon hash-password` makes, such as \"$argon2id$v=19$m=19456,t=2,p=1$…\"",
                        user.name
                    ));
                } else if entries.iter().any(|entry| *entry.name == *user.name) {
                    problems.push(format!("there are two users {:?}: remove one", user.name));
                } else {
                    let (name, hash) = (user.name.as_str().into(), user.password_hash.clone());
                    entries.push(Entry { name, hash, role: user.role, right: Mutex::default() });
                }
            }
            Arc::new(Self { users: entries, key: Key(key) })
        }

        pub(crate) fn is_empty(&self) -> bool {
            self.users.is_empty()
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
            verifying.await.ok().flatten().map_or(Verdict::Wrong, Verdict::Right)
        }

        fn remembered(&self, name: &str, digest: &Key) -> Option<Caller> {
            let entry = self.users.iter().find(|entry| *entry.name == *name)?;
            let right = entry.right.lock().unwrap_or_else(PoisonError::into_inner);
            right.as_ref().is_some_and(|right| bool::from(right.0.ct_eq(&digest.0))).then(|| entry.caller())
        }

        /// Takes as long for names that do not exist.
        fn verify_slowly(&self, name: &str, password: &Secret, digest: Key) -> Option<Caller> {
            let entry = self.users.iter().find(|entry| *entry.name == *name);
            let hash = entry.or(self.users.first())?.hash.expose();
            let hash = PasswordHash::new(hash).ok()?;
            let right = Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok();
            let entry = entry.filter(|_| right)?;
            *entry.right.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
            Some(entry.caller())
        }

        /// BLAKE2 with the key in front, which is a sound keyed hash: it has no length extension.
        fn digest(&self, password: &Secret) -> Key {
            Key(Blake2b256::new().chain_update(self.key.0).chain_update(password.expose()).finalize().into())
        }
    }

    impl Entry {
        fn caller(&self) -> Caller {
            Caller { name: Some(self.name.clone()), role: Some(self.role) }
        }
    }
}

#[cfg(not(feature = "auth"))]
mod without {
    use std::sync::Arc;

    use super::{Guesses, IpAddr, Secret, User, Verdict};

    /// Nobody.
    #[derive(Debug)]
    pub(crate) struct Passwords;

    impl Passwords {
        pub(crate) fn new(users: &[User], problems: &mut Vec<String>) -> Arc<Self> {
            if !users.is_empty() {
                problems.push(String::from("users need the cargo feature `auth`: enable it, or use tokens"));
            }
            Arc::new(Self)
        }

        #[allow(clippy::unused_self, reason = "as with the feature")]
        pub(crate) fn is_empty(&self) -> bool {
            true
        }

        #[allow(clippy::unused_async, clippy::unused_self, reason = "as with the feature")]
        pub(crate) async fn verify(self: &Arc<Self>, _: String, _: Secret, _: &Guesses, _: IpAddr) -> Verdict {
            Verdict::Wrong
        }
    }
}
