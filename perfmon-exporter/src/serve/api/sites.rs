//! `/api/v1/sites`: call sites, all or one.

use std::sync::Arc;

use axum::extract::{Path, State, rejection::PathRejection};
use perfmon_core::{Snapshot, analyse::Window, snapshot, snapshot::Site};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{Answer, json},
    labels::Wanted,
    params::{Params, kind, windows},
    schema::{self, kind_schema, windows_schema},
    site::SiteView,
};
use crate::{
    near::hint,
    serve::{
        coding::Coding,
        number::unix,
        problem::{Document, Problem},
    },
    state::Shared,
};

/// The percentiles of one site unless others are asked for.
const PERCENTILES: [f64; 7] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0];
const DEFAULT_WINDOWS: [Window; 1] = [Window::OneMinute];

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SitesAsked {
    /// Only sites of this kind.
    #[param(schema_with = kind_schema, required = false)]
    kind: Option<String>,
    /// Only sites whose name has this in it.
    name: Option<String>,
    /// Only sites and series with this label, as `key:value`, and of those sites the figures of these series; several may be given.
    #[serde(default)]
    #[param(required = false, schema_with = schema::pairs)]
    labels: Vec<String>,
    /// The live windows to tell, `1m` by default; several may be given.
    #[serde(default)]
    #[param(schema_with = windows_schema, required = false)]
    window: Vec<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SiteAsked {
    /// Percentiles to tell, from 0 to 100; several may be given, also as `50,99`.
    #[serde(default)]
    #[param(required = false, schema_with = schema::percentiles)]
    percentiles: Vec<String>,
    /// Only series with this label, as `key:value`, and figures of them alone; several may be given.
    #[serde(default)]
    #[param(required = false, schema_with = schema::pairs)]
    labels: Vec<String>,
    /// The live windows to tell, all by default; several may be given.
    #[serde(default)]
    #[param(schema_with = windows_schema, required = false)]
    window: Vec<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct SitePath {
    #[param(schema_with = kind_schema)]
    kind: String,
    /// The name, percent-encoded.
    #[param(example = "order_execution")]
    name: String,
}

/// Call sites.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sites)]
pub(super) struct SiteList {
    /// Seconds since 1970.
    timestamp: f64,
    /// How long the process has been recording.
    span_seconds: f64,
    /// Sorted by kind and name.
    sites: Vec<SiteView>,
}

/// Call sites with their figures, since the process began to record and in live windows.
#[utoipa::path(get, path = "/api/v1/sites", params(SitesAsked), tag = "sites", responses(
    (status = 200, body = SiteList), (status = 400, body = Document, content_type = "application/problem+json")
))]
pub(super) async fn sites(State(shared): State<Arc<Shared>>, coding: Coding, asked: Params<SitesAsked>) -> Answer {
    let asked = asked.0;
    let wanted = Wanted::of(&asked.labels)?;
    let of_kind = asked.kind.as_deref().map(kind).transpose()?;
    let names = windows(&asked.window, &DEFAULT_WINDOWS)?;
    json(shared, coding, move |shared| {
        let now = snapshot();
        wanted.check_commas(&now.sites().iter().flat_map(Site::label_keys).map(String::as_str))?;
        let windows = intervals(shared, &names, &now);
        let tick = shared.latest();
        let verdicts = tick.as_ref().map_or(&[][..], |tick| &tick.verdicts);
        let chosen = now.sites().iter().filter(|site| {
            of_kind.is_none_or(|kind| site.kind() == kind)
                && asked.name.as_ref().is_none_or(|part| site.name().contains(part.as_str()))
        });
        let views = chosen.filter_map(|site| SiteView::brief(site, &now, &windows, &wanted, verdicts));
        Ok(SiteList { timestamp: unix(now.taken_at()), span_seconds: now.span().as_secs_f64(), sites: views.collect() })
    })
    .await
}

/// One call site: also its series, percentiles and the distribution of its durations.
#[utoipa::path(get, path = "/api/v1/sites/{kind}/{name}", tag = "sites", params(SitePath, SiteAsked), responses(
    (status = 200, body = SiteView),
    (status = 400, body = Document, content_type = "application/problem+json"),
    (status = 404, body = Document, content_type = "application/problem+json"),
    (status = 422, body = Document, content_type = "application/problem+json", description = "Right as it is written, and without a meaning here")
))]
pub(super) async fn site(
    State(shared): State<Arc<Shared>>,
    coding: Coding,
    path: Result<Path<SitePath>, PathRejection>,
    asked: Params<SiteAsked>,
) -> Answer {
    let Path(SitePath { kind: of_kind, name }) = path.map_err(|error| Problem::bad_request(error.body_text()))?;
    let (of_kind, asked) = (kind(&of_kind)?, asked.0);
    let each = asked.percentiles.iter().flat_map(|text| text.split(','));
    let percentiles = each.map(percentile).collect::<Result<Vec<f64>, _>>()?;
    let wanted = Wanted::of(&asked.labels)?;
    let names = windows(&asked.window, &Window::ALL)?;
    json(shared, coding, move |shared| {
        let now = snapshot();
        let Some(site) = now.site(of_kind, &name) else {
            let hint = hint(&name, now.of_kind(of_kind).map(Site::name));
            return Err(Problem::not_found(format!(
                "there is no site {name:?} of kind {of_kind}{hint} /api/v1/catalogue has all names"
            )));
        };
        let percentiles = if percentiles.is_empty() { &PERCENTILES[..] } else { &percentiles };
        wanted.check(&name, &site.label_keys().iter().map(String::as_str))?;
        let tick = shared.latest();
        let verdicts = tick.as_ref().map_or(&[][..], |tick| &tick.verdicts);
        let site = wanted.part_of(site);
        let alone = now.only(|one| (one.kind(), one.name()) == (site.kind(), site.name()), |_| false);
        let windows = intervals(shared, &names, &alone);
        let view = SiteView::of(
            &site,
            &now,
            &windows,
            |site| wanted.part_of(site),
            if wanted.is_empty() { verdicts } else { &[] },
        );
        Ok(view.with_series(&site, &now).with_distribution(&site, percentiles))
    })
    .await
}

fn percentile(text: &str) -> Result<f64, Problem> {
    let number = text.parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| Problem::bad_request(format!("percentiles has {text:?}: write numbers from 0 to 100")))
}

/// What happened in windows up to now.
pub(super) fn intervals(shared: &Shared, windows: &[Window], now: &Snapshot) -> Vec<(Window, Snapshot)> {
    windows.iter().map(|&window| (window, shared.window(window, now))).collect()
}
