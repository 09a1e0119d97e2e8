//! Programs that end when the test does, however it ends.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Starts the program that its arguments name, says its process id, and ends it when there is nobody any more at the other end of standard input.
/// A test that panics, or is killed itself, runs no destructors of statics.
/// The process says its own id before it becomes the program, so that nothing the program says comes first.
const KEEPER: &str = r#"command -v "$1" >/dev/null || exit 127; sh -c 'echo $$; exec "$@"' sh "$@" </dev/null & read -r _; kill -KILL $!"#;

/// A program that runs until this is dropped, or the test's process is gone.
pub(crate) struct Leashed {
    keeper: Child,
    /// What the program says.
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) pid: u32,
}

impl Leashed {
    /// Starts a command; its standard error goes where `stderr` says.
    pub(crate) fn start(program: &str, arguments: &[String], stderr: impl Into<Stdio>) -> Self {
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh", program])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("there is a shell");
        let mut stdout = BufReader::new(keeper.stdout.take().expect("piped"));
        let mut pid = String::new();
        stdout.read_line(&mut pid).expect("a line");
        let pid = pid.trim().parse().unwrap_or_else(|_| panic!("there is no {program}: scripts/test installs it"));
        Self { keeper, stdout, pid }
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
