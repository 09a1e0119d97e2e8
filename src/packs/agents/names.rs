//! Names that are known at run time only, kept for as long as the program runs; so many and no more.

use std::{
    collections::HashSet,
    sync::{LazyLock, PoisonError, RwLock},
};

use perfmon_core::Counter;

use super::NONE;

/// A metric has 256 label sets by default; the rest is for names that are known when compiled.
const LIMIT: usize = 200;
/// In bytes; a longer name is more than a name.
const LONGEST: usize = 1 << 10;
const OTHER: &str = "other";

static NAMES: LazyLock<RwLock<HashSet<&'static str>>> = LazyLock::new(RwLock::default);

static REFUSED: Counter = Counter::new("agent_names_refused_total", module_path!())
    .help("Times that a name known at run time only was one too many, so that the agent is `other`.");

/// The same name, or `other` when it is one too many.
pub(super) fn kept(name: &str) -> &'static str {
    if name.is_empty() {
        return NONE;
    }
    let known = NAMES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(name) {
        return known;
    }
    drop(known);
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    if names.len() >= LIMIT || name.len() > LONGEST {
        drop(names);
        REFUSED.inc();
        return OTHER;
    }
    let name: &'static str = String::from(name).leak();
    names.insert(name);
    name
}
