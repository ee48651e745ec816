//! The console's login over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;

use super::account::{LoginRequest, UserAnswer, rfc3339};
use super::answer::{CalledFrom, ErrorBody, HttpError, Known, Token, blocking};
use super::cookie::{is_from_another_site, set_cookie};
use super::refusals::{Closed, SlowedDown, Unreadable};
use crate::console::ConsoleSession;
use crate::error::ServerError;
use crate::limits::SESSION_VALID_MS;
use crate::server::Server;

/// A console login; its token is in the cookie only.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ConsoleSessionAnswer {
    user: UserAnswer,
    /// What calls that change something carry in `X-CSRF-Token`.
    csrf: String,
    /// RFC 3339.
    expires_at: String,
}

impl From<ConsoleSession> for ConsoleSessionAnswer {
    fn from(session: ConsoleSession) -> Self {
        let expires_at = rfc3339(session.expires_at_ms);
        Self { user: session.user.into(), csrf: session.csrf, expires_at }
    }
}

/// Logs a user in at the console: the answer sets the cookie `shanxun_session`.
#[utoipa::path(post, path = "/v1/console/session", operation_id = "console_log_in", request_body = LoginRequest, responses(
    (status = 200, body = ConsoleSessionAnswer, headers(("Set-Cookie" = String))),
    (status = 401, body = ErrorBody, description = "The name or the password is wrong."),
    (status = 403, body = ErrorBody, description = "The user works with the field app, or another site made the call."),
    Unreadable, SlowedDown))]
pub(super) async fn log_in(
    State(server): State<Arc<Server>>,
    CalledFrom(from): CalledFrom,
    headers: HeaderMap,
    body: Result<Json<LoginRequest>, JsonRejection>,
) -> Result<impl IntoResponse, HttpError> {
    let Json(LoginRequest { name, password }) = body?;
    if is_from_another_site(&headers) {
        return Err(ServerError::Csrf.into());
    }
    let _turn = server.turns().logins.acquire().await.map_err(|_| ServerError::Internal)?;
    let core = server.clone();
    let (token, session) = blocking(move || core.log_in_to_console(&from, &name, &password)).await?;
    let cookie = set_cookie(&token, SESSION_VALID_MS / 1000, &headers);
    Ok(([(SET_COOKIE, cookie)], Json(ConsoleSessionAnswer::from(session))))
}

/// The login of the call, for a page that was opened or loaded again.
#[utoipa::path(get, path = "/v1/console/session", operation_id = "console_session", responses((status = 200, body = ConsoleSessionAnswer), Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn session(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    Token(token): Token,
) -> Result<Json<ConsoleSessionAnswer>, HttpError> {
    let session = blocking(move || server.console_session(&caller, &token)).await?;
    Ok(Json(session.into()))
}

/// Ends the login of the call and takes the cookie away.
#[utoipa::path(delete, path = "/v1/console/session", operation_id = "console_log_out", responses((status = 204), Closed), security(("token" = []), ("session" = [])))]
pub(super) async fn log_out(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    Token(token): Token,
    headers: HeaderMap,
) -> Result<impl IntoResponse, HttpError> {
    blocking(move || server.log_out(&caller, &token)).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, set_cookie("", 0, &headers))]))
}
