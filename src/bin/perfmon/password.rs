//! `perfmon hash-password`.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use perfmon::exporter::{hash_password, settings::Secret};

use crate::{failure::Failure, output};

/// Shorter ones can be guessed (NIST SP 800-63B), longer ones do not fit into a request's head.
const SHORTEST: usize = 8;
const LONGEST: u64 = 1_024;

pub(crate) fn hash() -> Result<(), Failure> {
    let password = if io::stdin().is_terminal() { asked_for()? } else { piped()? };
    let hash = hash_password(password.expose())?;
    output::print(hash.expose())
}

/// That of a user, which the server knows.
pub(crate) fn known(name: &str) -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::wrong(format!(
            "there is no password for {name:?}: set PERFMON_PASSWORD or write --password-file"
        )));
    }
    let _quiet = Quiet::begin()?;
    ask(&format!("Password of {name}: "))
}

/// Twice, for nobody sees what is typed.
fn asked_for() -> Result<Secret, Failure> {
    let _quiet = Quiet::begin()?;
    let password = sensible(ask("Password: ")?)?;
    if ask("The same again: ")?.expose() != password.expose() {
        return Err(Failure::wrong("the two are not the same; try again"));
    }
    Ok(password)
}

fn ask(question: &str) -> Result<Secret, Failure> {
    // Standard output is for the hash.
    let mut out = io::stderr();
    let _ = write!(out, "{question}").and_then(|()| out.flush());
    line(&mut io::stdin().lock())
}

fn piped() -> Result<Secret, Failure> {
    let mut input = io::stdin().lock();
    let password = sensible(line(&mut input)?)?;
    if !input.fill_buf().map_err(|error| unreadable(&error))?.is_empty() {
        return Err(Failure::wrong("there is more than one line on standard input; write the password alone"));
    }
    Ok(password)
}

/// A line without its end.
fn line(input: &mut impl BufRead) -> Result<Secret, Failure> {
    // With room for all, so that growing leaves no copy behind.
    let mut line = Vec::with_capacity(usize::try_from(LONGEST).unwrap_or_default() + 2);
    input.take(LONGEST + 2).read_until(b'\n', &mut line).map_err(|error| unreadable(&error))?;
    let text = String::from_utf8(line).map_err(|_| Failure::wrong("the password is not UTF-8"))?;
    let mut secret = Secret::new(text);
    for end in ["\n", "\r"] {
        if let Some(without) = secret.expose().strip_suffix(end) {
            secret = Secret::new(without);
        }
    }
    Ok(secret)
}

fn sensible(password: Secret) -> Result<Secret, Failure> {
    let text = password.expose();
    if text.is_empty() {
        return Err(Failure::wrong("there is no password: write it on standard input, as one line"));
    }
    if text.chars().count() < SHORTEST {
        return Err(Failure::wrong(format!("the password is too easy to guess; take {SHORTEST} characters at least")));
    }
    if text.len() as u64 > LONGEST {
        return Err(Failure::wrong(format!("the password is longer than {LONGEST} bytes, which browsers cannot send")));
    }
    if text.chars().any(char::is_control) {
        return Err(Failure::wrong("there are control characters in the password, which browsers cannot send"));
    }
    Ok(password)
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::failed(format!("failed to read the password: {error}"))
}

#[cfg(unix)]
use self::unix::Quiet;

#[cfg(unix)]
mod unix {
    use std::{io, process, thread};

    use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
        low_level::emulate_default_handler,
    };

    use super::Failure;

    /// The terminal of standard input, which shows nothing of what is typed until this is dropped.
    pub(super) struct Quiet {
        before: Termios,
    }

    impl Quiet {
        pub(super) fn begin() -> Result<Self, Failure> {
            let failed = |error: io::Error| {
                Failure::failed(format!("failed to keep the terminal from showing the password: {error}"))
            };
            let before = tcgetattr(io::stdin()).map_err(|error| failed(error.into()))?;
            speak_again(&before).map_err(failed)?;
            let mut quiet = before.clone();
            quiet.local_flags.remove(LocalFlags::ECHO);
            // The line's end is shown, so that what follows has a line of its own.
            quiet.local_flags.insert(LocalFlags::ECHONL);
            tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &quiet).map_err(|error| failed(error.into()))?;
            Ok(Self { before })
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            // What cannot be restored is gone.
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.before);
        }
    }

    /// Ctrl-C and its like drop nothing, and would leave a terminal that shows nothing.
    fn speak_again(before: &Termios) -> io::Result<()> {
        let (mut signals, before) = (Signals::new([SIGHUP, SIGINT, SIGTERM])?, before.clone());
        let body = move || {
            if let Some(signal) = signals.forever().next() {
                drop(Quiet { before });
                let _ = emulate_default_handler(signal);
                process::exit(128 + signal);
            }
        };
        thread::Builder::new().spawn(body).map(drop)
    }
}

/// Elsewhere nobody keeps the terminal quiet.
#[cfg(not(unix))]
struct Quiet;

#[cfg(not(unix))]
impl Quiet {
    fn begin() -> Result<Self, Failure> {
        Err(Failure::wrong(
            "a password cannot be typed unseen on this system; write it on standard input from a file or a program",
        ))
    }
}
