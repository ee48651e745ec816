//! The files of photos: unfinished uploads, originals by content, thumbnails by photo record.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use domain::DocId;
use sha2::{Digest, Sha256};

/// Where the files are.
#[derive(Clone, Debug)]
pub struct PhotoFiles {
    folder: PathBuf,
}

impl PhotoFiles {
    /// In a data folder; its parts are made when first needed.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// An original.
    #[must_use]
    pub fn original(&self, sha256: &[u8; 32]) -> PathBuf {
        let name = hex::encode(sha256);
        self.folder.join("photos").join(&name[..2]).join(name)
    }

    /// A photo record's thumbnail.
    #[must_use]
    pub fn thumbnail(&self, doc: DocId) -> PathBuf {
        let name = doc.to_string();
        // The last letters: the first are the time, and would fill one folder at a time.
        self.folder.join("thumbnails").join(&name[name.len() - 2..]).join(name)
    }

    pub(crate) fn upload(&self, id: &str) -> PathBuf {
        self.folder.join("uploads").join(id)
    }

    /// Begins the file of an upload.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn begin_upload(&self, id: &str) -> io::Result<()> {
        let path = self.upload(id);
        make_folder_of(&path)?;
        OpenOptions::new().write(true).create_new(true).open(&path)?.sync_all()?;
        sync_folder_of(&path)
    }

    /// How far an upload is; what this says is on the disk, whatever happened before.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn upload_offset(&self, id: &str) -> io::Result<u64> {
        let file = File::open(self.upload(id))?;
        file.sync_data()?;
        Ok(file.metadata()?.len())
    }

    /// Adds to an upload at its end and makes it durable.
    ///
    /// # Errors
    /// When the file cannot be written; what was written before stays.
    pub fn append_upload(&self, id: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(self.upload(id))?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    /// The SHA-256 of an upload.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn upload_hash(&self, id: &str) -> io::Result<[u8; 32]> {
        hash_file(&self.upload(id))
    }

    /// Moves a complete upload to its place; one that is there already is left, as it is the same.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn keep_upload(&self, id: &str, place: &Path) -> io::Result<()> {
        make_folder_of(place)?;
        fs::rename(self.upload(id), place)?;
        sync_folder_of(place)
    }

    /// Makes sure that a file that is in its place already would survive a power cut.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn settle(&self, place: &Path) -> io::Result<()> {
        File::open(place)?.sync_all()?;
        sync_folder_of(place)
    }

    /// The names of all files of unfinished uploads.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn uploads(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.folder.join("uploads")) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// Takes a damaged file out of the way, for a person to look at; gives where it went, or `None` if it is not there.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn set_aside(&self, place: &Path) -> io::Result<Option<PathBuf>> {
        let aside = self.folder.join("damaged").join(place.file_name().unwrap_or_default());
        make_folder_of(&aside)?;
        match fs::rename(place, &aside) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        }
        sync_folder_of(place)?;
        sync_folder_of(&aside)?;
        Ok(Some(aside))
    }

    /// Puts a file that was set aside back into its place.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn put_back(&self, aside: &Path, place: &Path) -> io::Result<()> {
        fs::rename(aside, place)?;
        sync_folder_of(place)
    }

    /// Removes the file of an upload, if it is there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn drop_upload(&self, id: &str) -> io::Result<()> {
        match fs::remove_file(self.upload(id)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

/// The SHA-256 of a file.
///
/// # Errors
/// When it cannot be read.
pub fn hash_file(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            n => hash.update(&buffer[..n]),
        }
    }
}

fn make_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), make_folder)
}

/// Makes a folder and what is missing above it; each new name is on the disk when this returns.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    make_folder_of(folder)?;
    match fs::create_dir(folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    sync_folder_of(folder)
}

/// A new name in a folder is durable only when the folder is.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
