//! Calls of the server: its real routes, in memory.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use domain::Role;
use domain::forms::Catalogue;
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use sync_server::{Config, Enrol, Environment, NewUser, Server};

struct Site {
    runtime: tokio::runtime::Runtime,
    service: TowerToHyperService<axum::Router>,
    token: String,
    _folder: tempfile::TempDir,
}

thread_local! {
    static SITE: Site = site();
}

fn site() -> Site {
    let folder = tempfile::tempdir().expect("a folder");
    let config =
        Config { data: folder.path().into(), forms: Catalogue::embedded().clone(), environment: Environment::system() };
    let server = Arc::new(Server::in_memory(config).expect("a server"));
    let towns = Some(vec!["110118101".to_owned()]);
    server.add_user(&NewUser { name: "anna".into(), role: Role::Inspector, towns, password: None }).expect("added");
    let code = server.make_code("anna").expect("a code");
    let enrol = Enrol { code, public_key: [1; 32], install: 1, label: String::new() };
    let token = server.enrol("here", &enrol).expect("enrolled").token;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    Site { runtime, service: TowerToHyperService::new(sync_server::http::router(server)), token, _folder: folder }
}

/// Sends one request; whatever it is, the answer is no fault of the server.
fn ask(request: Request<Body>) {
    SITE.with(|site| {
        let answer = site.runtime.block_on(site.service.call(request)).expect("the router always answers");
        let status = answer.status();
        let body = site.runtime.block_on(answer.into_body().collect()).expect("a body").to_bytes();
        assert!(status.as_u16() < 500, "{status}: {}", String::from_utf8_lossy(&body));
    });
}

fn token() -> String {
    SITE.with(|site| site.token.clone())
}

const METHODS: [Method; 6] = [Method::GET, Method::POST, Method::HEAD, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// First line: a digit for the method and a path; further lines: headers; after an empty line: the body.
pub fn http(bytes: &[u8]) {
    let end = bytes.windows(2).position(|w| w == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = (&bytes[..end], bytes.get(end + 2..).unwrap_or_default());
    let mut lines = head.split(|b| *b == b'\n');
    let Some((pick, path)) = lines.next().and_then(|line| line.split_first()) else { return };
    let method = METHODS[usize::from(*pick) % METHODS.len()].clone();
    let mut request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", token()));
    for line in lines.take(40) {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        request = request.header(&line[..colon], &line[colon + 1..]);
    }
    if let Ok(request) = request.body(Body::from(body.to_vec())) {
        ask(request);
    }
}

/// The headers of an upload: three lines for length, metadata and checksum, then the body.
pub fn upload(bytes: &[u8]) {
    let mut parts = bytes.splitn(4, |b| *b == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (length, metadata, checksum, body) = (next(), next(), next(), next());
    for (method, path) in [(Method::POST, "/v1/photos"), (Method::PATCH, "/v1/photos/uploads/x")] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", token()))
            .header("tus-resumable", "1.0.0")
            .header("content-type", "application/offset+octet-stream")
            .header("upload-length", length)
            .header("upload-offset", length)
            .header("upload-metadata", metadata)
            .header("upload-checksum", checksum);
        if let Ok(request) = request.body(Body::from(body.to_vec())) {
            ask(request);
        }
    }
}
