//! SQLite: one connection that writes, a few that read, WAL, every commit synced to the disk before it counts.

mod accounts;
mod changes;
mod documents;
mod photos;
mod rows;

use std::cell::Cell;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::{Job, Outcome, Pos, Storage, StorageError, Stored, Tx};
use crate::limits::{BUSY_TIMEOUT, READERS};

/// The layout this program writes.
const LAYOUT: u32 = 1;
/// The oldest program that may read what this program writes.
const MIN_READER: u32 = 1;
const SCHEMA: &str = include_str!("schema.sql");
const DURABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;";

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Backend(Box::new(error))
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
        let writer = Connection::open(file)?;
        writer.busy_timeout(BUSY_TIMEOUT)?;
        writer.execute_batch(DURABLE)?;
        prepare(&writer)?;
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
        prepare(&writer)?;
        Ok(Self { writer: Mutex::new(writer), readers: Mutex::default(), reader_free: Condvar::new(), in_memory: true })
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
    reader.set_prepared_statement_cache_capacity(64);
    Ok(reader)
}

/// Creates the tables in a new file; refuses a file that a later version says this program cannot read.
fn prepare(connection: &Connection) -> Stored<()> {
    connection.set_prepared_statement_cache_capacity(128);
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let result = migrate(connection);
    connection.execute_batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    result
}

fn migrate(connection: &Connection) -> Stored<()> {
    let layout: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if layout > LAYOUT {
        let needs: Option<Vec<u8>> = connection
            .query_row("SELECT value FROM meta WHERE name = 'min_reader'", [], |row| row.get(0))
            .optional()?;
        let needs = needs.and_then(|v| Some(u32::from_be_bytes(v.try_into().ok()?))).unwrap_or(u32::MAX);
        return if needs > LAYOUT { Err(StorageError::Newer { needs, here: LAYOUT }) } else { Ok(()) };
    }
    if layout == 0 {
        connection.execute_batch(SCHEMA)?;
        connection.execute(
            "INSERT INTO meta (name, value) VALUES ('min_reader', ?1)",
            params![MIN_READER.to_be_bytes().as_slice()],
        )?;
        connection.execute_batch(&format!("PRAGMA user_version = {LAYOUT}"))?;
    }
    Ok(())
}

impl Storage for Sqlite {
    fn read(&self, job: Job<'_>) -> Stored<()> {
        if self.in_memory {
            return self.write(job);
        }
        let mut loan = Loan { pool: self, reader: Some(self.take_reader()) };
        let Some(reader) = loan.reader.as_mut() else { return Ok(()) };
        let transaction = reader.transaction_with_behavior(TransactionBehavior::Deferred)?;
        job(&SqliteTx::new(&transaction));
        Ok(())
    }

    fn write(&self, job: Job<'_>) -> Stored<()> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let tx = SqliteTx::new(&transaction);
        match job(&tx) {
            Outcome::Commit => {
                tx.settle()?;
                drop(tx);
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

    /// Writes back what was counted in memory.
    fn settle(&self) -> Stored<()> {
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
