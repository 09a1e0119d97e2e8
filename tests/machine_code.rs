//! Without the feature `on` an attribute leaves nothing behind; and it is the final program that turns it on, for everyone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Builds live beside the other tests', in a folder of their own: cargo locks the one that this test runs from.
fn target(of: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(of)
}

fn cargo(fixture: &str, arguments: &[&str], for_rustc: &[&str]) -> Output {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture).join("Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--manifest-path")
        .arg(&manifest)
        .args(for_rustc)
        .env("CARGO_TARGET_DIR", target(fixture))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The assembly of the fixture, without what differs between any two builds: file names, hashes, the build's own path.
fn assembly(plain: bool) -> Vec<String> {
    // A new name for each run: cargo builds again only when its arguments are others, and an old file may be of other features.
    let path = target("off").join(format!("{}-{}.s", if plain { "plain" } else { "annotated" }, std::process::id()));
    let emit = format!("--emit=asm={}", path.display());
    // The codegen units are cut by the names of items, not by what is in them; one unit is one order.
    let mut for_rustc = vec!["--", &emit, "-Ccodegen-units=1"];
    for_rustc.extend(plain.then_some("--cfg=plain"));
    cargo("off", &["rustc", "--release", "--lib"], &for_rustc);
    let text = fs::read_to_string(&path).expect("rustc wrote the assembly");
    fs::remove_file(&path).expect("it can be removed");
    text.lines().filter(|line| !line.trim_start().starts_with(".file")).map(without_hashes).collect()
}

/// Sixteen hexadecimal digits behind an `h`, and 32 of them behind `anon.`, name the build, not the code.
fn without_hashes(line: &str) -> String {
    let mut cleaned = String::with_capacity(line.len());
    let mut digits = String::new();
    for character in line.chars() {
        if character.is_ascii_hexdigit() {
            digits.push(character);
            continue;
        }
        cleaned.push_str(if digits.len() >= 16 { "HASH" } else { &digits });
        digits.clear();
        cleaned.push(character);
    }
    cleaned.push_str(if digits.len() >= 16 { "HASH" } else { &digits });
    cleaned
}

#[test]
fn machine_code_without_on_is_that_of_the_plain_functions() {
    let (annotated, plain) = (assembly(false), assembly(true));
    for function in ["add:", "checked:", "count:", "total:", "len:", "plan:", "poll_fetch:"] {
        assert!(
            plain.iter().any(|line| line == function),
            "{function} is not in the assembly, so nothing was compared"
        );
    }
    for (number, (annotated, plain)) in annotated.iter().zip(&plain).enumerate() {
        assert_eq!(annotated, plain, "line {}", number + 1);
    }
    assert_eq!(annotated.len(), plain.len());
}

#[test]
fn a_library_is_measured_exactly_when_the_program_says_so() {
    let silent = cargo("additive", &["run", "--quiet", "--package", "program"], &[]);
    assert_eq!(String::from_utf8_lossy(&silent.stdout), "0\n");
    let measured = cargo("additive", &["run", "--quiet", "--package", "program", "--features", "measured"], &[]);
    assert_eq!(String::from_utf8_lossy(&measured.stdout), "1\n");
}
