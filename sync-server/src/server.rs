//! The server without a network: everything it can be asked, as functions that tests and a simulator call directly.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::change::Hash;
use domain::forms::Catalogue;

use crate::backup::check_restored;
use crate::environment::Environment;
use crate::error::ServerError;
use crate::guard::Guard;
use crate::metrics::Metrics;
use crate::photos::{PhotoFiles, UploadLocks};
use crate::storage::sqlite::Sqlite;
use crate::storage::{Storage, Tx, read, write};
use crate::turns::Turns;

/// The database's name in the data folder.
pub const DATABASE: &str = "server.db";
const EPOCH: &str = "epoch";
const SERVER_ID: &str = "server_id";
const URL: &str = "url";

/// What a server is made of.
pub struct Config {
    /// The folder of everything it keeps.
    pub data: PathBuf,
    /// The forms in use.
    pub forms: Catalogue,
    /// Time and randomness.
    pub environment: Environment,
}

/// A server.
pub struct Server {
    storage: Arc<dyn Storage>,
    files: PhotoFiles,
    upload_locks: UploadLocks,
    forms: Catalogue,
    forms_digest: Hash,
    environment: Environment,
    epoch: [u8; 16],
    id: [u8; 16],
    guard: Guard,
    turns: Turns,
    metrics: Metrics,
}

impl Server {
    /// Opens a data folder, making it if it is not there.
    ///
    /// # Errors
    /// When the folder or the database cannot be opened.
    pub fn open(config: Config) -> Result<Self, ServerError> {
        check_restored(&config.data)?;
        std::fs::create_dir_all(&config.data)?;
        let storage = Arc::new(Sqlite::open(&config.data.join(DATABASE))?);
        Self::with_storage(storage, config)
    }

    /// A server whose database lives in memory; photos go to the folder of the configuration when the first arrives.
    ///
    /// # Errors
    /// When the database cannot be made.
    pub fn in_memory(config: Config) -> Result<Self, ServerError> {
        Self::with_storage(Arc::new(Sqlite::in_memory()?), config)
    }

    /// A server over any storage.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn with_storage(storage: Arc<dyn Storage>, config: Config) -> Result<Self, ServerError> {
        let Config { data, forms, environment } = config;
        let fresh: ([u8; 16], [u8; 16]) = (environment.random(), environment.random());
        let (epoch, id) = write(storage.as_ref(), |tx| {
            Ok::<_, ServerError>((lasting(tx, EPOCH, fresh.0)?, lasting(tx, SERVER_ID, fresh.1)?))
        })?;
        let forms_digest = hex::decode(forms.digest()).ok().and_then(|d| d.try_into().ok()).unwrap_or_default();
        Ok(Self {
            storage,
            files: PhotoFiles::new(data),
            upload_locks: UploadLocks::default(),
            forms,
            forms_digest,
            environment,
            epoch,
            id,
            guard: Guard::default(),
            turns: Turns::default(),
            metrics: Metrics::default(),
        })
    }

    /// The storage.
    #[must_use]
    pub fn storage(&self) -> &dyn Storage {
        self.storage.as_ref()
    }

    /// The photos' files.
    #[must_use]
    pub fn files(&self) -> &PhotoFiles {
        &self.files
    }

    pub(crate) fn upload_locks(&self) -> &UploadLocks {
        &self.upload_locks
    }

    /// The forms in use.
    #[must_use]
    pub fn forms(&self) -> &Catalogue {
        &self.forms
    }

    /// The digest of the forms in use.
    #[must_use]
    pub fn forms_digest(&self) -> Hash {
        self.forms_digest
    }

    /// This history; another one after a restore from a backup.
    #[must_use]
    pub fn epoch(&self) -> [u8; 16] {
        self.epoch
    }

    /// This server; stays the same through restores.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// What was counted since the start.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.environment.now_unix_ms()
    }

    /// Remembers where the server is reached, for the commands that print it.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn remember_url(&self, url: &str) -> Result<(), ServerError> {
        Ok(write(self.storage(), |tx| tx.set_meta(URL, url.as_bytes()))?)
    }

    /// Where the server was last reached.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn remembered_url(&self) -> Result<Option<String>, ServerError> {
        let url = read(self.storage(), |tx| tx.meta(URL))?;
        Ok(url.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Clears away what expired.
    ///
    /// # Errors
    /// When the storage or a file fails.
    pub fn sweep(&self) -> Result<(), ServerError> {
        let now = self.now_ms();
        let expired = write(self.storage(), |tx| {
            tx.sweep_secrets(now)?;
            let expired = tx.expired_uploads(now)?;
            expired.iter().try_for_each(|id| tx.remove_upload(id))?;
            Ok::<_, ServerError>(expired)
        })?;
        expired.iter().try_for_each(|id| self.files.drop_upload(id))?;
        self.sweep_files()
    }

    /// Removes files whose upload is not known any more: the process ended between forgetting one and removing it. An
    /// upload is noted before its file is made, so that no file that is looked at here can belong to a newer one.
    fn sweep_files(&self) -> Result<(), ServerError> {
        for id in self.files.uploads()? {
            if read(self.storage(), |tx| tx.upload(&id))?.is_none() {
                self.files.drop_upload(&id)?;
            }
        }
        Ok(())
    }
}

fn lasting(tx: &dyn Tx, name: &str, fresh: [u8; 16]) -> Result<[u8; 16], ServerError> {
    if let Some(known) = tx.meta(name)?.and_then(|bytes| bytes.try_into().ok()) {
        return Ok(known);
    }
    tx.set_meta(name, &fresh)?;
    Ok(fresh)
}

/// Begins a new history in a restored storage: what devices had acknowledged may be missing here.
///
/// # Errors
/// When the storage fails.
pub fn begin_new_epoch(storage: &dyn Storage, environment: &Environment) -> Result<(), ServerError> {
    let epoch: [u8; 16] = environment.random();
    Ok(write(storage, |tx| {
        tx.set_meta(EPOCH, &epoch)?;
        tx.mark_restored()
    })?)
}

/// The forms that ship, with those of a folder over them.
///
/// # Errors
/// When a file cannot be read or is not a form; the sentence names file and line.
pub fn load_forms(folder: Option<&Path>) -> Result<Catalogue, ServerError> {
    let Some(folder) = folder else { return Ok(Catalogue::embedded().clone()) };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).map(str::to_owned);
        if let Some(name) = name.filter(|n| n.ends_with(".toml")) {
            files.push((name, std::fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Catalogue::with_files(Catalogue::embedded(), files).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        ServerError::Folder(lines.join("\n"))
    })
}
