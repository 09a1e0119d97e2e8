//! From snapshots to what monitoring systems read: Prometheus text, `OpenMetrics`, protobuf with native histograms.
//!
//! All of it goes through one mechanism. A [`Profile`] is a data file that says which families a document has, what each is made of, and how
//! names, units and labels are changed; perfmon's own names are such a file too. [`Format`] is how the document is written down.
//!
//! ```
//! use perfmon_exporter::encode::{Format, Profile, Scrape, render};
//!
//! let snapshot = perfmon_core::snapshot();
//! let profile = Profile::canonical();
//! let format = profile.negotiate(Some("text/plain"));
//! let document = render(&Scrape { snapshot: &snapshot, windows: &[], slow: &[] }, profile, format);
//! assert_eq!(format.content_type(), "text/plain; version=0.0.4; charset=utf-8");
//! assert!(String::from_utf8_lossy(&document).contains("perfmon_build_info"));
//! ```

mod calls;
mod edges;
mod exemplar;
mod family;
mod format;
mod metrics;
mod name;
mod native;
mod number;
mod own;
mod profile;
mod proto;
mod protobuf;
mod sink;
mod text;
mod unit;
mod values;

use perfmon_core::snapshot::Snapshot;

pub(crate) use self::values::{Behind, Values, name_by_rule};
use self::{
    calls::Calls,
    exemplar::Exemplars,
    family::Encoder,
    name::metric_name,
    profile::{Family, Of, Rest},
    protobuf::Protobuf,
    sink::{Sink, head_of},
    text::Text,
};
pub use self::{exemplar::Exemplar, format::Format, profile::Profile};

/// What a document is made of.
#[derive(Debug, Clone, Copy)]
pub struct Scrape<'a> {
    /// Everything since the start.
    pub snapshot: &'a Snapshot,
    /// The latest intervals by the name of their length: `"10s"`, `"1m"`, `"5m"`, `"15m"`, `"1h"`.
    pub windows: &'a [(&'a str, Snapshot)],
    /// Calls kept as evidence, as [`Exemplar::of`] makes them of slow calls.
    pub slow: &'a [Exemplar],
}

/// The document of a scrape. Only the canonical profile has formats other than [`Format::Text`]: [`Profile::negotiate`] knows.
///
/// Takes no lock and asks nobody. Costs some 40 ns for a series of a counter with three labels, 1 µs for one of a histogram with 20 edges.
#[must_use]
pub fn render(scrape: &Scrape<'_>, profile: &Profile, format: Format) -> Vec<u8> {
    let capacity = capacity(scrape.snapshot);
    match profile.format(format) {
        Format::Text | Format::Text1 => {
            let mut text = Text::new(false, capacity);
            families(scrape, profile, &Exemplars::default(), &mut text);
            text.finish()
        }
        Format::OpenMetrics => {
            let mut text = Text::new(true, capacity);
            families(scrape, profile, &Exemplars::new(scrape.slow), &mut text);
            text.finish()
        }
        Format::Protobuf => {
            let began = scrape.snapshot.taken_at() - scrape.snapshot.span();
            let mut protobuf = Protobuf::new(began, capacity);
            families(scrape, profile, &Exemplars::new(scrape.slow), &mut protobuf);
            protobuf.finish()
        }
    }
}

/// Bytes to begin with: near what a document takes, so that it is seldom moved.
fn capacity(snapshot: &Snapshot) -> usize {
    let sites: usize = snapshot.sites().iter().map(|site| site.series().len().max(1)).sum();
    let metrics: usize = snapshot.metrics().iter().map(|metric| metric.series().len()).sum();
    4_096 + sites * 4_096 + metrics * 96
}

fn families<E: Encoder>(scrape: &Scrape<'_>, profile: &Profile, exemplars: &Exemplars<'_>, encoder: &mut E) {
    let plan = profile.plan();
    let metrics = scrape.snapshot.metrics();
    let mut shown = vec![false; metrics.len()];
    for family in &plan.families {
        self::family(scrape, family, exemplars, &mut shown, encoder);
    }
    let mut names = plan.names.after();
    let rest = metrics.iter().zip(shown).filter(|(_, shown)| !shown).map(|(metric, _)| metric);
    // `a_b` keeps its name when somebody comes with an `a.b`.
    let (valid, made_valid): (Vec<_>, Vec<_>) = rest.partition(|metric| metric_name(metric.name()) == metric.name());
    for metric in valid.into_iter().chain(made_valid) {
        let in_base_units = match plan.rest {
            Rest::Pass => true,
            Rest::AsNamed if !Profile::canonical().plan().listed.contains(metric.name()) => false,
            Rest::AsNamed | Rest::Drop => continue,
        };
        metrics::passed(metric, in_base_units, &plan.edges, &mut names, encoder);
    }
}

fn family<E: Encoder>(
    scrape: &Scrape<'_>,
    family: &Family,
    exemplars: &Exemplars<'_>,
    shown: &mut [bool],
    encoder: &mut E,
) {
    let mut sink = Sink::of(encoder, head_of(family), family);
    for source in &family.sources {
        match &source.of {
            Of::Calls { kinds, names, measure, outcomes } => {
                Calls { scrape, exemplars, family, source, kinds, names, measure: *measure, outcomes }.write(&mut sink);
            }
            Of::Metric(names) => {
                for at in names.iter().filter_map(|name| metrics::find(scrape.snapshot, name, family.kind)) {
                    shown[at] = true;
                    metrics::listed(&scrape.snapshot.metrics()[at], scrape, family, source, &mut sink);
                }
            }
            Of::Own(own) => own::write(scrape.snapshot, *own, source, &mut sink),
        }
    }
    sink.close();
}
