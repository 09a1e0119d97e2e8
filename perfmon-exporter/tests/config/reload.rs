//! What changes while the exporter runs.

use std::{fs, path::Path, time::Duration};

use perfmon_core::{
    Gauge,
    analyse::Deduction,
    collect::{CollectorStatus, collectors, observe},
    series,
};
use perfmon_exporter::{
    ByHand, builder,
    config::{Config, Format},
};

use crate::support::eventually;

static QUEUE: Gauge = Gauge::new("perfmon_test_queue", module_path!());

/// After a change is seen, and after it has been seen to have come to its end.
fn deductions(exporter: &mut ByHand) -> Vec<Deduction> {
    exporter.tick();
    exporter.tick();
    let health = exporter.health().expect("it has ticked");
    health.deductions.into_iter().filter(|one| one.rule == "configuration" || one.rule == "queue").collect()
}

fn status(name: &str) -> CollectorStatus {
    collectors().into_iter().find(|status| status.name == name).expect("registered")
}

/// Another length each time, so that nothing depends on the grain of the file's time.
fn write(path: &Path, text: &str) {
    let length = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut text = text.to_owned();
    while text.len() as u64 == length {
        text.push('\n');
    }
    fs::write(path, text).expect("writable");
}

#[test]
fn a_file_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("perfmon.toml");
    write(
        &file,
        "[collectors.reloaded]\nenabled = false\n[health.rules.queue]\nmetric = \"perfmon_test_queue\"\ncondition = \"above\"\nthreshold = 1e9\n",
    );
    QUEUE.set(10.0);
    let config = Config::load(&file).expect("valid");
    let mut exporter = builder().config(config).expect("applied").by_hand().expect("the only exporter of this process");
    observe("reloaded", || 1.0);
    assert!(!status("reloaded").enabled, "registered later");
    assert_eq!(deductions(&mut exporter), []);
    let scrape = |exporter: &ByHand, names| exporter.scrape(Some(names), None).is_ok();
    assert!(!scrape(&exporter, "shop"));

    // Everything that can change does.
    fs::write(folder.path().join("shop.toml"), "rest = \"drop\"").expect("writable");
    write(
        &file,
        "[collectors.reloaded]\ninterval = \"42s\"\n[health.rules.queue]\npoints = 3\nmetric = \"perfmon_test_queue\"\ncondition = \"above\"\nthreshold = 1\n[profiles]\nfiles = [\"shop.toml\"]\n",
    );
    let found = deductions(&mut exporter);
    assert_eq!(found.iter().map(|one| (one.rule.as_str(), one.points)).collect::<Vec<_>>(), [("queue", 3)]);
    assert_eq!((status("reloaded").enabled, status("reloaded").interval), (true, Duration::from_secs(42)));
    assert!(scrape(&exporter, "shop"));

    // What is still being written is left alone.
    let good = fs::read_to_string(&file).expect("readable");
    for text in ["", "[collectors.reloaded]\nenabled = false\n", &good] {
        write(&file, text);
        exporter.tick();
        assert_eq!(status("reloaded").interval, Duration::from_secs(42));
    }
    exporter.tick();

    // Mistakes change nothing, and are told until they are gone, all of them. So does a mistake in a profile.
    write(&file, "[collectors.reloaded]\nenabled = 7\n[log]\nlevel = \"loud\"\n");
    for _ in 0..2 {
        let found = deductions(&mut exporter);
        let told = found.iter().find(|one| one.rule == "configuration").expect("told");
        assert_eq!((told.points, status("reloaded").enabled), (5, true));
        assert!(
            ["perfmon.toml:2:11", "perfmon.toml:4:9", "goes on"].iter().all(|says| told.reason.contains(says)),
            "{}",
            told.reason
        );
    }
    assert!(scrape(&exporter, "shop"));
    write(&file, &good);
    assert_eq!(deductions(&mut exporter).len(), 1, "the queue alone");
    write(&folder.path().join("shop.toml"), "rest = \"keep\"");
    let found = deductions(&mut exporter);
    assert!(found.iter().any(|one| one.points == 5 && one.reason.contains("profile")), "{found:?}");
    write(&folder.path().join("shop.toml"), "rest = \"pass\"");
    assert_eq!(deductions(&mut exporter).len(), 1, "right again");
    fs::remove_file(&file).expect("removable");
    assert!(deductions(&mut exporter).iter().any(|one| one.reason.contains("perfmon.toml")));

    // Its thread may not have had a turn yet.
    eventually("there is a series to drop", || (series::footprint().series > 1).then_some(()));
    the_history_follows(&mut exporter, &file);

    // What needs a restart says so, for as long as it is so; what is gone from the file is the program's again.
    write(&file, "[server]\nlisten = \"127.0.0.1:1\"\n[windows]\nmemory_limit = \"1MiB\"\n");
    for _ in 0..2 {
        let found = deductions(&mut exporter);
        let [told] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(told.points, 0);
        assert!(
            told.reason.ends_with("a change of server.listen, windows.memory_limit needs a restart"),
            "{}",
            told.reason
        );
    }
    assert_eq!((status("reloaded").interval, scrape(&exporter, "shop")), (Duration::from_secs(1), false));
    write(&file, "[server]\nlisten = \"127.0.0.1:1\"\n");
    assert!(deductions(&mut exporter)[0].reason.ends_with("a change of server.listen needs a restart"));
    write(&file, "");
    assert_eq!(deductions(&mut exporter), []);

    write(&file, "[collectors.relaoded]\nenabled = true\n");
    let found = deductions(&mut exporter);
    let [told] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(told.points, 0);
    assert_eq!(
        told.reason,
        "a collector \"relaoded\" is configured, but there is none of that name; did you mean \"reloaded\"?"
    );

    rules_need_a_metric(&mut exporter, &file);

    // Tokens come and change at once; the last one only goes with a restart, which decides whether the address may be open to everybody.
    let secrets = |exporter: &ByHand| {
        exporter.access().tokens.iter().map(|token| token.secret.expose().to_owned()).collect::<Vec<_>>()
    };
    for secret in ["the-first-secret-there-is", "another-secret-altogether"] {
        write(&file, &format!("[[server.tokens]]\nname = \"t\"\nsecret = \"{secret}\"\n"));
        assert_eq!((deductions(&mut exporter), secrets(&exporter)), (vec![], vec![secret.to_owned()]));
    }
    for text in ["", "# nothing\n"] {
        write(&file, text);
        let found = deductions(&mut exporter);
        assert!(found[0].reason.contains("server.tokens") && found[0].reason.ends_with("needs a restart"), "{found:?}");
        assert_eq!(secrets(&exporter), ["another-secret-altogether"]);
    }
}

/// A rule on what nobody has would be silent for ever.
fn rules_need_a_metric(exporter: &mut ByHand, file: &Path) {
    let rule =
        |metric: &str| format!("[health.rules.q]\nmetric = \"{metric}\"\ncondition = \"above\"\nthreshold = 1e9\n");
    write(file, &rule("perfmon_test_queu"));
    let found = deductions(exporter);
    let [told] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (told.points, told.reason.as_str()),
        (
            0,
            "the health rule \"q\" is about a metric \"perfmon_test_queu\", but there is none of that name yet; did you mean \"perfmon_test_queue\"?"
        )
    );
    write(file, &rule("perfmon_test_queue"));
    assert_eq!(deductions(exporter), []);
}

/// What the history's bounds are not wide enough for is dropped at once, and counted. Without the section they are the program's again.
fn the_history_follows(exporter: &mut ByHand, file: &Path) {
    let (default, dropped) = (series::Bounds::default(), series::footprint().dropped);
    write(file, "[history]\nretention = \"12h\"\nmax_series = 1\nmemory_limit = \"4MiB\"\n");
    assert_eq!(deductions(exporter), []);
    let (bounds, footprint) = (series::bounds(), series::footprint());
    assert_eq!((bounds.retention, bounds.max_series), (Duration::from_secs(12 * 3600), 1));
    assert_eq!((footprint.series, footprint.series_limit, footprint.limit_bytes), (1, 1, 4 << 20));
    assert!(footprint.dropped > dropped, "{footprint:?}");
    write(file, "[history]\nretention = \"12h\"\n");
    deductions(exporter);
    assert_eq!(
        (series::bounds().max_series, series::bounds().memory_limit),
        (default.max_series, default.memory_limit)
    );
    write(file, "[collectors]\n");
    deductions(exporter);
    assert_eq!(series::bounds(), default);
}

#[test]
fn a_profile_that_is_not_there_is_told_before_the_start() {
    let config = Config::parse("profiles.default = \"theirs\"", Format::Toml, "x").expect("valid");
    let error = builder().config(config).expect_err("no such profile");
    let error = error.to_string();
    assert!(error.starts_with("x:1:20, profiles.default: ") && error.contains("Known are canonical, "), "{error}");
}
