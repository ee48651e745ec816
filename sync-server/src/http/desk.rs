//! Decisions at a desk over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use serde::Deserialize;

use super::answer::{HttpError, Known, blocking};
use super::documents::doc_id;
use super::refusals::{Closed, Missing, Undecided, Unreadable};
use crate::desk::{Chosen, Decided, Decision, FieldDecision, NewRemark, op_named};
use crate::error::ServerError;
use crate::limits::DECISION_TEXT_CHARS_MAX;
use crate::server::Server;

/// What was decided about one document.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionRequest {
    /// The fields.
    #[serde(default)]
    #[schema(max_items = 50)]
    writes: Vec<FieldRequest>,
    /// Remarks on fields.
    #[serde(default)]
    #[schema(max_items = 50)]
    remarks: Vec<RemarkRequest>,
    /// Why; kept as a note of the document.
    #[schema(max_length = 2000)]
    reason: Option<String>,
}

/// What was decided about one field.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldRequest {
    /// Which.
    #[schema(max_length = 240)]
    path: String,
    /// What it is to hold, as a person types it; or `keep`.
    #[schema(max_length = 2000)]
    value: Option<String>,
    /// It is to hold what this write holds, `actor:seq`.
    #[schema(pattern = "^[0-9]{1,10}:[0-9]{1,19}$")]
    keep: Option<String>,
    /// The writes that were on the screen, each `actor:seq`: these are replaced, and none that came meanwhile.
    #[schema(max_items = 64)]
    seen: Vec<String>,
}

/// A remark on a field.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemarkRequest {
    /// The field.
    #[schema(max_length = 240)]
    path: String,
    /// What is to be done.
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
    /// Whether it must be.
    #[serde(default)]
    must: bool,
}

/// Why a decision is taken back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UndoRequest {
    /// Why.
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    reason: String,
}

fn field(request: FieldRequest) -> Result<FieldDecision, ServerError> {
    let value = match (request.value, request.keep) {
        (Some(text), None) => Chosen::Text(text),
        (None, Some(op)) => Chosen::Of(op_named(&op)?),
        _ => return Err(ServerError::invalid("value 与 keep 须填其一", "give either 'value' or 'keep'")),
    };
    let seen = request.seen.iter().map(|op| op_named(op)).collect::<Result<_, _>>()?;
    Ok(FieldDecision { path: request.path, value, seen })
}

fn decision(request: DecisionRequest) -> Result<Decision, ServerError> {
    let remarks = request.remarks.into_iter().map(|r| NewRemark { path: r.path, text: r.text, must: r.must });
    Ok(Decision {
        writes: request.writes.into_iter().map(field).collect::<Result<_, _>>()?,
        remarks: remarks.collect(),
        reason: request.reason,
    })
}

/// Writes a decision as a signed change on behalf of the caller; devices get it when they sync.
#[utoipa::path(post, path = "/v1/documents/{id}/changes", operation_id = "decide", request_body = DecisionRequest,
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")),
    responses((status = 200, body = Decided), Missing, Undecided, Unreadable, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn decide(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
    body: Result<Json<DecisionRequest>, JsonRejection>,
) -> Result<Json<Decided>, HttpError> {
    let id = doc_id(&id?.0)?;
    let decision = decision(body?.0)?;
    blocking(move || server.decide(&caller, id, &decision)).await.map(Json)
}

/// Takes back what was decided at a desk: a further change that writes what the decision had replaced.
#[utoipa::path(post, path = "/v1/documents/{id}/changes/{op}/undo", operation_id = "take_back", request_body = UndoRequest,
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"), ("op" = String, Path, pattern = "^[0-9]{1,10}:[0-9]{1,19}$")),
    responses((status = 200, body = Decided), Missing, Undecided, Unreadable, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn take_back(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    named: Result<Path<(String, String)>, PathRejection>,
    body: Result<Json<UndoRequest>, JsonRejection>,
) -> Result<Json<Decided>, HttpError> {
    let Path((id, op)) = named?;
    let (id, op) = (doc_id(&id)?, op_named(&op).map_err(|_| ServerError::NotFound)?);
    let reason = body?.0.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > DECISION_TEXT_CHARS_MAX {
        return Err(ServerError::invalid("请写明撤销的理由", "say why it is taken back").into());
    }
    blocking(move || server.take_back(&caller, id, op, &reason)).await.map(Json)
}
