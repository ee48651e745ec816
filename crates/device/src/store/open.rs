//! Opening the database: key, pragmas, version. A wrong key or a newer format is refused before anything is touched.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use domain::ActorId;
use domain::forms::Catalogue;
use rusqlite::{Connection, ErrorCode};

use super::{Store, meta};
use crate::error::{AtPath, Error, Result};
use crate::home::Key;
use crate::now::Now;

/// The format this program writes.
const VERSION: i64 = 2;
/// The oldest format whose programs may still write what this program writes.
const MIN_READER: i64 = 1;
/// How long SQLite itself waits for another writer, milliseconds; our own lock queues before that.
const BUSY_MS: u64 = 30_000;
/// Prepared statements kept: a few more than this crate has.
const STATEMENTS_KEPT: usize = 128;

impl Store {
    /// Opens the database of a home, making it at first use.
    ///
    /// # Errors
    /// A wrong or missing key, a newer format, a folder that cannot be written.
    pub fn open(dir: &Path, key: &Key, catalogue: Arc<Catalogue>, now: &mut Now) -> Result<Self> {
        make_folder(dir)?;
        let lock_path = dir.join("lock");
        let lock = open_private(&lock_path, false)?;
        let path = dir.join("device.db");
        let fresh = !path.exists();
        if fresh {
            lock.lock().at(&lock_path)?;
        }
        let opened = open_keyed(dir, &path, key, now).and_then(|db| migrate(db, &lock, &lock_path, fresh, now));
        if fresh {
            lock.unlock().at(&lock_path)?;
        }
        Ok(Self { db: opened?, dir: dir.to_owned(), lock, catalogue })
    }
}

fn make_folder(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(dir).at(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).at(dir)?;
    }
    Ok(())
}

/// A file only its owner can read.
fn open_private(path: &Path, new: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(!new).create_new(new).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).at(path)
}

fn open_keyed(dir: &Path, path: &Path, key: &Key, now: &mut Now) -> Result<Connection> {
    let secret = secret(dir, path, key, now)?;
    let db = Connection::open(path)?;
    // A wrong key is told by our own sentence, not by SQLCipher's on standard error.
    db.pragma_update(None, "cipher_log_level", "none")?;
    db.pragma_update(None, "key", secret)?;
    // The first read is where a wrong key shows.
    match db.query_row("select count(*) from sqlite_master", [], |r| r.get::<_, i64>(0)) {
        Ok(_) => {}
        Err(e) if e.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Err(Error::WrongKey(path.to_owned()));
        }
        Err(e) => return Err(e.into()),
    }
    db.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "temp_store", "memory")?;
    db.pragma_update(None, "cache_size", -16_384)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(db)
}

/// The key as SQLCipher takes it: raw for a stored key, else a passphrase.
fn secret(dir: &Path, db: &Path, key: &Key, now: &mut Now) -> Result<String> {
    let text = match key {
        Key::Passphrase(text) => return Ok(text.clone()),
        Key::File(path) => std::fs::read_to_string(path).at(path)?,
        Key::Stored => {
            let path = dir.join("key");
            match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound && !db.exists() => make_key(dir, &path, now)?,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    return Err(Error::KeyMissing { db: db.to_owned(), key: path });
                }
                Err(source) => return Err(Error::Io { path, source }),
            }
        }
    };
    let text = text.trim();
    let raw = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    Ok(if raw { format!("x'{text}'") } else { text.to_owned() })
}

/// The key is on disk before the database that needs it.
fn make_key(dir: &Path, path: &Path, now: &mut Now) -> Result<String> {
    let text = hex::encode(now.random());
    let mut file = open_private(path, true)?;
    file.write_all(text.as_bytes()).at(path)?;
    file.sync_all().at(path)?;
    File::open(dir).and_then(|d| d.sync_all()).at(dir)?;
    Ok(text)
}

fn migrate(mut db: Connection, lock: &File, lock_path: &Path, locked: bool, now: &mut Now) -> Result<Connection> {
    let version = user_version(&db)?;
    if version > VERSION {
        let needs = meta::min_reader(&db)?;
        return if needs > VERSION { Err(Error::NewerDatabase { needs, reads: VERSION }) } else { Ok(db) };
    }
    if version == VERSION {
        return Ok(db);
    }
    if !locked {
        lock.lock().at(lock_path)?;
    }
    let made = create(&mut db, now);
    if !locked {
        lock.unlock().at(lock_path)?;
    }
    made.map(|()| db)
}

fn user_version(db: &Connection) -> Result<i64> {
    Ok(db.query_row("pragma user_version", [], |r| r.get(0))?)
}

/// Makes a new database, or adds what an older one does not have.
fn create(db: &mut Connection, now: &mut Now) -> Result<()> {
    // Kept in the file from now on; set under the lock, because it needs the file for itself.
    db.pragma_update(None, "journal_mode", "wal")?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version = user_version(&tx)?;
    if version < 1 {
        tx.execute_batch(include_str!("schema.sql"))?;
        meta::set_min_reader(&tx, MIN_READER)?;
        let install = now.random();
        meta::set(&tx, meta::INSTALL, &u64::from_be_bytes(install[..8].try_into().expect("eight bytes")))?;
        meta::set(&tx, meta::ACTOR, &ActorId::PROVISIONAL)?;
        meta::set(&tx, meta::DEVICE_KEY, &now.random())?;
    }
    if version < 2 {
        tx.execute_batch(include_str!("schema_2.sql"))?;
    }
    tx.pragma_update(None, "user_version", VERSION)?;
    Ok(tx.commit()?)
}
