//! The rescue archive: everything of a home in one encrypted file, made without opening the database, so that it works
//! where the app does not start. It is a zstd-packed tar in an `age` file with a passphrase: the usual tools open it too.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;

use crate::error::{AtPath, Error, Result};

/// What is left out: it can be made again, imported again, or means nothing elsewhere.
const LEFT_OUT: [&str; 6] = ["lock", "device.db-shm", "photos/views", "photos/thumbnails", "photos/incoming", "maps"];
/// Shortest passphrase.
const PASSPHRASE_MIN: usize = 8;
/// How hard it is packed; photos do not get smaller anyway.
const ZSTD_LEVEL: i32 = 3;

/// What an archive holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rescued {
    /// Files.
    pub files: u32,
    /// Bytes of the archive, or of the files that were unpacked.
    pub bytes: u64,
}

/// Packs a home into a file. Writers wait meanwhile.
///
/// # Errors
/// `weak-passphrase`, `no-home`, a file that cannot be read or written; an existing archive is untouched then.
pub fn pack(home: &Path, out: &Path, passphrase: &str) -> Result<Rescued> {
    if passphrase.chars().count() < PASSPHRASE_MIN {
        let zh = format!("口令至少 {PASSPHRASE_MIN} 个字符");
        return Err(Error::request("weak-passphrase", zh, format!("the passphrase needs {PASSPHRASE_MIN} characters")));
    }
    if !home.join("device.db").exists() {
        let en = format!("there is no home at {}", home.display());
        return Err(Error::request("no-home", format!("{} 没有数据", home.display()), en));
    }
    let _turn = wait_for_writers(home)?;
    let folder = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).at(folder)?;
    let files = write_to(home, file.as_file(), passphrase).at(out)?;
    file.as_file().sync_all().at(out)?;
    let bytes = file.as_file().metadata().at(out)?.len();
    file.persist(out).map_err(|e| e.error).at(out)?;
    Ok(Rescued { files, bytes })
}

/// The queue of writers is a file: whoever holds it writes alone.
fn wait_for_writers(home: &Path) -> Result<File> {
    let path = home.join("lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).at(&path)?;
    lock.lock().at(&path)?;
    Ok(lock)
}

fn write_to(home: &Path, out: &File, passphrase: &str) -> std::io::Result<u32> {
    let encryptor = age::Encryptor::with_user_passphrase(SecretString::from(passphrase.to_owned()));
    let encrypted = encryptor.wrap_output(BufWriter::new(out))?;
    let packed = zstd::Encoder::new(encrypted, ZSTD_LEVEL)?;
    let mut tar = tar::Builder::new(packed);
    let mut files = 0;
    for path in files_of(home)? {
        tar.append_path_with_name(home.join(&path), &path)?;
        files += 1;
    }
    tar.into_inner()?.finish()?.finish()?.flush()?;
    Ok(files)
}

/// The files of a home, in a fixed order, without what is left out.
fn files_of(home: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![PathBuf::new()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(home.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            match LEFT_OUT.iter().any(|out| path == Path::new(out)) {
                true => {}
                false if kind.is_dir() => folders.push(path),
                false if kind.is_file() => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Unpacks an archive into a folder that does not exist yet.
///
/// # Errors
/// `wrong-passphrase`, `folder-exists`, a damaged archive.
pub fn unpack(archive: &Path, into: &Path, passphrase: &str) -> Result<Rescued> {
    if into.exists() {
        let en = format!("{} exists already; give a new folder", into.display());
        return Err(Error::request("folder-exists", format!("{} 已存在，请换一个新文件夹", into.display()), en));
    }
    let damaged = |e: &dyn std::fmt::Display| {
        let (zh, en) = (format!("档案无法打开：{e}"), format!("the archive cannot be opened: {e}"));
        Error::request("wrong-passphrase", zh, en)
    };
    let file = BufReader::new(File::open(archive).at(archive)?);
    let decryptor = age::Decryptor::new_buffered(file).map_err(|e| damaged(&e))?;
    let identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    let plain = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|e| damaged(&e))?;
    let unpacked = zstd::Decoder::new(plain).at(archive)?;
    let mut tar = tar::Archive::new(unpacked);
    std::fs::create_dir_all(into).at(into)?;
    let mut rescued = Rescued::default();
    for entry in tar.entries().at(archive)? {
        let mut entry = entry.at(archive)?;
        // Refuses paths that lead out of the folder.
        if entry.unpack_in(into).at(into)? {
            rescued.files += 1;
            rescued.bytes += entry.size();
        }
    }
    Ok(rescued)
}
