//! What the server remembers, in the words of the domain: one trait, one implementation per database.
//!
//! [`Storage`] runs jobs; inside a job [`Tx`] reads and writes. Everything of one job happens in one transaction that is
//! durable before [`Storage::write`] returns. `tests/storage.rs` is the contract of every implementation.

mod accounts;
mod changes;
mod desks;
mod documents;
mod photos;
mod queues;
pub mod sqlite;
mod summaries;

pub use accounts::{Accounts, Code, Device, Session, User};
pub use changes::{Chain, Changes, Refusal, Signed, Status, StoredChange, Wait};
pub use desks::{Desk, Desks};
pub use documents::{DocHead, DocQuery, Documents, RegisterRow, ScopeRow, StateWrite};
pub use photos::{Photos, Upload, UploadKind};
pub use queues::{Queue, QueueCount, QueueQuery, Queues};
pub use summaries::{Order, Summaries, Summary, SummaryQuery};

use std::path::Path;

/// A place in the server's own order of events; grows by one with everything that devices must learn.
pub type Pos = u64;

/// Why the storage could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No space left.
    #[error("there is no space left for the database: {0}")]
    Full(String),
    /// The file is no longer what was written.
    #[error(
        "the database cannot be used: {0}. It was not touched; bring the last backup back with 'sync-server restore'"
    )]
    Damaged(String),
    /// Written by a later version.
    #[error("the data were written by a later version (needs reader {needs}, this program is {here}): update it")]
    Newer {
        /// The oldest reader that understands the file.
        needs: u32,
        /// What this program is.
        here: u32,
    },
    /// A row that cannot be.
    #[error("the database holds something that cannot be: {0}; run 'sync-server check'")]
    Corrupt(String),
}

/// What storing gives.
pub type Stored<T> = Result<T, StorageError>;

/// Everything that can be read and written within one transaction.
pub trait Tx: Accounts + Changes + Desks + Documents + Photos + Queues + Summaries {
    /// A named value of the server itself.
    fn meta(&self, name: &str) -> Stored<Option<Vec<u8>>>;
    /// Sets it.
    fn set_meta(&self, name: &str, value: &[u8]) -> Stored<()>;
    /// The last position that was given.
    fn pos(&self) -> Stored<Pos>;
    /// Gives the next position.
    fn next_pos(&self) -> Stored<Pos>;
}

/// One job of a transaction; its outcome says whether to keep what it wrote.
pub type Job<'a> = &'a mut dyn FnMut(&dyn Tx) -> Outcome;

/// Whether a transaction is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Keep it.
    Commit,
    /// Undo it.
    Undo,
}

/// A database.
pub trait Storage: Send + Sync {
    /// Runs a job that only reads, on one consistent state.
    ///
    /// # Errors
    /// When the database fails; errors of the job are the job's own.
    fn read(&self, job: Job<'_>) -> Stored<()>;
    /// Runs a job that writes; one at a time; durable when this returns.
    ///
    /// # Errors
    /// As [`Storage::read`].
    fn write(&self, job: Job<'_>) -> Stored<()>;
    /// Writes a consistent copy of the whole database into a new file while the server runs.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn copy_to(&self, file: &Path) -> Stored<()>;
}

/// Reads with a job that returns something.
///
/// # Errors
/// The job's own error, or the database's.
pub fn read<R, E: From<StorageError>>(
    storage: &dyn Storage,
    job: impl FnOnce(&dyn Tx) -> Result<R, E>,
) -> Result<R, E> {
    run(job, |job| storage.read(job))
}

/// Writes with a job that returns something; an error of the job undoes everything it wrote.
///
/// # Errors
/// The job's own error, or the database's.
pub fn write<R, E: From<StorageError>>(
    storage: &dyn Storage,
    job: impl FnOnce(&dyn Tx) -> Result<R, E>,
) -> Result<R, E> {
    run(job, |job| storage.write(job))
}

fn run<R, E: From<StorageError>>(
    job: impl FnOnce(&dyn Tx) -> Result<R, E>,
    transaction: impl FnOnce(Job<'_>) -> Stored<()>,
) -> Result<R, E> {
    let mut job = Some(job);
    let mut result = None;
    transaction(&mut |tx| {
        let Some(job) = job.take() else { return Outcome::Undo };
        let outcome = job(tx);
        let keep = if outcome.is_ok() { Outcome::Commit } else { Outcome::Undo };
        result = Some(outcome);
        keep
    })?;
    result.unwrap_or_else(|| Err(StorageError::Corrupt("a transaction did not run its job".into()).into()))
}
