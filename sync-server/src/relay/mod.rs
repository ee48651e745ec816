//! A relay: a sync-server in a vehicle or a village office. With a link to the central server it passes every call on;
//! without one it keeps what devices hand over until there is a link. It merges nothing, decides nothing, hands out
//! nothing of what it keeps, and cannot forge: every batch is signed by its device.

mod credential;
mod forward;
mod handover;
mod http;
mod photos;
mod spool;
mod upstream;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Notify;

pub use handover::{passing, settle, take_over};
pub use http::serve;
pub use spool::{DATABASE as SPOOL, KeptBatch, KeptPhoto, Outside, Spool, SpoolLimits, Waiting};

use self::credential::Credential;
use self::upstream::Upstream;
use crate::environment::Environment;
use crate::error::ServerError;
use crate::photos::UploadLocks;

/// What a relay is started with.
#[derive(Debug)]
pub struct RelayConfig<'a> {
    /// The folder of everything it keeps.
    pub data: &'a Path,
    /// The central server, `http://host:port`.
    pub upstream: &'a str,
    /// An enrolment code of the central server, needed at the first start.
    pub code: Option<&'a str>,
    /// Time and randomness.
    pub environment: Environment,
}

/// A relay.
pub struct Relay {
    /// What waits for a link.
    spool: Spool,
    /// The way to the central server.
    upstream: Upstream,
    /// Who the relay is to the central server.
    credential: Credential,
    environment: Environment,
    upload_locks: UploadLocks,
    /// Rings when something was taken in.
    news: Notify,
}

impl Relay {
    /// Opens a relay's folder, making it if it is not there; at the first start the relay is enrolled at the central
    /// server, which needs the link once.
    ///
    /// # Errors
    /// When the folder cannot be opened, the address is none, or there is neither a credential nor a code.
    pub async fn open(config: RelayConfig<'_>) -> Result<Self, ServerError> {
        let RelayConfig { data, upstream, code, environment } = config;
        std::fs::create_dir_all(data)?;
        let upstream = Upstream::new(upstream)?;
        let credential = credential::ensure(data, &upstream, code, &environment).await?;
        let spool = Spool::open(data, SpoolLimits::default(), &environment)?;
        let (upload_locks, news) = (UploadLocks::default(), Notify::new());
        Ok(Self { spool, upstream, credential, environment, upload_locks, news })
    }

    /// Runs work on the spool away from the network's threads.
    async fn on_spool<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Spool) -> Result<R, ServerError> + Send + 'static,
    ) -> Result<R, ServerError> {
        let relay = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&relay.spool)).await;
        done.unwrap_or(Err(ServerError::Internal))
    }

    fn now_ms(&self) -> i64 {
        self.environment.now_unix_ms()
    }
}
