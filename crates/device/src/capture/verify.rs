//! Whether everything of a home is still what it was: chains, signatures, the database, photos.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::error::{AtPath, Result};
use crate::photos::verify as files;
use crate::store::{Store, broken_links, wrong_signatures};

/// Something that is wrong, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `chain`, `signature`, `key`, `database`, `photo-changed`, `photo-unreadable`.
    pub code: String,
    /// What, where.
    pub message: String,
}

/// Checks chains, signatures, key, the database's own structure and every original; an empty list is a sound home.
///
/// # Errors
/// When it cannot be checked at all.
pub fn verify(store: &Store) -> Result<Vec<Fault>> {
    let fault = |code: &str, message: String| Fault { code: code.to_owned(), message };
    let mut faults: Vec<Fault> = store.integrity()?.into_iter().map(|m| fault("database", m)).collect();
    faults.extend(broken_links(store)?.into_iter().map(|m| fault("chain", m)));
    match wrong_signatures(store) {
        Ok(wrong) => faults.extend(wrong.into_iter().map(|m| fault("signature", m))),
        Err(error) => faults.push(fault("key", error.to_string())),
    }
    let mut known = BTreeSet::new();
    for photo in store.photo_files()? {
        let Some(path) = &photo.original else { continue };
        known.insert(path.clone());
        if let Err(error) = files::check(path, &photo.sha256, Some(photo.size_bytes)) {
            faults.push(fault(error.code(), format!("photo {}: {error}", photo.photo)));
        }
    }
    let folder = store.photos_dir();
    for original in files::originals(&folder).at(&folder)?.iter().filter(|o| !known.contains(&o.path)) {
        if let Err(error) = files::check_listed(original) {
            faults.push(fault(error.code(), error.to_string()));
        }
    }
    Ok(faults)
}
