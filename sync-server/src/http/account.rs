//! Enrolment, new numbers, console logins.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use domain::sync::Person;
use serde::{Deserialize, Serialize};

use super::answer::{CalledFrom, ErrorBody, HttpError, Known, Token, blocking};
use super::refusals::{Closed, SlowedDown, Unreadable};
use crate::accounts::Enrol;
use crate::error::ServerError;
use crate::server::Server;

/// What a device says to be enrolled.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct EnrolRequest {
    /// The code it was given.
    code: String,
    /// Its Ed25519 public key, 64 hexadecimal digits.
    #[schema(pattern = "^[0-9a-fA-F]{64}$")]
    public_key: String,
    /// The random number of its store, decimal, below 2^64.
    #[schema(pattern = "^[0-9]{1,19}$")]
    install: String,
    /// What people call it.
    #[serde(default)]
    label: String,
}

/// What an enrolled device gets.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EnrolAnswer {
    /// Its number.
    actor: u32,
    /// Its bearer token.
    token: String,
    /// The server's history, hexadecimal.
    epoch: String,
    /// The server, hexadecimal.
    server: String,
    /// Its user.
    user: UserAnswer,
}

/// A user.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct UserAnswer {
    id: u32,
    name: String,
    role: String,
    /// The townships; `null` is all.
    towns: Option<Vec<String>>,
}

impl From<Person> for UserAnswer {
    fn from(person: Person) -> Self {
        let Person { id, name, role, towns } = person;
        Self { id: id.0, name, role: role.to_string(), towns }
    }
}

/// A name and a password.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct LoginRequest {
    pub name: String,
    pub password: String,
}

/// A console login.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct LoginAnswer {
    /// Its bearer token.
    token: String,
    user: UserAnswer,
    /// RFC 3339.
    expires_at: String,
}

/// A device's new number.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RenumberAnswer {
    actor: u32,
}

fn enrolment(request: EnrolRequest) -> Result<Enrol, ServerError> {
    let key = hex::decode(&request.public_key).ok().and_then(|k| <[u8; 32]>::try_from(k).ok());
    let public_key = key.ok_or_else(|| {
        ServerError::invalid("public_key 应为 64 位十六进制", "'public_key' must be 64 hexadecimal digits")
    })?;
    let install = request.install.parse();
    let install =
        install.map_err(|_| ServerError::invalid("install 应为十进制整数", "'install' must be a decimal number"))?;
    Ok(Enrol { code: request.code, public_key, install, label: request.label })
}

/// Enrols a device with a code that was made for its user.
#[utoipa::path(post, path = "/v1/enrol", request_body = EnrolRequest, responses(
    (status = 200, body = EnrolAnswer), (status = 403, body = ErrorBody), Unreadable, SlowedDown))]
pub(super) async fn enrol(
    State(server): State<Arc<Server>>,
    CalledFrom(from): CalledFrom,
    body: Result<Json<EnrolRequest>, JsonRejection>,
) -> Result<Json<EnrolAnswer>, HttpError> {
    let request = enrolment(body?.0)?;
    let core = server.clone();
    let enrolled = blocking(move || core.enrol(&from, &request)).await?;
    let user = enrolled.user.into();
    let (epoch, id) = (hex::encode(server.epoch()), hex::encode(server.id()));
    Ok(Json(EnrolAnswer { actor: enrolled.actor.0, token: enrolled.token, epoch, server: id, user }))
}

/// Gives a device that was restored from a copy another number.
#[utoipa::path(post, path = "/v1/renumber", responses((status = 200, body = RenumberAnswer), Closed), security(("token" = [])))]
pub(super) async fn renumber(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
) -> Result<Json<RenumberAnswer>, HttpError> {
    let actor = blocking(move || server.renumber(&caller)).await?.0;
    Ok(Json(RenumberAnswer { actor }))
}

/// Logs a user in.
#[utoipa::path(post, path = "/v1/sessions", request_body = LoginRequest, responses(
    (status = 200, body = LoginAnswer), (status = 401, body = ErrorBody), Unreadable, SlowedDown))]
pub(super) async fn log_in(
    State(server): State<Arc<Server>>,
    CalledFrom(from): CalledFrom,
    body: Result<Json<LoginRequest>, JsonRejection>,
) -> Result<Json<LoginAnswer>, HttpError> {
    let Json(LoginRequest { name, password }) = body?;
    let _turn = server.turns().logins.acquire().await.map_err(|_| ServerError::Internal)?;
    let core = server.clone();
    let login = blocking(move || core.log_in(&from, &name, &password)).await?;
    let expires_at = rfc3339(login.expires_at_ms);
    Ok(Json(LoginAnswer { token: login.token, user: login.user.into(), expires_at }))
}

/// A time in words for programs.
pub(super) fn rfc3339(unix_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(unix_ms).map(|t| t.to_rfc3339()).unwrap_or_default()
}

/// Ends the login of the call.
#[utoipa::path(delete, path = "/v1/sessions", responses((status = 204), Closed), security(("token" = [])))]
pub(super) async fn log_out(
    State(server): State<Arc<Server>>,
    Known(caller): Known,
    Token(token): Token,
) -> Result<StatusCode, HttpError> {
    blocking(move || server.log_out(&caller, &token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
