//! Whether two JSON documents have the same shape, whatever their values.

use serde_json::Value;

use crate::ask::Check;

/// Objects whose members are anybody's.
const FREE: [&str; 1] = ["tags"];

/// Whether `found` has the members that `expected` has, no more and no fewer, each of the same sort. A list's elements are like the first one expected.
pub(crate) fn alike(expected: &Value, found: &Value) -> Check {
    at("", expected, found)
}

fn at(path: &str, expected: &Value, found: &Value) -> Check {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            if FREE.iter().any(|free| path.ends_with(free)) {
                return Ok(());
            }
            let (wanted, there): (Vec<_>, Vec<_>) = (expected.keys().collect(), found.keys().collect());
            if wanted != there {
                return Err(format!("{path} has {there:?}, not {wanted:?}"));
            }
            expected.iter().try_for_each(|(key, value)| at(&format!("{path}/{key}"), value, &found[key]))
        }
        (Value::Array(expected), Value::Array(found)) => {
            found.iter().try_for_each(|one| at(&format!("{path}/[]"), &expected[0], one))
        }
        (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_)) => Ok(()),
        _ => Err(format!("{path} is {found}, where {expected} stands in the document")),
    }
}
