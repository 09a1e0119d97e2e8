//! Any text at all is named and redacted, within bounds, and what certainly is a value goes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perfmon::db::{name_of, redact};

const SECRET: &str = "zq12345678";

fuzz_target!(|text: &str| {
    let redacted = redact(text);
    assert!(redacted.len() <= 1_024 && !redacted.contains(char::is_control));
    let named = name_of(text);
    assert!(named.table.is_none_or(|table| !table.is_empty() && table.len() <= 64 && !table.contains(char::is_control)));
    // Whatever comes behind it, and before it as long as that opens nothing.
    let plain: String = text.chars().filter(|c| c.is_alphanumeric() || " (),=;.".contains(*c)).collect();
    if ![text, &plain].iter().any(|given| given.to_lowercase().contains(SECRET)) {
        let with = format!("{plain} '{SECRET}{text}");
        assert!(!redact(&with).contains(SECRET), "{with}");
        assert!(!format!("{:?}", name_of(&with)).contains(SECRET), "{with}");
    }
});
