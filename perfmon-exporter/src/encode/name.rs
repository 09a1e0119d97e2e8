//! Names that the formats allow, and that no two families share.

use std::{borrow::Cow, collections::HashSet};

use super::family::FamilyType;

/// A metric's name with what is not allowed in one (`[a-zA-Z_:][a-zA-Z0-9_:]*`) replaced by `_`.
pub(super) fn metric_name(text: &str) -> Cow<'_, str> {
    valid(text, |byte| byte == b':')
}

/// A label's key (`[a-zA-Z_][a-zA-Z0-9_]*`). Keys that begin with `__` belong to Prometheus, so they get the prefix `label`.
pub(super) fn label_key(text: &str) -> Cow<'_, str> {
    let key = valid(text, |_| false);
    if key.starts_with("__") { Cow::Owned(format!("label{key}")) } else { key }
}

fn valid(text: &str, also: impl Fn(u8) -> bool) -> Cow<'_, str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || also(byte);
    let digit_first = text.as_bytes().first().is_none_or(u8::is_ascii_digit);
    if !digit_first && text.bytes().all(allowed) {
        return Cow::Borrowed(text);
    }
    let mut name = String::with_capacity(text.len() + 1);
    if digit_first {
        name.push('_');
    }
    name.extend(text.chars().map(|c| if u8::try_from(c).is_ok_and(allowed) { c } else { '_' }));
    Cow::Owned(name)
}

/// The keys of a program's own labels, each valid and different from all others; one that is taken gets the prefix `label_`.
pub(super) fn own_keys<'a>(keys: impl Iterator<Item = &'a str>, taken: &[&str]) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    for key in keys {
        let mut key = label_key(key).into_owned();
        while taken.contains(&key.as_str()) || made.contains(&key) {
            key.insert_str(0, "label_");
        }
        made.push(key);
    }
    made
}

/// The names of a document's samples.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    taken: HashSet<String>,
    /// Names that were taken before.
    before: Option<&'a HashSet<String>>,
}

impl Names<'_> {
    /// Those, and more to come.
    pub(super) fn after(&self) -> Names<'_> {
        Names { taken: HashSet::new(), before: Some(&self.taken) }
    }

    fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name) || self.before.is_some_and(|before| before.contains(name))
    }

    /// Reserves a family's name with those of all its samples, and gives it back; where one of them is taken, the name gets the suffix of its
    /// type, then a number.
    pub(super) fn claim(&mut self, name: &str, kind: FamilyType) -> String {
        let (stem, end) = match name.strip_suffix(kind.own_suffix()) {
            Some(stem) if !stem.is_empty() => (stem, kind.own_suffix()),
            _ => (name, ""),
        };
        let mut again = 1;
        loop {
            let stem: Cow<'_, str> = match again {
                1 => stem.into(),
                2 => format!("{stem}_{}", kind.as_str()).into(),
                more => format!("{stem}_{}_{}", kind.as_str(), more - 1).into(),
            };
            if self.reserve(&stem, kind) {
                return format!("{stem}{end}");
            }
            again += 1;
        }
    }

    fn reserve(&mut self, stem: &str, kind: FamilyType) -> bool {
        let mut wanted: Vec<String> = kind.suffixes().iter().map(|suffix| format!("{stem}{suffix}")).collect();
        wanted.push(stem.to_owned());
        let free = wanted.iter().all(|name| !self.is_taken(name));
        if free {
            self.taken.extend(wanted);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Names, label_key, metric_name, own_keys};
    use crate::encode::family::FamilyType::{Counter, Gauge, Histogram};

    #[test]
    fn names_are_made_valid() {
        assert_eq!(metric_name("a.b-c:d"), "a_b_c:d");
        assert_eq!(metric_name("1st"), "_1st");
        assert_eq!(metric_name(""), "_");
        assert_eq!(metric_name("größe"), "gr__e");
        assert_eq!(label_key("a:b"), "a_b");
        assert_eq!(label_key("__name__"), "label__name__");
    }

    #[test]
    fn own_keys_give_way() {
        let keys = own_keys(["name", "label_name", "a-b", "a_b"].into_iter(), &["name", "le"]);
        assert_eq!(keys, ["label_name", "label_label_name", "a_b", "label_a_b"]);
    }

    #[test]
    fn samples_are_never_shared() {
        let mut names = Names::default();
        assert_eq!(names.claim("x_total", Counter), "x_total");
        assert_eq!(names.claim("x_total", Gauge), "x_total_gauge");
        assert_eq!(names.claim("x", Gauge), "x_gauge");
        assert_eq!(names.claim("x", Histogram), "x_histogram");
        assert_eq!(names.claim("x_histogram_count", Gauge), "x_histogram_count_gauge");
        assert_eq!(names.claim("x_total", Counter), "x_counter_total");
        assert_eq!(names.claim("x_total", Counter), "x_counter_2_total");
        assert_eq!(names.claim("y_bucket", Gauge), "y_bucket");
        assert_eq!(names.claim("y", Histogram), "y_histogram");
    }

    proptest! {
        #[test]
        fn always_valid(text in any::<String>()) {
            let is = |name: &str, colon: bool| {
                !name.is_empty()
                    && !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || (colon && c == ':'))
            };
            prop_assert!(is(&metric_name(&text), true));
            prop_assert!(is(&label_key(&text), false));
        }
    }
}
