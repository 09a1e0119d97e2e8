//! What parameters may be, for the description of the API.

use perfmon_core::{analyse::Window, site::Kind};
use utoipa::openapi::{
    ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, RefOr, Schema, SchemaFormat, Type,
};

use super::{aggregate, measure, time};

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
    let back = patterned("^(now|(now)?-([1-9][0-9]{0,5}[smhd]))$", "Now, or so long before.");
    OneOfBuilder::new().item(seconds).item(text).item(back).into()
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

/// Text that is one of these.
fn one_of(names: impl IntoIterator<Item = &'static str>, description: &str) -> Object {
    let described = Some(description).filter(|text| !text.is_empty());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).description(described).build()
}

/// A kind of call site.
pub(super) fn kind_schema() -> RefOr<Schema> {
    one_of(Kind::ALL.map(Kind::as_str), "The kind of call site.").into()
}

/// Live windows.
pub(super) fn windows_schema() -> RefOr<Schema> {
    ArrayBuilder::new()
        .items(one_of(Window::ALL.map(Window::as_str), ""))
        .description(Some("Live windows to tell; several may be given."))
        .build()
        .into()
}

/// One live window.
pub(super) fn window_schema() -> RefOr<Schema> {
    one_of(Window::ALL.map(Window::as_str), "A live window.").into()
}
