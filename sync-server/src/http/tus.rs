//! Resumable uploads: tus 1.0.0 with creation, creation-with-upload, checksum, expiration and termination.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::DocId;
use http_body_util::BodyExt;
use sha2::Digest;

use super::answer::{HttpError, Known, blocking};
use crate::error::ServerError;
use crate::limits::{CHECKED_PIECE_BYTES_MAX, METADATA_BYTES_MAX, PHOTO_BYTES_MAX, SILENCE_TIMEOUT, SYNC_EVERY_BYTES};
use crate::photos::{NewUpload, Progress, UploadLock};
use crate::server::Server;
use crate::storage::UploadKind;

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
pub(crate) const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(crate) const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(crate) const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");

pub(crate) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ServerError> {
    let value = headers.get(name).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    value.ok_or_else(|| {
        ServerError::invalid(format!("缺少或无效的 {name}"), format!("'{name}' is missing or no number"))
    })
}

pub(crate) fn check_version(headers: &HeaderMap) -> Result<(), ServerError> {
    let version = headers.get(RESUMABLE).and_then(|v| v.to_str().ok());
    if version == Some(VERSION) { Ok(()) } else { Err(ServerError::TusVersion) }
}

/// An error of a tus call names the version too.
pub(super) struct TusError(HttpError);

impl<E: Into<HttpError>> From<E> for TusError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for TusError {
    fn into_response(self) -> Response {
        ([("tus-resumable", VERSION), ("tus-version", VERSION)], self.0).into_response()
    }
}

fn answer(status: StatusCode, progress: Option<&Progress>) -> Response {
    let mut response = ([("tus-resumable", VERSION), ("cache-control", "no-store")], status).into_response();
    let headers = response.headers_mut();
    if let Some(Progress { upload, offset, .. }) = progress {
        headers.insert(OFFSET, HeaderValue::from(*offset));
        let expires = chrono::DateTime::from_timestamp_millis(upload.expires_at_ms);
        let expires = expires.map(|t| t.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        if let Some(expires) = expires.and_then(|e| HeaderValue::from_str(&e).ok()) {
            headers.insert("upload-expires", expires);
        }
    }
    response
}

/// What this server can do.
#[utoipa::path(options, path = "/v1/photos", responses((status = 204)))]
pub(super) async fn capabilities() -> Response {
    let headers = [
        ("tus-resumable", VERSION.to_owned()),
        ("tus-version", VERSION.to_owned()),
        ("tus-extension", EXTENSIONS.to_owned()),
        ("tus-max-size", PHOTO_BYTES_MAX.to_string()),
        ("tus-checksum-algorithm", "sha1,sha256".to_owned()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begins an upload. `Upload-Metadata`: `sha256` (hexadecimal), `photo` (the record's id), `kind` (`original` or
/// `thumbnail`), `filetype`. `Shanxun-Held: true` says that nothing needs to be sent.
#[utoipa::path(post, path = "/v1/photos", responses((status = 201), (status = 404, body = super::answer::ErrorBody)), security(("token" = [])))]
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let new = announced(&headers)?;
    let core = server.clone();
    let mut progress = blocking(move || core.begin_upload(&caller, &new)).await?;
    let held = progress.held;
    let id = progress.upload.id.clone();
    if !held && headers.get("content-type").is_some_and(|t| t == "application/offset+octet-stream") {
        let lock = server.upload_locks().take(&id)?;
        progress = receive(&server, &lock, progress, &headers, body).await?;
    }
    let mut response = answer(StatusCode::CREATED, Some(&progress));
    let location = HeaderValue::from_str(&format!("/v1/photos/uploads/{id}"));
    response.headers_mut().extend(location.ok().map(|l| (axum::http::header::LOCATION, l)));
    if held {
        response.headers_mut().insert("shanxun-held", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// How far an upload is; a request that still writes it is asked to stop.
#[utoipa::path(head, path = "/v1/photos/uploads/{id}", params(("id" = String, Path)), responses((status = 200)), security(("token" = [])))]
pub(super) async fn progress(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let core = server.clone();
    let progress = blocking(move || core.upload_progress(&caller, &id)).await?;
    drop(server.upload_locks().take(&progress.upload.id));
    let mut response = answer(StatusCode::OK, Some(&progress));
    response.headers_mut().insert(LENGTH, HeaderValue::from(progress.upload.length));
    Ok(response)
}

/// Sends a piece.
#[utoipa::path(patch, path = "/v1/photos/uploads/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 409, body = super::answer::ErrorBody), (status = 460, body = super::answer::ErrorBody)),
    security(("token" = [])))]
pub(super) async fn append(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    if headers.get("content-type").is_none_or(|t| t != "application/offset+octet-stream") {
        return Ok(super::answer::plain(
            415,
            "media-type",
            "类型应为 application/offset+octet-stream",
            "the content type must be application/offset+octet-stream",
        ));
    }
    let claimed = number(&headers, &OFFSET)?;
    let lock = server.upload_locks().take(&id)?;
    let core = server.clone();
    let progress = blocking(move || core.upload_progress(&caller, &id)).await?;
    if claimed != progress.offset {
        return Err(ServerError::Offset { offset: progress.offset }.into());
    }
    let progress = receive(&server, &lock, progress, &headers, body).await?;
    Ok(answer(StatusCode::NO_CONTENT, Some(&progress)))
}

/// Ends an upload.
#[utoipa::path(delete, path = "/v1/photos/uploads/{id}", params(("id" = String, Path)), responses((status = 204)), security(("token" = [])))]
pub(super) async fn end(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let _lock = server.upload_locks().take(&id)?;
    let core = server.clone();
    blocking(move || core.end_upload(&caller, &id)).await?;
    Ok(answer(StatusCode::NO_CONTENT, None))
}

pub(crate) fn announced(headers: &HeaderMap) -> Result<NewUpload, ServerError> {
    let length = number(headers, &LENGTH)?;
    let text = headers.get(METADATA).and_then(|m| m.to_str().ok()).filter(|m| m.len() <= METADATA_BYTES_MAX);
    let entry = |key: &str| {
        let named = text?.split(',').filter_map(|e| e.trim().split_once(' ')).find(|(k, _)| *k == key)?;
        String::from_utf8(BASE64.decode(named.1.trim()).ok()?).ok()
    };
    let wrong = |key: &str| {
        ServerError::invalid(
            format!("Upload-Metadata 缺少有效的 {key}"),
            format!("'Upload-Metadata' has no valid '{key}'"),
        )
    };
    let sha256 = entry("sha256").and_then(|h| <[u8; 32]>::try_from(hex::decode(h).ok()?).ok());
    let doc = entry("photo").and_then(|id| id.parse::<DocId>().ok());
    let kind = entry("kind").unwrap_or_else(|| "original".into());
    Ok(NewUpload {
        doc: doc.ok_or_else(|| wrong("photo"))?,
        kind: UploadKind::from_word(&kind).ok_or_else(|| wrong("kind"))?,
        sha256: sha256.ok_or_else(|| wrong("sha256"))?,
        length,
        mime: entry("filetype").filter(|m| m.len() <= 100 && m.is_ascii()).unwrap_or_else(|| "image/jpeg".into()),
    })
}

/// Takes in a body: all at once if it carries a checksum, else as it comes.
async fn receive(
    server: &Arc<Server>,
    lock: &UploadLock,
    progress: Progress,
    headers: &HeaderMap,
    body: Body,
) -> Result<Progress, HttpError> {
    match headers.get(CHECKSUM) {
        Some(checksum) => receive_checked(server, progress, checksum, body).await,
        None => receive_as_it_comes(server, lock, progress, body).await,
    }
}

pub(crate) async fn next_frame(body: &mut Body) -> Result<Option<axum::body::Bytes>, HttpError> {
    let frame = tokio::time::timeout(SILENCE_TIMEOUT, body.frame()).await;
    match frame {
        Ok(None) => Ok(None),
        Ok(Some(Ok(frame))) => Ok(Some(frame.into_data().unwrap_or_default())),
        Ok(Some(Err(_))) | Err(_) => {
            let en = "the connection ended within the piece; continue where it stands";
            Err(HttpError(ServerError::invalid("连接在分片中途断开，请续传", en)))
        }
    }
}

/// None of it counts before all of it was checked.
async fn receive_checked(
    server: &Arc<Server>,
    progress: Progress,
    checksum: &HeaderValue,
    mut body: Body,
) -> Result<Progress, HttpError> {
    let mut piece = Vec::new();
    while let Some(bytes) = next_frame(&mut body).await? {
        if piece.len() + bytes.len() > CHECKED_PIECE_BYTES_MAX {
            let got = (piece.len() + bytes.len()) as u64;
            return Err(ServerError::TooLarge(got, CHECKED_PIECE_BYTES_MAX as u64).into());
        }
        piece.extend_from_slice(&bytes);
    }
    check_checksum(checksum, &piece)?;
    append_blocking(server, progress, piece).await
}

pub(crate) fn check_checksum(header: &HeaderValue, piece: &[u8]) -> Result<(), ServerError> {
    let unknown = || {
        ServerError::invalid(
            "Upload-Checksum 应为 sha1 或 sha256",
            "'Upload-Checksum' must be sha1 or sha256 with base64",
        )
    };
    let (algorithm, expected) = header.to_str().ok().and_then(|h| h.split_once(' ')).ok_or_else(unknown)?;
    let expected = BASE64.decode(expected.trim()).map_err(|_| unknown())?;
    let is_right = match algorithm {
        "sha1" => sha1::Sha1::digest(piece).as_slice() == expected,
        "sha256" => sha2::Sha256::digest(piece).as_slice() == expected,
        _ => return Err(unknown()),
    };
    if is_right { Ok(()) } else { Err(ServerError::Checksum) }
}

/// What arrived before the connection broke counts; it is made durable at intervals and at the end.
async fn receive_as_it_comes(
    server: &Arc<Server>,
    lock: &UploadLock,
    mut progress: Progress,
    mut body: Body,
) -> Result<Progress, HttpError> {
    let mut piece = Vec::new();
    loop {
        let frame = tokio::select! {
            frame = next_frame(&mut body) => frame,
            () = lock.wanted() => Err(HttpError(ServerError::Locked)),
        };
        match frame {
            Ok(Some(bytes)) => piece.extend_from_slice(&bytes),
            Ok(None) => return append_blocking(server, progress, piece).await,
            Err(broken) => {
                append_blocking(server, progress, piece).await?;
                return Err(broken);
            }
        }
        if piece.len() as u64 >= SYNC_EVERY_BYTES {
            progress = append_blocking(server, progress, std::mem::take(&mut piece)).await?;
        }
    }
}

async fn append_blocking(server: &Arc<Server>, progress: Progress, piece: Vec<u8>) -> Result<Progress, HttpError> {
    if piece.is_empty() {
        return Ok(progress);
    }
    let server = server.clone();
    blocking(move || server.append(&progress, &piece)).await
}
