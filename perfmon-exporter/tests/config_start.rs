//! An exporter that starts as configured. A process has one, so this test is alone.
#![cfg(feature = "config")]

mod support;

use std::fs;

use perfmon_exporter::{builder, config::Config};
use support::{eventually, get, health};

#[test]
fn it_listens_serves_and_reads_its_file_again_as_configured() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("perfmon.json");
    fs::write(folder.path().join("shop.toml"), "rest = \"drop\"").expect("writable");
    let config = |interval: &str| {
        format!(
            r#"{{"server": {{"listen": "127.0.0.1:0"}}, "profiles": {{"default": "shop", "files": ["shop.toml"]}},
                "collectors": {{"perfmon.exporter": {{"interval": "{interval}"}}}}, "report": {{"final": "last.json"}}}}"#
        )
    };
    fs::write(&file, config("2s")).expect("writable");
    // What is written goes before what the program says.
    let exporter = builder().listen("192.0.2.1:1").default_profile("canonical");
    let exporter = exporter.config(Config::load(&file).expect("valid")).expect("applied").start().expect("it starts");
    eventually("the exporter is ready", || (get(&exporter, "/ready").0 == 200).then_some(()));
    assert_eq!(get(&exporter, "/metrics"), (200, String::new()), "the profile drops everything");

    let interval = || {
        let all = perfmon_core::collect::collectors();
        all.into_iter().find(|one| one.name == "perfmon.exporter").map(|one| one.interval.as_secs())
    };
    assert_eq!(interval(), Some(2));
    fs::write(&file, config("3 seconds")).expect("writable");
    eventually("the new interval", || (interval() == Some(3)).then_some(()));
    fs::write(&file, "{").expect("writable");
    let told = eventually("the mistake is told", || {
        let health = health(&exporter);
        let found = health["deductions"].as_array()?.iter().find(|one| one["rule"] == "configuration").cloned();
        found.map(|one| one["reason"].to_string())
    });
    assert!(told.contains("perfmon.json:1:1"), "{told}");
    exporter.reload();
    exporter.stop().expect("the report is written");
    assert!(folder.path().join("last.json").exists(), "beside the configuration");
}
