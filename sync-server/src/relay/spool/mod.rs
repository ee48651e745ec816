//! The spool: what devices handed over and the central server has not confirmed yet. Durable before it is acknowledged.

mod batches;
mod photos;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};
use serde::Serialize;

pub use batches::KeptBatch;
pub use photos::KeptPhoto;

use crate::environment::Environment;
use crate::error::ServerError;
use crate::limits::{
    ASIDE_ROWS_MAX, BUSY_TIMEOUT, SPOOL_BATCHES_MAX, SPOOL_BATCHES_PER_ADDRESS_MAX, SPOOL_PHOTO_BYTES_MAX,
    SPOOL_PHOTOS_PER_ADDRESS_MAX, SPOOL_TEXT_BYTES_MAX,
};
use crate::photos::PhotoFiles;
use crate::storage::{StorageError, Stored};

/// The spool's database in the data folder.
pub const DATABASE: &str = "relay.db";
const SCHEMA: &str = include_str!("schema.sql");
/// The layout this program writes.
const LAYOUT: u32 = 1;
const DURABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

/// How much a spool takes. The relay cannot check who calls, so these are what limits misuse.
#[derive(Clone, Copy, Debug)]
pub struct SpoolLimits {
    /// Batches that wait.
    pub batches: u64,
    /// Batches that wait and came from one address.
    pub batches_per_address: u64,
    /// Bytes of all batches that wait.
    pub text_bytes: u64,
    /// Photo files that came from one address, unfinished ones included.
    pub photos_per_address: u64,
    /// Announced bytes of all photo files.
    pub photo_bytes: u64,
    /// Batches and photos each that are set aside; the oldest are forgotten first.
    pub aside: u64,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self {
            batches: SPOOL_BATCHES_MAX,
            batches_per_address: SPOOL_BATCHES_PER_ADDRESS_MAX,
            text_bytes: SPOOL_TEXT_BYTES_MAX,
            photos_per_address: SPOOL_PHOTOS_PER_ADDRESS_MAX,
            photo_bytes: SPOOL_PHOTO_BYTES_MAX,
            aside: ASIDE_ROWS_MAX,
        }
    }
}

/// What waits for a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Batches of changes.
    pub batches: u64,
    /// The changes in them; batches may overlap.
    pub changes: u64,
    /// Complete photo files.
    pub photos: u64,
    /// Their bytes.
    pub photo_bytes: u64,
    /// Photo files that devices have begun to send.
    pub photos_unfinished: u64,
}

/// Something the central server refused for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outside {
    /// `changes 7:1-12`, or `original` or `thumbnail` with the photo's id.
    pub what: String,
    /// The code.
    pub code: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// The spool.
pub struct Spool {
    db: Mutex<Connection>,
    files: PhotoFiles,
    limits: SpoolLimits,
    id: String,
}

impl Spool {
    /// Opens the spool of a data folder, making it if it is not there.
    ///
    /// # Errors
    /// When the database cannot be opened or a later version wrote it.
    pub fn open(data: &Path, limits: SpoolLimits, environment: &Environment) -> Result<Self, ServerError> {
        let mut db = Connection::open(data.join(DATABASE)).map_err(StorageError::from)?;
        let id = prepare(&mut db, &hex::encode(environment.random::<8>()))?;
        Ok(Self { db: Mutex::new(db), files: PhotoFiles::new(data.join("relay")), limits, id })
    }

    /// An empty spool that lives only in memory and takes no photos.
    ///
    /// # Errors
    /// When the database fails.
    pub fn in_memory(limits: SpoolLimits, environment: &Environment) -> Result<Self, ServerError> {
        let mut db = Connection::open_in_memory().map_err(StorageError::from)?;
        let id = prepare(&mut db, &hex::encode(environment.random::<8>()))?;
        Ok(Self { db: Mutex::new(db), files: PhotoFiles::new(PathBuf::new()), limits, id })
    }

    /// A name of this spool, by which a device knows again what it has handed over here.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What waits.
    ///
    /// # Errors
    /// When the database fails.
    pub fn waiting(&self) -> Stored<Waiting> {
        let db = self.db();
        let text = "SELECT count(*), coalesce(sum(last - first + 1), 0) FROM batches WHERE refused IS NULL";
        let (batches, changes) = db.query_row(text, [], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let photos = "SELECT coalesce(sum(done), 0), coalesce(sum(done * length), 0), coalesce(sum(1 - done), 0) \
                      FROM photos WHERE refused IS NULL";
        let (photos, photo_bytes, photos_unfinished) =
            db.query_row(photos, [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        Ok(Waiting { batches, changes, photos, photo_bytes, photos_unfinished })
    }

    /// What was set aside, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outside(&self) -> Stored<Vec<Outside>> {
        let db = self.db();
        let sql = "SELECT 'changes ' || actor || ':' || first || '-' || last, refused, refused_at_ms FROM batches \
                   WHERE refused IS NOT NULL UNION ALL SELECT kind || ' ' || lower(hex(doc)), refused, refused_at_ms \
                   FROM photos WHERE refused IS NOT NULL ORDER BY 3 DESC";
        let mut statement = db.prepare(sql)?;
        let rows = statement.query_map([], |r| Ok(Outside { what: r.get(0)?, code: r.get(1)?, at_ms: r.get(2)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        // A job that panicked was undone when its transaction was dropped; the connection is sound.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the tables in a new file; gives the spool's name.
fn prepare(db: &mut Connection, fresh_id: &str) -> Stored<String> {
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.execute_batch(DURABLE)?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let layout: u32 = tx.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    if layout > LAYOUT {
        return Err(StorageError::Newer { needs: layout, here: LAYOUT });
    }
    if layout == 0 {
        tx.execute_batch(SCHEMA)?;
        tx.execute("INSERT INTO meta (name, value) VALUES ('id', ?1)", params![fresh_id])?;
        tx.execute_batch(&format!("PRAGMA user_version = {LAYOUT}"))?;
    }
    let id = tx.query_row("SELECT value FROM meta WHERE name = 'id'", [], |r| r.get(0))?;
    tx.commit()?;
    Ok(id)
}
