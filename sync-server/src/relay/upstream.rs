//! The way to the central server: passing calls on as they came, and the relay's own calls.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, Serialize};

use crate::error::ServerError;
use crate::limits::{LINK_CONNECT_TIMEOUT, LINK_IDLE_TIMEOUT, LINK_SYNC_TIMEOUT};

/// What concerns one connection only and is not passed on.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
    HeaderName::from_static("keep-alive"),
];

/// The central server cannot be reached, or the link broke before it answered.
#[derive(Debug)]
pub(super) struct NoLink(pub String);

/// The central server.
pub(super) struct Upstream {
    client: Client,
    base: String,
}

/// What the relay says of itself to be enrolled.
#[derive(Serialize)]
pub(super) struct EnrolBody<'a> {
    pub code: &'a str,
    pub public_key: String,
    pub install: &'a str,
    pub label: &'a str,
}

/// What it gets.
#[derive(Deserialize)]
pub(super) struct EnrolAnswer {
    pub actor: u32,
    pub token: String,
    pub user: UserName,
}

/// The user the relay works for.
#[derive(Deserialize)]
pub(super) struct UserName {
    pub name: String,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorText,
}

#[derive(Deserialize)]
struct ErrorText {
    code: String,
    message: String,
}

impl Upstream {
    /// The central server at an address.
    pub fn new(address: &str) -> Result<Self, ServerError> {
        let url = reqwest::Url::parse(address.trim()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| {
            let en = format!("'{address}' is not an address like http://host:8787; check --upstream");
            ServerError::invalid(format!("“{address}”不是形如 http://host:8787 的地址，请检查 --upstream"), en)
        })?;
        let client = Client::builder()
            .connect_timeout(LINK_CONNECT_TIMEOUT)
            .pool_idle_timeout(LINK_IDLE_TIMEOUT)
            .tcp_keepalive(LINK_IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| ServerError::Upstream(e.to_string()))?;
        Ok(Self { client, base: url.as_str().trim_end_matches('/').to_owned() })
    }

    /// Passes a call on as it comes; both bodies are streamed.
    pub async fn pass(&self, request: Request) -> Result<Response, NoLink> {
        let (parts, body) = request.into_parts();
        self.send(self.same_call(parts).body(reqwest::Body::wrap(Streamed(Mutex::new(body))))).await
    }

    /// Passes a sync request on whose body is here already, so that it can still be kept if no answer comes.
    pub async fn pass_sync(&self, parts: Parts, body: Bytes) -> Result<Response, NoLink> {
        self.send(self.same_call(parts).timeout(LINK_SYNC_TIMEOUT).body(body)).await
    }

    fn same_call(&self, parts: Parts) -> RequestBuilder {
        let mut headers = parts.headers;
        drop_hop_by_hop(&mut headers);
        headers.remove(header::HOST);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        self.client.request(parts.method, format!("{}{path}", self.base)).headers(headers)
    }

    async fn send(&self, call: RequestBuilder) -> Result<Response, NoLink> {
        let answer = call.send().await.map_err(no_link)?;
        let (mut parts, body) = axum::http::Response::<reqwest::Body>::from(answer).into_parts();
        drop_hop_by_hop(&mut parts.headers);
        Ok(Response::from_parts(parts, Body::new(body)))
    }

    /// A call of the relay's own.
    pub fn call(&self, method: Method, path: &str, token: &str, timeout: Duration) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(token).timeout(timeout)
    }

    /// Whether the central server answers and works.
    pub async fn is_ready(&self) -> bool {
        let asked = self.client.get(format!("{}/v1/ready", self.base)).timeout(LINK_SYNC_TIMEOUT).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Enrols the relay as a device of the code's user.
    pub async fn enrol(&self, body: &EnrolBody<'_>) -> Result<EnrolAnswer, ServerError> {
        let call = self.client.post(format!("{}/v1/enrol", self.base)).timeout(LINK_SYNC_TIMEOUT).json(body);
        let answer = call.send().await.map_err(|e| ServerError::Upstream(no_link(e).0))?;
        if !answer.status().is_success() {
            let (code, message) = refusal(answer).await;
            return Err(ServerError::Upstream(format!("it does not enrol this relay ({code}): {message}")));
        }
        answer.json().await.map_err(|e| ServerError::Upstream(no_link(e).0))
    }
}

/// The code and the words of an answer that is an error.
pub(super) async fn refusal(answer: reqwest::Response) -> (String, String) {
    let status = answer.status().as_u16();
    match answer.json::<ErrorBody>().await {
        Ok(ErrorBody { error }) => (error.code, error.message),
        Err(_) => (format!("http-{status}"), "the server gave no reason".to_owned()),
    }
}

/// The innermost reason; reqwest hides it in the sources.
#[allow(clippy::needless_pass_by_value, reason = "it is the shape map_err wants")]
pub(super) fn no_link(error: reqwest::Error) -> NoLink {
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    NoLink(reason)
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    // What `Connection` names is meant for one hop too.
    let named = headers.get(header::CONNECTION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    for name in named.split(',').filter_map(|name| name.trim().parse::<HeaderName>().ok()) {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// A body on its way through; the lock is never contended, it is what makes the body shareable as the client wants it.
struct Streamed(Mutex<Body>);

impl Streamed {
    fn body(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let body = self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner);
        Pin::new(body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&*self.body())
    }

    fn size_hint(&self) -> SizeHint {
        http_body::Body::size_hint(&*self.body())
    }
}
