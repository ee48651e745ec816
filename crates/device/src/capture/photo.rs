//! Photos of a record: the original is on the disk before the record says it has one.

use std::io::Write;
use std::path::Path;

use domain::change::DocKey;
use domain::forms::{Catalogue, Form};
use domain::{DocId, DocType, Value};
use rust_decimal::Decimal;

use super::edit::editable;
use super::fill::refuse_locked;
use super::given::Given;
use crate::error::{AtPath, Error, Result};
use crate::now::Now;
use crate::photos::{Ingested, intake};
use crate::store::{DocEdit, Edit, Set, Writer};

/// A photo that was taken in, with what the person says about it.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its file, on the disk already.
    pub taken: Ingested,
    /// The name it came with.
    pub file_name: String,
    /// What it proves.
    pub proves: Option<String>,
    /// `before`, `during` or `after` the treatment.
    pub stage: Option<String>,
    /// Whether it was taken this moment: then the device's own fix counts more than what the file says.
    pub taken_now: bool,
    /// Where the camera looked, degrees clockwise from north, if the device knew.
    pub bearing_deg: Option<Decimal>,
    /// Who took it.
    pub photographer: Option<String>,
}

/// What became of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its document.
    pub id: DocId,
    /// True if the record had the same picture already; nothing was added then.
    pub known: bool,
}

/// Takes a file in: afterwards the original is durable, whatever becomes of the record.
///
/// # Errors
/// When it is no photo or cannot be kept.
pub fn take_in(folder: &Path, file: &Path, proves: Option<&str>, stage: Option<&str>) -> Result<Picture> {
    let taken = intake(folder, file)?;
    let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Picture {
        taken,
        file_name,
        proves: proves.map(Into::into),
        stage: stage.map(Into::into),
        taken_now: false,
        bearing_deg: None,
        photographer: None,
    })
}

/// Takes the bytes of a picture in, as [`take_in`] does a file.
///
/// # Errors
/// As [`take_in`], and a full disk.
pub fn take_in_bytes(folder: &Path, bytes: &[u8], file_name: &str) -> Result<Picture> {
    std::fs::create_dir_all(folder).at(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).at(folder)?;
    file.write_all(bytes).at(file.path())?;
    let taken = take_in(folder, file.path(), None, None)?;
    Ok(Picture { file_name: file_name.to_owned(), ..taken })
}

/// Adds photos to a record.
///
/// # Errors
/// When the record is not here or deleted, or a remark about a photo does not fit its form.
pub fn add_photos(w: &mut Writer<'_>, now: &mut Now, id: DocId, given: &Given) -> Result<Vec<Added>> {
    let (key, _) = editable(w, id)?;
    add_in(w, now, key, Vec::new(), given)
}

/// The same, but not to a record that was submitted.
///
/// # Errors
/// `locked`, and as [`add_photos`].
pub fn add_photos_open(w: &mut Writer<'_>, now: &mut Now, id: DocId, given: &Given) -> Result<Vec<Added>> {
    refuse_locked(w, id)?;
    add_photos(w, now, id, given)
}

/// Writes fields and photos in one change; a picture the record has already is left out.
pub(super) fn add_in(
    w: &mut Writer<'_>,
    now: &mut Now,
    key: DocKey,
    mut sets: Vec<Set>,
    given: &Given,
) -> Result<Vec<Added>> {
    let owner = key.id;
    let mut added: Vec<Added> = Vec::new();
    let mut docs: Vec<DocEdit> = Vec::new();
    let mut pictures: Vec<(DocId, &Picture)> = Vec::new();
    for picture in &given.photos {
        let sha256 = &picture.taken.sha256;
        let twin = pictures.iter().find(|(_, p)| p.taken.sha256 == *sha256).map(|(id, _)| *id);
        if let Some(id) = twin.map_or_else(|| w.same_photo(owner, sha256), |id| Ok(Some(id)))? {
            added.push(Added { id, known: true });
            continue;
        }
        let edit = photo_edit(w.catalogue(), now, owner, picture, given)?;
        let id = edit.key.id;
        sets.push(Set::new(format!("photos/{id}"), Value::Bool(true)));
        pictures.push((id, picture));
        added.push(Added { id, known: false });
        docs.push(edit);
    }
    docs.insert(0, DocEdit { key, sets });
    w.save(&Edit { docs, at: given.at }, now)?;
    for (id, picture) in pictures {
        w.add_photo_file(id, &picture.taken)?;
    }
    Ok(added)
}

/// The photo documents of a new record; the same picture given twice counts once.
pub(super) fn photo_edits<'p>(
    catalogue: &Catalogue,
    now: &mut Now,
    owner: DocId,
    given: &'p Given,
) -> Result<Vec<(DocEdit, &'p Picture)>> {
    let mut out: Vec<(DocEdit, &Picture)> = Vec::new();
    for picture in &given.photos {
        if !out.iter().any(|(_, p)| p.taken.sha256 == picture.taken.sha256) {
            out.push((photo_edit(catalogue, now, owner, picture, given)?, picture));
        }
    }
    Ok(out)
}

/// The document of one photo.
fn photo_edit(catalogue: &Catalogue, now: &mut Now, owner: DocId, picture: &Picture, given: &Given) -> Result<DocEdit> {
    let key = DocKey { id: now.new_id(), doc_type: DocType::Photo, kind: "-".into() };
    let form = catalogue.form(DocType::Photo, "").ok_or_else(|| Error::UnknownKind {
        doc_type: DocType::Photo,
        kind: "-".into(),
        known: String::new(),
    })?;
    let mut sets = said(form, picture)?;
    for (path, value) in facts(picture, owner, now, given) {
        if form.field(path).is_some() {
            sets.push(Set::new(path, value));
        }
    }
    Ok(DocEdit { key, sets })
}

/// What the person said about it, read by the form.
fn said(form: &Form, picture: &Picture) -> Result<Vec<Set>> {
    let given = [("proves", &picture.proves), ("stage", &picture.stage), ("photographer", &picture.photographer)];
    let given = given.into_iter().filter_map(|(path, text)| Some((path, text.as_deref()?)));
    given.map(|(path, text)| Ok(Set::new(path, form.read(path, text)?))).collect()
}

/// What the file and its EXIF say.
fn facts(picture: &Picture, owner: DocId, now: &Now, given: &Given) -> Vec<(&'static str, Value)> {
    let Picture { taken, file_name, .. } = picture;
    let whole = |n: u64| Value::number(Decimal::from(n));
    let (taken_at, source) = taken_at(taken, now);
    let mut out = vec![
        ("of", Value::text(owner.to_string())),
        ("sha256", Value::text(taken.sha256.clone())),
        ("size_bytes", whole(taken.size_bytes)),
        ("mime", Value::text(taken.mime())),
        ("file_name", Value::text(file_name.clone())),
        ("width_px", whole(taken.width_px.into())),
        ("height_px", whole(taken.height_px.into())),
        ("taken_at", Value::text(taken_at)),
        ("taken_at_source", Value::text(source)),
    ];
    let exif = &taken.exif;
    let (first, second) = if picture.taken_now { (given.at, exif.position) } else { (exif.position, given.at) };
    out.extend(first.or(second).map(|p| ("position", Value::Point(p))));
    out.extend(picture.bearing_deg.or(exif.bearing_deg).map(|d| ("bearing_deg", Value::number(d))));
    out.extend(exif.make.clone().map(|t| ("make", Value::text(t))));
    out.extend(exif.model.clone().map(|t| ("model", Value::text(t))));
    out
}

/// When it was taken, and by which clock: the camera's, the camera's without an offset (the device's is assumed), or
/// that of the device when the file was added.
fn taken_at(taken: &Ingested, now: &Now) -> (String, &'static str) {
    let here = now.rfc3339();
    match &taken.exif.taken_at {
        Some(time) if time.has_offset => (time.text.clone(), "exif"),
        Some(time) => {
            let offset = here.get(here.len().saturating_sub(6)..).unwrap_or("+00:00");
            (format!("{}{offset}", time.text), "exif-local")
        }
        None => (here, "device"),
    }
}
