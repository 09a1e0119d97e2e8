//! A profile as it is written: TOML, as `canonical.toml` explains.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer},
    },
};
use toml::Spanned;

use super::super::family::FamilyType;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) prefix: String,
    #[serde(default)]
    pub(super) rest: Rest,
    #[serde(default)]
    pub(super) edges: EdgesByUnit,
    #[serde(default, rename = "family")]
    pub(super) families: Vec<Family>,
}

/// What becomes of metrics that no family takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::encode) enum Rest {
    /// In base units, named by rule.
    Pass,
    /// Unchanged, unless `canonical.toml` lists them.
    #[default]
    AsNamed,
    Drop,
}

/// Edges in base units for histograms that have none of their own.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EdgesByUnit {
    pub(super) seconds: Option<Spanned<Vec<f64>>>,
    pub(super) bytes: Option<Spanned<Vec<f64>>>,
    pub(super) ratio: Option<Spanned<Vec<f64>>>,
    pub(super) other: Option<Spanned<Vec<f64>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    pub(super) name: Spanned<String>,
    pub(super) r#type: FamilyType,
    pub(super) help: String,
    pub(super) unit: Option<Spanned<String>>,
    pub(super) edges: Option<Spanned<Vec<f64>>>,
    pub(super) quantiles: Option<Spanned<Vec<f64>>>,
    pub(super) window: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) labels: Pairs,
    #[serde(default)]
    pub(super) constants: Pairs,
    #[serde(default)]
    pub(super) values: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) own_labels: OwnLabels,
    #[serde(default)]
    pub(in crate::encode) combine: Combine,
    pub(super) from: OneOrMany<Source>,
}

/// Whether the program's own labels are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OwnLabels {
    #[default]
    Keep,
    Drop,
}

/// What becomes of several values that have the same labels in a family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::encode) enum Combine {
    #[default]
    Sum,
    Min,
    Max,
    Mean,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) calls: Option<OneOrMany<String>>,
    pub(super) name: Option<OneOrMany<String>>,
    pub(super) measure: Option<Measure>,
    pub(super) outcomes: Option<OneOrMany<Outcome>>,
    pub(super) metric: Option<OneOrMany<String>>,
    pub(super) own: Option<Own>,
    pub(super) scale: Option<f64>,
    #[serde(default)]
    pub(super) only: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) labels: Pairs,
    #[serde(default)]
    pub(super) constants: Pairs,
}

/// What is measured of call sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::encode) enum Measure {
    /// The distribution of durations.
    Duration,
    /// Calls that finished, by outcome.
    Calls,
    /// Calls that began.
    Started,
    /// Calls running now.
    InFlight,
    /// Durations added up.
    Time,
    /// Time spent polling, of sites that measure it.
    Busy,
    /// Calls beyond an objective's bound.
    Breaches,
    /// Bounds of latency objectives.
    LatencyBound,
    /// Bounds of error rate objectives.
    ErrorRateBound,
    /// Calls per second, over windows.
    Rate,
    /// Errors and panics in parts of the calls, over windows.
    ErrorRatio,
    /// Mean duration, over windows.
    Mean,
    /// The Apdex score, over windows; its target is the tightest latency objective.
    Apdex,
    /// Quantiles of the duration, over windows.
    Quantile,
    /// Where it stands in the source.
    Place,
}

impl Measure {
    /// The types of family that can show it.
    pub(super) const fn types(self) -> &'static [FamilyType] {
        match self {
            Self::Duration => &[FamilyType::Histogram, FamilyType::Summary],
            Self::Calls | Self::Started | Self::Time | Self::Busy | Self::Breaches => {
                &[FamilyType::Counter, FamilyType::Gauge]
            }
            Self::InFlight
            | Self::LatencyBound
            | Self::ErrorRateBound
            | Self::Rate
            | Self::ErrorRatio
            | Self::Mean
            | Self::Apdex => &[FamilyType::Gauge],
            Self::Quantile => &[FamilyType::Summary],
            Self::Place => &[FamilyType::Info],
        }
    }

    /// The labels that tell its several values of one site apart.
    pub(in crate::encode) const fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Calls => &["outcome"],
            // An objective may be declared twice, so its labels do not tell it apart.
            Self::Breaches | Self::LatencyBound | Self::ErrorRateBound => &["objective", "bound", ""],
            Self::Rate | Self::ErrorRatio | Self::Mean | Self::Apdex | Self::Quantile => &["window"],
            Self::Place => &["module", "file", "line"],
            Self::Duration | Self::Started | Self::InFlight | Self::Time | Self::Busy => &[],
        }
    }

    /// Of a whole site; others are of each of its labelled series.
    pub(in crate::encode) const fn is_of_sites(self) -> bool {
        !matches!(self, Self::Duration | Self::Calls | Self::Started | Self::InFlight | Self::Time | Self::Busy)
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::encode) enum Outcome {
    Ok,
    Error,
    Panic,
    Cancelled,
}

impl Outcome {
    pub(in crate::encode) const ALL: [Self; 4] = [Self::Ok, Self::Error, Self::Panic, Self::Cancelled];

    pub(in crate::encode) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What perfmon tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::encode) enum Own {
    /// Label sets turned away.
    LabelsRefused,
    /// Pairs of thread and series that share a record.
    SharedPairs,
    /// Calls that could not be counted.
    UncountedCalls,
    IncrementsRefused,
    ValuesRefused,
    /// Bytes of the recorder in use.
    UsedBytes,
    /// Bytes the recorder may use.
    LimitBytes,
    /// Slots of threads.
    Slots,
    /// Series recorded.
    Series,
    /// Seconds that perfmon adds to a call.
    CallOverhead,
    /// Seconds since recording began.
    Uptime,
    /// The version, as a label.
    Build,
}

/// Keys and values in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Pairs(pub(super) Vec<(Spanned<String>, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// A value alone or a list of them.
#[derive(Debug)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one or a list of them")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(vec![T::deserialize(StrDeserializer::new(text))?])
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list))
            }
        }
        deserializer.deserialize_any(Either(PhantomData)).map(Self)
    }
}
