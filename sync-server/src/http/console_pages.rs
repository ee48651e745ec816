//! What the console's pages ask for.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use domain::DocType;
use serde::Deserialize;

use super::answer::{HttpError, Known, blocking};
use super::documents::{doc_id, filled};
use super::refusals::{Closed, Malformed, Missing};
use crate::console::catalogue::CatalogueAnswer;
use crate::console::changes::ChangeShown;
use crate::console::ledger::LedgerPage;
use crate::console::record::RecordShown;
use crate::error::ServerError;
use crate::limits::{FILTER_WORDS_MAX, LIST_ROWS_DEFAULT, LIST_ROWS_MAX, SEARCH_CHARS_MAX};
use crate::server::Server;
use crate::storage::{Order, SummaryQuery};

/// The last whole number that every JSON reader keeps, milliseconds.
const MOMENT_MS_MAX: u64 = 9_007_199_254_740_991;

/// Which rows of a ledger.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LedgerQuery {
    /// `bare-land`, `voc`, `noise`, `outfall` …
    kind: String,
    /// Only these townships, separated by commas.
    town: Option<String>,
    /// Only these states, separated by commas.
    state: Option<String>,
    /// Only changed here since, milliseconds since 1970.
    #[param(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    since_ms: Option<i64>,
    /// Words that occur in it.
    #[param(max_length = 100)]
    search: Option<String>,
    /// `updated` (also without), `title`, `town` or `state`; with a minus before it the other way round.
    #[param(pattern = "^(-?(updated|title|town|state))?$")]
    sort: Option<String>,
    /// At most so many; more than 500 are never given.
    #[param(maximum = 4_294_967_295_u32)]
    limit: Option<u32>,
    /// After so many.
    #[param(maximum = 4_294_967_295_u32)]
    offset: Option<u32>,
}

/// The words of a list, as many as a filter may have.
pub(super) fn listed(words: Option<String>) -> Result<Vec<String>, ServerError> {
    let words: Vec<String> =
        filled(words).iter().flat_map(|w| w.split(',')).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    if words.len() > FILTER_WORDS_MAX {
        let en = format!("a filter of more than {FILTER_WORDS_MAX} words");
        return Err(ServerError::invalid(format!("筛选项超过 {FILTER_WORDS_MAX} 个"), en));
    }
    Ok(words)
}

/// A moment as JavaScript can count it.
pub(super) fn moment(since_ms: Option<i64>) -> Result<Option<i64>, ServerError> {
    match since_ms {
        Some(ms) if ms.unsigned_abs() > MOMENT_MS_MAX => {
            Err(ServerError::invalid("since_ms 超出范围", "'since_ms' is out of range"))
        }
        other => Ok(other),
    }
}

fn sorted(word: Option<&str>) -> Result<(Order, bool), ServerError> {
    let word = word.unwrap_or("-updated");
    let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
    let order = match name {
        "updated" => Order::Updated,
        "title" => Order::Title,
        "town" => Order::Town,
        "state" => Order::State,
        _ => {
            let en = "'sort' is updated, title, town or state, with or without a minus";
            return Err(ServerError::invalid("sort 应为 updated、title、town 或 state，可加负号", en));
        }
    };
    Ok((order, descending))
}

fn summary_query(query: LedgerQuery) -> Result<SummaryQuery, ServerError> {
    let search = filled(query.search);
    if search.as_ref().is_some_and(|words| words.chars().count() > SEARCH_CHARS_MAX) {
        let en = format!("a search of more than {SEARCH_CHARS_MAX} characters");
        return Err(ServerError::invalid(format!("搜索内容超过 {SEARCH_CHARS_MAX} 个字符"), en));
    }
    let (order, descending) = sorted(filled(query.sort).as_deref())?;
    Ok(SummaryQuery {
        scopes: None,
        doc_type: DocType::Site,
        kind: query.kind,
        towns: listed(query.town)?,
        states: listed(query.state)?,
        since_ms: moment(query.since_ms)?,
        search,
        order,
        descending,
        limit: query.limit.unwrap_or(LIST_ROWS_DEFAULT).min(LIST_ROWS_MAX),
        offset: query.offset.unwrap_or(0),
    })
}

/// The words of the pages: kinds, states, columns, the caller's townships.
#[utoipa::path(get, path = "/v1/console/catalogue", responses((status = 200, body = CatalogueAnswer), Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn catalogue(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
) -> Result<Json<CatalogueAnswer>, HttpError> {
    blocking(move || server.catalogue(&caller)).await.map(Json)
}

/// A page of a ledger, within the caller's townships.
#[utoipa::path(get, path = "/v1/console/ledger", params(LedgerQuery), responses((status = 200, body = LedgerPage), Malformed, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn ledger(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    query: Result<Query<LedgerQuery>, QueryRejection>,
) -> Result<Json<LedgerPage>, HttpError> {
    let query = summary_query(query?.0)?;
    blocking(move || server.ledger(&caller, query)).await.map(Json)
}

/// One record, laid out by its form.
#[utoipa::path(get, path = "/v1/console/records/{id}", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")),
    responses((status = 200, body = RecordShown), Missing, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn record(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<RecordShown>, HttpError> {
    let id = doc_id(&id?.0)?;
    blocking(move || server.record(&caller, id)).await.map(Json)
}

/// Every change to one record, in the words of its form.
#[utoipa::path(get, path = "/v1/console/records/{id}/changes", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")),
    responses((status = 200, body = Vec<ChangeShown>), Missing, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn changes(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Vec<ChangeShown>>, HttpError> {
    let id = doc_id(&id?.0)?;
    blocking(move || server.record_changes(&caller, id)).await.map(Json)
}
