//! Taking in what others wrote: a page of merged state in one transaction with its cursors, and refusals of our own.

use std::collections::{BTreeSet, HashSet};

use domain::change::{DocKey, RawOp, UnknownOp};
use domain::clock::WallTime;
use domain::document::Document;
use domain::register::Put;
use domain::sync::{Cursors, DocState, Page, Refused, Scope, Stamp};
use domain::{ActorId, DocId, DocType, OpId};

use super::meta::{self, encode};
use super::write::Writer;
use super::{Store, read, registers};
use crate::error::{Error, Result};

/// A document to materialise once all registers of a page are merged.
struct Merged {
    document: Document,
    form_version: u32,
    /// Whether it was here before.
    known: bool,
    held: Option<bool>,
}

impl Store {
    /// Merges a page in one transaction; gives how many documents it brought or changed. `now` bounds how far a remote
    /// clock may move ours.
    ///
    /// # Errors
    /// When the page does not fit together or the database fails; nothing of it is taken then.
    pub fn apply_page(&mut self, page: &Page, now: &WallTime) -> Result<u64> {
        let mut docs = page.docs().map_err(|e| Error::Damaged(format!("a page of the server: {e}")))?;
        // Inspections are titled and judged with their site, photos follow their record.
        docs.sort_by_key(|d| d.key.doc_type);
        let count = docs.len() + page.gone.len();
        let shown: BTreeSet<DocId> = docs.iter().map(|d| d.key.id).collect();
        self.write(|w| {
            w.take_stamps(page.stamps(), now)?;
            w.take_names(page)?;
            let waiting: BTreeSet<DocId> = meta::rebuild(w.db)?.into_iter().collect();
            let (mut rebuilt, mut met) = (BTreeSet::new(), HashSet::with_capacity(count));
            let mut merged = Vec::with_capacity(docs.len());
            for doc in docs {
                if doc.whole && waiting.contains(&doc.key.id) {
                    rebuilt.insert(doc.key.id);
                    merged.push(w.rebuild(doc)?);
                } else {
                    let again = !met.insert(doc.key.id);
                    merged.push(w.merge(doc, again)?);
                }
            }
            w.materialise_all(merged)?;
            w.take_gone(&page.gone)?;
            w.take_wanted(&page.wanted)?;
            w.confirm(&shown, page.more)?;
            w.take_cursors(&page.cursors)?;
            if !rebuilt.is_empty() {
                meta::set(w.db, meta::REBUILD, &waiting.difference(&rebuilt).copied().collect::<Vec<_>>())?;
            }
            Ok(())
        })?;
        Ok(count as u64)
    }

    /// How far each scope has been read.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cursors(&self) -> Result<Cursors> {
        let mut statement = self.db.prepare_cached("select scope, pos from cursors")?;
        let rows = statement.query_map([], |r| Ok((r.get::<_, Scope>(0)?, r.get::<_, u64>(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether everything this device wrote is still here, so that the server need not send it back.
    ///
    /// # Errors
    /// When the database fails.
    pub fn keeps_own(&self) -> Result<bool> {
        let parted: Option<bool> = meta::get(&self.db, meta::PARTED)?;
        let unconfirmed: Option<Vec<DocId>> = meta::get(&self.db, meta::UNCONFIRMED)?;
        Ok(parted != Some(true) && unconfirmed.is_none_or(|docs| docs.is_empty()))
    }

    /// The operations of later versions that came for a document, in no version's order but that of their changes.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unknown_ops(&self, doc: DocId) -> Result<Vec<UnknownOp>> {
        let sql = "select actor, seq, place, tag, body from unknown_ops where doc = ?1 order by actor, seq, place";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([doc.as_bytes()], |r| {
            let op = OpId { actor: domain::ActorId(r.get(0)?), seq: r.get(1)? };
            Ok(UnknownOp { op, place: r.get(2)?, raw: RawOp { tag: r.get(3)?, body: r.get(4)? } })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Takes refusals of changes under one of this device's numbers: the reasons are kept, and the documents are rebuilt
    /// without the refused writes; the server's
    /// whole state of each replaces that when it comes with a page.
    ///
    /// # Errors
    /// When the database fails.
    pub fn take_refused(&mut self, actor: ActorId, refused: &[Refused]) -> Result<()> {
        self.write(|w| {
            for each in refused {
                let sql = "insert or replace into refused (actor, seq, code, zh, en) values (?1, ?2, ?3, ?4, ?5)";
                w.db.execute(sql, (actor.0, each.seq, each.code.as_str(), &each.zh, &each.en))?;
            }
            let mut waiting: BTreeSet<DocId> = meta::rebuild(w.db)?.into_iter().collect();
            let gone: BTreeSet<OpId> = refused.iter().map(|r| OpId { actor, seq: r.seq }).collect();
            let docs: BTreeSet<DocId> = refused.iter().flat_map(|r| &r.docs).copied().collect();
            for &doc in &docs {
                w.without(doc, &gone)?;
            }
            waiting.extend(docs);
            meta::set(w.db, meta::REBUILD, &waiting.into_iter().collect::<Vec<_>>())
        })
    }
}

impl Writer<'_> {
    fn take_stamps(&mut self, stamps: &[Stamp], now: &WallTime) -> Result<()> {
        let sql = "insert or ignore into stamps (actor, seq, author, hlc, wall, at) values (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut statement = self.db.prepare_cached(sql)?;
        for stamp in stamps {
            self.own.hlc = self.own.hlc.seen(stamp.hlc, now.unix_ms);
            statement.execute((
                stamp.op.actor.0,
                stamp.op.seq,
                stamp.author.0,
                stamp.hlc.0.cast_signed(),
                encode(&stamp.wall),
                stamp.at.as_ref().map(encode),
            ))?;
        }
        Ok(())
    }

    fn take_names(&self, page: &Page) -> Result<()> {
        for person in &page.people {
            let sql = "insert or replace into people (id, name, role, towns) values (?1, ?2, ?3, ?4)";
            let towns = person.towns.as_ref().map(|t| t.join(","));
            self.db.prepare_cached(sql)?.execute((person.id.0, &person.name, person.role.as_str(), towns))?;
        }
        for device in &page.devices {
            let sql = "insert or replace into devices (actor, user, label) values (?1, ?2, ?3)";
            self.db.prepare_cached(sql)?.execute((device.actor.0, device.user.0, &device.label))?;
        }
        Ok(())
    }

    /// Merges the registers of one document; `again` if the page named it before.
    fn merge(&self, doc: DocState, again: bool) -> Result<Merged> {
        let known = read::key(self.db, doc.key.id)?;
        self.keep_unknown(&doc)?;
        let DocState { key, form_version, held, puts, .. } = doc;
        let (known_key, known_version) = match known {
            Some(known) => known,
            None if again => (key, 0),
            None => return self.merge_new(key, form_version, held, puts),
        };
        let mut document = registers::load_document(self.db, known_key)?;
        let many = puts.len();
        for (path, put) in puts {
            document.apply(&path, put);
        }
        if many > 0 {
            registers::store(self.db, &document)?;
        }
        Ok(Merged { document, form_version: known_version.max(form_version), known: true, held })
    }

    fn keep_unknown(&self, doc: &DocState) -> Result<()> {
        let sql =
            "insert or ignore into unknown_ops (doc, actor, seq, place, tag, body) values (?1, ?2, ?3, ?4, ?5, ?6)";
        for UnknownOp { op, place, raw } in &doc.unknown {
            let row = (doc.key.id.as_bytes(), op.actor.0, op.seq, place, raw.tag, &raw.body);
            self.db.prepare_cached(sql)?.execute(row)?;
        }
        Ok(())
    }

    /// The same for a document that is new here: nothing needs to be read.
    fn merge_new(
        &self,
        key: DocKey,
        form_version: u32,
        held: Option<bool>,
        puts: Vec<(String, Put)>,
    ) -> Result<Merged> {
        let mut document = Document::new(key);
        for (path, put) in puts {
            document.apply(&path, put);
        }
        registers::store(self.db, &document)?;
        Ok(Merged { document, form_version, known: false, held })
    }

    /// Puts the server's state in the place of what is here, and our own changes that stand on top.
    fn rebuild(&self, doc: DocState) -> Result<Merged> {
        self.keep_unknown(&doc)?;
        let mut document = Document::new(doc.key);
        for (path, put) in doc.puts {
            document.apply(&path, put);
        }
        self.reapply_own(&mut document)?;
        registers::store(self.db, &document)?;
        Ok(Merged { document, form_version: doc.form_version, known: true, held: doc.held })
    }

    /// Takes refused writes out of a document, as far as that is possible without the server's state.
    fn without(&mut self, doc: DocId, gone: &BTreeSet<OpId>) -> Result<()> {
        let Some((key, version)) = read::key(self.db, doc)? else { return Ok(()) };
        let before = registers::load_document(self.db, key.clone())?;
        let mut document = Document::new(key);
        for (path, register) in &before.registers {
            for put in register.puts().into_iter().filter(|p| !gone.contains(&p.op)) {
                document.apply(path, put);
            }
        }
        self.reapply_own(&mut document)?;
        registers::store(self.db, &document)?;
        self.materialise_linked(&document, version, true)
    }

    fn reapply_own(&self, document: &mut Document) -> Result<()> {
        let id = document.key.id;
        for change in self.standing_changes(id)? {
            for (_, path, put) in change.puts().filter(|(key, ..)| key.id == id) {
                document.apply(path, put);
            }
        }
        Ok(())
    }

    fn materialise_all(&mut self, merged: Vec<Merged>) -> Result<()> {
        let mut done: BTreeSet<DocId> = BTreeSet::new();
        let mut renamed = Vec::new();
        for Merged { document, form_version, known, held } in merged {
            let id = document.key.id;
            done.insert(id);
            if self.materialise(&document, form_version, known)? && document.key.doc_type == DocType::Site {
                renamed.push(id);
            }
            if let Some(held) = held {
                self.take_held(id, held)?;
            }
        }
        for site in renamed {
            for (inspection, version) in self.inspections_of(site)? {
                if done.insert(inspection.id) {
                    let document = registers::load_document(self.db, inspection)?;
                    self.materialise(&document, version, true)?;
                }
            }
        }
        Ok(())
    }

    /// After the server was restored: what its pages do not show up to the last is out of the user's sight.
    fn confirm(&mut self, shown: &BTreeSet<DocId>, more: bool) -> Result<()> {
        let mut left: Vec<DocId> = meta::get(self.db, meta::UNCONFIRMED)?.unwrap_or_default();
        if left.is_empty() {
            return Ok(());
        }
        left.retain(|doc| !shown.contains(doc));
        if !more {
            self.take_gone(&std::mem::take(&mut left))?;
        }
        meta::set(self.db, meta::UNCONFIRMED, &left)
    }

    /// Documents out of the user's sight are put away, unless something of them is not on the server yet. One with
    /// refused changes stays without values, so that what was refused can be read.
    fn take_gone(&mut self, gone: &[DocId]) -> Result<()> {
        for &doc in gone {
            if read::unsent(self.db, &self.own, doc)? {
                continue;
            }
            meta::set(self.db, meta::PARTED, &true)?;
            match read::key(self.db, doc)?.filter(|_| read::has_refused(self.db, doc).unwrap_or(true)) {
                Some((key, version)) => {
                    registers::forget(self.db, doc)?;
                    self.materialise_linked(&Document::new(key), version, true)?;
                }
                None => self.put_away(doc)?,
            }
        }
        Ok(())
    }

    /// What the server says it holds. An original it gave a receipt for and lost is sent again, with its thumbnail.
    fn take_held(&self, photo: DocId, held: bool) -> Result<()> {
        let sql = "update docs set on_server = ?2 where id = ?1";
        self.db.prepare_cached(sql)?.execute((photo.as_bytes(), held))?;
        if !held {
            let sql = "update photos set original_sent = 0, upload_url = null, thumbnail_sent = 0, thumbnail_url = null \
                       where doc = ?1 and original_sent = 1";
            self.db.prepare_cached(sql)?.execute([photo.as_bytes()])?;
        }
        Ok(())
    }

    fn take_wanted(&self, photos: &[DocId]) -> Result<()> {
        for photo in photos {
            let sql =
                "update photos set thumbnail_sent = 0, thumbnail_url = null where doc = ?1 and thumbnail_sent = 1";
            self.db.prepare_cached(sql)?.execute([photo.as_bytes()])?;
        }
        Ok(())
    }

    fn take_cursors(&self, cursors: &Cursors) -> Result<()> {
        self.db.execute("delete from cursors", [])?;
        for (scope, pos) in cursors {
            self.db.prepare_cached("insert into cursors (scope, pos) values (?1, ?2)")?.execute((scope, pos))?;
        }
        Ok(())
    }
}
