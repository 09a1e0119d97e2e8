//! `/api/v1/report`: the report of the process, of its whole life or of a window.

use std::sync::Arc;

use axum::extract::State;
use perfmon_core::{
    analyse::Window,
    report::{Format, Report, Style},
    snapshot,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{Answer, text},
    params::{Params, windows},
    schema::window_schema,
};
use crate::{
    serve::{coding::Coding, problem::Document},
    state::Shared,
};

const COLUMNS: u16 = 120;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportAsked {
    /// `json` by default.
    #[param(inline, required = false)]
    format: Option<Written>,
    /// Only what happened in this live window; otherwise since the process began to record.
    #[param(schema_with = window_schema, required = false)]
    window: Option<String>,
    /// Columns that a line of the table may take, 120 by default; fewer than 40 count as that.
    #[param(inline, required = false, maximum = 65535)]
    columns: Option<u16>,
    /// Whether the table is coloured by ANSI escapes.
    #[param(inline, required = false)]
    color: Option<bool>,
}

/// How it is written.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Written {
    Json,
    Md,
    Csv,
    Txt,
}

/// The report: as JSON by its own schema (`perfmon.report/1`), Markdown, CSV or a table.
#[utoipa::path(get, path = "/api/v1/report", params(ReportAsked), tag = "report", responses(
    (status = 200, content(
        (Object = "application/json"), (String = "text/markdown"), (String = "text/csv"), (String = "text/plain")
    )),
    (status = 400, body = Document, content_type = "application/problem+json")
))]
pub(super) async fn report(State(shared): State<Arc<Shared>>, coding: Coding, asked: Params<ReportAsked>) -> Answer {
    let asked = asked.0;
    let window: Option<Window> = windows(asked.window.as_slice(), &[])?.first().copied();
    let (kind, format) = match asked.format.unwrap_or(Written::Json) {
        Written::Json => ("application/json", Format::Json),
        Written::Md => ("text/markdown; charset=utf-8", Format::Markdown),
        Written::Csv => ("text/csv; charset=utf-8; header=present", Format::Csv),
        Written::Txt => ("text/plain; charset=utf-8", Format::Terminal),
    };
    let columns = usize::from(asked.columns.unwrap_or(COLUMNS));
    let style = Style::default().with_width(columns).with_color(asked.color.unwrap_or_default());
    text(shared, coding, kind, move |shared| {
        let now = snapshot();
        let told = window.map_or_else(|| now.clone(), |window| shared.window(window, &now));
        Ok(Report::new(told).render(format, &style).into_bytes())
    })
    .await
}
