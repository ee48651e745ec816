//! A home: the folder of one device, with its database, key, photos and forms. The window and the program both start
//! here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::DocId;
use domain::forms::Catalogue;

use crate::capture::{self, Shown};
use crate::error::{AtPath, Result};
use crate::now::Now;
use crate::photos;
use crate::store::{Counts, ListQuery, Listing, Store, forms_error};

/// Where the database's key comes from.
#[derive(Clone, Debug)]
pub enum Key {
    /// `key` in the home, made at first use.
    Stored,
    /// A file: 64 hexadecimal digits, or any other text as a passphrase.
    File(PathBuf),
    /// A passphrase.
    Passphrase(String),
}

/// The file in the home's forms that says which set of them was found good.
const CHECKED: &str = ".checked";

/// One device's folder, open.
#[derive(Debug)]
pub struct Home {
    /// The folder.
    pub dir: PathBuf,
    /// Its database.
    pub store: Store,
    /// Form files of the home that cannot be used and were left out, with the reason: recording goes on without them.
    pub form_faults: Vec<String>,
}

impl Home {
    /// Opens the home, making it at first use.
    ///
    /// # Errors
    /// A wrong or missing key, a database of a newer program, forms that cannot be used, a folder that cannot be written.
    pub fn open(dir: &Path, key: &Key, forms: &[PathBuf], now: &mut Now) -> Result<Self> {
        let (catalogue, form_faults) = load_forms(dir, forms)?;
        let store = Store::open(dir, key, Arc::new(catalogue), now)?;
        // What a crash left half written takes room and nothing else: that it cannot be removed stops nobody.
        let _ = photos::clear_incoming(&store.photos_dir());
        Ok(Self { dir: dir.to_owned(), store, form_faults })
    }

    /// The documents a person is looking for.
    ///
    /// # Errors
    /// When the database fails.
    pub fn list(&self, query: &ListQuery) -> Result<Listing> {
        self.store.list(query)
    }

    /// One document with everything known about it.
    ///
    /// # Errors
    /// When it is not here, or the database fails.
    pub fn show(&self, id: DocId) -> Result<Shown> {
        capture::show(&self.store, id)
    }

    /// The figures of the home card.
    ///
    /// # Errors
    /// When the database fails.
    pub fn counts(&self) -> Result<Counts> {
        self.store.counts()
    }

    /// The folder of forms got from the server or dropped in.
    #[must_use]
    pub fn forms_dir(&self) -> PathBuf {
        self.dir.join("forms")
    }
}

/// The forms that ship, those of the home, and those of further folders; and what of the home was left out.
///
/// # Errors
/// When a file cannot be read, or one of the further folders is no form. A bad file of the home is left out instead:
/// nobody in a valley can mend it, and the other forms still work.
pub fn load_forms(dir: &Path, extra: &[PathBuf]) -> Result<(Catalogue, Vec<String>)> {
    let mut files = Vec::new();
    let own = dir.join("forms");
    if own.is_dir() {
        read_forms(&own, &mut files)?;
    }
    let (mut catalogue, mut faults) = (Catalogue::embedded().clone(), Vec::new());
    match load_own(&own, &catalogue, &files) {
        Ok(all) => catalogue = all,
        Err(_) => {
            for file in files {
                match Catalogue::with_files(&catalogue, [file]) {
                    Ok(more) => catalogue = more,
                    Err(errors) => faults.push(forms_error(&errors).to_string()),
                }
            }
        }
    }
    let mut further = Vec::new();
    for folder in extra {
        read_forms(folder, &mut further)?;
    }
    if !further.is_empty() {
        catalogue = Catalogue::with_files(&catalogue, further).map_err(|errors| forms_error(&errors))?;
    }
    Ok((catalogue, faults))
}

/// The forms of the home. Reading them takes longer than most commands, so what was found good is remembered by its
/// digest, and is then read only when a form is needed.
fn load_own(
    folder: &Path,
    base: &Catalogue,
    files: &[(String, String)],
) -> std::result::Result<Catalogue, Vec<domain::forms::FormError>> {
    if files.is_empty() {
        return Ok(base.clone());
    }
    let known = Catalogue::with_known_files(base, files.to_vec());
    let mark = format!("{} {}", env!("CARGO_PKG_VERSION"), known.digest());
    let path = folder.join(CHECKED);
    if std::fs::read_to_string(&path).is_ok_and(|known| known == mark) {
        return Ok(known);
    }
    let loaded = Catalogue::with_files(base, files.to_vec())?;
    // Where it cannot be written the next start takes longer, nothing else.
    let _ = crate::store::write_whole(&path, mark.as_bytes());
    Ok(loaded)
}

fn read_forms(folder: &Path, files: &mut Vec<(String, String)>) -> Result<()> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).at(folder)? {
        let path = entry.at(folder)?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).at(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, text));
    }
    Ok(())
}
