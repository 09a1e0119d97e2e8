//! What `--help` says, and what shells complete.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::running::{perfmon, said};

#[test]
fn every_help() {
    insta::assert_snapshot!("help", said(&mut perfmon(&["--help"])));
    for command in ["start", "status", "health", "report", "export", "check", "hash-password", "completions"] {
        insta::assert_snapshot!(format!("help_{command}"), said(&mut perfmon(&[command, "--help"])));
    }
    assert_eq!(said(&mut perfmon(&["--version"])), concat!("perfmon ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn completions_are_scripts() {
    let script = said(&mut perfmon(&["completions", "bash"]));
    assert!(script.contains("--token-file"));
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().expect("bash is installed");
    bash.stdin.take().expect("its input").write_all(script.as_bytes()).expect("written");
    assert!(bash.wait().expect("it ends").success());
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(said(&mut perfmon(&["completions", shell])).contains("completions"), "{shell}");
    }
}
