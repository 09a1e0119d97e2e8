//! `/api/v1/openapi.json`: the description of all this for programs.

use std::{
    array,
    sync::{Arc, LazyLock},
};

use axum::extract::State;
use utoipa::{
    OpenApi,
    openapi::{ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, RefOr, Schema, SchemaFormat, Type},
};

use super::{
    aggregate, alike,
    answer::{Answer, text},
    catalogue::{self, Nothing},
    dashboard,
    guarded::{Asked, Guarded},
    health, measure, metrics,
    params::Params,
    report, sites, time,
};
use crate::{
    serve::{coding::Coding, live, problem::Document, scrape, vitals},
    state::Shared,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "perfmon",
        description = "How a process performs: its call sites, metrics, health. Errors are problem details (RFC 9457). \
                       Parameters that are not described here are refused, except where other systems' programs ask.",
    ),
    modifiers(&Guarded),
    paths(
        sites::sites, sites::site, metrics::metrics, catalogue::catalogue, health::health, report::report,
        dashboard::dashboard, alike::metrics, alike::health, alike::alerts, openapi,
        scrape::metrics, vitals::health, vitals::ready, live::listen,
    ),
    tags(
        (name = "sites", description = "Call sites"),
        (name = "metrics", description = "Values over time"),
        (name = "compatible", description = "In the shapes of the Agent Cellphone system's dashboard"),
    )
)]
struct Api;

/// One for each way in which a server asks who somebody is.
static DOCUMENTS: LazyLock<[Vec<u8>; Asked::ALL.len()]> = LazyLock::new(|| {
    let mut api = Api::openapi();
    array::from_fn(|number| {
        Asked::ALL[number].describe(&mut api);
        serde_json::to_vec(&api).unwrap_or_default()
    })
});

/// This description. It says how this server asks who somebody is.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "dashboard", responses(
    (status = 200, body = Object), (status = 400, body = Document, content_type = "application/problem+json")
))]
pub(super) async fn openapi(State(shared): State<Arc<Shared>>, coding: Coding, _: Params<Nothing>) -> Answer {
    text(shared, coding, "application/json", |shared| {
        let asked = Asked::of(&shared.access(), shared.is_protected());
        let at = Asked::ALL.iter().position(|known| *known == asked).unwrap_or_default();
        Ok(DOCUMENTS[at].clone())
    })
    .await
}

fn patterned(pattern: &str, description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .description(Some(description).filter(|text| !text.is_empty()))
        .build()
}

/// See [`time::time`].
pub(super) fn time() -> RefOr<Schema> {
    let seconds = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0.0)).maximum(Some(time::LATEST)).build();
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .build();
    OneOfBuilder::new().item(seconds).item(text).into()
}

/// See [`time::step`].
pub(super) fn step() -> RefOr<Schema> {
    let (least, most) = (Some(*time::STEPS.start()), Some(*time::STEPS.end()));
    let seconds = ObjectBuilder::new().schema_type(Type::Number).minimum(least).maximum(most).build();
    OneOfBuilder::new().item(seconds).item(patterned("^([1-9][0-9]{0,2}[sm]|([1-9]|1[0-9]|2[0-4])h|1d)$", "")).into()
}

/// Labels as `key:value`.
pub(super) fn pairs() -> RefOr<Schema> {
    let pair = patterned("^[^:]+:", "");
    let description = "Only with this label, as `key:value`; several may be given.";
    ArrayBuilder::new().items(pair).description(Some(description)).build().into()
}

/// Numbers from 0 to 100.
pub(super) fn percentiles() -> RefOr<Schema> {
    let number = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0.0)).maximum(Some(100.0)).build();
    ArrayBuilder::new().items(number).description(Some("Percentiles to tell; several may be given.")).build().into()
}

/// See [`aggregate::How`].
pub(super) fn aggregate() -> RefOr<Schema> {
    patterned(
        aggregate::PATTERN,
        "How values become one: in each step, and over the whole range. Of a call site, the durations of its calls.",
    )
    .into()
}

/// See [`measure::Measure`].
pub(super) fn measure() -> RefOr<Schema> {
    patterned(measure::PATTERN, "The figure of a call site or a histogram; `calls` by default.").into()
}
