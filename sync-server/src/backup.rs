//! A backup is one tar file: the database as of one moment, every original, every thumbnail, the forms that were dropped
//! in. A restored folder begins a
//! new history, so that devices send again what the backup did not know.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use crate::environment::Environment;
use crate::error::ServerError;
use crate::server::{DATABASE, begin_new_epoch};
use crate::storage::Storage;
use crate::storage::sqlite::Sqlite;

/// The folders of a backup beside the database.
const FOLDERS: [&str; 3] = ["photos", "thumbnails", "forms"];
const LOCK: &str = "serve.lock";

/// Shows that a server works in a folder, for as long as it is kept.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// Takes a data folder for one server.
///
/// # Errors
/// `folder` if another one has it.
pub fn lock_folder(data: &Path) -> Result<FolderLock, ServerError> {
    fs::create_dir_all(data)?;
    let file = File::options().create(true).truncate(false).write(true).open(data.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { _file: file }),
        Err(fs::TryLockError::WouldBlock) => {
            Err(ServerError::Folder(format!("a server is working in {}; stop it first", data.display())))
        }
        Err(fs::TryLockError::Error(e)) => Err(e.into()),
    }
}

/// Writes a backup while the server may be running.
///
/// # Errors
/// When the file is there already or cannot be written; no half of a backup stays under its name.
pub fn back_up(storage: &dyn Storage, data: &Path, file: &Path) -> Result<u64, ServerError> {
    if file.exists() {
        return Err(ServerError::Folder(format!("{} is there already; choose another name", file.display())));
    }
    let (copy, partial) = (beside(file, "db-copy"), beside(file, "partial"));
    let out = begin(&partial)?;
    // Of a backup that was interrupted.
    let _ = fs::remove_file(&copy);
    let written = write_backup(storage, data, &copy, &out);
    // The copy is of no use alone; that it may not be there is no fault.
    let _ = fs::remove_file(&copy);
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    let bytes = written?;
    fs::rename(&partial, file)?;
    sync_folder(file)?;
    Ok(bytes)
}

/// Opens the unfinished file, also one that an interrupted backup left; one of a backup under way is locked.
fn begin(partial: &Path) -> Result<File, ServerError> {
    let out = File::options().create(true).truncate(false).write(true).open(partial)?;
    match out.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            return Err(ServerError::Folder(format!("another backup is writing {}; wait for it", partial.display())));
        }
        Err(fs::TryLockError::Error(e)) => return Err(e.into()),
    }
    out.set_len(0)?;
    Ok(out)
}

fn write_backup(storage: &dyn Storage, data: &Path, copy: &Path, out: &File) -> Result<u64, ServerError> {
    // The database first: what it says is held was in its place before it said so.
    storage.copy_to(copy)?;
    let mut tar = tar::Builder::new(BufWriter::new(out));
    tar.append_path_with_name(copy, DATABASE)?;
    for folder in FOLDERS.iter().filter(|folder| data.join(folder).is_dir()) {
        tar.append_dir_all(folder, data.join(folder))?;
    }
    let mut writer = tar.into_inner()?;
    writer.flush()?;
    let file = writer.into_inner().map_err(|e| e.into_error())?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

/// Restores a backup into a folder; one that holds anything is moved aside. Gives where it was moved to.
///
/// # Errors
/// When the backup cannot be read, or a server works in the folder; the folder is as it was then.
pub fn restore(file: &Path, data: &Path, environment: &Environment) -> Result<Option<PathBuf>, ServerError> {
    let in_use = data.exists().then(|| lock_folder(data)).transpose()?;
    let fresh = beside(data, "restoring");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    let unpacked = unpack(file, &fresh).and_then(|()| {
        let storage = Sqlite::open(&fresh.join(DATABASE))?;
        begin_new_epoch(&storage, environment)?;
        Ok(sync_all(&fresh)?)
    });
    if let Err(error) = unpacked {
        let _ = fs::remove_dir_all(&fresh);
        return Err(error);
    }
    let aside = move_aside(data)?;
    drop(in_use);
    fs::rename(&fresh, data)?;
    sync_folder(data)?;
    Ok(aside)
}

/// Refuses to begin anew where a restore was interrupted after it moved the folder aside.
///
/// # Errors
/// `folder` if so.
pub fn check_restored(data: &Path) -> Result<(), ServerError> {
    if data.join(DATABASE).exists() || !beside(data, "restoring").exists() {
        return Ok(());
    }
    Err(ServerError::Folder(format!(
        "a restore into {} was interrupted; run 'sync-server restore' again",
        data.display()
    )))
}

fn unpack(file: &Path, folder: &Path) -> Result<(), ServerError> {
    fs::create_dir_all(folder)?;
    let mut tar = tar::Archive::new(BufReader::new(File::open(file)?));
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        // A link would let whoever made the file read or write outside of the folder later.
        let kind = entry.header().entry_type();
        let plain = kind.is_file() || kind.is_dir();
        if !plain || !is_ours(&path) || !entry.unpack_in(folder)? {
            return Err(ServerError::Folder(format!(
                "{} is not a backup: it holds {}",
                file.display(),
                path.display()
            )));
        }
    }
    if folder.join(DATABASE).is_file() {
        return Ok(());
    }
    Err(ServerError::Folder(format!("{} is not a backup: it has no {DATABASE}", file.display())))
}

/// Everything in a folder is on the disk when this returns: after "restored" nobody looks at the backup again.
fn sync_all(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_all(&path)?;
        } else {
            File::open(&path)?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

fn is_ours(path: &Path) -> bool {
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    plain && (path == Path::new(DATABASE) || FOLDERS.iter().any(|folder| path.starts_with(folder)))
}

/// Moves a folder that holds anything to the first free name.
fn move_aside(data: &Path) -> Result<Option<PathBuf>, ServerError> {
    if !data.exists() {
        return Ok(None);
    }
    let mut names = fs::read_dir(data)?.filter_map(|entry| Some(entry.ok()?.file_name()));
    if !names.any(|name| name != LOCK) {
        fs::remove_dir_all(data)?;
        return Ok(None);
    }
    let mut number = 1;
    let aside = loop {
        let candidate = beside(data, &format!("before-restore-{number}"));
        if !candidate.exists() {
            break candidate;
        }
        number += 1;
    };
    fs::rename(data, &aside)?;
    Ok(Some(aside))
}

/// The same path with something behind its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    // Without a slash at the end: the name is wanted, not something inside.
    let clean: PathBuf = path.components().collect();
    let mut name = clean.into_os_string();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}
