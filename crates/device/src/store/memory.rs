//! Stores whose database lives in memory, for simulations: the same tables and the same code, without a file, a key or
//! a lock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::forms::Catalogue;
use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::{Store, open};
use crate::error::Result;
use crate::now::Now;

thread_local! {
    /// Empty tables, made once a thread: copying them is much faster than making them.
    static EMPTY: std::result::Result<Connection, String> = empty().map_err(|e| e.to_string());
}

impl Store {
    /// A new store in memory; it ends with this value. Photos need a home.
    ///
    /// # Errors
    /// When SQLite cannot make one.
    pub fn in_memory(catalogue: Arc<Catalogue>, now: &mut Now) -> Result<Self> {
        let db = EMPTY.with(|made| match made {
            Ok(empty) => copy(empty),
            Err(_) => empty(),
        })?;
        open::create_identity(&db, now)?;
        Ok(Self { db, dir: PathBuf::new(), lock: None, catalogue })
    }

    /// Another store in memory with everything that is committed here: a home that was copied, or opened again after its
    /// process ended.
    ///
    /// # Errors
    /// When SQLite cannot copy.
    pub fn copy_in_memory(&self) -> Result<Self> {
        Ok(Self { db: copy(&self.db)?, dir: PathBuf::new(), lock: None, catalogue: self.catalogue.clone() })
    }

    /// Asks before each commit from now on whether it fails, as it does when the power goes.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn fail_commits(&mut self, fails: impl FnMut() -> bool + Send + 'static) -> Result<()> {
        Ok(self.db.commit_hook(Some(fails))?)
    }
}

fn empty() -> Result<Connection> {
    let db = Connection::open_in_memory()?;
    open::create_tables(&db)?;
    Ok(db)
}

fn copy(from: &Connection) -> Result<Connection> {
    let mut to = Connection::open_in_memory()?;
    Backup::new(from, &mut to)?.run_to_completion(i32::MAX, Duration::ZERO, None)?;
    open::set_up(&to)?;
    Ok(to)
}
