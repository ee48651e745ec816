//! Reading documents for a desk: lists, one document as a device shows it, and its history.

use std::collections::BTreeMap;

use domain::change::Change;
use domain::document::{Document, View};
use domain::register::Put;
use domain::sync::Stamp;
use domain::{DocId, DocType, Values};
use serde::Serialize;
use serde_json::Value as Json;

use crate::accounts::Caller;
use crate::error::ServerError;
use crate::limits::HISTORY_ROWS_MAX;
use crate::permission::Permission;
use crate::presentation::{evaluate, form_of, is_deleted, view};
use crate::server::Server;
use crate::storage::{DocHead, DocQuery, Status, Stored, StoredChange, Tx, UploadKind, User, read};

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DocLine {
    /// The document.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Its state; of a state in conflict the most cautious.
    pub state: String,
    /// Its townships.
    pub towns: Vec<String>,
    /// How many of its paths are in conflict.
    pub conflicts: u32,
    /// When the server last learned something of it, milliseconds since 1970.
    pub updated_at_ms: i64,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DocList {
    /// How many there are in all.
    pub total: u64,
    /// These of them.
    pub documents: Vec<DocLine>,
}

/// One of several concurrent values.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Candidate {
    /// The value.
    #[schema(value_type = serde_json::Value)]
    pub value: Json,
    /// Who wrote it.
    pub author: String,
    /// On which device.
    pub device: u32,
    /// When, by that device's clock, RFC 3339.
    pub at: String,
    /// The write, as `actor:seq`: what a decision has seen.
    pub op: String,
}

/// A photo of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PhotoShown {
    /// Its document.
    pub id: String,
    /// Hexadecimal SHA-256 of the original.
    pub sha256: String,
    /// `server` when the original is here, else `device`.
    pub custody: String,
}

/// One document as a device shows it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Shown {
    /// The document.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Its state; of a state in conflict the most cautious.
    pub state: String,
    /// The form version it was last written with.
    pub form_version: u32,
    /// Stored and computed values by path.
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Json>,
    /// The paths with several values, the latest first.
    pub conflicts: BTreeMap<String, Vec<Candidate>>,
    /// `server` when the document and all originals of its photos are here, else `device`.
    pub custody: String,
    /// Its photos.
    pub photos: Vec<PhotoShown>,
    /// How many things are to be mended before it may be submitted.
    pub problems: usize,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// One change to a document.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Entry {
    /// The device.
    pub device: u32,
    /// The change's number there.
    pub seq: u64,
    /// Who made it.
    pub author: String,
    /// When, by that device's clock, RFC 3339.
    pub at: String,
    /// Which clock that was.
    #[schema(value_type = String)]
    pub clock: domain::clock::TimeSource,
    /// Where the device was, GeoJSON.
    #[schema(value_type = Option<Object>)]
    pub position: Option<Json>,
    /// When it arrived, milliseconds since 1970.
    pub received_at_ms: i64,
    /// `applied`, `refused` or `waiting`.
    pub status: String,
    /// Why it was refused: code, Chinese, English.
    pub reason: Option<(String, String, String)>,
    /// What it wrote.
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Json>,
}

const HERE: &str = "server";
const ELSEWHERE: &str = "device";

impl Server {
    /// The documents of a list, within the caller's scopes.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn list(&self, caller: &Caller, query: DocQuery) -> Result<DocList, ServerError> {
        caller.may(Permission::ReadDocuments)?;
        let query = DocQuery { scopes: caller.user().scopes(), ..query };
        let (heads, total) = read(self.storage(), |tx| tx.find_docs(&query))?;
        Ok(DocList { total, documents: heads.iter().map(line).collect() })
    }

    /// One document, if the caller may see it.
    ///
    /// # Errors
    /// `not-found` otherwise, whether it exists or not.
    pub fn show(&self, caller: &Caller, id: DocId) -> Result<Shown, ServerError> {
        caller.may(Permission::ReadDocuments)?;
        read(self.storage(), |tx| {
            let head = visible(tx, caller.user(), id)?;
            Ok(self.shown(tx, caller.user(), head)?)
        })
    }

    /// The changes of a document, in the order the server decided them.
    ///
    /// # Errors
    /// As [`Server::show`].
    pub fn history(&self, caller: &Caller, id: DocId) -> Result<Vec<Entry>, ServerError> {
        caller.may(Permission::ReadHistory)?;
        read(self.storage(), |tx| {
            visible(tx, caller.user(), id)?;
            let changes = tx.history(id, HISTORY_ROWS_MAX)?;
            Ok(changes.iter().map(|change| entry(tx, id, change)).collect::<Stored<_>>()?)
        })
    }

    fn shown(&self, tx: &dyn Tx, user: &User, head: DocHead) -> Stored<Shown> {
        let view = self.view_of(tx, &head)?;
        let site = self.site_values(tx, user, &head, &view)?;
        let evaluation = evaluate(self.forms(), &head.key, head.form_version, &view.values, site.as_ref());
        let values = evaluation.over(&view.values);
        let photos = photos_of(tx, user, &view.values)?;
        let custody = self.custody(tx, &head, &photos)?;
        let mut conflicts = BTreeMap::new();
        for (path, puts) in &view.conflicts {
            let candidates = puts.iter().map(|put| candidate(tx, put)).collect::<Stored<_>>()?;
            conflicts.insert(path.clone(), candidates);
        }
        self.log_sensitive(user, &head, &values);
        Ok(Shown {
            id: head.key.id.to_string(),
            doc_type: head.key.doc_type.to_string(),
            kind: head.key.kind.clone(),
            title: head.title.clone(),
            state: head.state.clone(),
            form_version: head.form_version,
            values: values.iter().map(|(path, value)| (path.clone(), value.to_json())).collect(),
            conflicts,
            custody: custody.to_owned(),
            photos,
            problems: evaluation.problems.len(),
            deleted: is_deleted(&view),
        })
    }

    pub(crate) fn view_of(&self, tx: &dyn Tx, head: &DocHead) -> Stored<View> {
        Ok(view(self.forms(), &document_of(tx, head)?, head.form_version))
    }

    /// The values of an inspection's site, the computed ones among them; nothing the caller may not see.
    pub(crate) fn site_values(&self, tx: &dyn Tx, user: &User, head: &DocHead, view: &View) -> Stored<Option<Values>> {
        let named = view.values.get("site").and_then(|v| v.as_text()?.parse::<DocId>().ok());
        let Some(id) = named.filter(|_| head.key.doc_type == DocType::Inspection) else { return Ok(None) };
        let Some(site) = tx.doc(id)? else { return Ok(None) };
        if !user.sees(&tx.scopes(id)?) {
            return Ok(None);
        }
        let values = self.view_of(tx, &site)?.values;
        Ok(Some(evaluate(self.forms(), &site.key, site.form_version, &values, None).over(&values)))
    }

    pub(crate) fn custody(&self, tx: &dyn Tx, head: &DocHead, photos: &[PhotoShown]) -> Stored<&'static str> {
        let own = head.key.doc_type != DocType::Photo || tx.is_held(head.key.id, UploadKind::Original)?;
        let all = own && photos.iter().all(|photo| photo.custody == HERE);
        Ok(if all { HERE } else { ELSEWHERE })
    }

    /// Reading what is sensitive leaves a trace: who, which document, never what.
    pub(crate) fn log_sensitive(&self, user: &User, head: &DocHead, values: &Values) {
        let Some(form) = form_of(self.forms(), &head.key, head.form_version) else { return };
        if values.keys().any(|path| form.field(path).is_some_and(|f| f.field.sensitive)) {
            tracing::info!(user.id = user.person.id.0, doc.id = %head.key.id, "sensitive fields were read");
        }
    }
}

/// A document with everything that survives in it.
pub(crate) fn document_of(tx: &dyn Tx, head: &DocHead) -> Stored<Document> {
    let mut document = Document::new(head.key.clone());
    for row in tx.registers(head.key.id)? {
        document.apply(&row.path, row.put);
    }
    Ok(document)
}

pub(crate) fn visible(tx: &dyn Tx, user: &User, id: DocId) -> Result<DocHead, ServerError> {
    let head = tx.doc(id)?.ok_or(ServerError::NotFound)?;
    if user.sees(&tx.scopes(id)?) { Ok(head) } else { Err(ServerError::NotFound) }
}

fn line(head: &DocHead) -> DocLine {
    DocLine {
        id: head.key.id.to_string(),
        doc_type: head.key.doc_type.to_string(),
        kind: head.key.kind.clone(),
        title: head.title.clone(),
        state: head.state.clone(),
        towns: head.towns.split_whitespace().map(str::to_owned).collect(),
        conflicts: head.conflicts,
        updated_at_ms: head.updated_at_ms,
    }
}

/// The photos that a record names and that are still in it.
pub(crate) fn photos_of(tx: &dyn Tx, user: &User, values: &Values) -> Stored<Vec<PhotoShown>> {
    let mut photos = Vec::new();
    for (path, value) in values.iter().filter(|(path, _)| path.starts_with("photos/")) {
        let Some(id) = path.strip_prefix("photos/").and_then(|id| id.parse::<DocId>().ok()) else { continue };
        if value.as_bool() != Some(true) {
            continue;
        }
        let seen = user.sees(&tx.scopes(id)?);
        let named = if seen { tx.named(id)? } else { Vec::new() };
        let held = seen && tx.is_held(id, UploadKind::Original)?;
        photos.push(PhotoShown {
            id: id.to_string(),
            sha256: named.first().map(hex::encode).unwrap_or_default(),
            custody: if held { HERE } else { ELSEWHERE }.to_owned(),
        });
    }
    Ok(photos)
}

fn name_of(tx: &dyn Tx, stamp: &Stamp) -> Stored<String> {
    Ok(tx.user(stamp.author)?.map(|user| user.person.name).unwrap_or_default())
}

pub(crate) fn candidate(tx: &dyn Tx, put: &Put) -> Stored<Candidate> {
    let stamp = tx.stamp(put.op)?;
    Ok(Candidate {
        value: put.value.to_json(),
        author: stamp.as_ref().map(|s| name_of(tx, s)).transpose()?.unwrap_or_default(),
        device: put.op.actor.0,
        at: stamp.map(|s| s.wall.rfc3339()).unwrap_or_default(),
        op: format!("{}:{}", put.op.actor, put.op.seq),
    })
}

pub(crate) fn entry(tx: &dyn Tx, id: DocId, stored: &StoredChange) -> Stored<Entry> {
    let stamp = &stored.stamp;
    let (status, reason) = match &stored.status {
        Status::Applied => ("applied", None),
        Status::Waiting => ("waiting", None),
        Status::Refused(r) => ("refused", Some((r.code.as_str().to_owned(), r.zh.clone(), r.en.clone()))),
    };
    Ok(Entry {
        device: stamp.op.actor.0,
        seq: stamp.op.seq,
        author: name_of(tx, stamp)?,
        at: stamp.wall.rfc3339(),
        clock: stamp.wall.source,
        position: stamp.at.map(|p| domain::Value::Point(p).to_json()),
        received_at_ms: stored.received_at_ms,
        status: status.to_owned(),
        reason,
        values: written(id, stored),
    })
}

/// What a change wrote to one document; nothing of the others it may have written to.
fn written(id: DocId, stored: &StoredChange) -> BTreeMap<String, Json> {
    let change = Change::decode(&stored.body).ok();
    let puts = change.iter().flat_map(Change::puts);
    puts.filter(|(key, ..)| key.id == id).map(|(_, path, put)| (path.to_owned(), put.value.to_json())).collect()
}
