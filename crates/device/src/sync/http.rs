//! The transport over HTTP: reqwest for the calls, tus 1.0 for photos.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::sync::{SyncRequest, SyncResponse};
use domain::{ActorId, DocId};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::patience::wait_after;
use super::relay::HeldAtRelay;
use super::transport::{EnrolAnswer, EnrolRequest, Forms, Transport, TransportError, UploadBegin, UploadStart};
use crate::capture::HistoryEntry;

/// Longest time to get a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
#[cfg(any(target_os = "android", target_os = "linux"))]
/// Longest time that what was sent may stay unconfirmed before a connection counts as dead: some eight losses in a row.
const UNCONFIRMED_MAX: Duration = Duration::from_secs(30);
/// How long a silent connection is trusted before the system asks whether the other side is still there, and how often.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Longest time without an answer to one call; a chunk at the slowest usable rate fits well.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// The media type of a piece of an upload.
const PIECE: &str = "application/offset+octet-stream";
/// Largest answer that is read.
const ANSWER_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A server at an address.
pub struct HttpTransport {
    client: Client,
    server: String,
    token: String,
    bytes_up: u64,
    bytes_down: u64,
    calls: u64,
    /// Whether any call was answered: then a break is a break, and worth waiting for.
    was_reached: bool,
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

#[derive(Deserialize)]
struct NumberAnswer {
    actor: ActorId,
}

impl HttpTransport {
    /// A way to the server at `server` (`http://host:port`), with the device's token if it has one.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(server: &str, token: &str) -> Result<Self, TransportError> {
        let address = reqwest::Url::parse(server.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| TransportError::Protocol(format!("'{server}' is not an address like http://host:8787")))?;
        let client = Client::builder();
        // Without TLS no certificate is needed, and reading those of the system takes longer than a whole sync.
        let client = if address.scheme() == "http" { client.tls_certs_only([]) } else { client };
        let client = client
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .tcp_keepalive(KEEP_ALIVE)
            .tcp_keepalive_interval(KEEP_ALIVE)
            .user_agent(concat!("shanxun/", env!("CARGO_PKG_VERSION")));
        // Elsewhere the system decides when a connection is dead.
        #[cfg(any(target_os = "android", target_os = "linux"))]
        let client = client.tcp_user_timeout(UNCONFIRMED_MAX);
        let client = client.build().map_err(|e| TransportError::Protocol(e.to_string()))?;
        let server = address.as_str().trim_end_matches('/').to_owned();
        Ok(Self { client, server, token: token.to_owned(), bytes_up: 0, bytes_down: 0, calls: 0, was_reached: false })
    }

    /// Asks to be enrolled.
    ///
    /// # Errors
    /// When the server cannot be reached or the code is not accepted.
    pub fn enrol(&mut self, request: &EnrolRequest) -> Result<EnrolAnswer, TransportError> {
        let call = self.client.post(self.url("/v1/enrol")).json(request);
        let answer = self.call(call, 0)?;
        self.json(answer)
    }

    /// Every change of a document that the server knows, in the order it decided them.
    ///
    /// # Errors
    /// When the server cannot be reached or does not know the document.
    pub fn history(&mut self, doc: DocId) -> Result<Vec<HistoryEntry>, TransportError> {
        let call = self.client.get(self.url(&format!("/v1/documents/{doc}/history")));
        let answer = self.call(call, 0)?;
        self.json(answer)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }

    fn call(&mut self, request: RequestBuilder, body_bytes: usize) -> Result<Response, TransportError> {
        let request = if self.token.is_empty() { request } else { request.bearer_auth(&self.token) };
        self.calls += 1;
        let answer = request.send().map_err(offline)?;
        self.was_reached = true;
        self.bytes_up += body_bytes as u64;
        if answer.status().is_success() { Ok(answer) } else { Err(refusal(answer)) }
    }

    fn body(&mut self, answer: Response) -> Result<Vec<u8>, TransportError> {
        let mut body = Vec::new();
        let mut limited = std::io::Read::take(answer, ANSWER_BYTES_MAX + 1);
        std::io::Read::read_to_end(&mut limited, &mut body).map_err(|e| TransportError::Offline(e.to_string()))?;
        if body.len() as u64 > ANSWER_BYTES_MAX {
            return Err(TransportError::Protocol(format!("an answer of more than {ANSWER_BYTES_MAX} bytes")));
        }
        self.bytes_down += body.len() as u64;
        Ok(body)
    }

    fn json<T: DeserializeOwned>(&mut self, answer: Response) -> Result<T, TransportError> {
        let body = self.body(answer)?;
        serde_json::from_slice(&body).map_err(|e| TransportError::Protocol(e.to_string()))
    }
}

impl Transport for HttpTransport {
    fn sync(&mut self, request: &SyncRequest) -> Result<SyncResponse, TransportError> {
        let body = domain::sync::seal(request);
        let size = body.len();
        let call =
            self.client.post(self.url("/v1/sync")).header("content-type", "application/vnd.shanxun.sync").body(body);
        let answer = self.call(call, size)?;
        if answer.status() == reqwest::StatusCode::ACCEPTED {
            return Err(self.json::<HeldAtRelay>(answer)?.into());
        }
        let body = self.body(answer)?;
        domain::sync::open(&body).map_err(|e| TransportError::Protocol(e.to_string()))
    }

    fn renumber(&mut self) -> Result<ActorId, TransportError> {
        let answer = self.call(self.client.post(self.url("/v1/renumber")), 0)?;
        Ok(self.json::<NumberAnswer>(answer)?.actor)
    }

    fn forms(&mut self) -> Result<Forms, TransportError> {
        let answer = self.call(self.client.get(self.url("/v1/forms")), 0)?;
        self.json(answer)
    }

    fn upload_begin(&mut self, begin: &UploadBegin) -> Result<UploadStart, TransportError> {
        self.upload_begin_with(begin, &[]).map(|(start, _)| start)
    }

    fn upload_begin_with(&mut self, begin: &UploadBegin, first: &[u8]) -> Result<(UploadStart, u64), TransportError> {
        let entry = |key: &str, value: &str| format!("{key} {}", BASE64.encode(value));
        let metadata = [
            entry("sha256", &begin.sha256),
            entry("photo", &begin.photo.to_string()),
            entry("kind", begin.file.as_str()),
        ];
        let call = tus(self.client.post(self.url("/v1/photos")))
            .header("upload-length", begin.size_bytes)
            .header("upload-metadata", metadata.join(","));
        let call = if first.is_empty() { call } else { call.header("content-type", PIECE).body(first.to_vec()) };
        let answer = self.call(call, first.len())?;
        if answer.headers().get("shanxun-held").is_some_and(|held| held == "true") {
            return Ok((UploadStart::Held, begin.size_bytes));
        }
        // A server that does not take bytes with an announcement names no offset.
        let reached = if first.is_empty() { 0 } else { offset(&answer).unwrap_or(0) };
        let location = answer.headers().get("location").and_then(|l| l.to_str().ok());
        let location = location.ok_or_else(|| TransportError::Protocol("an upload without an address".into()))?;
        Ok((UploadStart::At(location.to_owned()), reached))
    }

    fn upload_offset(&mut self, address: &str) -> Result<Option<u64>, TransportError> {
        let call = tus(self.client.head(self.resolve(address)?));
        match self.call(call, 0) {
            Ok(answer) => offset(&answer).map(Some),
            Err(TransportError::Refused { status: 403 | 404 | 410, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn upload_chunk(&mut self, address: &str, at: u64, chunk: &[u8]) -> Result<u64, TransportError> {
        // No checksum: a piece with one counts only as a whole, without one what arrived before a cut counts. The SHA-256
        // of the whole is checked all the same.
        let call = tus(self.client.patch(self.resolve(address)?))
            .header("content-type", PIECE)
            .header("upload-offset", at)
            .body(chunk.to_vec());
        let answer = self.call(call, chunk.len())?;
        offset(&answer)
    }

    fn pause(&mut self, failures: u32) -> bool {
        let mut random = [0; 4];
        // Without randomness the tries are merely not spread.
        let _ = getrandom::fill(&mut random);
        let wait = wait_after(failures, self.was_reached, u32::from_le_bytes(random));
        wait.is_some_and(|wait| {
            tracing::debug!(failures, ?wait, "the link broke; waiting before another try");
            std::thread::sleep(wait);
            true
        })
    }

    fn bytes(&self) -> (u64, u64) {
        (self.bytes_up, self.bytes_down)
    }

    fn calls(&self) -> u64 {
        self.calls
    }
}

impl HttpTransport {
    /// An upload's address may be relative, and must be on the same server: the token goes with the call.
    fn resolve(&self, address: &str) -> Result<reqwest::Url, TransportError> {
        let not_ours = || TransportError::Protocol(format!("an upload address elsewhere: {address}"));
        let base = reqwest::Url::parse(&self.server).map_err(|_| not_ours())?;
        let url = base.join(address).map_err(|_| not_ours())?;
        if url.origin() == base.origin() { Ok(url) } else { Err(not_ours()) }
    }
}

fn tus(request: RequestBuilder) -> RequestBuilder {
    request.header("tus-resumable", "1.0.0")
}

fn offset(answer: &Response) -> Result<u64, TransportError> {
    let header = answer.headers().get("upload-offset").and_then(|o| o.to_str().ok()).and_then(|o| o.parse().ok());
    header.ok_or_else(|| TransportError::Protocol("an upload answer without an offset".into()))
}

#[allow(clippy::needless_pass_by_value, reason = "it is the shape map_err wants")]
fn offline(error: reqwest::Error) -> TransportError {
    // reqwest hides the reason (refused, timed out, no route) in the sources.
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    TransportError::Offline(reason)
}

fn refusal(answer: Response) -> TransportError {
    let status = answer.status().as_u16();
    let body = answer.text().unwrap_or_default();
    let text = serde_json::from_str::<ErrorBody>(&body).map(|b| b.error);
    let ErrorText { code, message } = text
        .unwrap_or_else(|_| ErrorText { code: format!("http-{status}"), message: "the server gave no reason".into() });
    if status == 401 {
        TransportError::Unauthorised { code, message }
    } else {
        TransportError::Refused { status, code, message }
    }
}
