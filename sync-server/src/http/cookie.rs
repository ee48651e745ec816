//! The console's cookie: how it is set, read, and when a call that carries it counts.

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::console::csrf_of;
use crate::error::ServerError;

/// The cookie that holds the token of a console login.
pub(super) const SESSION_COOKIE: &str = "shanxun_session";
/// The header that proves a call came from the console's own page.
pub(super) const CSRF_HEADER: &str = "x-csrf-token";

/// The line that sets the cookie. Scripts cannot read it, other sites cannot make the browser send it, and behind a proxy
/// that speaks HTTPS it never travels without.
pub(super) fn set_cookie(token: &str, seconds: i64, headers: &HeaderMap) -> String {
    let is_https = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes() == b"https");
    let secure = if is_https { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={token}; Path=/v1; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// The token in the cookie of a call. A call that may change something must carry the word that only the console's page
/// knows: what another site makes a browser send has the cookie at best.
pub(super) fn token_of(parts: &Parts) -> Result<Option<String>, ServerError> {
    // A call with a header of its own is not a browser's: the header counts, or nothing.
    if parts.headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let Some(token) = in_cookies(&parts.headers) else { return Ok(None) };
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    let said = parts.headers.get(CSRF_HEADER).map(|word| word.as_bytes().to_vec());
    if is_safe || said.is_some_and(|said| said == csrf_of(&token).as_bytes()) {
        return Ok(Some(token));
    }
    Err(ServerError::Csrf)
}

fn in_cookies(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut tokens = found.by_ref().filter(|(name, _)| *name == SESSION_COOKIE);
    // Of two, one was put there by somebody else.
    let (_, token) = tokens.next().filter(|_| tokens.next().is_none())?;
    Some(token.to_owned())
}

/// Whether a browser says that another site makes it call: such a call logs nobody in.
pub(super) fn is_from_another_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}
