//! From what was written to a call site that makes sense: the checks that need more than one option.

use proc_macro2::{Ident, Span};
use syn::{Expr, Lit, LitStr, ext::IdentExt};

use crate::{
    args::Args,
    errors::{Errors, slip},
    item::Function,
    model::{Kind, Objective, Place, Rows, Sample, Site},
    shape::{Shape, Stream},
};

/// The longest table that is read in a statement, in bytes.
const LONGEST_TABLE: usize = 64;

/// A call site from its options; every mistake goes to `errors`.
pub(crate) fn site(mut args: Args, kind: &'static Kind, place: Place, errors: &mut Errors) -> Site {
    let name = name(std::mem::take(&mut args.names), kind, place, errors);
    labels(&args, kind, errors);
    if let (Some((key, _)), true) = (&args.label_limit, args.labels.is_empty()) {
        errors.at(key.span(), "`label_limit` bounds the sets of label values, and there are no labels: write labels(symbol = order.symbol)");
    }
    objectives_present(&args, errors);
    let objectives = args
        .bounds
        .iter()
        .map(|bound| Objective {
            bound: *bound,
            severity: args.severity.as_ref().map(|(_, severity)| *severity),
            window: args.window.as_ref().map(|(_, nanos)| *nanos),
            hold: args.hold.as_ref().map(|(_, nanos)| *nanos),
        })
        .collect();
    let rows = rows(args.rows.take(), kind, place, &name, errors);
    Site {
        kind,
        name,
        labels: args.labels,
        label_limit: args.label_limit.map(|(_, sets)| sets),
        objectives,
        sample: args.sample.unwrap_or(Sample::Every),
        classify: args.classify,
        rows,
        busy: args.busy.is_some(),
        root: args.root,
        agent: None,
    }
}

fn rows(written: Option<(Ident, Expr)>, kind: &Kind, place: Place, name: &[LitStr], errors: &mut Errors) -> Rows {
    let of_statement = kind.variant == "Db";
    let Some((key, closure)) = written else {
        // What is named by its path has no operation and table to count rows by. Types are sure only where a signature says them.
        let told = crate::ROWS && of_statement && place == Place::Attribute && name.len() == kind.parts.len();
        return if told { Rows::ByType } else { Rows::Uncounted };
    };
    if !of_statement {
        errors.at(key.span(), "`rows` counts what a database statement returns: it belongs to `monitor_db`");
    } else if !crate::ROWS {
        errors.at(key.span(), "`rows` needs the feature `db` of perfmon: perfmon = { …, features = [\"db\"] }");
    } else if name.len() != kind.parts.len() {
        errors.at(
            key.span(),
            format!("`rows` are counted by operation and table: name them, {}({}, …)", kind.attribute, kind.example),
        );
    }
    Rows::By(closure)
}

/// What only some functions can have.
pub(crate) fn fits(args: &Args, shape: &Shape, errors: &mut Errors) {
    if let Shape::Impossible(span, why) = shape {
        errors.at(*span, why);
    }
    if let (Some(key), false) = (&args.busy, shape.is_polled()) {
        errors.at(
            key.span(),
            "`busy` measures the time a future spends being polled, and this function returns none: take it off",
        );
    }
    if let (Some((key, _)), Shape::Stream(_)) = (&args.rows, shape) {
        errors.at(key.span(), "`rows` cannot see the items of a stream: take it off");
    }
    let why = match shape {
        Shape::Guard(what) => what,
        Shape::AsyncNever => "a function that never returns",
        _ => return,
    };
    if let Some(classify) = &args.classify {
        errors.at(
            classify.key.span(),
            format!("`{}` cannot see the value of {why}: measure inside with `perfmon::time!`", classify.key),
        );
    }
    if let Some((key, _)) = &args.rows {
        errors.at(key.span(), format!("`rows` cannot see the value of {why}: take it off"));
    }
}

/// An agent whose stream would go on without it.
pub(crate) fn keeps_its_stream(kind: &Kind, function: &Function, shape: &Shape, errors: &mut Errors) {
    let is_agent = crate::STREAMS && kind.variant == "Agent";
    if is_agent
        && !matches!(shape, Shape::Stream(_) | Shape::Impossible(..))
        && let Some(span) = Stream::find(&function.output)
    {
        errors.at(
            span,
            "the agent would be over before this stream is read: make the stream in a function of its own, which returns \
             `impl Stream<Item = …>`, `BoxStream` or a `Result` of one, and write the attribute there",
        );
    }
}

/// The parts of the name; none when it is left out.
fn name(written: Vec<Lit>, kind: &Kind, place: Place, errors: &mut Errors) -> Vec<LitStr> {
    let mut parts = Vec::with_capacity(written.len());
    let spans: Vec<Span> = written.iter().map(Lit::span).collect();
    for (place, lit) in written.into_iter().enumerate() {
        let Lit::Str(text) = lit else {
            errors.at(lit.span(), format!("a name is a string: write {}", kind.example));
            continue;
        };
        let what = kind.parts.get(place).copied().unwrap_or("name");
        if let Some(mistake) = part_mistake(what, &text.value()) {
            errors.at(text.span(), mistake);
        }
        parts.push(text);
    }
    let usage = |what: &str| match place {
        Place::Attribute => format!("{} takes {what}: write {}({})", kind.attribute, kind.attribute, kind.example),
        Place::Guard => format!("{}! takes {what}: write {}!({})", kind.guard, kind.guard, kind.example),
        Place::Time => format!("the kind {} takes {what}: write time!({}, …)", kind.guard, kind.example),
        Place::Record => format!("the kind {} takes {what}: write record!({}, …)", kind.guard, kind.example),
    };
    if spans.len() > kind.parts.len() {
        let what = match kind.parts {
            [_] => "one name".to_owned(),
            parts => both(parts),
        };
        errors.at(spans[kind.parts.len()], usage(&what));
    } else if let Some(last) = spans.last()
        && spans.len() < kind.parts.len()
    {
        errors.at(*last, usage(&both(kind.parts)));
    }
    parts
}

/// "an operation and a table"
fn both(parts: &[&str]) -> String {
    let named: Vec<String> = parts
        .iter()
        .map(|part| format!("{} {part}", if part.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }))
        .collect();
    named.join(" and ")
}

fn part_mistake(what: &str, text: &str) -> Option<String> {
    let words = what.replace('_', " ");
    if text.trim().is_empty() {
        return Some(match what {
            "name" => "an empty name: write one, or leave it out to use the function's path".to_owned(),
            _ => format!("an empty {words}: write one"),
        });
    }
    if text.chars().any(char::is_control) {
        return Some(format!("the {words} has a control character in it: take it out"));
    }
    match what {
        "operation" => match operation_read(text) {
            read if read == text => None,
            read if text.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b' ') => {
                Some(format!("an operation is written as statements are read, in lower case: \"{read}\""))
            }
            read => Some(format!("unknown operation \"{text}\": did you mean \"{read}\"?")),
        },
        "table" => match table_read(text) {
            read if read.is_empty() => Some("expected a table like \"orders\"".to_owned()),
            read => (read != text).then(|| {
                format!(
                    "a table is written as statements are read, in lower case, without schema or quotes: \"{read}\""
                )
            }),
        },
        "method" if !text.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '-' | '_')) => {
            let upper = text.to_ascii_uppercase();
            Some(if upper.chars().all(|c| c.is_ascii_uppercase()) {
                format!("an HTTP method is written in capitals: \"{upper}\"")
            } else {
                "expected an HTTP method like \"GET\"".to_owned()
            })
        }
        "route" if !text.starts_with('/') => Some(format!("a route starts with a slash: \"/{text}\"")),
        _ => None,
    }
}

/// The operation as `perfmon::db` reads it in a statement, so that a function's name and its statement's are one. There may be others, as of a database that
/// has no statements, but none that is one letter from these.
fn operation_read(text: &str) -> String {
    let lower = text.trim().to_ascii_lowercase();
    slip(&lower, &["select", "insert", "update", "delete", "replace", "upsert", "truncate"])
        .map_or(lower, str::to_owned)
}

/// The table as `perfmon::db` reads it in a statement.
fn table_read(text: &str) -> String {
    let last = text.rsplit('.').next().unwrap_or_default();
    let mut name = last.trim_matches(['"', '`', '[', ']', ' ']).to_ascii_lowercase();
    name.truncate((0..=LONGEST_TABLE.min(name.len())).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0));
    name
}

/// Labels of perfmon's own metrics about call sites of every kind. A label of the program under such a key would be shown as another in some of them.
const OWN_KEYS: [&str; 8] = ["kind", "name", "objective", "bound", "window", "module", "file", "line"];

fn labels(args: &Args, kind: &Kind, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for label in &args.labels {
        let key = label.key.unraw().to_string();
        if let Some(mistake) = key_mistake(&key) {
            errors.at(label.key.span(), mistake);
        } else if kind.parts.contains(&key.as_str()) && !kind.is_named_by_call() {
            errors.at(
                label.key.span(),
                format!("`{key}` is already a label of every {}: choose another key", kind.guard),
            );
        } else if OWN_KEYS.contains(&key.as_str()) || kind.keys.contains(&key.as_str()) {
            errors.at(
                label.key.span(),
                format!("label key `{key}` is one that perfmon's own metrics have: choose another key"),
            );
        } else if seen.contains(&key) {
            errors.at(label.key.span(), format!("label `{key}` is given twice: keep one of them"));
        }
        seen.push(key);
    }
}

/// What is wrong with a label key wherever it stands.
pub(crate) fn key_mistake(key: &str) -> Option<String> {
    if key.starts_with("__") {
        return Some("label keys that start with `__` are Prometheus's own: choose another key".to_owned());
    }
    if matches!(key, "le" | "quantile" | "outcome") {
        let owner = if key == "outcome" { "perfmon" } else { "Prometheus" };
        return Some(format!("label key `{key}` is {owner}'s own: choose another key"));
    }
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (!plain).then(|| format!("label key `{key}` has letters that metrics cannot carry: use a-z, 0-9 and _"))
}

/// `severity`, `window` and `for` say how an objective is watched: there must be one.
fn objectives_present(args: &Args, errors: &mut Errors) {
    if !args.bounds.is_empty() {
        return;
    }
    let keys: [Option<&Ident>; 3] = [
        args.severity.as_ref().map(|(key, _)| key),
        args.window.as_ref().map(|(key, _)| key),
        args.hold.as_ref().map(|(key, _)| key),
    ];
    for key in keys.into_iter().flatten() {
        errors.at(
            key.span(),
            format!("`{key}` belongs to an objective, and there is none: add one like p99 = \"250ms\""),
        );
    }
}

/// Mistakes of a whole metric name, at its token. Whether there is none.
pub(crate) fn metric_name(name: &LitStr, errors: &mut Errors) -> bool {
    let text = name.value();
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if starts && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return true;
    }
    let mut better = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() && better.ends_with(|before: char| before.is_ascii_lowercase()) {
            better.push('_');
        }
        better.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    if !better.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') {
        better.insert(0, '_');
    }
    let span: Span = name.span();
    if text.is_empty() {
        errors.at(span, "an empty metric name: write one like \"orders_rejected\"");
    } else {
        errors.at(span, format!("a metric name has a-z, 0-9 and _ only: write \"{better}\""));
    }
    false
}
