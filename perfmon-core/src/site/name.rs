//! What metrics and labels may be called: the rules that macros hold names to while compiling, for names that come at run time and for statics written by hand.

use super::Kind;

/// What the keys of a call site's labels may not be, for perfmon's own families have them: then a label would be shown under its own key in one family and
/// under another in the next.
const OF_EVERY_KIND: [&str; 11] =
    ["kind", "name", "outcome", "objective", "bound", "window", "module", "file", "line", "le", "quantile"];

impl Kind {
    /// The same for sites of this kind: how families of their own name the parts of their names.
    const fn own_keys(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &[],
            Self::Order => &["order_type"],
            Self::Db => &["operation", "table", "db_operation_name", "db_collection_name"],
            Self::Request => &[
                "method",
                "route",
                "http_request_method",
                "http_route",
                "http_response_status_code",
                "rpc_grpc_status_code",
            ],
            Self::Agent => &["gen_ai_agent_name", "gen_ai_operation_name"],
            Self::Tool => &["gen_ai_tool_name", "gen_ai_agent_name", "gen_ai_operation_name"],
        }
    }
}

/// Whether it has a-z, 0-9 and `_` only, and no digit first.
pub(crate) const fn is_metric_name(name: &str) -> bool {
    is_made_of(name, false)
}

/// Whether a label of a custom metric can have this key.
pub(crate) const fn is_metric_key(key: &str) -> bool {
    is_made_of(key, false) && !is_prometheus_own(key) && !is_one_of(key, &["le", "quantile", "outcome"])
}

/// Whether a label of a call site of this kind can have this key.
pub(crate) const fn is_site_key(kind: Kind, key: &str) -> bool {
    is_made_of(key, true)
        && !is_prometheus_own(key)
        && !is_one_of(key, &OF_EVERY_KIND)
        && !is_one_of(key, kind.own_keys())
}

/// What is wrong with the name of a metric, and what to write.
pub(crate) fn metric_name_mistake(name: &str) -> Option<String> {
    if is_metric_name(name) {
        return None;
    }
    let better = better(name);
    Some(match better.trim_matches('_') {
        "" => "a metric name has a-z, 0-9 and _: write one like \"orders_rejected\"".to_owned(),
        _ => format!("a metric name has a-z, 0-9 and _ only, and no digit first: write {better:?}"),
    })
}

/// What is wrong with the key of a custom metric's label, and what to write.
pub(crate) fn metric_key_mistake(key: &str) -> Option<String> {
    if is_metric_key(key) {
        return None;
    }
    let better = better(key);
    Some(if is_made_of(key, false) {
        format!("label key {key:?} is perfmon's or Prometheus's own: choose another key")
    } else if better.trim_matches('_').is_empty() {
        format!("label key {key:?} has no letters: write one like \"symbol\"")
    } else {
        format!("label key {key:?} has what metrics cannot carry: use a-z, 0-9 and _, no digit first, as {better:?}")
    })
}

/// The nearest right name: `"bad name!"` → `"bad_name"`.
fn better(text: &str) -> String {
    let mut better = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'A'..='Z' if better.ends_with(|before: char| before.is_ascii_lowercase()) => {
                better.push('_');
                better.push(c.to_ascii_lowercase());
            }
            _ if c.is_ascii_alphanumeric() => better.push(c.to_ascii_lowercase()),
            _ if better.ends_with('_') => {}
            _ => better.push('_'),
        }
    }
    better.truncate(better.trim_end_matches('_').len());
    if better.starts_with(|c: char| c.is_ascii_digit()) {
        better.insert(0, '_');
    }
    better
}

const fn is_made_of(text: &str, capitals: bool) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let fits = match bytes[at] {
            b'a'..=b'z' | b'_' => true,
            b'0'..=b'9' => at > 0,
            b'A'..=b'Z' => capitals,
            _ => false,
        };
        if !fits {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty()
}

const fn is_prometheus_own(key: &str) -> bool {
    matches!(key.as_bytes(), [b'_', b'_', ..])
}

const fn is_one_of(key: &str, all: &[&str]) -> bool {
    let mut at = 0;
    while at < all.len() {
        if is_same(key.as_bytes(), all[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

#[cfg(test)]
mod tests {
    use super::{Kind, is_metric_key, is_metric_name, is_site_key, metric_key_mistake, metric_name_mistake};

    #[test]
    fn names_of_metrics() {
        for name in ["a", "_", "orders_rejected", "p99_ms", "__x"] {
            assert!(is_metric_name(name), "{name}");
        }
        let told = ["", "!", "bad name!", "OrdersSent", "größe", "1st", "a.b-c"].map(metric_name_mistake);
        let told = told.map(Option::unwrap_or_default);
        let told = told.map(|mistake| mistake.rsplit(": ").next().map(str::to_owned).unwrap_or_default());
        let like = "write one like \"orders_rejected\"";
        assert_eq!(
            told,
            [
                like,
                like,
                "write \"bad_name\"",
                "write \"orders_sent\"",
                "write \"gr_e\"",
                "write \"_1st\"",
                "write \"a_b_c\""
            ]
        );
    }

    #[test]
    fn keys_of_labels() {
        for key in ["symbol", "kind", "name", "window"] {
            assert_eq!((is_metric_key(key), metric_key_mistake(key)), (true, None), "{key}");
        }
        for key in ["", "le", "quantile", "__name__", "a b", "Side", "1", "outcome"] {
            assert!(!is_metric_key(key) && metric_key_mistake(key).is_some(), "{key}");
        }
        for key in ["kind", "name", "window", "le", "line", "", "__x"] {
            assert!(Kind::ALL.into_iter().all(|kind| !is_site_key(kind, key)), "{key}");
        }
        for (kind, key) in [(Kind::Order, "order_type"), (Kind::Db, "table"), (Kind::Request, "http_route")] {
            assert!(!is_site_key(kind, key) && is_site_key(Kind::Latency, key), "{kind} {key}");
        }
        // They say at run time what the attribute leaves open.
        assert!(
            is_site_key(Kind::Agent, "agent") && is_site_key(Kind::Tool, "tool") && is_site_key(Kind::Tool, "agent")
        );
        assert!(is_site_key(Kind::Latency, "Side"));
    }
}
