//! One document with everything known about it, in the shape of the machine interface.

use std::collections::BTreeMap;

use domain::lifecycle::is_deleted;
use domain::register::Put;
use domain::{DocId, DocType, Seq};
use serde::Serialize;
use serde_json::Value as Json;

use crate::error::Result;
use crate::store::{Custody, Store, as_text, photos_of, written_all};

/// A document as `show` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The document.
    #[serde(serialize_with = "as_text")]
    pub id: DocId,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: DocType,
    /// Its kind.
    pub kind: String,
    /// What lists call it.
    pub title: String,
    /// Its state; of a state in conflict the most cautious.
    pub state: String,
    /// Its township, 9 digits, or empty.
    pub town: String,
    /// The form version it was last written with.
    pub form_version: u32,
    /// Stored and computed values by path.
    pub values: BTreeMap<String, Json>,
    /// The paths with several values, the latest first.
    pub conflicts: BTreeMap<String, Vec<Candidate>>,
    /// Where the record and all its photos are.
    pub custody: Custody,
    /// Its photos.
    pub photos: Vec<PhotoShown>,
    /// How many things are to be mended before it may be submitted.
    pub problems: usize,
    /// Whether it was deleted.
    pub deleted: bool,
    /// What the server refused of this device's changes to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedShown>,
}

/// One of several concurrent values.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    /// The value.
    pub value: Json,
    /// Who wrote it; empty before enrolment.
    pub author: String,
    /// On which device.
    pub device: u32,
    /// When, by that device's clock, RFC 3339.
    pub at: Option<String>,
    /// Where the device was, GeoJSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Json>,
    /// The write, as `actor:seq`: what a decision has seen.
    pub op: String,
}

/// A photo of a record.
#[derive(Clone, Debug, Serialize)]
pub struct PhotoShown {
    /// Its document.
    #[serde(serialize_with = "as_text")]
    pub id: DocId,
    /// Hex SHA-256 of the original; empty while its document has not come.
    pub sha256: String,
    /// Where the original is.
    pub custody: Custody,
    /// What it proves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proves: Option<String>,
    /// Why it cannot be sent, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A refused change.
#[derive(Clone, Debug, Serialize)]
pub struct RefusedShown {
    /// Its number.
    pub seq: Seq,
    /// A stable code.
    pub code: String,
    /// Why, Chinese.
    pub zh: String,
    /// Why, English.
    pub en: String,
    /// What it wanted to write.
    pub values: BTreeMap<String, Json>,
}

/// A field in conflict, as `conflicts` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Conflict {
    /// The document.
    #[serde(serialize_with = "as_text")]
    pub id: DocId,
    /// What lists call it.
    pub title: String,
    /// The field.
    pub path: String,
    /// Its values, the latest first.
    pub values: Vec<Candidate>,
}

/// One document.
///
/// # Errors
/// When it is not here.
pub fn show(store: &Store, id: DocId) -> Result<Shown> {
    let seen = store.reader().view(id)?;
    let photos = photos_of(&seen.view.values);
    let conflicts = seen.view.conflicts.iter().map(|(path, puts)| Ok((path.clone(), candidates(store, puts)?)));
    let text = |path: &str| seen.view.values.get(path).and_then(|v| v.as_text()).unwrap_or_default().to_owned();
    let key = &seen.loaded.document.key;
    let custody = match key.doc_type {
        DocType::Photo => store.photo_custody(id)?,
        _ => store.custody(id, &photos)?,
    };
    Ok(Shown {
        id,
        doc_type: key.doc_type,
        kind: key.kind.clone(),
        title: seen.loaded.title.clone(),
        state: text("state"),
        town: text("town"),
        form_version: seen.loaded.form_version,
        values: seen.values.iter().map(|(path, value)| (path.clone(), value.to_json())).collect(),
        conflicts: conflicts.collect::<Result<_>>()?,
        custody,
        photos: photos.into_iter().map(|photo| photo_shown(store, photo)).collect::<Result<_>>()?,
        problems: seen.evaluation.problems.len(),
        deleted: is_deleted(&seen.view),
        refused: refused(store, id)?,
    })
}

fn candidates(store: &Store, puts: &[Put]) -> Result<Vec<Candidate>> {
    let written = written_all(store, puts)?;
    let candidate = |put: &Put| {
        let by = &written[&put.op];
        Candidate {
            value: put.value.to_json(),
            author: by.author.clone(),
            device: by.device,
            at: by.at.clone(),
            position: by.position.map(|p| domain::Value::Point(p).to_json()),
            op: format!("{}:{}", put.op.actor, put.op.seq),
        }
    };
    Ok(puts.iter().map(candidate).collect())
}

fn photo_shown(store: &Store, photo: DocId) -> Result<PhotoShown> {
    let file = store.photo_file(photo)?;
    let values = store.reader().load(photo).ok().map(|l| crate::store::view::view_of(&l.document, None).values);
    let text = |path: &str| values.as_ref().and_then(|v| v.get(path)?.as_text().map(str::to_owned));
    Ok(PhotoShown {
        id: photo,
        sha256: text("sha256").or_else(|| file.as_ref().map(|f| f.sha256.clone())).unwrap_or_default(),
        custody: store.photo_custody(photo)?,
        proves: text("proves"),
        problem: file.and_then(|f| f.problem),
    })
}

fn refused(store: &Store, id: DocId) -> Result<Vec<RefusedShown>> {
    let shown = store.refused(id)?.into_iter().map(|r| RefusedShown {
        seq: r.op.seq,
        code: r.code,
        zh: r.zh,
        en: r.en,
        values: r.values.into_iter().map(|(path, value)| (path, value.to_json())).collect(),
    });
    Ok(shown.collect())
}

/// Every field in conflict on this device.
///
/// # Errors
/// When the database fails.
pub fn conflicts(store: &Store) -> Result<Vec<Conflict>> {
    let mut out = Vec::new();
    for doc in store.in_conflict()? {
        let seen = store.reader().view(doc)?;
        for (path, puts) in &seen.view.conflicts {
            let title = seen.loaded.title.clone();
            out.push(Conflict { id: doc, title, path: path.clone(), values: candidates(store, puts)? });
        }
    }
    Ok(out)
}
