//! The device's encrypted database: registers, own changes, materialised documents, photo queue. The only place with
//! SQL. One writer at a time; everything a save writes is in one transaction.

mod chain;
mod droppable;
mod enrolment;
mod figures;
mod local;
mod materialise;
pub(crate) mod mbtiles;
mod memory;
mod meta;
mod open;
mod page;
mod query;
mod read;
mod registers;
mod relayed;
mod saved;
mod search;
mod texts;
mod uploads;
pub(crate) mod view;
mod walking;
mod write;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::DocId;
use domain::forms::Catalogue;
use rusqlite::Connection;

use crate::error::{AtPath, Result};

pub(crate) use chain::{broken_links, wrong_signatures};
pub use droppable::Droppable;
pub(crate) use enrolment::forms_error;
pub use figures::{ByCustody, MapQuery, OnMap};
pub use local::Local;
pub use query::{Counts, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX, ListQuery, Listing, Near, Overdue, Row};
pub(crate) use read::written_all;
pub use read::{Custody, Loaded, Reader, RefusedChange, Viewed, Written, photos_of};
pub use uploads::{PendingUpload, PhotoFile};
pub(crate) use write::check_twice;
pub use write::{DocEdit, Edit, Saved, Set, Writer};

/// The database of one home.
pub struct Store {
    db: Connection,
    /// The home; empty for a store in memory, which has no files.
    dir: PathBuf,
    /// Writers of all processes queue on this file; nobody else can reach a store in memory.
    lock: Option<File>,
    catalogue: Arc<Catalogue>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// An id as text in JSON; in the wire format ids are bytes.
pub(crate) fn as_text<S: serde::Serializer>(id: &DocId, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Writes a file so that after a power cut it is there whole, or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).at(folder)?;
    file.write_all(bytes).at(path)?;
    file.as_file().sync_all().at(path)?;
    file.persist(path).map_err(|e| e.error).at(path)?;
    sync_folder(folder).at(folder)
}

/// A name in a folder is on the disk only when the folder is.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::fs::File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file; the file system journals names itself.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}
