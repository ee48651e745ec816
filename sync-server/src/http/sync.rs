//! One round trip of a device.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use domain::sync::{SyncRequest, open, seal};

use super::answer::{ErrorBody, HttpError, Syncing, blocking};
use super::refusals::{Binary, Closed, Unreadable};
use crate::error::ServerError;
use crate::server::Server;

const MEDIA_TYPE: &str = "application/vnd.shanxun.sync";

/// Pushes what a device wrote and pulls what others wrote; the bodies are described in `docs/sync-protocol.md`.
#[utoipa::path(post, path = "/v1/sync", request_body(content = Binary, content_type = "application/vnd.shanxun.sync"),
    responses((status = 200, body = Binary, content_type = "application/vnd.shanxun.sync"),
        (status = 409, body = ErrorBody), Unreadable, Closed),
    security(("token" = [])))]
pub(super) async fn sync(
    State(server): State<Arc<Server>>,
    device: Syncing,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, HttpError> {
    if headers.get(CONTENT_TYPE).is_some_and(|t| t != MEDIA_TYPE) {
        return Err(ServerError::MediaType(MEDIA_TYPE).into());
    }
    let body = body?;
    let _turn = server.turns().syncs.acquire().await.map_err(|_| ServerError::Internal)?;
    let core = server.clone();
    let answer = blocking(move || {
        let server = core;
        // The body may have taken long: what was true when it began may have been taken back.
        let caller = server.authenticate(&device.token)?;
        server.metrics().received(body.len() as u64);
        let request: SyncRequest = open(&body)?;
        let answer = seal(&server.sync(&caller, &request)?);
        server.metrics().sent(answer.len() as u64);
        Ok(answer)
    })
    .await?;
    Ok(([(CONTENT_TYPE, MEDIA_TYPE)], answer))
}
