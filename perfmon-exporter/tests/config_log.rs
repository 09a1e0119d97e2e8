//! The log that configuration asks for. A process has one, so this test is alone.
#![cfg(feature = "config")]

use std::{fs, path::Path};

use perfmon_exporter::{ByHand, builder, config::Config};

fn lines(path: &Path, part: &str) -> usize {
    fs::read_to_string(path).unwrap_or_default().lines().filter(|line| line.contains(part)).count()
}

/// A change is applied when it has been seen to have come to its end.
fn twice(exporter: &mut ByHand) {
    exporter.tick();
    exporter.tick();
}

#[test]
fn events_go_to_the_file_and_its_level_changes_while_running() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, log) = (folder.path().join("perfmon.yaml"), folder.path().join("perfmon.log"));
    // Longer each time, so that nothing depends on the grain of the file's time.
    let mut marks = 0;
    let mut write = |level: &str| {
        marks += 20;
        fs::write(&file, format!("log:\n  file: perfmon.log\n  level: {level}\n{}\n", "#".repeat(marks)))
            .expect("writable");
    };
    fs::write(&file, "log: { file: none/such/perfmon.log }").expect("writable");
    let config = Config::load(&file).expect("valid");
    let error = builder().config(config).expect("applied").by_hand().expect_err("no such folder");
    assert!(error.is_invalid() && error.to_string().contains("[log] file"), "{error}");

    write("info");
    let config = Config::load(&file).expect("valid");
    let mut exporter = builder().config(config).expect("applied").by_hand().expect("the only one");
    twice(&mut exporter);
    assert_eq!(lines(&log, ""), 0);
    write("debug");
    twice(&mut exporter);
    assert_eq!(lines(&log, "the configuration has changed"), 1);
    // The change itself is told by the level that it sets.
    write("error");
    twice(&mut exporter);
    write("warn");
    twice(&mut exporter);
    assert_eq!(lines(&log, "the configuration has changed"), 1);
    write("loud");
    twice(&mut exporter);
    assert_eq!(lines(&log, "\"loud\" is not allowed here"), 1, "a mistake is told once");
    twice(&mut exporter);
    assert_eq!(lines(&log, ""), 2 + lines(&log, "DEBUG perfmon: read file="));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&log).expect("there").permissions()) & 0o777,
        0o600
    );
}
