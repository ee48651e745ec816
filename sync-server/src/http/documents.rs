//! Lists, documents, histories, forms.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use domain::{DocId, DocType};
use serde::{Deserialize, Serialize};

use super::answer::{HttpError, Known, blocking};
use super::refusals::{Closed, Malformed, Missing};
use crate::documents::{DocList, Entry, Shown};
use crate::error::ServerError;
use crate::limits::{LIST_ROWS_DEFAULT, LIST_ROWS_MAX, SEARCH_CHARS_MAX};
use crate::permission::Permission;
use crate::server::Server;
use crate::storage::DocQuery;

/// Which documents to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// `site`, `inspection`, `photo`, `task` or `patrol`.
    #[serde(rename = "type")]
    #[param(rename = "type", pattern = "^(site|inspection|photo|task|patrol)?$")]
    doc_type: Option<String>,
    /// `bare-land`, `voc`, `noise`, `outfall` …
    kind: Option<String>,
    /// A township.
    town: Option<String>,
    /// A state.
    state: Option<String>,
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

/// All form files.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct FormsAnswer {
    /// Their digest, hexadecimal.
    digest: String,
    files: Vec<FormFileAnswer>,
}

/// One form file.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct FormFileAnswer {
    name: String,
    text: String,
}

pub(super) fn filled(word: Option<String>) -> Option<String> {
    word.filter(|w| !w.trim().is_empty())
}

fn doc_query(query: ListQuery) -> Result<DocQuery, ServerError> {
    let doc_type = filled(query.doc_type).map(|t| t.parse::<DocType>()).transpose();
    let doc_type = doc_type.map_err(|en| ServerError::invalid(format!("类型无效：{en}"), en))?;
    let search = filled(query.search);
    if search.as_ref().is_some_and(|s| s.chars().count() > SEARCH_CHARS_MAX) {
        let en = format!("a search of more than {SEARCH_CHARS_MAX} characters");
        return Err(ServerError::invalid(format!("搜索内容超过 {SEARCH_CHARS_MAX} 个字符"), en));
    }
    Ok(DocQuery {
        scopes: None,
        doc_type,
        kind: filled(query.kind),
        town: filled(query.town),
        state: filled(query.state),
        search,
        limit: query.limit.unwrap_or(LIST_ROWS_DEFAULT).min(LIST_ROWS_MAX),
        offset: query.offset.unwrap_or(0),
    })
}

pub(super) fn doc_id(text: &str) -> Result<DocId, ServerError> {
    text.parse().map_err(|_| ServerError::NotFound)
}

/// Documents of the caller's townships, last changed first.
#[utoipa::path(get, path = "/v1/documents", params(ListQuery), responses((status = 200, body = DocList), Malformed, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<DocList>, HttpError> {
    let query = doc_query(query?.0)?;
    blocking(move || server.list(&caller, query)).await.map(Json)
}

/// One document, with the values and conflicts that a device shows of it.
#[utoipa::path(get, path = "/v1/documents/{id}", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")),
    responses((status = 200, body = Shown), Missing, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Shown>, HttpError> {
    let id = doc_id(&id?.0)?;
    blocking(move || server.show(&caller, id)).await.map(Json)
}

/// Every change of one document.
#[utoipa::path(get, path = "/v1/documents/{id}/history", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")),
    responses((status = 200, body = Vec<Entry>), Missing, Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn history(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Vec<Entry>>, HttpError> {
    let id = doc_id(&id?.0)?;
    blocking(move || server.history(&caller, id)).await.map(Json)
}

/// The forms in use.
#[utoipa::path(get, path = "/v1/forms", responses((status = 200, body = FormsAnswer), Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn forms(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
) -> Result<Json<FormsAnswer>, HttpError> {
    caller.may(Permission::ReadForms)?;
    let files = server.forms().files().iter();
    let files = files.map(|f| FormFileAnswer { name: f.name.clone(), text: f.text.clone() });
    Ok(Json(FormsAnswer { digest: server.forms().digest().to_owned(), files: files.collect() }))
}
