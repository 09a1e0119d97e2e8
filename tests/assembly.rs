//! The hot path as machine code: no locked instruction, no call into the allocator.
//!
//! Both ends of a call are functions of `perfmon-core` that are never inlined, so its assembly shows them whole, under any caller.

#![cfg(target_arch = "x86_64")]

use std::{fs, path::Path, process::Command};

/// What runs on every call; the slow ways out of them are `#[cold]` functions of their own.
const HOT: [(&str, &str); 10] = [
    ("Ticket", "begin"),
    ("Ticket", "begin_labelled"),
    ("Ticket", "begin_sampled"),
    ("Ticket", "end"),
    ("Ticket", "end_sampled"),
    ("Flight", "begin"),
    ("Flight", "resume"),
    ("Flight", "end"),
    ("Flight", "relabel"),
    ("Flight", "relabel_as"),
];

fn assembly() -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("assembly");
    let path = folder.join("perfmon_core.s");
    fs::create_dir_all(&folder).expect("a folder for the build");
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--release", "--package", "perfmon-core", "--lib", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("perfmon-core/Cargo.toml"))
        .args(["--", "-Ccodegen-units=1", "-Cdebuginfo=0", "-Csymbol-mangling-version=v0"])
        .arg(format!("--emit=asm={}", path.display()))
        .env("CARGO_TARGET_DIR", &folder)
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(&path).expect("rustc wrote the assembly")
}

/// The instructions of a method, by its mangled name: `…6Ticket5begin:`.
fn instructions<'a>(assembly: &'a str, (type_name, method): (&str, &str)) -> Vec<&'a str> {
    let symbol = format!("{}{type_name}{}{method}:", type_name.len(), method.len());
    let mut lines = assembly.lines().skip_while(|line| !line.ends_with(&symbol));
    lines.next();
    lines.take_while(|line| !line.starts_with(".Lfunc_end")).map(str::trim).collect()
}

#[test]
fn hot_path_neither_locks_nor_allocates() {
    let assembly = assembly();
    for hot in HOT {
        let instructions = instructions(&assembly, hot);
        assert!(instructions.len() > 10, "{hot:?} is not in the assembly: was it renamed or inlined?");
        for line in instructions {
            let locked = line.starts_with("lock") || line.starts_with("mfence");
            let exchanged = line.starts_with("xchg") && line.contains(['(', '[']);
            assert!(!locked && !exchanged, "{hot:?}: {line}");
            let allocates = ["__rust_alloc", "__rust_realloc", "malloc", "exchange_malloc"];
            assert!(!allocates.iter().any(|name| line.contains(name)), "{hot:?}: {line}");
            // Several long label values are joined on the heap; that is given back here, in the one case that took it.
            assert!(!line.contains("__rust_dealloc") || hot.1 == "begin_labelled", "{hot:?}: {line}");
        }
    }
    // Had the test looked at nothing, it would have passed too.
    assert!(assembly.lines().any(|line| line.trim().starts_with("lock")), "the slow path locks, and is in there");
}
