//! Variables that look like ours and mean nothing: slips, as a rule.

use super::{
    environment::{LEVEL, PREFIX},
    example,
};
use crate::near::near;

/// What the command line reads.
const COMMAND_LINE: [&str; 4] = ["url", "token", "user", "password"];

/// What there is to say about a variable that is no value of the configuration, if anything.
pub(super) fn tell(name: &str, value: &str, sections: &[&str]) -> Option<String> {
    let rest = name.strip_prefix(PREFIX)?;
    if rest.contains(LEVEL) || is_of_kubernetes(rest, value) {
        return None;
    }
    let word = rest.to_lowercase();
    if COMMAND_LINE.contains(&word.as_str()) {
        return None;
    }
    let remedy = if sections.contains(&word.as_str()) {
        format!("it is a section, whose values are in {name}{LEVEL}<KEY>")
    } else {
        match meant(&word, sections) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("values of the configuration are in {PREFIX}<SECTION>{LEVEL}<KEY>"),
        }
    };
    Some(format!("the environment variable {name} means nothing; {remedy}"))
}

/// The nearest variable that means something, by the name of a key, with its section or without.
fn meant(word: &str, sections: &[&str]) -> Option<String> {
    let mut known: Vec<(String, String)> =
        COMMAND_LINE.iter().map(|name| (String::from(*name), String::from(*name))).collect();
    for (section, key) in example::keys_of(sections) {
        let variable = format!("{section}{LEVEL}{key}");
        known.extend([(format!("{section}_{key}"), variable.clone()), (key, variable)]);
    }
    let variable_of = |word: &str| known.iter().find(|(name, _)| name == word).map(|(_, variable)| variable);
    let nearest = || near(word, known.iter().map(|(name, _)| name.as_str())).and_then(variable_of);
    variable_of(word).or_else(nearest).map(|variable| format!("{PREFIX}{}", variable.to_uppercase()))
}

/// Kubernetes tells every container of a namespace of its services: of one that is called perfmon by `PERFMON_SERVICE_HOST`, `PERFMON_PORT=tcp://…` and more.
fn is_of_kubernetes(rest: &str, value: &str) -> bool {
    let is_link = rest.ends_with("SERVICE_HOST") || rest.contains("SERVICE_PORT");
    let is_port = rest == "PORT" || rest.starts_with("PORT_") || rest.ends_with("_PORT") || rest.contains("_PORT_");
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let has_protocol = ["_TCP_", "_UDP_", "_SCTP_"].iter().any(|protocol| rest.contains(protocol));
    is_link || (is_port && (is_address || has_protocol))
}
