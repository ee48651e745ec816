//! Opening the database: key, pragmas, version. A wrong key or a newer format is refused before anything is touched.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ActorId;
use domain::forms::Catalogue;
use rusqlite::{Connection, ErrorCode};

use super::{Store, meta, search, sync_folder, texts, write_whole};
use crate::error::{AtPath, Error, Result};
use crate::home::Key;
use crate::now::Now;

/// The format this program writes.
const VERSION: i64 = 2;
/// The oldest format whose programs may still write what this program writes.
const MIN_READER: i64 = 2;
/// How long SQLite itself waits for another writer, milliseconds; our own lock queues before that.
const BUSY_MS: u64 = 30_000;
/// Prepared statements kept: a few more than this crate has.
const STATEMENTS_KEPT: usize = 128;

impl Store {
    /// Opens the database of a home, making it at first use.
    ///
    /// # Errors
    /// A wrong or missing key, a newer format, a file that is no whole database, a folder that cannot be written.
    pub fn open(dir: &Path, key: &Key, catalogue: Arc<Catalogue>, now: &mut Now) -> Result<Self> {
        make_folder(dir)?;
        let lock_path = dir.join("lock");
        let lock = open_private(&lock_path)?;
        let path = dir.join("device.db");
        if !is_there(&path)? {
            lock.lock().at(&lock_path)?;
            // Another process may have made it while this one waited.
            let made = is_there(&path).and_then(|there| if there { Ok(()) } else { make(dir, &path, key, now) });
            lock.unlock().at(&lock_path)?;
            made?;
        }
        let mut db = open_keyed(&path, &secret(dir, &path, key, now)?)?;
        check_version(&db)?;
        renew(&mut db)?;
        Ok(Self { db, dir: dir.to_owned(), lock: Some(lock), catalogue })
    }
}

/// Whether the database is there. It takes its name only when it is complete, so a file of that name without content
/// was emptied by something else, and a log without its database is what is left of one: neither is begun anew.
fn is_there(path: &Path) -> Result<bool> {
    let unusable = |zh: &str, en: &str| Err(unusable(path, zh, en));
    match std::fs::metadata(path) {
        Ok(about) if about.is_dir() => unusable("这是一个文件夹", "it is a folder"),
        Ok(about) if about.len() == 0 => unusable("文件是空的", "it is empty"),
        Ok(_) => Ok(true),
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e).at(path),
        Err(_) if std::fs::metadata(log_of(path)).is_ok_and(|log| log.len() > 0) => {
            unusable("文件不见了，只剩下它的日志", "it is gone, only its log (device.db-wal) is left")
        }
        Err(_) => Ok(false),
    }
}

fn log_of(path: &Path) -> PathBuf {
    path.with_file_name("device.db-wal")
}

fn unusable(path: &Path, zh: impl Into<String>, en: impl Into<String>) -> Error {
    Error::DatabaseUnusable { path: path.to_owned(), zh: zh.into(), en: en.into() }
}

/// Makes the database under another name, and gives it its own when it is complete and on the disk.
fn make(dir: &Path, path: &Path, key: &Key, now: &mut Now) -> Result<()> {
    let secret = secret(dir, path, key, now)?;
    let fresh = dir.join("device.db.new");
    for left in ["device.db.new", "device.db.new-wal", "device.db.new-shm"] {
        remove(&dir.join(left))?;
    }
    let mut db = open_keyed(&fresh, &secret)?;
    create(&mut db, now)?;
    // Closing the only connection takes the log into the file.
    db.close().map_err(|(_, error)| error)?;
    File::open(&fresh).and_then(|file| file.sync_all()).at(&fresh)?;
    // An empty log may be left from a program that ended while it looked.
    remove(&log_of(path))?;
    std::fs::rename(&fresh, path).at(path)?;
    sync_folder(dir).at(dir)
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e).at(path),
        _ => Ok(()),
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
fn open_private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).at(path)
}

fn open_keyed(path: &Path, secret: &str) -> Result<Connection> {
    let db = Connection::open(path)?;
    // A wrong key is told by our own sentence, not by SQLCipher's on standard error.
    db.pragma_update(None, "cipher_log_level", "none")?;
    db.pragma_update(None, "key", secret)?;
    // The first read is where a wrong key shows.
    db.query_row("select count(*) from sqlite_master", [], |r| r.get::<_, i64>(0)).map_err(|e| opening(path, e))?;
    db.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "cache_size", -16_384)?;
    set_up(&db)?;
    Ok(db)
}

/// What every connection needs, wherever its database lives.
pub(super) fn set_up(db: &Connection) -> Result<()> {
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "temp_store", "memory")?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    search::teach(db)
}

fn opening(path: &Path, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Error::WrongKey(path.to_owned()),
        Some(ErrorCode::DatabaseCorrupt) => {
            unusable(path, format!("内容已损坏（{error}）"), format!("it is damaged ({error})"))
        }
        _ => error.into(),
    }
}

/// The key as SQLCipher takes it: raw for a stored key, else a passphrase.
fn secret(dir: &Path, db: &Path, key: &Key, now: &mut Now) -> Result<String> {
    let (text, from) = match key {
        Key::Passphrase(text) => (text.clone(), db.to_owned()),
        Key::File(path) => (std::fs::read_to_string(path).at(path)?, path.clone()),
        Key::Stored => stored_key(dir, db, now)?,
    };
    // A passphrase is taken as it is typed.
    let trimmed = if matches!(key, Key::Passphrase(_)) { text.as_str() } else { text.trim() };
    if trimmed.is_empty() {
        // SQLCipher would take no key to mean no encryption.
        return Err(Error::KeyMissing { db: db.to_owned(), key: from });
    }
    let raw =
        !matches!(key, Key::Passphrase(_)) && trimmed.len() == 64 && trimmed.bytes().all(|b| b.is_ascii_hexdigit());
    Ok(if raw { format!("x'{trimmed}'") } else { trimmed.to_owned() })
}

fn stored_key(dir: &Path, db: &Path, now: &mut Now) -> Result<(String, PathBuf)> {
    let path = dir.join("key");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((text, path)),
        Err(e) if e.kind() == ErrorKind::NotFound && !db.exists() => Ok((make_key(&path, now)?, path)),
        Err(e) if e.kind() == ErrorKind::NotFound => Err(Error::KeyMissing { db: db.to_owned(), key: path }),
        Err(source) => Err(Error::Io { path, source }),
    }
}

/// The key is on disk, whole, before the database that needs it.
fn make_key(path: &Path, now: &mut Now) -> Result<String> {
    let text = hex::encode(now.random());
    write_whole(path, text.as_bytes())?;
    Ok(text)
}

/// Refuses what a later program wrote, unless that says this one may go on.
fn check_version(db: &Connection) -> Result<()> {
    if user_version(db)? > VERSION {
        let needs = meta::min_reader(db)?;
        if needs > VERSION {
            return Err(Error::NewerDatabase { needs, reads: VERSION });
        }
    }
    Ok(())
}

/// Brings a database of an earlier version to this one, all of it or nothing.
fn renew(db: &mut Connection) -> Result<()> {
    if user_version(db)? >= VERSION {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    if user_version(&tx)? < VERSION {
        tx.execute_batch(include_str!("version_2.sql"))?;
        texts::into_batches(&tx)?;
    }
    Ok(tx.commit()?)
}

fn user_version(db: &Connection) -> Result<i64> {
    Ok(db.query_row("pragma user_version", [], |r| r.get(0))?)
}

fn create(db: &mut Connection, now: &mut Now) -> Result<()> {
    // Kept in the file from now on.
    db.pragma_update(None, "journal_mode", "wal")?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    create_tables(&tx)?;
    create_identity(&tx, now)?;
    Ok(tx.commit()?)
}

pub(super) fn create_tables(db: &Connection) -> Result<()> {
    db.execute_batch(include_str!("schema.sql"))?;
    meta::set_min_reader(db, MIN_READER)?;
    Ok(db.pragma_update(None, "user_version", VERSION)?)
}

/// What makes one store another than all others.
pub(super) fn create_identity(db: &Connection, now: &mut Now) -> Result<()> {
    let install = now.random();
    meta::set(db, meta::INSTALL, &u64::from_be_bytes(install[..8].try_into().expect("eight bytes")))?;
    meta::set(db, meta::ACTOR, &ActorId::PROVISIONAL)?;
    meta::set(db, meta::DEVICE_KEY, &now.random())
}
