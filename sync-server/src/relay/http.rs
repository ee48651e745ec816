//! A relay over HTTP: passes calls on, and answers itself only what it must when there is no link.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head};
use axum::{Json, Router};
use domain::sync::EnvelopeError;
use domain::sync::envelope::PACKED_BYTES_MAX;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use super::Relay;
use super::forward::keep_passing_on;
use super::handover::take_over;
use super::upstream::NoLink;
use crate::error::ServerError;
use crate::http::answer::{CalledFrom, HttpError, Token, plain};
use crate::http::tus;
use crate::limits::{CHECKED_PIECE_BYTES_MAX, SHUTDOWN_GRACE};
use crate::photos::UploadLock;

/// Where uploads are that only the relay holds: a device sees it by the path.
pub(super) const UPLOADS: &str = "/v1/relay/uploads/";

/// Serves until `shutdown` is done, then finishes the requests under way.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    relay: Arc<Relay>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let passing = tokio::spawn(keep_passing_on(relay.clone()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let signal = async move {
        shutdown.await;
        // The other end is gone only when serving has ended already.
        let _ = stop.send(());
    };
    let app = router(relay).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, app).with_graceful_shutdown(signal);
    let grace_over = async move {
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    let result = tokio::select! {
        result = serving => result,
        () = grace_over => Ok(()),
    };
    passing.abort();
    result
}

fn router(relay: Arc<Relay>) -> Router {
    Router::new()
        .route("/v1/relay", get(status))
        .route("/v1/relay/uploads/{id}", head(progress).patch(append))
        .fallback(pass)
        .layer(CatchPanicLayer::new())
        .with_state(relay)
}

/// An answer that is not what was asked for.
struct Refusal(ServerError);

impl<E: Into<ServerError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let answer = match self.0 {
            // The server's own errors of this kind are hidden from callers; this one tells them what to do.
            full @ ServerError::RelayFull => plain(full.status(), full.code(), &full.message_zh(), &full.to_string()),
            error => HttpError(error).into_response(),
        };
        ([("tus-resumable", "1.0.0")], answer).into_response()
    }
}

fn no_link(NoLink(why): &NoLink) -> Response {
    tracing::debug!(why, "no link");
    let en = "this is a relay and there is no link to the server now; changes and photos can be handed over, \
              everything else waits for the link";
    plain(503, "no-link", "这是中继，目前连不上服务器；可以先交记录和照片，其他操作等有信号再试", en)
}

/// What waits here, for whoever runs the relay; always answered by the relay itself.
async fn status(State(relay): State<Arc<Relay>>) -> Result<Json<Value>, Refusal> {
    let waiting = relay.on_spool(|spool| Ok(spool.waiting()?)).await?;
    Ok(Json(json!({"relay": relay.spool.id(), "waiting": waiting})))
}

/// Everything that is not the relay's own.
async fn pass(State(relay): State<Arc<Relay>>, CalledFrom(from): CalledFrom, request: Request) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if method == Method::POST && path == "/v1/sync" {
        return sync(&relay, from, request).await.into_response();
    }
    let headers = request.headers().clone();
    match relay.upstream.pass(request).await {
        Ok(answer) => answer,
        Err(_) if method == Method::POST && path == "/v1/photos" => begin(&relay, from, &headers).await.into_response(),
        Err(why) => no_link(&why),
    }
}

async fn sync(relay: &Arc<Relay>, from: String, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, PACKED_BYTES_MAX).await.map_err(|_| EnvelopeError::TooLarge)?;
    check_token(&mut parts).await?;
    match relay.upstream.pass_sync(parts, body.clone()).await {
        Ok(answer) => Ok(answer),
        Err(NoLink(_)) => keep(relay, from, body).await,
    }
}

/// The relay cannot tell a good token from a bad one, and keeps none; calls without any are surely no device's.
async fn check_token(parts: &mut Parts) -> Result<(), ServerError> {
    Token::from_request_parts(parts, &()).await.map(|_| ()).map_err(|HttpError(error)| error)
}

/// Keeps the batches of a sync request. Never answered with 200, so that no device takes it for the server's receipt.
async fn keep(relay: &Arc<Relay>, from: String, body: Bytes) -> Result<Response, Refusal> {
    let now_ms = relay.now_ms();
    let held = relay.on_spool(move |spool| take_over(spool, &body, &from, now_ms)).await?;
    let held: Vec<Value> = held.iter().map(|(actor, seq)| json!({"actor": actor.0, "seq": seq})).collect();
    relay.news.notify_one();
    Ok((StatusCode::ACCEPTED, Json(json!({"relay": relay.spool.id(), "held": held}))).into_response())
}

/// Begins an upload here, or goes on with the one of the same file.
async fn begin(relay: &Arc<Relay>, from: String, headers: &HeaderMap) -> Result<Response, Refusal> {
    if !has_token(headers) {
        return Err(ServerError::Unauthorized.into());
    }
    tus::check_version(headers)?;
    let new = tus::announced(headers)?;
    let (fresh_id, now_ms) = (hex::encode(relay.environment.random::<16>()), relay.now_ms());
    let photo = relay.on_spool(move |spool| spool.begin_photo(&new, &fresh_id, &from, now_ms)).await?;
    let mut response = ([("tus-resumable", "1.0.0")], StatusCode::CREATED).into_response();
    let location = HeaderValue::from_str(&format!("{UPLOADS}{}", photo.id));
    response.headers_mut().extend(location.ok().map(|l| (axum::http::header::LOCATION, l)));
    Ok(response)
}

fn has_token(headers: &HeaderMap) -> bool {
    headers.contains_key(axum::http::header::AUTHORIZATION)
}

/// How far an upload is here.
async fn progress(
    State(relay): State<Arc<Relay>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if !has_token(&headers) {
        return Err(ServerError::Unauthorized.into());
    }
    tus::check_version(&headers)?;
    let _lock = relay.upload_locks.take(&id).await?;
    let told = relay.on_spool(move |spool| {
        let (photo, offset) = spool.photo_offset(&id)?;
        spool.complete_photo(&photo, offset)?;
        Ok((offset, photo.length))
    });
    let (offset, length) = told.await?;
    relay.news.notify_one();
    Ok(at(StatusCode::OK, offset, Some(length)))
}

/// Takes in a piece.
async fn append(
    State(relay): State<Arc<Relay>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut body: Body,
) -> Result<Response, Refusal> {
    if !has_token(&headers) {
        return Err(ServerError::Unauthorized.into());
    }
    tus::check_version(&headers)?;
    let claimed = tus::number(&headers, &tus::OFFSET)?;
    let lock = relay.upload_locks.take(&id).await?;
    let (piece, ended) = collect(&mut body, &lock).await;
    match headers.get(tus::CHECKSUM) {
        // None of it counts before all of it was checked.
        Some(checksum) => {
            ended?;
            tus::check_checksum(checksum, &piece)?;
        }
        None if piece.is_empty() => ended?,
        None => {}
    }
    let reached = relay.on_spool(move |spool| spool.append_photo(&id, claimed, &piece)).await?;
    relay.news.notify_one();
    Ok(at(StatusCode::NO_CONTENT, reached, None))
}

/// What arrived of a body, and whether it came to its end before it broke or another call wanted to write the upload.
async fn collect(body: &mut Body, lock: &UploadLock) -> (Vec<u8>, Result<(), ServerError>) {
    let mut piece = Vec::new();
    loop {
        let frame = tokio::select! {
            // What is here already counts before anything else.
            biased;
            frame = tus::next_frame(body) => frame,
            () = lock.wanted() => Err(HttpError(ServerError::Locked)),
        };
        match frame {
            Ok(None) => return (piece, Ok(())),
            Ok(Some(bytes)) if piece.len() + bytes.len() > CHECKED_PIECE_BYTES_MAX => {
                let got = (piece.len() + bytes.len()) as u64;
                return (Vec::new(), Err(ServerError::TooLarge(got, CHECKED_PIECE_BYTES_MAX as u64)));
            }
            Ok(Some(bytes)) => piece.extend_from_slice(&bytes),
            Err(HttpError(broken)) => return (piece, Err(broken)),
        }
    }
}

fn at(status: StatusCode, offset: u64, length: Option<u64>) -> Response {
    let mut response = ([("tus-resumable", "1.0.0"), ("cache-control", "no-store")], status).into_response();
    let headers = response.headers_mut();
    headers.insert(tus::OFFSET, HeaderValue::from(offset));
    headers.extend(length.map(|length| (tus::LENGTH, HeaderValue::from(length))));
    response
}
