//! Resumable uploads: tus 1.0.0 with creation, creation-with-upload, checksum, expiration and termination.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::DocId;
use http_body_util::BodyExt;
use sha2::Digest;
use tokio::time::Instant;

use super::answer::{ErrorBody, HttpError, Known, Sending, blocking};
use super::listen::Patience;
use super::refusals::{Binary, Closed, Damaged, Ended, Tus};
use crate::accounts::Caller;
use crate::error::ServerError;
use crate::limits::{
    CHECKED_PIECE_BYTES_MAX, DRAIN_BYTES_MAX, DRAIN_TIMEOUT, METADATA_BYTES_MAX, PHOTO_BYTES_MAX, SILENCE_TIMEOUT,
    SYNC_EVERY_BYTES,
};
use crate::photos::{NewUpload, Progress, UploadLock};
use crate::server::Server;
use crate::storage::UploadKind;

const VERSION: &str = "1.0.0";
/// The media type of a piece.
const PIECE: &str = "application/offset+octet-stream";
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

/// The version of tus that every upload call names.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it describes a header; `check_version` reads it")]
pub(super) enum TusVersion {
    #[schema(rename = "1.0.0")]
    One,
}

/// The methods that a header may name instead of the call's own.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[allow(dead_code, reason = "it describes a header; `overridden` reads it")]
pub(super) enum TusMethod {
    Patch,
    Head,
    Delete,
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
#[utoipa::path(post, path = "/v1/photos",
    params(("Tus-Resumable" = TusVersion, Header), ("Upload-Length" = u64, Header, minimum = 1, maximum = 67_108_864),
        ("Upload-Metadata" = String, Header, max_length = 4096), ("Upload-Checksum" = Option<String>, Header)),
    request_body(content = Option<Binary>, content_type = "application/offset+octet-stream"),
    responses((status = 201), (status = 404, body = ErrorBody), (status = 410, body = ErrorBody), Closed, Tus, Damaged),
    security(("token" = [])))]
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    Extension(patience): Extension<Patience>,
    device: Sending,
    headers: HeaderMap,
    mut body: Body,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let new = announced(&headers)?;
    let (core, caller) = (server.clone(), device.caller.clone());
    let mut progress = blocking(move || core.begin_upload(&caller, &new)).await?;
    let held = progress.held;
    let id = progress.upload.id.clone();
    if !held && headers.get("content-type").is_some_and(|t| t == PIECE) {
        let lock = server.upload_locks().take(&id).await?;
        let receiving = Receiving { server: &server, token: &device.token, lock: &lock, patience };
        let received = receiving.receive(progress, &headers, &mut body).await;
        drop(lock);
        progress = settled(received, body).await?;
    } else {
        drain(body).await;
    }
    let mut response = answer(StatusCode::CREATED, Some(&progress));
    let location = HeaderValue::from_str(&format!("/v1/photos/uploads/{id}"));
    response.headers_mut().extend(location.ok().map(|l| (axum::http::header::LOCATION, l)));
    if held {
        response.headers_mut().insert("shanxun-held", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// How far an upload is. A request that still writes it is asked to stop first, as what it has received counts too.
#[utoipa::path(head, path = "/v1/photos/uploads/{id}", params(("id" = String, Path, pattern = "^[0-9a-f]{32}$"), ("Tus-Resumable" = TusVersion, Header)),
    responses((status = 200), Closed, Ended, Tus), security(("token" = [])))]
pub(super) async fn progress(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let Path(id) = id?;
    let (_lock, progress) = claim(&server, caller, &id).await?;
    let mut response = answer(StatusCode::OK, Some(&progress));
    response.headers_mut().insert(LENGTH, HeaderValue::from(progress.upload.length));
    Ok(response)
}

/// Sends a piece.
#[utoipa::path(patch, path = "/v1/photos/uploads/{id}",
    params(("id" = String, Path, pattern = "^[0-9a-f]{32}$"), ("Tus-Resumable" = TusVersion, Header), ("Upload-Offset" = u64, Header), ("Upload-Checksum" = Option<String>, Header)),
    request_body(content = Binary, content_type = "application/offset+octet-stream"),
    responses((status = 204), (status = 409, body = ErrorBody), (status = 415, body = ErrorBody), Closed, Ended, Tus, Damaged),
    security(("token" = [])))]
pub(super) async fn append(
    State(server): State<Arc<Server>>,
    Extension(patience): Extension<Patience>,
    device: Sending,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    mut body: Body,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let Path(id) = id?;
    if headers.get("content-type").is_none_or(|t| t != PIECE) {
        return Err(ServerError::MediaType(PIECE).into());
    }
    let claimed = number(&headers, &OFFSET)?;
    let (lock, progress) = claim(&server, device.caller, &id).await?;
    if claimed != progress.offset {
        return Err(ServerError::Offset { offset: progress.offset }.into());
    }
    let receiving = Receiving { server: &server, token: &device.token, lock: &lock, patience };
    let received = receiving.receive(progress, &headers, &mut body).await;
    drop(lock);
    let progress = settled(received, body).await?;
    Ok(answer(StatusCode::NO_CONTENT, Some(&progress)))
}

/// Ends an upload.
#[utoipa::path(delete, path = "/v1/photos/uploads/{id}", params(("id" = String, Path, pattern = "^[0-9a-f]{32}$"), ("Tus-Resumable" = TusVersion, Header)),
    responses((status = 204), Closed, Ended, Tus), security(("token" = [])))]
pub(super) async fn end(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let Path(id) = id?;
    let (_lock, _) = claim(&server, caller.clone(), &id).await?;
    let core = server.clone();
    blocking(move || core.end_upload(&caller, &id)).await?;
    Ok(answer(StatusCode::NO_CONTENT, None))
}

/// The same calls for clients that can only POST: tus wants the method of `X-HTTP-Method-Override` to count.
#[utoipa::path(post, path = "/v1/photos/uploads/{id}",
    params(("id" = String, Path, pattern = "^[0-9a-f]{32}$"), ("Tus-Resumable" = TusVersion, Header),
        ("X-HTTP-Method-Override" = TusMethod, Header), ("Upload-Offset" = Option<u64>, Header),
        ("Upload-Checksum" = Option<String>, Header)),
    request_body(content = Option<Binary>, content_type = "application/offset+octet-stream"),
    responses((status = 200), (status = 204), (status = 409, body = ErrorBody), (status = 415, body = ErrorBody),
        Closed, Ended, Tus, Damaged),
    security(("token" = [])))]
pub(super) async fn overridden(
    server: State<Arc<Server>>,
    patience: Extension<Patience>,
    device: Sending,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TusError> {
    match headers.get("x-http-method-override").and_then(|m| m.to_str().ok()) {
        Some("PATCH") => append(server, patience, device, id, headers, body).await,
        Some("DELETE") => end(server, Known(device.caller), id, headers).await,
        Some("HEAD") => progress(server, Known(device.caller), id, headers).await,
        _ => {
            let en = "'X-HTTP-Method-Override' must be PATCH, HEAD or DELETE for a POST to an upload";
            Err(ServerError::invalid("向上传地址 POST 时，X-HTTP-Method-Override 应为 PATCH、HEAD 或 DELETE", en)
                .into())
        }
    }
}

/// The right to write an upload of the caller, and how far it is once nobody else writes it.
async fn claim(server: &Arc<Server>, caller: Caller, id: &str) -> Result<(UploadLock, Progress), HttpError> {
    let look = |caller: Caller| {
        let (core, id) = (server.clone(), id.to_owned());
        blocking(move || core.upload_progress(&caller, &id))
    };
    // Whose it is comes first: nobody stops another's upload.
    look(caller.clone()).await?;
    let lock = server.upload_locks().take(id).await?;
    Ok((lock, look(caller).await?))
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
        mime: entry("filetype").map_or_else(|| "image/jpeg".into(), media_type),
    })
}

/// A media type as a header can carry it; anything else is just bytes.
fn media_type(said: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/+.-".contains(c);
    if said.len() <= 100 && said.chars().all(plain) { said } else { "application/octet-stream".into() }
}

/// The next bytes of a piece that a relay takes in.
pub(crate) async fn next_frame(body: &mut Body) -> Result<Option<axum::body::Bytes>, HttpError> {
    frame_before(body, Instant::now() + SILENCE_TIMEOUT).await
}

async fn frame_before(body: &mut Body, until: Instant) -> Result<Option<axum::body::Bytes>, HttpError> {
    match tokio::time::timeout_at(until, body.frame()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(frame))) => Ok(Some(frame.into_data().unwrap_or_default())),
        Ok(Some(Err(_))) => {
            let en = "the connection ended within the piece; continue where it stands";
            Err(HttpError(ServerError::invalid("连接在分片中途断开，请续传", en)))
        }
        Err(_) => Err(HttpError(ServerError::TooSlow)),
    }
}

/// What was received; where that failed the rest of the body is read before the answer goes.
async fn settled(received: Result<Progress, HttpError>, body: Body) -> Result<Progress, HttpError> {
    if received.is_err() {
        drain(body).await;
    }
    received
}

/// Reads what is left of a body and throws it away: a caller that is still sending would not see the answer.
async fn drain(mut body: Body) {
    let ends = Instant::now() + DRAIN_TIMEOUT;
    let mut left = DRAIN_BYTES_MAX;
    while let Ok(Some(Ok(frame))) = tokio::time::timeout_at(ends, body.frame()).await {
        left = left.saturating_sub(frame.data_ref().map_or(0, |bytes| bytes.len()));
        if left == 0 {
            return;
        }
    }
}

/// Takes in the body of one request.
struct Receiving<'a> {
    server: &'a Arc<Server>,
    /// Asked again before anything is kept: the device may be revoked in the middle.
    token: &'a str,
    lock: &'a UploadLock,
    patience: Patience,
}

impl Receiving<'_> {
    /// All at once if it carries a checksum, else as it comes.
    async fn receive(&self, progress: Progress, headers: &HeaderMap, body: &mut Body) -> Result<Progress, HttpError> {
        match headers.get(CHECKSUM) {
            Some(checksum) => self.receive_checked(progress, checksum, body).await,
            None => self.receive_as_it_comes(progress, body).await,
        }
    }

    /// None of it counts before all of it was checked.
    async fn receive_checked(
        &self,
        progress: Progress,
        checksum: &HeaderValue,
        body: &mut Body,
    ) -> Result<Progress, HttpError> {
        let mut piece = Vec::new();
        let ends = Instant::now() + self.patience.piece;
        while let Some(bytes) = self.next_frame(body, ends).await? {
            if piece.len() + bytes.len() > CHECKED_PIECE_BYTES_MAX {
                let got = (piece.len() + bytes.len()) as u64;
                return Err(ServerError::TooLarge(got, CHECKED_PIECE_BYTES_MAX as u64).into());
            }
            piece.extend_from_slice(&bytes);
        }
        check_checksum(checksum, &piece)?;
        self.append(progress, piece).await
    }

    /// What arrived before the connection broke counts; it is made durable at intervals and at the end.
    async fn receive_as_it_comes(&self, mut progress: Progress, body: &mut Body) -> Result<Progress, HttpError> {
        let mut piece = Vec::new();
        let ends = Instant::now() + self.patience.piece;
        loop {
            match self.next_frame(body, ends).await {
                Ok(Some(bytes)) => piece.extend_from_slice(&bytes),
                Ok(None) => return self.append(progress, piece).await,
                Err(broken) => {
                    self.append(progress, piece).await?;
                    return Err(broken);
                }
            }
            if piece.len() as u64 >= SYNC_EVERY_BYTES {
                progress = self.append(progress, std::mem::take(&mut piece)).await?;
            }
        }
    }

    /// The next bytes; an error when the call broke or took too long, or another one wants to write the upload.
    async fn next_frame(&self, body: &mut Body, ends: Instant) -> Result<Option<axum::body::Bytes>, HttpError> {
        let until = ends.min(Instant::now() + self.patience.silence);
        tokio::select! {
            // What is here already counts before anything else.
            biased;
            frame = frame_before(body, until) => frame,
            () = self.lock.wanted() => Err(HttpError(ServerError::Locked)),
        }
    }

    async fn append(&self, progress: Progress, piece: Vec<u8>) -> Result<Progress, HttpError> {
        if piece.is_empty() {
            return Ok(progress);
        }
        let (server, token) = (self.server.clone(), self.token.to_owned());
        blocking(move || {
            server.authenticate(&token)?;
            server.append(&progress, &piece)
        })
        .await
    }
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
