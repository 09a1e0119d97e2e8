//! The house keeps its shape: arrows point down, and whoever does not ask for a feature does not pay for it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The rooms of `perfmon-core`, lowest first. A room may name those before it; rooms in one row may not name each other.
const CORE: [&[&str]; 10] = [
    &["error"],
    &["severity", "layout", "clock", "format", "history"],
    &["site"],
    &["settings", "slow"],
    &["record"],
    &["call", "metric", "collect"],
    &["snapshot"],
    &["evidence"],
    &["analyse"],
    &["series", "report"],
];

/// Those of `perfmon-exporter`.
const EXPORTER: [&[&str]; 9] = [
    &["encode", "connections", "file", "listen", "near", "section", "settings", "writable"],
    &["profiles", "audience"],
    &["state"],
    &["pump", "serve"],
    // It asks the gate whether what is written makes sense.
    &["config", "validity"],
    &["log"],
    &["reload"],
    &["run"],
    &["exporter"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a source folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
    found
}

/// What a file names by `crate::…`, single paths and groups alike.
fn named(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    for (_, rest) in code.match_indices("crate::").map(|(at, found)| (at, &code[at + found.len()..])) {
        let Some(group) = rest.strip_prefix('{') else {
            names.extend(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned));
            continue;
        };
        let (mut depth, mut word) = (1, String::new());
        for character in group.chars() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ if depth == 1 && (character.is_alphanumeric() || character == '_') => {
                    word.push(character);
                    continue;
                }
                _ => {}
            }
            // In `a::b` only the first name is a room; what follows `::` is inside it.
            if depth <= 1 && !word.is_empty() {
                names.insert(std::mem::take(&mut word));
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

/// A crate's rooms keep to their order: `rooms` lowest first.
fn arrows_point_down(folder: &str, rooms: &[&[&str]]) {
    let folder = root().join(folder);
    let rank = |room: &str| rooms.iter().position(|row| row.contains(&room));
    let mut seen = BTreeSet::new();
    for file in sources(&folder) {
        let inside = file.strip_prefix(&folder).expect("below the folder");
        let room = inside.iter().next().expect("a name").to_string_lossy().trim_end_matches(".rs").to_owned();
        if room == "lib" || inside.components().any(|part| part.as_os_str().to_string_lossy().contains("tests")) {
            continue;
        }
        let own = rank(&room)
            .unwrap_or_else(|| panic!("{}: the room {room} has no place in the list; give it one", file.display()));
        seen.insert(room.clone());
        for name in named(&fs::read_to_string(&file).expect("readable")) {
            if let Some(other) = rank(&name).filter(|_| name != room) {
                assert!(other < own, "{}: {room} names {name}, which is not below it", file.display());
            }
        }
    }
    assert_eq!(seen.len(), rooms.iter().map(|row| row.len()).sum::<usize>(), "a room of the list is gone: {seen:?}");
}

#[test]
fn arrows_in_core_point_down() {
    arrows_point_down("perfmon-core/src", &CORE);
}

#[test]
fn arrows_in_the_exporter_point_down() {
    arrows_point_down("perfmon-exporter/src", &EXPORTER);
}

/// Examples are shown in perfmon's documentation, to people who depend on `perfmon` alone; what stands for it here is hidden from them.
#[test]
fn examples_name_what_users_depend_on() {
    // Not re-exported, so nobody sees them there.
    let inside = ["perfmon-core/src/collect/driver.rs", "perfmon-exporter/src/encode/"];
    let crates = ["perfmon-core/src", "perfmon-exporter/src"];
    for file in crates.iter().flat_map(|folder| sources(&root().join(folder))) {
        let name = file.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
        if inside.iter().any(|inside| name.starts_with(inside)) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable");
        let mut in_example = false;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim_start();
            let Some(line) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else { continue };
            let line = line.trim_start();
            in_example ^= line.starts_with("```");
            let shown = in_example && !line.starts_with("# ");
            assert!(
                !shown || !["perfmon_core", "perfmon_exporter"].iter().any(|inner| line.contains(inner)),
                "{name}:{number}: write `perfmon::…`, and `# use perfmon_core as perfmon;` at the example's head: {line}"
            );
        }
    }
}

/// The crates a program gets by depending on a package with these features.
fn dependencies(package: &str, features: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", package])
        .args(features)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn arrows_between_crates_point_down() {
    for (package, allowed) in [
        ("perfmon-macros", &["perfmon-macros"][..]),
        ("perfmon-core", &["perfmon-core"]),
        ("perfmon-exporter", &["perfmon-exporter", "perfmon-core"]),
        ("perfmon", &["perfmon", "perfmon-macros", "perfmon-core", "perfmon-exporter"]),
    ] {
        let ours: Vec<_> =
            dependencies(package, &["--all-features"]).into_iter().filter(|name| name.starts_with("perfmon")).collect();
        assert!(ours.iter().all(|name| allowed.contains(&name.as_str())), "{package} depends on {ours:?}");
    }
}

#[test]
fn the_default_dependency_tree_is_light() {
    let heavy =
        ["tokio", "axum", "hyper", "async-std", "smol", "futures", "reqwest", "rustls", "rusqlite", "chrono", "regex"];
    let of_packs =
        ["sysinfo", "procfs", "nix", "jiff", "libm", "http", "http-body", "tower-layer", "tower-service", "actix-web"];
    let default = dependencies("perfmon", &[]);
    let found: Vec<_> = heavy.iter().chain(&of_packs).filter(|name| default.contains(**name)).collect();
    assert!(found.is_empty(), "the default features pull in {found:?}");
    let library = dependencies("perfmon", &["--no-default-features"]);
    for reporting in ["serde_json", "unicode-width", "terminal_size"] {
        assert!(!library.contains(reporting), "a library pays for {reporting}, which only reports need");
    }
    let layer = dependencies("perfmon", &["--features", "http"]);
    for serving in ["axum", "axum-core", "tower", "hyper", "tokio", "tonic", "actix-web", "futures-core"] {
        assert!(!layer.contains(serving), "the HTTP layer pays for {serving}, which the service brings if it has it");
    }
    let exporter = dependencies("perfmon", &["--features", "exporter"]);
    for configuring in ["schemars", "serde-saphyr", "jiff", "tracing-subscriber"] {
        assert!(!exporter.contains(configuring), "the exporter pays for {configuring}, which only configuration needs");
    }
}
