//! Where an example is.

use std::process::Command;

/// Where cargo has put an example.
pub(crate) fn built(name: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--all-features", "--message-format", "json", "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut of_it = messages.filter(|message| message["target"]["name"] == name);
    let found = of_it.find_map(|message| message["executable"].as_str().map(str::to_owned));
    found.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}
