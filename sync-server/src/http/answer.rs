//! What every handler shares: the caller behind a token, blocking work, errors as JSON.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::accounts::Caller;
use crate::error::ServerError;
use crate::server::Server;
use crate::turns::{Errand, Turn};

/// An error on its way to the caller.
#[derive(Debug)]
pub struct HttpError(pub ServerError);

impl<E: Into<ServerError>> From<E> for HttpError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The body of every error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorText,
}

/// What went wrong, for programs and for people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorText {
    /// Stable.
    pub code: String,
    /// English: what to do next.
    pub message: String,
    /// Chinese.
    pub message_zh: String,
}

/// An error body by hand.
pub(crate) fn plain(status: u16, code: &str, zh: &str, en: &str) -> Response {
    let error = ErrorText { code: code.into(), message: en.into(), message_zh: zh.into() };
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(ErrorBody { error }))
        .into_response()
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let error = self.0;
        if error.status() >= 500 {
            tracing::error!(code = error.code(), error = %error, "a request failed");
        }
        // What broke inside is for the log, not for the caller.
        let message = match &error {
            ServerError::DiskFull(_) => "the server's disk is full; tell the administrator, nothing is lost".to_owned(),
            _ if error.status() >= 500 => ServerError::Internal.to_string(),
            _ => error.to_string(),
        };
        let mut response = plain(error.status(), error.code(), &error.message_zh(), &message);
        if let ServerError::TooManyTries { retry_after_s } = error {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}

/// Runs work that reads or writes files away from the network's threads.
pub(super) async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, ServerError> + Send + 'static,
) -> Result<R, HttpError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(HttpError(ServerError::Internal)),
    }
}

/// The token of a call: in its header, or in the console's cookie.
pub(crate) struct Token(pub String);

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, HttpError> {
        if let Some(token) = super::cookie::token_of(parts)? {
            return Ok(Self(token));
        }
        // Of two, a proxy may have checked the one and this program read the other.
        let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
        let header = headers.next().filter(|_| headers.next().is_none()).and_then(|h| h.to_str().ok());
        let token = header.and_then(|h| h.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        token.map(|(_, t)| Self(t.trim().to_owned())).ok_or(HttpError(ServerError::Unauthorized))
    }
}

/// The caller of a call.
pub(super) struct Known(pub Caller);

impl FromRequestParts<Arc<Server>> for Known {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, HttpError> {
        let Token(token) = Token::from_request_parts(parts, server).await?;
        let CalledFrom(from) = CalledFrom::from_request_parts(parts, server).await?;
        let server = server.clone();
        blocking(move || server.authenticate_from(&from, &token)).await.map(Self)
    }
}

/// A device that has not too much under way already; known before its body is read.
pub(super) struct OneOfFew<const ERRAND: u8> {
    /// The device.
    pub caller: Caller,
    /// Its token, to ask again later whether it still counts.
    pub token: String,
    _turn: Turn,
}

/// A device that syncs.
pub(super) type Syncing = OneOfFew<0>;
/// A device that sends a piece of a photo.
pub(super) type Sending = OneOfFew<1>;

impl<const ERRAND: u8> FromRequestParts<Arc<Server>> for OneOfFew<ERRAND> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, HttpError> {
        let Token(token) = Token::from_request_parts(parts, server).await?;
        let Known(caller) = Known::from_request_parts(parts, server).await?;
        let errand = if ERRAND == 0 { Errand::Sync } else { Errand::Piece };
        let turn = server.turns().begin(caller.device()?.first_actor, errand)?;
        Ok(Self { caller, token, _turn: turn })
    }
}

/// The address of a call, to slow down guessing.
pub(crate) struct CalledFrom(pub String);

impl<S: Sync> FromRequestParts<S> for CalledFrom {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, HttpError> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_string());
        Ok(Self(address.unwrap_or_else(|| "unknown".into())))
    }
}

/// A request that axum could not read.
pub(super) fn unreadable(status: StatusCode, why: &str) -> ServerError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => return ServerError::Envelope(domain::sync::EnvelopeError::TooLarge),
        // Only JSON bodies are read by axum.
        StatusCode::UNSUPPORTED_MEDIA_TYPE => return ServerError::MediaType("application/json"),
        _ => {}
    }
    ServerError::invalid(format!("请求无法读取：{why}"), why)
}

macro_rules! rejections {
    ($($rejection:ty),*) => {
        $(impl From<$rejection> for ServerError {
            fn from(rejection: $rejection) -> Self {
                unreadable(rejection.status(), &rejection.body_text())
            }
        })*
    };
}
rejections!(JsonRejection, QueryRejection, PathRejection, BytesRejection);
