//! A server on a port of its own, and calls to it.

use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};
use tokio::sync::oneshot;

use super::{Device, Site};
use domain::DocId;

/// A running server; stops when dropped.
pub struct Running {
    pub site: Site,
    pub url: String,
    pub client: Client,
    pub stop: Option<oneshot::Sender<()>>,
    pub serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub async fn new() -> Self {
        Self::with(Site::on_disk()).await
    }

    pub async fn with(site: Site) -> Self {
        Self::patient(site, sync_server::Patience::default()).await
    }

    /// A server that waits for its clients as long as that.
    pub async fn patient(site: Site, patience: sync_server::Patience) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            // A dropped sender stops the server too.
            let _ = stopped.await;
        };
        let serving = tokio::spawn(sync_server::serve_with(listener, Arc::clone(&site.server), patience, shutdown));
        Self { site, url, client: Client::new(), stop: Some(stop), serving }
    }

    pub fn call(&self, method: Method, path: &str, token: Option<&str>) -> RequestBuilder {
        let call = self.client.request(method, format!("{}{path}", self.url));
        match token {
            Some(token) => call.bearer_auth(token),
            None => call,
        }
    }

    pub async fn get(&self, path: &str, token: &str) -> Response {
        self.call(Method::GET, path, Some(token)).send().await.expect("an answer")
    }

    pub async fn log_in(&self, name: &str) -> String {
        let body = json!({"name": name, "password": format!("password of {name}")});
        let answer = self.call(Method::POST, "/v1/sessions", None).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        json_of(answer).await["token"].as_str().expect("a token").to_owned()
    }

    pub async fn create_upload(&self, device: &Device, photo: DocId, bytes: &[u8], kind: &str) -> Response {
        self.tus(Method::POST, "/v1/photos", device)
            .header("upload-length", bytes.len())
            .header("upload-metadata", metadata(photo, bytes, kind))
            .send()
            .await
            .expect("an answer")
    }

    pub fn tus(&self, method: Method, path: &str, device: &Device) -> RequestBuilder {
        self.call(method, path, Some(&device.token)).header("tus-resumable", "1.0.0")
    }

    pub fn piece(&self, device: &Device, path: &str, offset: usize, bytes: &[u8]) -> RequestBuilder {
        self.tus(Method::PATCH, path, device)
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", offset)
            .body(bytes.to_vec())
    }

    /// Uploads an original in one piece.
    pub async fn upload(&self, device: &Device, photo: DocId, bytes: &[u8], kind: &str) {
        let created = self.create_upload(device, photo, bytes, kind).await;
        assert_eq!(created.status(), StatusCode::CREATED);
        let sent = self.piece(device, &location(&created), 0, bytes).send().await.expect("an answer");
        assert_eq!(sent.status(), StatusCode::NO_CONTENT);
    }
}

pub fn metadata(photo: DocId, bytes: &[u8], kind: &str) -> String {
    let entry = |key: &str, value: &str| format!("{key} {}", base64(value.as_bytes()));
    let sha256 = sha256_hex(bytes);
    [entry("sha256", &sha256), entry("photo", &photo.to_string()), entry("kind", kind), entry("filetype", "image/jpeg")]
        .join(",")
}

pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

pub fn location(answer: &Response) -> String {
    header(answer, "location")
}

pub fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

pub async fn json_of(answer: Response) -> Json {
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}

pub async fn code_of(answer: Response) -> String {
    json_of(answer).await["error"]["code"].as_str().unwrap_or_default().to_owned()
}
