//! Labels: as they are shown, and as somebody looks for them.

use std::{borrow::Cow, collections::BTreeMap};

use perfmon_core::snapshot::Site;

use crate::serve::problem::Problem;

/// Labels to look for: of several values of one key, any.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted(BTreeMap<String, Vec<String>>);

impl Wanted {
    /// From `key:value` each.
    pub(crate) fn of(labels: &[String]) -> Result<Self, Problem> {
        let mut wanted = BTreeMap::<_, Vec<String>>::new();
        for label in labels {
            let pair = label.split_once(':').filter(|(key, _)| !key.is_empty());
            let Some((key, value)) = pair else {
                return Err(Problem::bad_request(format!(
                    "labels is {label:?}: write key and value, as in labels=symbol:AAPL"
                )));
            };
            wanted.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        Ok(Self(wanted))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it was written, in the order of the keys.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(key, values)| values.iter().map(move |value| (key.as_str(), value.as_str())))
    }

    /// Whether there are labels of these keys.
    pub(crate) fn check<'a>(&self, of: &str, keys: &(impl Iterator<Item = &'a str> + Clone)) -> Result<(), Problem> {
        self.check_commas(keys)?;
        let Some(unknown) = self.0.keys().find(|key| !keys.clone().any(|known| known == *key)) else {
            return Ok(());
        };
        let known: Vec<&str> = keys.clone().collect();
        let known =
            if known.is_empty() { String::from("it has none") } else { format!("write one of {}", known.join(", ")) };
        Err(Problem::meaningless(format!("labels has {unknown:?}, which is no label of {of}: {known}")))
    }

    /// Refuses `a:1,b:2`, which would be one label whose value has a comma in it.
    pub(crate) fn check_commas<'a>(&self, keys: &(impl Iterator<Item = &'a str> + Clone)) -> Result<(), Problem> {
        let is_known = |key: &str| keys.clone().any(|known| known == key);
        let begins_another = |part: &str| part.split_once(':').is_some_and(|(key, _)| is_known(key));
        for (key, value) in self.pairs() {
            if value.split(',').skip(1).any(begins_another) {
                let each = format!("{key}:{value}").replace(',', "&labels=");
                return Err(Problem::meaningless(format!(
                    "labels has several in one: repeat the parameter, as in labels={each}"
                )));
            }
        }
        Ok(())
    }

    /// The calls of a site that have them: all of them if nothing is wanted.
    pub(super) fn part_of<'a>(&self, site: &'a Site) -> Cow<'a, Site> {
        if self.is_empty() {
            return Cow::Borrowed(site);
        }
        Cow::Owned(site.only(|values| self.are_in(&labels(site.label_keys(), values))))
    }

    /// Whether all are among these.
    pub(crate) fn are_in<'a>(&self, labels: &(impl Iterator<Item = (&'a str, &'a str)> + Clone)) -> bool {
        let mut wanted = self.0.iter();
        wanted
            .all(|(key, values)| labels.clone().any(|(known, value)| known == key && values.iter().any(|v| v == value)))
    }
}

/// Label keys with their values.
pub(super) fn labels<'a>(
    keys: &'a [String],
    values: &'a [String],
) -> impl Iterator<Item = (&'a str, &'a str)> + Clone + 'a {
    keys.iter().map(String::as_str).zip(values.iter().map(String::as_str))
}

/// The same, kept.
pub(super) fn owned<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
