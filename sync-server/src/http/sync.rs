//! One round trip of a device.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use domain::sync::{SyncRequest, open, seal};

use super::answer::{HttpError, Syncing, blocking};
use crate::error::ServerError;
use crate::server::Server;

const MEDIA_TYPE: &str = "application/vnd.shanxun.sync";

/// Pushes what a device wrote and pulls what others wrote; the bodies are described in `docs/sync-protocol.md`.
#[utoipa::path(post, path = "/v1/sync", request_body(content = Vec<u8>, content_type = "application/vnd.shanxun.sync"),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.shanxun.sync"),
        (status = 400, body = super::answer::ErrorBody), (status = 409, body = super::answer::ErrorBody)),
    security(("token" = [])))]
pub(super) async fn sync(
    State(server): State<Arc<Server>>,
    device: Syncing,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, HttpError> {
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
