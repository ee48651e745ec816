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

use super::answer::{HttpError, Known, Sending, blocking};
use super::listen::Patience;
use crate::accounts::Caller;
use crate::error::ServerError;
use crate::limits::{CHECKED_PIECE_BYTES_MAX, METADATA_BYTES_MAX, PHOTO_BYTES_MAX, SYNC_EVERY_BYTES};
use crate::photos::{NewUpload, Progress, UploadLock};
use crate::server::Server;
use crate::storage::UploadKind;

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ServerError> {
    let value = headers.get(name).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    value.ok_or_else(|| {
        ServerError::invalid(format!("缺少或无效的 {name}"), format!("'{name}' is missing or no number"))
    })
}

fn check_version(headers: &HeaderMap) -> Result<(), ServerError> {
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
    Extension(patience): Extension<Patience>,
    device: Sending,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let new = announced(&headers)?;
    let (core, caller) = (server.clone(), device.caller.clone());
    let mut progress = blocking(move || core.begin_upload(&caller, &new)).await?;
    let held = progress.held;
    let id = progress.upload.id.clone();
    if !held && headers.get("content-type").is_some_and(|t| t == "application/offset+octet-stream") {
        let lock = server.upload_locks().take(&id)?;
        progress = Receiving { server: &server, token: &device.token, lock: &lock, patience }
            .receive(progress, &headers, body)
            .await?;
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
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let Path(id) = id?;
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
    Extension(patience): Extension<Patience>,
    device: Sending,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let Path(id) = id?;
    if headers.get("content-type").is_none_or(|t| t != "application/offset+octet-stream") {
        return Ok(super::answer::plain(
            415,
            "media-type",
            "类型应为 application/offset+octet-stream",
            "the content type must be application/offset+octet-stream",
        ));
    }
    let claimed = number(&headers, &OFFSET)?;
    // Whose it is comes first: a stranger must not be able to interrupt it.
    let progress = stands(&server, &device.caller, &id).await?;
    let lock = server.upload_locks().take(&progress.upload.id)?;
    let progress = stands(&server, &device.caller, &id).await?;
    if claimed != progress.offset {
        return Err(ServerError::Offset { offset: progress.offset }.into());
    }
    let receiving = Receiving { server: &server, token: &device.token, lock: &lock, patience };
    let progress = receiving.receive(progress, &headers, body).await?;
    Ok(answer(StatusCode::NO_CONTENT, Some(&progress)))
}

/// Ends an upload.
#[utoipa::path(delete, path = "/v1/photos/uploads/{id}", params(("id" = String, Path)), responses((status = 204)), security(("token" = [])))]
pub(super) async fn end(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, TusError> {
    check_version(&headers)?;
    let Path(id) = id?;
    stands(&server, &caller, &id).await?;
    let _lock = server.upload_locks().take(&id)?;
    let core = server.clone();
    blocking(move || core.end_upload(&caller, &id)).await?;
    Ok(answer(StatusCode::NO_CONTENT, None))
}

async fn stands(server: &Arc<Server>, caller: &Caller, id: &str) -> Result<Progress, HttpError> {
    let (server, caller, id) = (server.clone(), caller.clone(), id.to_owned());
    blocking(move || server.upload_progress(&caller, &id)).await
}

fn announced(headers: &HeaderMap) -> Result<NewUpload, ServerError> {
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
    async fn receive(&self, progress: Progress, headers: &HeaderMap, body: Body) -> Result<Progress, HttpError> {
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
        mut body: Body,
    ) -> Result<Progress, HttpError> {
        let mut piece = Vec::new();
        let ends = Instant::now() + self.patience.piece;
        while let Some(bytes) = self.next_frame(&mut body, ends).await? {
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
    async fn receive_as_it_comes(&self, mut progress: Progress, mut body: Body) -> Result<Progress, HttpError> {
        let mut piece = Vec::new();
        let ends = Instant::now() + self.patience.piece;
        loop {
            let frame = tokio::select! {
                frame = self.next_frame(&mut body, ends) => frame,
                () = self.lock.wanted() => Err(HttpError(ServerError::Locked)),
            };
            match frame {
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

    async fn next_frame(&self, body: &mut Body, ends: Instant) -> Result<Option<axum::body::Bytes>, HttpError> {
        let until = ends.min(Instant::now() + self.patience.silence);
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

fn check_checksum(header: &HeaderValue, piece: &[u8]) -> Result<(), ServerError> {
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
