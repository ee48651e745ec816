//! What waits at a desk, over HTTP: today, queues, conflicts, decisions.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use super::answer::{HttpError, Known, blocking};
use super::console_pages::{listed, moment};
use super::documents::{doc_id, filled};
use super::refusals::{Closed, Malformed, Missing};
use crate::console::conflicts::ConflictShown;
use crate::console::decisions::DecisionShown;
use crate::console::queue::QueuePage;
use crate::console::today::TodayAnswer;
use crate::error::ServerError;
use crate::limits::{LIST_ROWS_DEFAULT, LIST_ROWS_MAX, SEARCH_CHARS_MAX};
use crate::server::Server;
use crate::storage::{Queue, QueueQuery};

/// Which rows of a queue.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WorkQuery {
    /// Only this kind.
    kind: Option<String>,
    /// Only these townships, separated by commas.
    town: Option<String>,
    /// Only changed here since, milliseconds since 1970.
    #[param(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    since_ms: Option<i64>,
    /// Words that occur in it.
    #[param(max_length = 100)]
    search: Option<String>,
    /// At most so many; more than 500 are never given.
    #[param(maximum = 4_294_967_295_u32)]
    limit: Option<u32>,
    /// After so many.
    #[param(maximum = 4_294_967_295_u32)]
    offset: Option<u32>,
}

/// Of which townships.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TodayQuery {
    /// Only these townships, separated by commas.
    town: Option<String>,
}

fn queue_query(name: &str, query: WorkQuery) -> Result<QueueQuery, ServerError> {
    let queue = match name {
        "conflicts" => Queue::Conflicts,
        "reviews" => Queue::Reviews,
        "overdue" => Queue::Overdue,
        _ => return Err(ServerError::NotFound),
    };
    let search = filled(query.search);
    if search.as_ref().is_some_and(|words| words.chars().count() > SEARCH_CHARS_MAX) {
        let en = format!("a search of more than {SEARCH_CHARS_MAX} characters");
        return Err(ServerError::invalid(format!("搜索内容超过 {SEARCH_CHARS_MAX} 个字符"), en));
    }
    Ok(QueueQuery {
        towns: listed(query.town)?,
        kind: filled(query.kind),
        since_ms: moment(query.since_ms)?,
        search,
        limit: query.limit.unwrap_or(LIST_ROWS_DEFAULT).min(LIST_ROWS_MAX),
        offset: query.offset.unwrap_or(0),
        ..QueueQuery::all(queue)
    })
}

/// What came in and what waits.
#[utoipa::path(get, path = "/v1/console/today", params(TodayQuery), responses((status = 200, body = TodayAnswer), Malformed, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn today(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    query: Result<Query<TodayQuery>, QueryRejection>,
) -> Result<Json<TodayAnswer>, HttpError> {
    let towns = listed(query?.0.town)?;
    blocking(move || server.today(&caller, &towns)).await.map(Json)
}

/// A page of what waits: `conflicts`, `reviews` or `overdue`; what waits longest first.
#[utoipa::path(get, path = "/v1/console/queues/{queue}", params(("queue" = String, Path, pattern = "^(conflicts|reviews|overdue)$"), WorkQuery),
    responses((status = 200, body = QueuePage), Malformed, Missing, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn queue(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    name: Result<Path<String>, PathRejection>,
    query: Result<Query<WorkQuery>, QueryRejection>,
) -> Result<Json<QueuePage>, HttpError> {
    let query = queue_query(&name?.0, query?.0)?;
    blocking(move || server.queue(&caller, query)).await.map(Json)
}

/// A record with every value that stands beside another, and what bears on each.
#[utoipa::path(get, path = "/v1/console/conflicts/{id}", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")),
    responses((status = 200, body = ConflictShown), Missing, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn conflict(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ConflictShown>, HttpError> {
    let id = doc_id(&id?.0)?;
    blocking(move || server.conflict(&caller, id)).await.map(Json)
}

/// What the caller decided lately, the latest first.
#[utoipa::path(get, path = "/v1/console/decisions", responses((status = 200, body = Vec<DecisionShown>), Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn decisions(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
) -> Result<Json<Vec<DecisionShown>>, HttpError> {
    blocking(move || server.decisions(&caller)).await.map(Json)
}
