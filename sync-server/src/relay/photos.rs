//! Passing photo files on by tus: resumed where they stand, each kept until the central server has all of it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::{RequestBuilder, Response};
use sha2::{Digest, Sha256};

use super::forward::{Stopped, refused_call};
use super::spool::KeptPhoto;
use super::upstream::{no_link, refusal};
use super::{Relay, http::UPLOADS};
use crate::limits::{
    LINK_CHUNK_TIMEOUT, LINK_PHOTO_PIECE_BYTES, LINK_SYNC_TIMEOUT, SPOOL_PHOTO_WAITS_MS, SPOOL_RETRY_EVERY,
};

/// What became of one file.
enum Passed {
    /// The central server has it.
    Held,
    /// It does not know the photo's record yet, or the relay's user may not see it.
    RecordUnknown,
    /// It refused the file for good.
    Refused(String),
}

/// Passes on every file that may be tried now.
pub(super) async fn pass_photos(relay: &Arc<Relay>) -> Result<(), Stopped> {
    let now_ms = relay.now_ms();
    while let Some(photo) = relay.on_spool(move |spool| Ok(spool.next_photo(now_ms)?)).await? {
        let passed = match pass_one(relay, &photo).await? {
            Passed::RecordUnknown if now_ms.saturating_sub(photo.arrived_at_ms) > SPOOL_PHOTO_WAITS_MS => {
                Passed::Refused("photo-unknown".to_owned())
            }
            passed => passed,
        };
        note(relay, photo, passed).await?;
    }
    Ok(())
}

async fn note(relay: &Arc<Relay>, photo: KeptPhoto, passed: Passed) -> Result<(), Stopped> {
    let (now_ms, id, doc) = (relay.now_ms(), photo.id, photo.doc);
    match passed {
        Passed::Held => {
            tracing::info!(photo = %doc, kind = photo.kind.as_str(), bytes = photo.length, "passed on");
            relay.on_spool(move |spool| spool.drop_photo(&id)).await?;
        }
        Passed::RecordUnknown => {
            let until_ms = now_ms.saturating_add(i64::try_from(SPOOL_RETRY_EVERY.as_millis()).unwrap_or(i64::MAX));
            relay.on_spool(move |spool| Ok(spool.postpone_photo(&id, until_ms)?)).await?;
        }
        Passed::Refused(code) => {
            tracing::warn!(photo = %doc, code, "a photo was refused for good and set aside");
            relay.on_spool(move |spool| spool.set_photo_aside(&id, &code, now_ms)).await?;
        }
    }
    Ok(())
}

async fn pass_one(relay: &Arc<Relay>, photo: &KeptPhoto) -> Result<Passed, Stopped> {
    let resumed = match &photo.url {
        Some(url) => ask_offset(relay, url).await?.map(|offset| (url.clone(), offset)),
        None => None,
    };
    let (url, mut offset) = match resumed {
        Some(resumed) => resumed,
        None => match begin(relay, photo).await? {
            Ok(url) => (url, 0),
            Err(passed) => return Ok(passed),
        },
    };
    while offset < photo.length {
        let (id, at) = (photo.id.clone(), offset);
        let piece = relay.on_spool(move |spool| Ok(spool.read_photo(&id, at, LINK_PHOTO_PIECE_BYTES)?)).await;
        let Ok(piece) = piece else { return Ok(Passed::Refused("file-unreadable".to_owned())) };
        if piece.is_empty() {
            return Ok(Passed::Refused("file-short".to_owned()));
        }
        offset = match send_piece(relay, &url, offset, piece).await? {
            Ok(reached) => reached,
            Err(passed) => return Ok(passed),
        };
    }
    Ok(Passed::Held)
}

fn tus(relay: &Relay, method: Method, path: &str, timeout: Duration) -> RequestBuilder {
    relay.upstream.call(method, path, &relay.credential.token, timeout).header("tus-resumable", "1.0.0")
}

async fn sent(call: RequestBuilder) -> Result<Response, Stopped> {
    call.send().await.map_err(|e| Stopped::NoLink(no_link(e).0))
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

async fn ask_offset(relay: &Relay, url: &str) -> Result<Option<u64>, Stopped> {
    let answer = sent(tus(relay, Method::HEAD, url, LINK_SYNC_TIMEOUT)).await?;
    match answer.status() {
        status if status.is_success() => Ok(header(&answer, "upload-offset").and_then(|o| o.parse().ok())),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        _ => Err(refused_call(answer).await),
    }
}

/// The new upload's path, or what became of the file without one.
async fn begin(relay: &Arc<Relay>, photo: &KeptPhoto) -> Result<Result<String, Passed>, Stopped> {
    let entry = |key: &str, value: &str| format!("{key} {}", BASE64.encode(value));
    let metadata = [
        entry("sha256", &hex::encode(photo.sha256)),
        entry("photo", &photo.doc.to_string()),
        entry("kind", photo.kind.as_str()),
        entry("filetype", &photo.mime),
    ];
    let call = tus(relay, Method::POST, "/v1/photos", LINK_SYNC_TIMEOUT)
        .header("upload-length", photo.length)
        .header("upload-metadata", metadata.join(","));
    let answer = sent(call).await?;
    match answer.status() {
        StatusCode::CREATED if header(&answer, "shanxun-held") == Some("true") => return Ok(Err(Passed::Held)),
        StatusCode::CREATED => {}
        StatusCode::NOT_FOUND => return Ok(Err(Passed::RecordUnknown)),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => {
            return Ok(Err(Passed::Refused(refusal(answer).await.0)));
        }
        _ => return Err(refused_call(answer).await),
    }
    let Some(url) = header(&answer, "location").map(str::to_owned) else {
        return Err(Stopped::Upstream("an upload without an address".to_owned()));
    };
    if url.starts_with(UPLOADS) {
        return Err(Stopped::NoLink("the upstream relay has no link".to_owned()));
    }
    let (id, kept) = (photo.id.clone(), url.clone());
    relay.on_spool(move |spool| Ok(spool.set_photo_url(&id, Some(&kept))?)).await?;
    Ok(Ok(url))
}

/// The new offset, or what became of the file.
async fn send_piece(relay: &Relay, url: &str, at: u64, piece: Vec<u8>) -> Result<Result<u64, Passed>, Stopped> {
    let checksum = format!("sha256 {}", BASE64.encode(Sha256::digest(&piece)));
    let call = tus(relay, Method::PATCH, url, LINK_CHUNK_TIMEOUT)
        .header("content-type", "application/offset+octet-stream")
        .header("upload-offset", at)
        .header("upload-checksum", checksum)
        .body(piece);
    let answer = sent(call).await?;
    let status = answer.status();
    if status.is_success() {
        let reached = header(&answer, "upload-offset").and_then(|o| o.parse().ok());
        return reached.map(Ok).ok_or_else(|| Stopped::Upstream("an upload answer without an offset".to_owned()));
    }
    let (code, message) = refusal(answer).await;
    match code.as_str() {
        "content-mismatch" | "too-large" => Ok(Err(Passed::Refused(code))),
        // Anything else is asked for again from where the upload stands.
        _ => Err(Stopped::Upstream(format!("a piece of a photo was not taken ({code}): {message}"))),
    }
}
