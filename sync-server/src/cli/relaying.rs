//! The commands of a relay.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;

use super::Outcome;
use super::arguments::Serve;
use super::serving::{say_listening, stop_signal, url_of};
use crate::environment::Environment;
use crate::error::ServerError;
use crate::relay::{self, Relay, RelayConfig, SPOOL, Spool, SpoolLimits};
use crate::server::DATABASE;

/// Serves as a relay; the folder is locked and the log started.
pub(super) fn serve(data: &Path, upstream: &str, serve: &Serve, json: bool) -> Result<Outcome, ServerError> {
    if data.join(DATABASE).is_file() {
        let why = format!("{} holds a central server; a relay needs a folder of its own (--data)", data.display());
        return Err(ServerError::Folder(why));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (code, environment) = (serve.upstream_code.as_deref(), Environment::system());
    runtime.block_on(async {
        let relay = Relay::open(RelayConfig { data, upstream, code, environment }).await?;
        let listener = TcpListener::bind(serve.listen).await?;
        say_listening(&url_of(listener.local_addr()?), json);
        Ok::<_, ServerError>(relay::serve(listener, Arc::new(relay), stop_signal()?).await?)
    })?;
    Ok(Outcome::new(serde_json::Value::Null, ""))
}

/// A relay's folder never becomes a central server by a forgotten option.
pub(super) fn refuse_relay_folder(data: &Path) -> Result<(), ServerError> {
    if data.join(SPOOL).is_file() {
        let why = format!("{} holds a relay; start it with --upstream URL", data.display());
        return Err(ServerError::Folder(why));
    }
    Ok(())
}

/// What waits and what was refused, while the relay may be running.
pub(super) fn status(data: &Path) -> Result<Outcome, ServerError> {
    if !data.join(SPOOL).is_file() {
        return Err(ServerError::Folder(format!("{} holds no relay; check --data", data.display())));
    }
    let spool = Spool::open(data, SpoolLimits::default(), &Environment::system())?;
    let (waiting, outside) = (spool.waiting()?, spool.outside()?);
    let mut lines = vec![format!(
        "{} batches ({} changes), {} photos ({} bytes) wait; {} set aside",
        waiting.batches,
        waiting.changes,
        waiting.photos,
        waiting.photo_bytes,
        outside.len()
    )];
    lines.extend(outside.iter().map(|o| format!("{}\t{}", o.what, o.code)));
    let json = json!({"relay": spool.id(), "waiting": waiting, "set_aside": outside});
    Ok(Outcome::new(json, lines.join("\n")))
}
