//! A program that runs, and what commands say.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

/// How often a condition is looked at, and how long it may take to come true.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: usize = 3000;

/// The program, without what the caller's environment says.
pub(crate) fn perfmon(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmon"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PERFMON_")) {
        command.env_remove(name);
    }
    command.args(arguments).env_remove("CLICOLOR_FORCE").env_remove("COLUMNS");
    command
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Done {
    command.output().expect("perfmon runs").into()
}

/// Runs a command that has to succeed.
pub(crate) fn said(command: &mut Command) -> String {
    let done = run(command);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.stderr, "", "{done:?}");
    done.stdout
}

/// Waits until there is something.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(LOOK);
    }
    panic!("not in a minute: {what}");
}

/// `perfmon start` with a configuration, in a folder of its own. Ends with this.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) folder: TempDir,
    pub(crate) url: String,
}

impl Running {
    /// Starts it at any port.
    pub(crate) fn start(configuration: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), configuration)
    }

    pub(crate) fn start_in(folder: TempDir, configuration: &str) -> Self {
        fs::write(folder.path().join("perfmon.toml"), configuration).expect("written");
        Self::begin(folder, perfmon(&["start", "--listen", "127.0.0.1:0", "--config", "perfmon.toml"]))
    }

    /// Runs a command that starts it. How the machine fares takes no points from its health.
    pub(crate) fn begin(folder: TempDir, mut command: Command) -> Self {
        for rule in ["MEMORY", "CPU", "DISK"] {
            command.env(format!("PERFMON_HEALTH__{rule}__POINTS"), "0");
        }
        let log = fs::File::create(folder.path().join("stderr")).expect("a file");
        let mut child =
            command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(log).spawn().expect("perfmon runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("perfmon serves ").unwrap_or_default().to_owned();
        let running = Self { child, stdout, folder, url };
        assert!(!running.url.is_empty(), "{line}{}", running.log());
        running
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it has told on standard error.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("stderr")).unwrap_or_default()
    }

    /// A command that asks it.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Command {
        let mut command = perfmon(arguments);
        command.args(["--url", &self.url]);
        command
    }

    /// Waits for the first second to be over: then it has a score.
    pub(crate) fn ready(self) -> Self {
        eventually("it has a score", || match run(&mut self.ask(&["health"])) {
            Done { code: Some(0 | 4), .. } => Some(()),
            done => (!done.stderr.contains("just been started")).then_some(()),
        });
        self
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a process id"));
        kill(pid, signal).expect("a signal is sent");
    }

    /// Waits for its end; what it said after the first line.
    pub(crate) fn end(mut self, signal: Signal) -> (ExitStatus, String) {
        self.signal(signal);
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("its output");
        (self.child.wait().expect("it ends"), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file's permissions.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}
