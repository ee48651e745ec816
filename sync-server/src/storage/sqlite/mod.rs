//! SQLite: one connection that writes, a few that read, WAL, every commit synced to the disk before it counts.

mod accounts;
mod changes;
mod desks;
mod documents;
mod found;
mod photos;
mod queues;
mod rows;
mod summaries;

use std::cell::Cell;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::{Job, Outcome, Pos, Storage, StorageError, Stored, Tx};
use crate::limits::{BUSY_TIMEOUT, READERS};

/// The layout this program writes.
const LAYOUT: u32 = 1;
/// The oldest program that may read what this program writes.
const MIN_READER: u32 = 1;
const SCHEMA: &str = include_str!("schema.sql");
/// Prepared statements kept by the connection that writes.
const STATEMENTS_KEPT: usize = 128;
const DURABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;";

/// `SQLITE_IOERR_SHMSIZE`: the index of the write-ahead log could not grow, which happens when the disk is full.
const NO_ROOM_FOR_INDEX: i32 = 4874;

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(error.to_string()),
            _ if error.sqlite_extended_error_code() == Some(NO_ROOM_FOR_INDEX) => Self::Full(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Backend(Box::new(error)),
        }
    }
}

/// A SQLite database.
pub struct Sqlite {
    writer: Mutex<Connection>,
    /// Empty for a database in memory: then the writer reads too.
    readers: Mutex<Vec<Connection>>,
    reader_free: Condvar,
    in_memory: bool,
}

impl Sqlite {
    /// Opens a file, creating it if it is not there.
    ///
    /// # Errors
    /// When it cannot be opened or a later version wrote it.
    pub fn open(file: &Path) -> Stored<Self> {
        if !is_there(file)? {
            make(file)?;
        }
        let writer = Connection::open(file)?;
        writer.busy_timeout(BUSY_TIMEOUT)?;
        check_layout(&writer)?;
        writer.execute_batch(DURABLE)?;
        found::teach(&writer)?;
        desks::create(&writer)?;
        summaries::create(&writer)?;
        queues::create(&writer)?;
        writer.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        let readers = (0..READERS).map(|_| open_reader(file)).collect::<Stored<_>>()?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers: Mutex::new(readers),
            reader_free: Condvar::new(),
            in_memory: false,
        })
    }

    /// A database that lives as long as this value.
    ///
    /// # Errors
    /// When SQLite cannot make one.
    pub fn in_memory() -> Stored<Self> {
        let writer = Connection::open_in_memory()?;
        found::teach(&writer)?;
        create(&writer)?;
        writer.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        Ok(Self { writer: Mutex::new(writer), readers: Mutex::default(), reader_free: Condvar::new(), in_memory: true })
    }

    /// Another database in memory with everything that is committed here.
    ///
    /// # Errors
    /// When SQLite cannot copy.
    pub fn copy_in_memory(&self) -> Stored<Self> {
        let mut copy = Connection::open_in_memory()?;
        step_all(&self.writer(), &mut copy)?;
        found::teach(&copy)?;
        copy.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        Ok(Self { writer: Mutex::new(copy), readers: Mutex::default(), reader_free: Condvar::new(), in_memory: true })
    }

    /// Asks before each commit from now on whether it fails, as it does when the power goes; for simulations.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn fail_commits(&self, fails: impl FnMut() -> bool + Send + 'static) -> Stored<()> {
        Ok(self.writer().commit_hook(Some(fails))?)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A job that panicked was undone when its transaction was dropped; the connection is sound.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_reader(&self) -> Connection {
        let mut free = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match free.pop() {
                Some(reader) => return reader,
                None => free = self.reader_free.wait(free).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// A reader on loan; goes back when dropped, whatever happened.
struct Loan<'a> {
    pool: &'a Sqlite,
    reader: Option<Connection>,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut free = self.pool.readers.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.reader.take());
        self.pool.reader_free.notify_one();
    }
}

fn open_reader(file: &Path) -> Stored<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(file, flags)?;
    reader.busy_timeout(BUSY_TIMEOUT)?;
    reader.execute_batch("PRAGMA query_only = ON;")?;
    found::teach(&reader)?;
    reader.set_prepared_statement_cache_capacity(64);
    Ok(reader)
}

/// Whether the database is there. It takes its name only when it is complete, so a file of that name without content
/// was emptied by something else, and a log without its database is what is left of one: neither is begun anew.
fn is_there(file: &Path) -> Stored<bool> {
    let damaged = |what: &str| Err(StorageError::Damaged(format!("{} {what}", file.display())));
    match std::fs::metadata(file) {
        Ok(about) if about.is_dir() => damaged("is a folder"),
        Ok(about) if about.len() == 0 => damaged("is empty"),
        Ok(_) => Ok(true),
        Err(e) if e.kind() != ErrorKind::NotFound => Err(StorageError::Backend(Box::new(e))),
        Err(_) => {
            let mut log = file.as_os_str().to_owned();
            log.push("-wal");
            let is_left = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
            if is_left { damaged("is gone, only its log is left") } else { Ok(false) }
        }
    }
}

/// Makes the database under another name and gives it its own when it is complete and on the disk. Where another
/// process was quicker, its file stays.
fn make(file: &Path) -> Stored<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fresh = tempfile::Builder::new().prefix("server.db.new-").tempfile_in(folder).map_err(failed)?;
    let connection = Connection::open(fresh.path())?;
    connection.execute_batch(DURABLE)?;
    create(&connection)?;
    // Closing the only connection takes the log into the file.
    connection.close().map_err(|(_, error)| error)?;
    fresh.as_file().sync_all().map_err(failed)?;
    match fresh.persist_noclobber(file) {
        Err(e) if e.error.kind() != ErrorKind::AlreadyExists => return Err(failed(e.error)),
        _ => {}
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn failed(error: std::io::Error) -> StorageError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageError::Full(error.to_string()),
        _ => StorageError::Backend(Box::new(error)),
    }
}

/// Creates the tables in a new file.
fn create(connection: &Connection) -> Stored<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    connection.execute_batch(SCHEMA)?;
    desks::create(connection)?;
    summaries::create(connection)?;
    queues::create(connection)?;
    let sql = "INSERT INTO meta (name, value) VALUES ('min_reader', ?1)";
    connection.execute(sql, params![MIN_READER.to_be_bytes().as_slice()])?;
    connection.execute_batch(&format!("PRAGMA user_version = {LAYOUT}; COMMIT"))?;
    Ok(())
}

/// Refuses a file that a later version says this program cannot read, before anything in it is touched.
fn check_layout(connection: &Connection) -> Stored<()> {
    let layout: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if layout == 0 {
        return Err(StorageError::Damaged("it is a database of something else".into()));
    }
    if layout > LAYOUT {
        let needs: Option<Vec<u8>> = connection
            .query_row("SELECT value FROM meta WHERE name = 'min_reader'", [], |row| row.get(0))
            .optional()?;
        let needs = needs.and_then(|v| Some(u32::from_be_bytes(v.try_into().ok()?))).unwrap_or(u32::MAX);
        return if needs > LAYOUT { Err(StorageError::Newer { needs, here: LAYOUT }) } else { Ok(()) };
    }
    Ok(())
}

impl Storage for Sqlite {
    fn read(&self, job: Job<'_>) -> Stored<()> {
        if self.in_memory {
            return read_on(&mut self.writer(), job);
        }
        let mut loan = Loan { pool: self, reader: Some(self.take_reader()) };
        loan.reader.as_mut().map_or(Ok(()), |reader| read_on(reader, job))
    }

    fn write(&self, job: Job<'_>) -> Stored<()> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let tx = SqliteTx::new(&transaction);
        match job(&tx) {
            Outcome::Commit => {
                tx.settle()?;
                Ok(transaction.commit()?)
            }
            Outcome::Undo => Ok(transaction.rollback()?),
        }
    }

    fn copy_to(&self, file: &Path) -> Stored<()> {
        let mut copy = Connection::open(file)?;
        if self.in_memory {
            return step_all(&self.writer(), &mut copy);
        }
        let loan = Loan { pool: self, reader: Some(self.take_reader()) };
        loan.reader.as_ref().map_or(Ok(()), |reader| step_all(reader, &mut copy))
    }
}

fn read_on(connection: &mut Connection, job: Job<'_>) -> Stored<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    job(&SqliteTx::new(&transaction));
    Ok(())
}

/// Copies in one step: a read transaction that the writer does not wait for, so the copy never starts over.
fn step_all(from: &Connection, to: &mut Connection) -> Stored<()> {
    let backup = rusqlite::backup::Backup::new(from, to)?;
    backup.run_to_completion(i32::MAX, Duration::from_millis(1), None)?;
    Ok(())
}

/// One transaction.
struct SqliteTx<'a> {
    connection: &'a Connection,
    /// The last position, once one was given; written back before the transaction ends.
    pos: Cell<Option<i64>>,
}

impl<'a> SqliteTx<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, pos: Cell::new(None) }
    }

    /// Writes back what was counted in memory, and what is indexed a batch at a time.
    fn settle(&self) -> Stored<()> {
        self.make_batches()?;
        if let Some(pos) = self.pos.take() {
            self.run("UPDATE counters SET value = ?1 WHERE name = 'pos'", params![pos])?;
        }
        Ok(())
    }
}

impl SqliteTx<'_> {
    /// Runs a statement that gives no rows.
    fn run(&self, sql: &str, values: impl rusqlite::Params) -> Stored<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(values)?)
    }

    /// The first row, if there is one.
    fn one<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> Stored<T>,
    ) -> Stored<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        rows.next()?.map(read).transpose()
    }

    /// All rows.
    fn all<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl Fn(&rusqlite::Row<'_>) -> Stored<T>,
    ) -> Stored<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            out.push(read(row)?);
        }
        Ok(out)
    }

    /// Gives the next value of a counter.
    fn count(&self, name: &str) -> Stored<i64> {
        let next = "UPDATE counters SET value = value + 1 WHERE name = ?1 RETURNING value";
        self.one(next, params![name], |row| Ok(row.get(0)?))?
            .ok_or_else(|| StorageError::Corrupt(format!("the counter '{name}' is missing")))
    }
}

impl Tx for SqliteTx<'_> {
    fn meta(&self, name: &str) -> Stored<Option<Vec<u8>>> {
        self.one("SELECT value FROM meta WHERE name = ?1", params![name], |row| Ok(row.get(0)?))
    }

    fn set_meta(&self, name: &str, value: &[u8]) -> Stored<()> {
        self.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", params![name, value])?;
        Ok(())
    }

    fn pos(&self) -> Stored<Pos> {
        if let Some(pos) = self.pos.get() {
            return Ok(pos.cast_unsigned());
        }
        let pos = self.one("SELECT value FROM counters WHERE name = 'pos'", [], |row| Ok(row.get::<_, i64>(0)?))?;
        Ok(pos.unwrap_or(0).cast_unsigned())
    }

    fn next_pos(&self) -> Stored<Pos> {
        let next = self.pos()?.cast_signed() + 1;
        self.pos.set(Some(next));
        Ok(next.cast_unsigned())
    }
}
