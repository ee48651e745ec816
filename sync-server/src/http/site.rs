//! The console's pages: built from `ui/console`, part of this program, served with a policy that runs nothing else.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::answer::HttpError;
use crate::error::ServerError;

/// A release has the files within it; a debug build reads them where they were built.
#[derive(RustEmbed)]
#[folder = "../ui/dist/console"]
struct Files;

const PAGE: &str = "index.html";
/// Styles may stand in the page as the component library writes them there; scripts only come from here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Files under this folder have their content's hash in their names.
const LASTING: &str = "assets/";

/// A file of the console; any other address that is not a call is a page of it, which its script shows.
pub(super) async fn file(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "v1" || path.starts_with("v1/") || path.starts_with(LASTING) && Files::get(path).is_none() {
        return HttpError(ServerError::NotFound).into_response();
    }
    let name = if path.is_empty() || Files::get(path).is_none() { PAGE } else { path };
    let Some(file) = Files::get(name) else { return HttpError(ServerError::NotFound).into_response() };
    let kept = if name.starts_with(LASTING) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (CONTENT_TYPE, mime_of(name)),
        (CACHE_CONTROL, kept),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
    ];
    (StatusCode::OK, headers, file.data).into_response()
}

/// What the console's build makes; anything else is not shown by a browser.
fn mime_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
