//! A profile checked and made ready, so that a scrape looks nothing up.

use std::collections::{BTreeMap, HashSet};

use perfmon_core::{Error, analyse::Window, site::Kind};
use toml::Spanned;

use super::{
    super::{
        family::{FamilyType, Quantile, RESERVED},
        name::{Names, label_key, metric_name},
        number,
        unit::{Scale, Unit},
    },
    file::{self, Combine, File, Measure, OneOrMany, Outcome, Own, OwnLabels, Pairs, Rest},
};

/// What to write, in order.
#[derive(Debug)]
pub(in crate::encode) struct Plan {
    pub(in crate::encode) families: Vec<Family>,
    /// The names that the families take.
    pub(in crate::encode) names: Names<'static>,
    pub(in crate::encode) rest: Rest,
    pub(in crate::encode) edges: DefaultEdges,
    /// Every metric that a family takes.
    pub(in crate::encode) listed: HashSet<String>,
}

/// Edges for histograms that have none of their own, in base units.
#[derive(Debug, Clone, Default)]
pub(in crate::encode) struct DefaultEdges {
    seconds: Vec<f64>,
    bytes: Vec<f64>,
    ratio: Vec<f64>,
    other: Vec<f64>,
}

impl DefaultEdges {
    /// For values in this unit.
    pub(in crate::encode) fn of(&self, unit: Option<Unit>) -> Vec<f64> {
        let edges = match unit.map(|unit| unit.base) {
            Some("seconds") => &self.seconds,
            Some("bytes") => &self.bytes,
            Some("ratio") => &self.ratio,
            _ => &self.other,
        };
        let scale = unit.map_or(Scale::ONE, |unit| unit.to_base);
        // Twelve digits, so that 0.0025 s are 2.5 ms and not 2.4999999999999996.
        edges.iter().map(|&edge| format!("{:.11e}", scale.undo(edge)).parse().unwrap_or(edge)).collect()
    }
}

#[derive(Debug)]
pub(in crate::encode) struct Family {
    pub(in crate::encode) name: String,
    pub(in crate::encode) kind: FamilyType,
    pub(in crate::encode) help: String,
    /// What its values are in.
    pub(in crate::encode) unit: Option<Unit>,
    pub(in crate::encode) edges: Vec<f64>,
    /// Whether objectives' bounds become edges too: only where no two sites share a series.
    pub(in crate::encode) streams: bool,
    pub(in crate::encode) quantiles: Vec<Quantile>,
    pub(in crate::encode) window: Option<String>,
    pub(in crate::encode) values: BTreeMap<String, BTreeMap<String, String>>,
    pub(in crate::encode) combine: Combine,
    pub(in crate::encode) sources: Vec<Source>,
}

#[derive(Debug)]
pub(in crate::encode) struct Source {
    pub(in crate::encode) of: Of,
    /// Key shown, and the label its value comes from.
    pub(in crate::encode) labels: Vec<(String, String)>,
    pub(in crate::encode) constants: Vec<(String, String)>,
    /// Values that labels of a metric must have for its series to be shown.
    pub(in crate::encode) only: BTreeMap<String, String>,
    pub(in crate::encode) keeps_own: bool,
    pub(in crate::encode) scale: Option<Scale>,
}

#[derive(Debug)]
pub(in crate::encode) enum Of {
    Calls { kinds: Vec<Kind>, names: Vec<String>, measure: Measure, outcomes: Vec<Outcome> },
    Metric(Vec<String>),
    Own(Own),
}

/// Where in which profile something is wrong.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) profile: &'a str,
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl Place<'_> {
    pub(super) fn error(self, message: &str) -> Error {
        let line = self.text.bytes().take(self.at).filter(|&byte| byte == b'\n').count() + 1;
        Error::invalid(format!("failed to read profile `{}`: line {line}: {message}", self.profile))
    }

    /// With the line itself, which has the key that the reader of TOML does not name.
    pub(super) fn error_in_line(self, message: &str) -> Error {
        let start = self.text.get(..self.at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let line = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let line: String = line.trim().chars().take(80).collect();
        if line.is_empty() { self.error(message) } else { self.error(&format!("{message}; it says `{line}`")) }
    }

    fn of<T>(self, spanned: &Spanned<T>) -> Self {
        Self { at: spanned.span().start, ..self }
    }
}

/// Checks a file and makes a plan of it; `edges` for the units it gives none for.
pub(super) fn compile(file: File, edges: DefaultEdges, place: Place<'_>) -> Result<Plan, Error> {
    let ascending = |given: Option<Spanned<Vec<f64>>>, known: Vec<f64>| match given {
        Some(given) => check_ascending(&given, "edges", place).map(|()| given.into_inner()),
        None => Ok(known),
    };
    let edges = DefaultEdges {
        seconds: ascending(file.edges.seconds, edges.seconds)?,
        bytes: ascending(file.edges.bytes, edges.bytes)?,
        ratio: ascending(file.edges.ratio, edges.ratio)?,
        other: ascending(file.edges.other, edges.other)?,
    };
    let mut names = Names::default();
    let mut families = Vec::with_capacity(file.families.len());
    for family in file.families {
        let place = place.of(&family.name);
        let family = self::family(family, &file.prefix, &edges, place)?;
        if names.claim(&family.name, family.kind) != family.name {
            return Err(place.error(&format!(
                "family `{}` shares the name of a sample with a family above: give it another name",
                family.name
            )));
        }
        families.push(family);
    }
    let metrics = families.iter().flat_map(|family| &family.sources).filter_map(|source| match &source.of {
        Of::Metric(names) => Some(names),
        _ => None,
    });
    let listed = metrics.flatten().cloned().collect();
    Ok(Plan { families, names, rest: file.rest, edges, listed })
}

fn check_ascending(values: &Spanned<Vec<f64>>, key: &str, place: Place<'_>) -> Result<(), Error> {
    let values_in = values.get_ref();
    if !values_in.is_empty() && values_in.iter().all(|value| value.is_finite()) && values_in.is_sorted_by(|a, b| a < b)
    {
        return Ok(());
    }
    Err(place.of(values).error(&format!("`{key}` must be ascending finite numbers, at least one")))
}

fn family(raw: file::Family, prefix: &str, edges: &DefaultEdges, place: Place<'_>) -> Result<Family, Error> {
    let name = format!("{prefix}{}", raw.name.get_ref());
    if metric_name(&name) != name {
        let allowed = "letters, digits, `_` and `:`, and no digit first";
        return Err(place.error(&format!("`name` of family `{name}` is not valid: use {allowed}")));
    }
    let unit = match &raw.unit {
        Some(text) => Some(Unit::of(text.get_ref()).ok_or_else(|| {
            let known = "`seconds`, `milliseconds`, `bytes`, `mebibytes`, `ratio`, `percent` or another unit of time, size or share";
            place.of(text).error(&format!("`unit` is `{}`, which is not known: use {known}, or `scale`", text.get_ref()))
        })?),
        None => Unit::at_end_of(&name),
    };
    if let Some(quantiles) = &raw.quantiles {
        check_ascending(quantiles, "quantiles", place)?;
        if !quantiles.get_ref().iter().all(|quantile| (0.0..=1.0).contains(quantile)) {
            return Err(place.of(quantiles).error("`quantiles` must be in 0 to 1"));
        }
    }
    if let Some(given) = &raw.edges {
        check_ascending(given, "edges", place)?;
    }
    if let Some(window) =
        raw.window.as_ref().filter(|window| Window::ALL.iter().all(|known| known.as_str() != window.get_ref()))
    {
        let message = format!("`window` is `{}`: use `10s`, `1m`, `5m`, `15m` or `1h`", window.get_ref());
        return Err(place.of(window).error(&message));
    }
    let mut sources = Vec::with_capacity(raw.from.0.len());
    for source in raw.from.0 {
        let shared = (&raw.labels, &raw.constants);
        sources.push(self::source(source, shared, raw.own_labels, raw.r#type, place)?);
    }
    if raw.window.is_none() && raw.r#type == FamilyType::Gauge && sources.iter().any(Source::mixes_windows) {
        return Err(place.error(&format!(
            "family `{name}` would add several windows up: choose one (`window = \"5m\"`), or show them (`labels = {{ window = \"window\" }}`)"
        )));
    }
    let quantiles = raw.quantiles.map_or_else(|| vec![0.5, 0.95, 0.99, 0.999], Spanned::into_inner);
    let streams = raw.values.is_empty() && tell_apart(&sources, raw.window.is_some());
    Ok(Family {
        kind: raw.r#type,
        help: raw.help,
        edges: raw.edges.map_or_else(|| edges.of(unit), Spanned::into_inner),
        unit,
        streams,
        quantiles: quantiles.into_iter().map(|at| Quantile { at, text: number::canonical(at) }).collect(),
        window: raw.window.map(Spanned::into_inner),
        values: raw.values,
        combine: raw.combine,
        sources,
        name,
    })
}

fn source(
    raw: file::Source,
    (labels, constants): (&Pairs, &Pairs),
    own: OwnLabels,
    kind: FamilyType,
    place: Place<'_>,
) -> Result<Source, Error> {
    let labels = pairs([labels, &raw.labels], place)?;
    let constants = pairs([constants, &raw.constants], place)?;
    if let Some((key, _)) = labels.iter().find(|(key, _)| constants.iter().any(|(other, _)| other == key)) {
        return Err(place.error(&format!("label `{key}` is in both `labels` and `constants`: keep one")));
    }
    let scale = match raw.scale {
        Some(scale) if scale.is_finite() && scale > 0.0 => Some(Scale::times(scale)),
        None => None,
        Some(_) => return Err(place.error("`scale` must be a number above 0")),
    };
    let site_keys = raw.name.is_some() || raw.measure.is_some() || raw.outcomes.is_some();
    let of = match (raw.calls, raw.metric, raw.own) {
        (Some(_), None, None) | (None, None, Some(_)) if !raw.only.is_empty() => {
            return Err(place.error("`only` goes with `metric`: take it out of this source"));
        }
        (Some(kinds), None, None) => calls(&kinds, raw.name, raw.measure, raw.outcomes, kind, place)?,
        (None, Some(_), None) | (None, None, Some(_)) if site_keys => {
            return Err(place.error("`name`, `measure` and `outcomes` go with `calls`: take them out of this source"));
        }
        (None, Some(metrics), None) => Of::Metric(metrics.0),
        (None, None, Some(own)) => Of::Own(own),
        _ => return Err(place.error("a source in `from` has exactly one of `calls`, `metric` and `own`")),
    };
    Ok(Source { of, labels, constants, only: raw.only, keeps_own: own == OwnLabels::Keep, scale })
}

fn calls(
    kinds: &OneOrMany<String>,
    names: Option<OneOrMany<String>>,
    measure: Option<Measure>,
    outcomes: Option<OneOrMany<Outcome>>,
    kind: FamilyType,
    place: Place<'_>,
) -> Result<Of, Error> {
    let measure =
        measure.ok_or_else(|| place.error("a source with `calls` needs a `measure`, as `measure = \"duration\"`"))?;
    if !measure.types().contains(&kind) {
        let allowed: Vec<_> = measure.types().iter().map(|kind| format!("`{}`", kind.as_str())).collect();
        return Err(place.error(&format!(
            "this `measure` cannot be shown as `type = \"{}\"`: use {}",
            kind.as_str(),
            allowed.join(" or ")
        )));
    }
    let mut wanted = Vec::new();
    for text in &kinds.0 {
        match Kind::ALL.into_iter().find(|kind| kind.as_str() == text) {
            Some(kind) => wanted.push(kind),
            None if text == "*" => wanted.extend(Kind::ALL),
            None => {
                let known: Vec<_> = Kind::ALL.iter().map(|kind| format!("`{kind}`")).collect();
                return Err(place.error(&format!("`calls` has unknown kind `{text}`: use {} or `*`", known.join(", "))));
            }
        }
    }
    let names = names.map(|names| names.0).unwrap_or_default();
    let outcomes = outcomes.map_or_else(|| Outcome::ALL.to_vec(), |outcomes| outcomes.0);
    Ok(Of::Calls { kinds: wanted, names, measure, outcomes })
}

/// A family's and a source's labels together; the source's win.
fn pairs(maps: [&Pairs; 2], place: Place<'_>) -> Result<Vec<(String, String)>, Error> {
    let mut merged: Vec<(String, String)> = Vec::new();
    for (key, value) in maps.into_iter().flat_map(|map| &map.0) {
        let text = key.get_ref();
        if label_key(text) != *text || RESERVED.contains(&text.as_str()) {
            return Err(place.of(key).error(&format!(
                "`{text}` cannot be a label's key here: use letters, digits and `_`, no digit and no `__` first, and not `le` or `quantile`"
            )));
        }
        match merged.iter_mut().find(|(known, _)| known == text) {
            Some(known) => known.1.clone_from(value),
            None => merged.push((text.clone(), value.clone())),
        }
    }
    Ok(merged)
}

impl Source {
    /// Whether it tells what happened over windows.
    pub(in crate::encode) fn is_of_windows(&self) -> bool {
        matches!(&self.of, Of::Calls { measure, .. } if measure.labels().contains(&"window"))
    }

    /// Whether it gives a value for each of several windows under one name.
    fn mixes_windows(&self) -> bool {
        self.is_of_windows() && !self.labels.iter().any(|(_, from)| from == "window")
    }
}

/// Whether no two values can come to have the same labels, so that they can be written as they come.
fn tell_apart(sources: &[Source], one_window: bool) -> bool {
    let alone = |source: &Source| match &source.of {
        Of::Calls { kinds, measure, outcomes, .. } => {
            let shows = |label: &&str| source.labels.iter().any(|(_, from)| from == label);
            // What is named by its calls may share a name with another site.
            let parts = || kinds.iter().all(|kind| kind.name_labels().iter().all(shows) && !kind.is_named_by_call());
            let by_name = shows(&"name") || (kinds.len() == 1 && parts());
            let by_kind = kinds.len() == 1 || shows(&"kind");
            let mut by_measure = measure.labels().iter();
            let apart = |label: &&&str| match **label {
                "window" => one_window,
                "outcome" => outcomes.len() == 1,
                _ => false,
            };
            by_name
                && by_kind
                && (source.keeps_own || measure.is_of_sites())
                && by_measure.all(|label| shows(label) || apart(&label))
        }
        Of::Metric(names) => names.len() == 1 && source.keeps_own,
        Of::Own(_) => true,
    };
    let differ = |a: &Source, b: &Source| {
        a.constants.iter().any(|(key, value)| b.constants.iter().any(|(other, text)| key == other && value != text))
    };
    let pairs = sources.iter().enumerate().flat_map(|(at, a)| sources[at + 1..].iter().map(move |b| (a, b)));
    sources.iter().all(alone) && pairs.into_iter().all(|(a, b)| differ(a, b))
}

/// Whether a text matches a pattern in which `*` stands for any characters.
pub(in crate::encode) fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    if rest.is_empty() {
        return true;
    }
    (0..=text.len()).filter(|&at| text.is_char_boundary(at)).any(|at| matches(rest, &text[at..]))
}
