//! Real sqlx on SQLite and PostgreSQL, real diesel. They are a workspace of their own, since only one crate of a build may link SQLite.

use std::{fs, path::Path, process::Command};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn sqlx_and_diesel_are_heard() {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--no-fail-fast", "--manifest-path"])
        .arg(root().join("tests/fixtures/database/Cargo.toml"))
        // Beside the other tests', in a folder of its own: cargo locks the one that this test runs from.
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("database"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{failed}");
}

/// What the guide says is what was tested.
#[test]
fn the_lines_for_diesel_are_those_that_were_tested() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("readable");
    let guide = read("src/packs/db/mod.rs");
    let shown = guide
        .split("# diesel\n")
        .nth(1)
        .and_then(|rest| rest.split("```text\n").nth(1))
        .and_then(|rest| rest.split("//! ```").next())
        .expect("an example");
    let lines: Vec<_> = shown.lines().map(|line| line.trim_start_matches("//!").trim_start()).collect();
    let tested = read("tests/fixtures/database/tests/diesel.rs");
    let tested: Vec<_> = tested.lines().map(str::trim_start).collect();
    assert!(lines.len() > 5 && tested.windows(lines.len()).any(|window| window == lines), "{lines:#?}");
}
