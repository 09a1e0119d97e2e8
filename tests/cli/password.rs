//! `perfmon hash-password`.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
    process::{Child, Stdio},
};

use nix::{
    pty::{OpenptyResult, openpty},
    sys::{
        signal::{Signal, kill},
        termios::{LocalFlags, tcgetattr},
    },
    unistd::Pid,
};

use crate::running::{Done, Running, perfmon, run};

/// Runs it with this on standard input.
fn piped(input: &[u8]) -> Done {
    let mut command = perfmon(&["hash-password"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    // It may have read enough before the end.
    let _ = child.stdin.take().expect("its input").write_all(input);
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn a_piped_password_becomes_a_hash_that_lets_its_user_in() {
    let hashes = [&b"correct horse\n"[..], b"correct horse", b"correct horse\r\n"].map(|input| {
        let done = piped(input);
        assert_eq!((done.code, done.stderr.as_str(), done.stdout.lines().count()), (Some(0), "", 1), "{done:?}");
        done.stdout.trim().to_owned()
    });
    assert_ne!(hashes[0], hashes[1], "each has a salt of its own");
    for hash in hashes {
        let users = format!("[[server.users]]\nname = \"alice\"\npassword_hash = \"{hash}\"\n");
        let running = Running::start(&users);
        let status = |credential: &str| {
            let asked =
                ureq::get(format!("{}/api/v1/health", running.url)).config().http_status_as_error(false).build();
            asked.header("authorization", format!("Basic {credential}")).call().expect("an answer").status().as_u16()
        };
        // alice:correct horse, alice:wrong horse
        assert_eq!((status("YWxpY2U6Y29ycmVjdCBob3JzZQ=="), status("YWxpY2U6d3JvbmcgaG9yc2U=")), (200, 401));
    }
}

#[test]
fn what_cannot_be_a_password_is_told_and_never_shown() {
    for (input, says) in [
        (&b""[..], "there is no password"),
        (b"\n", "there is no password"),
        (b"hunter2\n", "8 characters at least"),
        (b"hunter2hunter2\nhunter2\n", "more than one line"),
        (b"hunter2\thunter2\n", "control characters"),
        (b"hunter2hunter2\xff\n", "not UTF-8"),
        (&[b'x'; 2_000], "longer than 1024 bytes"),
    ] {
        let done = piped(input);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
        assert!(done.stderr.contains(says) && !done.stderr.contains("hunter2"), "{done:?}");
    }
    let done = run(&mut perfmon(&["hash-password", "hunter2hunter2"]));
    assert!(done.code == Some(2) && done.stdout.is_empty(), "never from the command line: {done:?}");
}

/// It runs with a terminal for standard input.
struct Terminal {
    child: Child,
    keys: File,
    screen: OwnedFd,
}

impl Terminal {
    fn start() -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).expect("a terminal");
        let mut command = perfmon(&["hash-password"]);
        command.stdin(slave.try_clone().expect("open")).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { child: command.spawn().expect("runs"), keys: master.into(), screen: slave }
    }

    /// Waits for a question.
    fn asks(&mut self, question: &str) {
        let mut asked = vec![0; question.len()];
        self.child.stderr.as_mut().expect("its questions").read_exact(&mut asked).expect("a question");
        assert_eq!(String::from_utf8_lossy(&asked), question);
    }

    fn types(&mut self, line: &str) {
        self.keys.write_all(line.as_bytes()).expect("typed");
    }

    fn shows_what_is_typed(&self) -> bool {
        tcgetattr(&self.screen).expect("its settings").local_flags.contains(LocalFlags::ECHO)
    }

    /// What it did, and what the terminal showed of what was typed.
    fn end(mut self) -> (Done, String) {
        let done = self.child.wait_with_output().expect("it ends").into();
        drop(self.screen);
        let mut shown = Vec::new();
        // The end of a terminal that nobody has any more is an error on Linux.
        let _ = self.keys.read_to_end(&mut shown);
        (done, String::from_utf8_lossy(&shown).into_owned())
    }
}

#[test]
fn on_a_terminal_it_is_asked_for_twice_and_not_shown() {
    for (second, code) in [("correct horse\n", 0), ("correct hoarse\n", 2)] {
        let mut terminal = Terminal::start();
        terminal.asks("Password: ");
        assert!(!terminal.shows_what_is_typed());
        terminal.types("correct horse\n");
        terminal.asks("The same again: ");
        terminal.types(second);
        let (done, shown) = terminal.end();
        assert_eq!((done.code, done.stdout.starts_with("$argon2id$")), (Some(code), code == 0), "{done:?}");
        assert!(code == 0 || done.stderr.contains("not the same"), "{done:?}");
        assert_eq!(shown.trim(), "", "line ends alone");
    }
}

#[test]
fn a_terminal_shows_what_is_typed_again_after_a_signal() {
    let mut terminal = Terminal::start();
    terminal.asks("Password: ");
    kill(Pid::from_raw(terminal.child.id().try_into().expect("a process id")), Signal::SIGINT).expect("sent");
    terminal.child.wait().expect("it ends");
    assert!(terminal.shows_what_is_typed());
}
