//! The command that serves.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::Outcome;
use super::arguments::{LogFormat, Serve};
use crate::backup::lock_folder;
use crate::environment::Environment;
use crate::error::ServerError;
use crate::server::{Config, Server, load_forms};

pub(super) fn serve(data: &Path, serve: &Serve, json: bool) -> Result<Outcome, ServerError> {
    start_log(serve.log);
    let _lock = lock_folder(data)?;
    if let Some(upstream) = &serve.upstream {
        return super::relaying::serve(data, upstream, serve, json);
    }
    super::relaying::refuse_relay_folder(data)?;
    let dropped_in = Some(data.join("forms")).filter(|folder| folder.is_dir());
    let forms = load_forms(serve.forms.clone().or(dropped_in).as_deref())?;
    let server = Server::open(Config { data: data.into(), forms, environment: Environment::system() })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(listen(Arc::new(server), serve.listen, json))?;
    // The one line was printed when the server began to listen.
    Ok(Outcome::new(serde_json::Value::Null, ""))
}

/// Standard error that never fails: a log on a full disk must not end the requests it tells of.
struct Forgiving(std::io::Stderr);

impl std::io::Write for Forgiving {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        // What cannot be logged is lost; there is nowhere left to say so.
        let _ = self.0.write_all(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Forgiving(std::io::stderr()));
    let log = log.with_ansi(std::io::stderr().is_terminal());
    // A log that is there already, as in tests, stays.
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}

async fn listen(server: Arc<Server>, address: SocketAddr, json: bool) -> Result<(), ServerError> {
    let listener = TcpListener::bind(address).await?;
    let url = url_of(listener.local_addr()?);
    server.remember_url(&url)?;
    say_listening(&url, json);
    let shutdown = stop_signal()?;
    Ok(crate::http::serve(listener, server, shutdown).await?)
}

/// The one line that says where it listens.
pub(super) fn say_listening(url: &str, json: bool) {
    super::print(&if json { json!({"listening": url}).to_string() } else { format!("listening on {url}") });
    tracing::info!(url, "serving");
}

/// Done when the process is asked to stop.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, ServerError> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping; requests under way are finished first");
    })
}

/// Where this machine reaches it: an address for all interfaces is none to call.
pub(super) fn url_of(address: SocketAddr) -> String {
    let mut address = address;
    if address.ip().is_unspecified() {
        let ip =
            if address.is_ipv6() { std::net::Ipv6Addr::LOCALHOST.into() } else { std::net::Ipv4Addr::LOCALHOST.into() };
        address.set_ip(ip);
    }
    format!("http://{address}")
}
