//! Reading pictures.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use super::answer::{HttpError, Known, blocking};
use super::refusals::{Binary, Closed, Missing};
use crate::error::ServerError;
use crate::photos::Picture;
use crate::server::Server;

fn content_hash(text: &str) -> Result<[u8; 32], ServerError> {
    hex::decode(text).ok().and_then(|h| h.try_into().ok()).ok_or(ServerError::NotFound)
}

/// An original, bit for bit.
#[utoipa::path(get, path = "/v1/photos/{sha256}", params(("sha256" = String, Path, pattern = "^[0-9a-fA-F]{64}$")),
    responses((status = 200, body = Binary, content_type = "image/*"), Missing, Closed),
    security(("token" = []), ("session" = [])))]
pub(super) async fn original(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    sha256: Result<Path<String>, PathRejection>,
) -> Result<Response, HttpError> {
    picture(server, sha256?.0, move |server, sha256| server.original(&caller, sha256)).await
}

/// The thumbnail of an original.
#[utoipa::path(get, path = "/v1/photos/{sha256}/thumbnail", params(("sha256" = String, Path, pattern = "^[0-9a-fA-F]{64}$")),
    responses((status = 200, body = Binary, content_type = "image/jpeg"), Missing, Closed),
    security(("token" = []), ("session" = [])))]
pub(super) async fn thumbnail(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    sha256: Result<Path<String>, PathRejection>,
) -> Result<Response, HttpError> {
    picture(server, sha256?.0, move |server, sha256| server.thumbnail(&caller, sha256)).await
}

/// Looks a picture up by its hash and sends it.
async fn picture(
    server: Arc<Server>,
    sha256: String,
    look_up: impl FnOnce(&Server, &[u8; 32]) -> Result<Picture, ServerError> + Send + 'static,
) -> Result<Response, HttpError> {
    let sha256 = content_hash(&sha256)?;
    let core = server.clone();
    let picture = blocking(move || look_up(&core, &sha256)).await?;
    send(&server, picture).await
}

async fn send(server: &Server, picture: Picture) -> Result<Response, HttpError> {
    let file = tokio::fs::File::open(&picture.path).await?;
    let length = file.metadata().await?.len();
    server.metrics().sent(length);
    // Only pictures are named as such: anything else a client uploaded must not run in a browser.
    let mime = if picture.mime.starts_with("image/") && !picture.mime.contains("svg") {
        picture.mime
    } else {
        "application/octet-stream".to_owned()
    };
    let headers = [
        (CONTENT_TYPE, mime),
        (CONTENT_LENGTH, length.to_string()),
        (CONTENT_DISPOSITION, "inline".to_owned()),
        (CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}
