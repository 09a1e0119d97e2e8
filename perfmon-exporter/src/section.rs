//! Parts of the dashboard that others tell: packs, programs.

use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use perfmon_core::{Error, Snapshot};
use serde_json::Value;

/// What the dashboard itself tells.
const OWN: [&str; 6] = ["timestamp", "health", "performance", "alerts", "latency", "resources"];

/// What happened in the dashboard's window is given to each.
type Tell = Box<dyn Fn(&Snapshot) -> Option<Value> + Send + Sync>;

/// Sections by name.
#[derive(Default)]
pub(crate) struct Sections(BTreeMap<&'static str, Tell>);

impl Sections {
    pub(crate) fn add(&mut self, name: &'static str, tell: Tell) {
        self.0.insert(name, tell);
    }

    /// # Errors
    /// When a name is one of the dashboard's own.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.0.keys().find(|name| OWN.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Error::invalid(format!(
                "failed to add the section `{name}`: the dashboard has one of its own by that name; name it otherwise"
            ))),
        }
    }

    /// What each of them tells now, and what went wrong with that. `recent` is what happened in the dashboard's window.
    pub(crate) fn tell(&self, recent: &Snapshot) -> (BTreeMap<&'static str, Option<Value>>, Option<String>) {
        let mut wrong = None;
        let told = self.0.iter().map(|(name, tell)| {
            // Somebody else's code, whose mistakes are no reason to tell nothing of the rest.
            let told = catch_unwind(AssertUnwindSafe(|| tell(recent)));
            if told.is_err() {
                wrong = Some(format!("the dashboard's section `{name}` panicked"));
            }
            (*name, told.ok().flatten())
        });
        let told = told.collect();
        (told, wrong)
    }
}

impl fmt::Debug for Sections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use perfmon_core::snapshot;
    use serde_json::json;

    use super::Sections;

    #[test]
    fn one_that_panics_does_not_silence_the_others() {
        let mut sections = Sections::default();
        sections.add("pnl", Box::new(|_| Some(json!({"total": 1.5}))));
        sections.add("queue", Box::new(|_| panic!("nothing there")));
        sections.add("later", Box::new(|_| None));
        let (told, wrong) = sections.tell(&snapshot());
        assert_eq!(told["pnl"], Some(json!({"total": 1.5})));
        assert_eq!((&told["queue"], &told["later"]), (&None, &None));
        assert_eq!(wrong.as_deref(), Some("the dashboard's section `queue` panicked"));
    }

    #[test]
    fn the_latest_of_a_name_is_told() {
        let mut sections = Sections::default();
        sections.add("pnl", Box::new(|_| Some(json!(1))));
        sections.add("pnl", Box::new(|_| Some(json!(2))));
        assert_eq!(sections.tell(&snapshot()).0["pnl"], Some(json!(2)));
    }

    #[test]
    fn names_of_the_dashboard_are_its_own() {
        let mut sections = Sections::default();
        sections.add("pnl", Box::new(|_| None));
        assert!(sections.check().is_ok());
        sections.add("health", Box::new(|_| None));
        let error = sections.check().expect_err("taken").to_string();
        assert!(error.contains("`health`: the dashboard has one of its own"), "{error}");
    }
}
