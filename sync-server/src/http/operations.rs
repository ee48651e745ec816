//! For whoever runs the server: is it alive, does it work, what does it count.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::answer::{HttpError, blocking};
use crate::error::ServerError;
use crate::server::Server;
use crate::storage::read;

/// The process answers.
#[utoipa::path(get, path = "/v1/health", responses((status = 200)))]
pub(super) async fn health() -> Json<Value> {
    Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

/// The database answers too.
#[utoipa::path(get, path = "/v1/ready", responses((status = 200), (status = 500, body = super::answer::ErrorBody)))]
pub(super) async fn ready(State(server): State<Arc<Server>>) -> Result<Json<Value>, HttpError> {
    blocking(move || Ok::<_, ServerError>(read(server.storage(), |tx| tx.pos())?)).await?;
    Ok(Json(json!({"status": "ready"})))
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(server): State<Arc<Server>>) -> Result<impl IntoResponse, HttpError> {
    let text = blocking(move || {
        let (waiting, documents) = read(server.storage(), |tx| tx.counts())?;
        Ok::<_, ServerError>(server.metrics().text(waiting, documents))
    });
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text.await?))
}
