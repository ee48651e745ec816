//! The materialised documents: what lists, search and the map read. Rebuilt from registers whenever one changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::change::DocKey;
use domain::clock::Hlc;
use domain::document::{Document, View};
use domain::forms::Form;
use domain::lifecycle::is_deleted;
use domain::{DocId, DocType, Value, Values};
use rusqlite::OptionalExtension;

use super::write::{Text, Writer};
use super::{registers, search, view};
use crate::error::Result;

/// Most inspections that are rebuilt at once because their site changed; `show` computes each afresh anyway.
const INSPECTIONS_REBUILT_MAX: usize = 500;
/// The state shown for a document of which only refused writes are left.
const REFUSED: &str = "refused";

/// One row of `docs`, with what the indexes hold.
struct Row {
    title: String,
    state: String,
    town: String,
    site: Option<DocId>,
    parent: Option<DocId>,
    shown: String,
    conflicts: usize,
    deleted: bool,
    updated: u64,
    at: Option<(f64, f64)>,
    text: String,
}

impl Writer<'_> {
    /// Rebuilds a document and, for a site, the inspections that are judged with its values.
    pub(super) fn materialise_linked(&mut self, key: &DocKey, form_version: u32) -> Result<()> {
        self.materialise(key, form_version)?;
        if key.doc_type != DocType::Site {
            return Ok(());
        }
        self.sites.remove(&key.id);
        for (inspection, version) in self.inspections_of(key.id)? {
            self.materialise(&inspection, version)?;
        }
        Ok(())
    }

    /// The inspections of a site, as far as they are rebuilt with it.
    pub(super) fn inspections_of(&self, site: DocId) -> Result<Vec<(DocKey, u32)>> {
        let sql =
            "select id, kind, form_version from docs where site = ?1 and type = 'inspection' order by id desc limit ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map((site.as_bytes(), INSPECTIONS_REBUILT_MAX), |r| {
            let id = DocId(uuid::Uuid::from_bytes(r.get(0)?));
            Ok((DocKey { id, doc_type: DocType::Inspection, kind: r.get(1)? }, r.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rebuilds one document from its registers.
    pub(super) fn materialise(&mut self, key: &DocKey, form_version: u32) -> Result<()> {
        let (document, updated) = registers::load_document(self.db, key.clone())?;
        self.materialise_from(&document, updated, form_version)
    }

    /// The same with the registers, and the time of the latest write, at hand.
    pub(super) fn materialise_from(&mut self, document: &Document, updated: Hlc, form_version: u32) -> Result<()> {
        let row = self.row(document, updated, form_version)?;
        self.put_row(&document.key, form_version, &row)
    }

    fn row(&mut self, document: &Document, updated: Hlc, form_version: u32) -> Result<Row> {
        let key = &document.key;
        let form = view::form_of(self.catalogue, key, form_version);
        let seen = view::view_of(document, form);
        let site = document_id(&seen.values, "site").filter(|_| key.doc_type != DocType::Site);
        let site_values = match site {
            Some(site) if key.doc_type == DocType::Inspection => self.site_values(site)?,
            _ => None,
        };
        let values = view::with_computed(form, &seen.values, site_values.as_deref());
        let text_of = |path: &str| seen.values.get(path).and_then(Value::as_text).unwrap_or_default().to_owned();
        let title = self.title(key, form, &seen, site)?;
        let state = if document.registers.is_empty() { REFUSED.to_owned() } else { text_of("state") };
        Ok(Row {
            text: search::text_of(form, &seen.values, &title),
            title,
            state,
            town: text_of("town"),
            parent: document_id(&seen.values, "of"),
            site,
            shown: shown(&values),
            conflicts: seen.conflicts.len(),
            deleted: is_deleted(&seen),
            updated: updated.0,
            at: place(&seen.values),
        })
    }

    /// The values of a site, the computed ones among them; `None` if the site is not here.
    pub(super) fn site_values(&mut self, site: DocId) -> Result<Option<Arc<Values>>> {
        if let Some(known) = self.sites.get(&site) {
            return Ok(Some(known.clone()));
        }
        let values = super::read::site_values(self.db, self.catalogue, site)?.map(Arc::new);
        self.sites.extend(values.clone().map(|v| (site, v)));
        Ok(values)
    }

    fn title(&self, key: &DocKey, form: Option<&Form>, seen: &View, site: Option<DocId>) -> Result<String> {
        let text = |path: &str| seen.values.get(path).and_then(Value::as_text).filter(|t| !t.is_empty());
        let own = form.and_then(|f| text(&f.title)).or_else(|| text("name"));
        let title = match key.doc_type {
            DocType::Inspection => {
                let name = site.map(|s| self.title_of(s)).transpose()?.flatten();
                let day = text("started_at").and_then(|t| t.get(..10));
                let parts: Vec<&str> = name.as_deref().into_iter().chain(day).collect();
                Some(parts.join(" ")).filter(|t| !t.is_empty())
            }
            DocType::Photo => text("proves").or_else(|| text("file_name")).map(str::to_owned),
            _ => own.map(str::to_owned),
        };
        Ok(title.unwrap_or_else(|| key.id.to_string()))
    }

    fn title_of(&self, doc: DocId) -> Result<Option<String>> {
        let mut statement = self.db.prepare_cached("select title from docs where id = ?1")?;
        Ok(statement.query_row([doc.as_bytes()], |r| r.get(0)).optional()?)
    }

    fn put_row(&mut self, key: &DocKey, form_version: u32, row: &Row) -> Result<()> {
        let n: i64 = self.db.prepare_cached(include_str!("put_doc.sql"))?.query_row(
            rusqlite::params![
                key.id.as_bytes(),
                key.doc_type.as_str(),
                key.kind,
                form_version,
                row.title,
                row.state,
                row.town,
                row.site.as_ref().map(DocId::as_bytes),
                row.parent.as_ref().map(DocId::as_bytes),
                row.shown,
                row.conflicts,
                row.deleted,
                row.updated.cast_signed(),
                row.at.map(|p| p.0),
                row.at.map(|p| p.1),
            ],
            |r| r.get(0),
        )?;
        self.put_text(n, &row.text)?;
        self.put_place(n, row.at)
    }

    fn put_text(&mut self, n: i64, text: &str) -> Result<()> {
        let sql = "select text from docs_words where n = ?1";
        let before: Option<String> = self.db.prepare_cached(sql)?.query_row([n], |r| r.get(0)).optional()?;
        if before.as_deref() == Some(text) {
            return Ok(());
        }
        self.db.prepare_cached("insert or replace into docs_words (n, text) values (?1, ?2)")?.execute((n, text))?;
        self.texts.push(Text { n, replaces: before.is_some(), text: Some(text.to_owned()) });
        Ok(())
    }

    /// Brings the full-text index up to date with everything the transaction did.
    pub(super) fn put_texts(&mut self) -> Result<()> {
        // Of several texts of one document the last counts, and what the first of them replaced.
        let mut latest: BTreeMap<i64, Text> = BTreeMap::new();
        for text in self.texts.drain(..) {
            let replaces = latest.get(&text.n).map_or(text.replaces, |earlier| earlier.replaces);
            latest.insert(text.n, Text { replaces, ..text });
        }
        for (n, text) in latest {
            if text.replaces {
                self.db.prepare_cached("delete from docs_text where rowid = ?1")?.execute([n])?;
            }
            if let Some(text) = text.text {
                self.db.prepare_cached("insert into docs_text (rowid, text) values (?1, ?2)")?.execute((n, text))?;
            }
        }
        Ok(())
    }

    fn put_place(&self, n: i64, at: Option<(f64, f64)>) -> Result<()> {
        match at {
            Some((lat, lon)) => {
                let sql = "insert or replace into docs_near values (?1, ?2, ?2, ?3, ?3)";
                self.db.prepare_cached(sql)?.execute((n, lat, lon))?;
            }
            None => {
                self.db.prepare_cached("delete from docs_near where n = ?1")?.execute([n])?;
            }
        }
        Ok(())
    }

    /// Removes a document from this device, with everything that points to it.
    pub(super) fn put_away(&mut self, doc: DocId) -> Result<()> {
        let n: Option<i64> = self
            .db
            .prepare_cached("select n from docs where id = ?1")?
            .query_row([doc.as_bytes()], |r| r.get(0))
            .optional()?;
        if let Some(n) = n {
            self.texts.push(Text { n, replaces: true, text: None });
            self.db.prepare_cached("delete from docs_words where n = ?1")?.execute([n])?;
            self.db.prepare_cached("delete from docs_near where n = ?1")?.execute([n])?;
            self.db.prepare_cached("delete from docs where n = ?1")?.execute([n])?;
        }
        self.db.prepare_cached("delete from unknown_ops where doc = ?1")?.execute([doc.as_bytes()])?;
        registers::forget(self.db, doc)
    }
}

fn document_id(values: &Values, path: &str) -> Option<DocId> {
    values.get(path)?.as_text()?.parse().ok()
}

fn shown(values: &Values) -> String {
    let map: serde_json::Map<String, serde_json::Value> =
        values.iter().map(|(path, value)| (path.clone(), value.to_json())).collect();
    serde_json::Value::Object(map).to_string()
}

/// Where a document is on the map: its position, else the middle of its boundary. Latitude, longitude.
fn place(values: &Values) -> Option<(f64, f64)> {
    if let Some(position) = values.get("position").and_then(Value::as_position) {
        return Some((position.at.lat(), position.at.lon()));
    }
    let Some(Value::Polygon(rings)) = values.get("boundary") else { return None };
    let outer = rings.first().filter(|r| !r.is_empty())?;
    let middle = |of: fn(&domain::Vertex) -> f64| {
        let (low, high) = outer.iter().map(of).fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(x), h.max(x)));
        f64::midpoint(low, high)
    };
    Some((middle(domain::Vertex::lat), middle(domain::Vertex::lon)))
}
