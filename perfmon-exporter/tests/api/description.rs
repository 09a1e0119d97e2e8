//! The description of the API is true: schemathesis asks whatever it allows and forbids.

use std::{path::Path, process::Command};

use crate::service::{ask, service};

#[test]
fn every_route_is_described() {
    let document = ask("/api/v1/openapi.json");
    let paths: Vec<&String> = document["paths"].as_object().expect("paths").keys().collect();
    assert_eq!(paths.len(), 14, "{paths:?}");
    let mut ids: Vec<&str> = Vec::new();
    for path in paths {
        let operation = &document["paths"][path]["get"];
        ids.push(operation["operationId"].as_str().expect("an id"));
        assert!(operation["summary"].is_string() || operation["description"].is_string(), "{path}");
    }
    ids.sort_unstable();
    assert!(ids.is_sorted_by(|a, b| a < b), "an id twice: {ids:?}");
}

#[test]
fn who_has_the_description_need_not_get_it_again() {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(crate::support::LONG)).build().into();
    let url = format!("{}/api/v1/openapi.json", service().url());
    let first = agent.get(&url).call().expect("an answer");
    let tag = first.headers()["etag"].clone();
    assert_eq!(first.headers()["cache-control"], "no-cache");
    let again = agent.get(&url).header("If-None-Match", &tag).call().expect("an answer");
    assert_eq!((again.status().as_u16(), &again.headers()["etag"]), (304, &tag));
    let other = agent.get(&url).header("If-None-Match", "\"another\"").call().expect("an answer");
    assert_eq!(other.status().as_u16(), 200);
}

#[test]
fn schemathesis_finds_nothing() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/schemathesis");
    let own = service().url();
    let url = format!("{own}/api/v1/openapi.json");
    // What the types of parameters cannot say, as that an end comes after its start, has a status of its own.
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("schemathesis.toml");
    let accepted = r#"["2xx", "401", "403", "404", "422", "429", "5xx"]"#;
    let checks = format!("[checks]\npositive_data_acceptance.expected-statuses = {accepted}\n");
    std::fs::write(&config, checks).expect("written");
    // What it tries as a change passes the gate, so that the routes themselves refuse it.
    let origin = format!("Origin: {own}");
    let output = Command::new(&program)
        .arg("--config-file")
        .arg(&config)
        .args([
            "run",
            &url,
            "--max-examples",
            "50",
            "--seed",
            "1",
            "--no-color",
            "--generation-database",
            "none",
            // How fast the machine is does not matter.
            "--request-timeout",
            "60",
            "--suppress-health-check",
            "all",
            "-H",
            &origin,
            "-H",
            "Content-Type: application/json",
        ])
        .current_dir(folder.path())
        .output();
    let output = output.unwrap_or_else(|error| {
        panic!("failed to run {}: {error}; run scripts/test, which installs it", program.display())
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
