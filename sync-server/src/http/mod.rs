//! The server over HTTP: each handler reads the request, calls one function, writes the answer.

mod account;
pub(crate) mod answer;
mod console;
mod console_pages;
mod cookie;
mod desk;
mod documents;
mod listen;
mod openapi;
mod operations;
mod photos;
mod refusals;
mod site;
mod sync;
pub(crate) mod tus;
mod work;

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Response;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{get, head, options, post};
use axum::{Extension, Router};
use domain::sync::envelope::PACKED_BYTES_MAX;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::error::ServerError;
use crate::limits::{JSON_BODY_BYTES_MAX, SWEEP_EVERY};
use crate::server::Server;

pub use answer::HttpError;
pub use listen::Patience;

/// Serves until `shutdown` is done, then finishes the requests under way.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_with(listener, server, Patience::default(), shutdown).await
}

/// As [`serve`], with other limits of time.
///
/// # Errors
/// When the listener fails.
pub async fn serve_with(
    listener: TcpListener,
    server: Arc<Server>,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let renewer = tokio::spawn(renew_summaries(server.clone()));
    let sweeper = tokio::spawn(sweep(server.clone()));
    let result = listen::listen(listener, router_with(server, patience), patience, shutdown).await;
    sweeper.abort();
    renewer.abort();
    result
}

/// Ledgers are filled beside the calls, so that devices need not wait for the console.
async fn renew_summaries(server: Arc<Server>) {
    if let Err(HttpError(error)) = answer::blocking(move || server.renew_summaries()).await {
        tracing::warn!(error = %error, "the console's ledgers could not be made again");
    }
}

async fn sweep(server: Arc<Server>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        let server = server.clone();
        let swept = answer::blocking(move || server.sweep()).await;
        if let Err(HttpError(error)) = swept {
            tracing::warn!(error = %error, "clearing away what expired failed");
        }
    }
}

/// All routes.
pub fn router(server: Arc<Server>) -> Router {
    router_with(server, Patience::default())
}

fn router_with(server: Arc<Server>, patience: Patience) -> Router {
    let timed = middleware::from_fn_with_state(patience, in_time);
    let small = Router::new()
        .route("/v1/enrol", post(account::enrol))
        .route("/v1/renumber", post(account::renumber))
        .route("/v1/sessions", post(account::log_in).delete(account::log_out))
        .route("/v1/console/session", get(console::session).post(console::log_in).delete(console::log_out))
        .route("/v1/console/catalogue", get(console_pages::catalogue))
        .route("/v1/console/ledger", get(console_pages::ledger))
        .route("/v1/console/today", get(work::today))
        .route("/v1/console/queues/{queue}", get(work::queue))
        .route("/v1/console/conflicts/{id}", get(work::conflict))
        .route("/v1/console/decisions", get(work::decisions))
        .route("/v1/console/records/{id}", get(console_pages::record))
        .route("/v1/console/records/{id}/changes", get(console_pages::changes))
        .route("/v1/forms", get(documents::forms))
        .route("/v1/documents", get(documents::list))
        .route("/v1/documents/{id}", get(documents::show))
        .route("/v1/documents/{id}/history", get(documents::history))
        .route("/v1/documents/{id}/changes", post(desk::decide))
        .route("/v1/documents/{id}/changes/{op}/undo", post(desk::take_back))
        .route("/v1/openapi.json", get(openapi::document))
        .route("/v1/health", get(operations::health))
        .route("/v1/ready", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .layer(DefaultBodyLimit::max(JSON_BODY_BYTES_MAX))
        .layer(timed.clone());
    let sync =
        Router::new().route("/v1/sync", post(sync::sync)).layer(DefaultBodyLimit::max(PACKED_BYTES_MAX)).layer(timed);
    let uploads = head(tus::progress).patch(tus::append).delete(tus::end).post(tus::overridden);
    // Photos bound their bodies and their patience piece by piece.
    let photos = Router::new()
        .route("/v1/photos", options(tus::capabilities).post(tus::create))
        .route("/v1/photos/uploads/{id}", uploads)
        .route("/v1/photos/{sha256}", get(photos::original))
        .route("/v1/photos/{sha256}/thumbnail", get(photos::thumbnail))
        .layer(DefaultBodyLimit::disable());
    let nosniff = (axum::http::header::X_CONTENT_TYPE_OPTIONS, axum::http::HeaderValue::from_static("nosniff"));
    small
        .merge(sync)
        .merge(photos)
        .fallback(get(site::file).fallback(async || HttpError(ServerError::NotFound)))
        .method_not_allowed_fallback(async || answer::plain(405, "method", "此地址不支持该方法", "no such method here"))
        .layer(Extension(patience))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(SetResponseHeaderLayer::if_not_present(nosniff.0, nosniff.1))
        .layer(middleware::from_fn_with_state(server.clone(), count))
        .with_state(server)
}

/// A fault of this program ends one request, not the server; the log has the details.
fn after_panic(_panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    tracing::error!("a request ended in a panic");
    HttpError(ServerError::Internal).into_response()
}

/// Answers for a request that takes too long, be it that its body does not come or that it is too much work.
async fn in_time(State(patience): State<Patience>, request: Request, next: Next) -> axum::response::Response {
    let answered = tokio::time::timeout(patience.request, next.run(request)).await;
    answered.unwrap_or_else(|_| HttpError(ServerError::TooSlow).into_response())
}

async fn count(State(server): State<Arc<Server>>, request: Request, next: Next) -> axum::response::Response {
    let (method, path) = (request.method().clone(), route_of(&request));
    let started = tokio::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    server.metrics().answered(status);
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(%method, path, status, took_ms, "answered");
    response
}

/// The pattern of the route: the path itself may hold ids.
fn route_of(request: &Request) -> String {
    let matched = request.extensions().get::<axum::extract::MatchedPath>();
    matched.map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned())
}
