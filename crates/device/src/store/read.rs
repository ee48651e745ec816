//! Reading single documents: registers, values, who wrote what, custody.

use std::collections::{BTreeMap, HashMap};

use domain::change::{Change, DocKey};
use domain::clock::{TimeSource, WallTime};
use domain::document::{Document, View};
use domain::forms::{Catalogue, Evaluation, Form};
use domain::register::Put;
use domain::sync::Person;
use domain::{DocId, DocType, OpId, Position, UserId, Value, Values};
use rusqlite::{Connection, OptionalExtension};

use super::meta::{self, Own};
use super::{Store, registers, relayed, view};
use crate::error::{Error, Result};

/// Where the only proven copy of something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Custody {
    /// On this device only.
    Device,
    /// A relay gave a receipt.
    Relay,
    /// The server gave a receipt.
    Server,
}

impl Custody {
    /// The word of the machine interface.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Relay => "relay",
            Self::Server => "server",
        }
    }
}

/// One document as it is stored.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its registers.
    pub document: Document,
    /// The form version it was last written with.
    pub form_version: u32,
    /// The title lists show.
    pub title: String,
    /// Its site, if it has one.
    pub site: Option<DocId>,
    /// The document a photo belongs to.
    pub parent: Option<DocId>,
}

/// Who wrote something and when, for a person.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Written {
    /// The user's name; empty before enrolment.
    pub author: String,
    /// The device's number.
    pub device: u32,
    /// What people call the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// The wall time there, RFC 3339.
    pub at: Option<String>,
    /// Which clock that was.
    pub clock: Option<TimeSource>,
    /// Where the device was, if it knew.
    pub position: Option<Position>,
}

/// A change of this device that the server refused, with what it held.
#[derive(Clone, Debug)]
pub struct RefusedChange {
    /// Which.
    pub op: OpId,
    /// The stable code.
    pub code: String,
    /// Why, Chinese.
    pub zh: String,
    /// Why, English.
    pub en: String,
    /// What it wanted to write to the document asked for.
    pub values: BTreeMap<String, Value>,
}

/// A document as a person sees it, computed and judged.
#[derive(Debug)]
pub struct Viewed<'a> {
    /// What is stored.
    pub loaded: Loaded,
    /// Its form, if it is known here.
    pub form: Option<&'a Form>,
    /// Stored values and conflicts.
    pub view: View,
    /// The values of its site, for an inspection.
    pub site: Option<Values>,
    /// Computed values, problems, verdicts.
    pub evaluation: Evaluation,
    /// The stored values with the computed ones over them.
    pub values: Values,
}

/// Reads documents, within a write transaction or outside one.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub(super) db: &'a Connection,
    pub(super) catalogue: &'a Catalogue,
}

impl<'a> Reader<'a> {
    /// The forms in use.
    #[must_use]
    pub fn catalogue(self) -> &'a Catalogue {
        self.catalogue
    }

    /// A document's key and form version.
    ///
    /// # Errors
    /// When it is not on this device.
    pub fn key(self, id: DocId) -> Result<(DocKey, u32)> {
        key(self.db, id)?.ok_or(Error::UnknownDocument(id))
    }

    /// One document.
    ///
    /// # Errors
    /// When it is not on this device.
    pub fn load(self, id: DocId) -> Result<Loaded> {
        let (key, form_version) = self.key(id)?;
        let sql = "select title, site, parent from docs where id = ?1";
        let (title, site, parent) = self.db.prepare_cached(sql)?.query_row([id.as_bytes()], |r| {
            Ok((r.get(0)?, r.get::<_, Option<[u8; 16]>>(1)?, r.get::<_, Option<[u8; 16]>>(2)?))
        })?;
        let document = registers::load_document(self.db, key)?;
        let doc = |bytes: [u8; 16]| DocId(uuid::Uuid::from_bytes(bytes));
        Ok(Loaded { document, form_version, title, site: site.map(doc), parent: parent.map(doc) })
    }

    /// One document as a person sees it.
    ///
    /// # Errors
    /// When it is not on this device.
    pub fn view(self, id: DocId) -> Result<Viewed<'a>> {
        let loaded = self.load(id)?;
        let key = &loaded.document.key;
        let form = view::form_of(self.catalogue, key, loaded.form_version);
        let seen = view::view_of(&loaded.document, form);
        let site = match loaded.site.filter(|_| key.doc_type == DocType::Inspection) {
            Some(site) => site_values(self.db, self.catalogue, site)?,
            None => None,
        };
        let evaluation = view::evaluate(form, &seen.values, site.as_ref());
        let values = evaluation.over(&seen.values);
        Ok(Viewed { loaded, form, view: seen, site, evaluation, values })
    }

    /// The documents that name this one as their site, or as the record their photo belongs to; deleted ones left out.
    ///
    /// # Errors
    /// When the database fails.
    pub fn linked(self, id: DocId) -> Result<Vec<DocKey>> {
        let sql = "select id, type, kind from docs where deleted = 0 and (site = ?1 or parent = ?1) order by id";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([id.as_bytes()])?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            out.push(key_of(row.get(0)?, &row.get::<_, String>(1)?, row.get(2)?)?);
        }
        Ok(out)
    }

    /// The surviving writes of one register, latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn candidates(self, id: DocId, path: &str) -> Result<Vec<Put>> {
        Ok(registers::load_one(self.db, id, path)?.puts())
    }
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Store {
    /// Reads documents.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader { db: &self.db, catalogue: &self.catalogue }
    }

    /// Who made a write, as far as this device knows.
    ///
    /// # Errors
    /// When the database fails.
    pub fn written(&self, op: OpId) -> Result<Written> {
        let stamp = self.stamp(op)?;
        let author = match stamp {
            Some((author, ..)) => self.name_of(author)?,
            None => String::new(),
        };
        let label = "select label from devices where actor = ?1";
        Ok(Written {
            author,
            device: op.actor.0,
            device_label: self.db.prepare_cached(label)?.query_row([op.actor.0], |r| r.get(0)).optional()?,
            at: stamp.map(|(_, wall, _)| wall.rfc3339()),
            clock: stamp.map(|(_, wall, _)| wall.source),
            position: stamp.and_then(|(.., at)| at),
        })
    }

    fn stamp(&self, op: OpId) -> Result<Option<(UserId, WallTime, Option<Position>)>> {
        let sql = "select author, wall, at from stamps where actor = ?1 and seq = ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        let row: Option<(u32, Vec<u8>, Option<Vec<u8>>)> =
            statement.query_row((op.actor.0, op.seq), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?;
        if let Some((author, wall, at)) = row {
            let at = at.map(|at| meta::decode(&at, "a stamp's position")).transpose()?;
            return Ok(Some((UserId(author), meta::decode(&wall, "a stamp")?, at)));
        }
        Ok(self.change(op)?.map(|c| (c.author, c.wall, c.at)))
    }

    /// Whether an own change was not acknowledged yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn is_unsent(&self, op: OpId) -> Result<bool> {
        let own = Own::load(&self.db)?;
        Ok(op.actor == own.actor && op.seq > own.acked)
    }

    /// An own change.
    ///
    /// # Errors
    /// When the database fails.
    pub fn change(&self, op: OpId) -> Result<Option<Change>> {
        let sql = "select body from changes where actor = ?1 and seq = ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        let body: Option<Vec<u8>> = statement.query_row((op.actor.0, op.seq), |r| r.get(0)).optional()?;
        body.map(|b| Change::decode(&b).map_err(|e| Error::Damaged(e.to_string()))).transpose()
    }

    /// A user's name: as the server gave it, else the number; empty for nobody.
    ///
    /// # Errors
    /// When the database fails.
    pub fn name_of(&self, user: UserId) -> Result<String> {
        let own: Option<Person> = meta::get(&self.db, meta::USER)?;
        if let Some(own) = own.filter(|p| p.id == user) {
            return Ok(own.name);
        }
        let sql = "select name from people where id = ?1";
        let name: Option<String> = self.db.prepare_cached(sql)?.query_row([user.0], |r| r.get(0)).optional()?;
        Ok(name.unwrap_or_else(|| if user.0 == 0 { String::new() } else { format!("user {}", user.0) }))
    }

    /// The changes this device made to a document, latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn history(&self, doc: DocId) -> Result<Vec<Change>> {
        let sql =
            "select c.body from change_docs t join changes c on c.actor = t.actor and c.seq = t.seq where t.doc = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let bodies = statement.query_map([doc.as_bytes()], |r| r.get::<_, Vec<u8>>(0))?;
        let mut changes = Vec::new();
        for body in bodies {
            changes.push(Change::decode(&body?).map_err(|e| Error::Damaged(e.to_string()))?);
        }
        changes.sort_by_key(|c| std::cmp::Reverse((c.hlc, c.id())));
        Ok(changes)
    }

    /// What the server refused of this device's changes to a document.
    ///
    /// # Errors
    /// When the database fails.
    pub fn refused(&self, doc: DocId) -> Result<Vec<RefusedChange>> {
        let sql = "select r.actor, r.seq, r.code, r.zh, r.en from change_docs t \
                   join refused r on r.actor = t.actor and r.seq = t.seq where t.doc = ?1 order by r.actor, r.seq";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([doc.as_bytes()])?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let op = OpId { actor: domain::ActorId(row.get(0)?), seq: row.get(1)? };
            let change = self.change(op)?;
            let puts = change.iter().flat_map(|c| c.puts());
            let values = puts.filter(|(key, ..)| key.id == doc).map(|(_, path, put)| (path.to_owned(), put.value));
            let values = values.collect();
            out.push(RefusedChange { op, code: row.get(2)?, zh: row.get(3)?, en: row.get(4)?, values });
        }
        Ok(out)
    }

    /// Where the photo documents of a record are: whether each one's original is on the server by receipt.
    ///
    /// # Errors
    /// When the database fails.
    pub fn photo_custody(&self, photo: DocId) -> Result<Custody> {
        let own = Own::load(&self.db)?;
        photo_at(&self.db, &own, photo)
    }

    /// Where a record with these photos is: on the server only if all its changes and all the originals are, on a relay
    /// if what is missing there is held by a relay.
    ///
    /// # Errors
    /// When the database fails.
    pub fn custody(&self, doc: DocId, photos: &[DocId]) -> Result<Custody> {
        record_at(&self.db, &Own::load(&self.db)?, doc, photos.iter().copied())
    }
}

/// A document's key and form version, if it is here.
pub(super) fn key(db: &Connection, id: DocId) -> Result<Option<(DocKey, u32)>> {
    let mut statement = db.prepare_cached("select type, kind, form_version from docs where id = ?1")?;
    let row: Option<(String, String, u32)> =
        statement.query_row([id.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?;
    row.map(|(doc_type, kind, version)| Ok((key_of(*id.as_bytes(), &doc_type, kind)?, version))).transpose()
}

pub(super) fn key_of(id: [u8; 16], doc_type: &str, kind: String) -> Result<DocKey> {
    let doc_type: DocType = doc_type.parse().map_err(Error::Damaged)?;
    Ok(DocKey { id: DocId(uuid::Uuid::from_bytes(id)), doc_type, kind })
}

/// The values of a site with its computed ones.
pub(super) fn site_values(db: &Connection, catalogue: &Catalogue, site: DocId) -> Result<Option<Values>> {
    let Some((key, version)) = key(db, site)? else { return Ok(None) };
    let form = view::form_of(catalogue, &key, version);
    let document = registers::load_document(db, key)?;
    let seen = view::view_of(&document, form);
    Ok(Some(view::with_computed(form, &seen.values, None)))
}

/// Where a record is: where the least safe of its parts is.
pub(super) fn record_at(
    db: &Connection,
    own: &Own,
    doc: DocId,
    photos: impl Iterator<Item = DocId>,
) -> Result<Custody> {
    let mut custody = changes_at(db, own, doc)?;
    for photo in photos {
        if custody == Custody::Device {
            break;
        }
        custody = custody.min(photo_at(db, own, photo)?);
    }
    Ok(custody)
}

/// Where a photo is: its own record and its original.
pub(super) fn photo_at(db: &Connection, own: &Own, photo: DocId) -> Result<Custody> {
    let original = if original_on_server(db, photo)? {
        Custody::Server
    } else if relayed::original_on_relay(db, photo)? {
        Custody::Relay
    } else {
        return Ok(Custody::Device);
    };
    Ok(original.min(changes_at(db, own, photo)?))
}

/// Where this device's changes to a document are.
fn changes_at(db: &Connection, own: &Own, doc: DocId) -> Result<Custody> {
    if !unsent(db, own, doc)? {
        return Ok(Custody::Server);
    }
    let handed_over = Own { acked: relayed::mark_of(db, own)?.max(own.acked), ..*own };
    Ok(if unsent(db, &handed_over, doc)? { Custody::Device } else { Custody::Relay })
}

/// Whether this device made a change to a document that the server has not acknowledged.
pub(super) fn unsent(db: &Connection, own: &Own, doc: DocId) -> Result<bool> {
    let sql = "select exists (select 1 from change_docs where doc = ?1 and actor = ?2 and seq > ?3)";
    Ok(db.prepare_cached(sql)?.query_row((doc.as_bytes(), own.actor.0, own.acked), |r| r.get(0))?)
}

/// Whether a change of this device to a document was refused.
pub(super) fn has_refused(db: &Connection, doc: DocId) -> Result<bool> {
    let sql = "select exists (select 1 from change_docs t join refused r on r.actor = t.actor and r.seq = t.seq \
               where t.doc = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([doc.as_bytes()], |r| r.get(0))?)
}

/// Whether the server holds a photo's original: a receipt for our own upload, or its word.
fn original_on_server(db: &Connection, photo: DocId) -> Result<bool> {
    let sql = "select exists (select 1 from docs where id = ?1 and on_server = 1) \
               or exists (select 1 from photos where doc = ?1 and original_sent = 1)";
    Ok(db.prepare_cached(sql)?.query_row([photo.as_bytes()], |r| r.get(0))?)
}

/// The photos of a record, from its `photos/<id>` registers.
#[must_use]
pub fn photos_of(values: &Values) -> Vec<DocId> {
    let there = values.iter().filter(|(_, v)| **v == Value::Bool(true));
    there.filter_map(|(path, _)| path.strip_prefix("photos/")?.parse().ok()).collect()
}

/// Who wrote each of several puts, met once each.
pub(crate) fn written_all(store: &Store, puts: &[Put]) -> Result<HashMap<OpId, Written>> {
    puts.iter().map(|p| Ok((p.op, store.written(p.op)?))).collect()
}
