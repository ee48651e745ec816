//! The materialised documents: what lists, search and the map read. Rebuilt from registers whenever one changes.

use domain::change::DocKey;
use domain::document::{Document, View};
use domain::forms::Form;
use domain::lifecycle::is_deleted;
use domain::{DocId, DocType, Value, Values};
use rusqlite::OptionalExtension;

use super::write::Writer;
use super::{registers, search, texts, view};
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
    photos: String,
    conflicts: usize,
    deleted: bool,
    updated: u64,
    at: Option<(f64, f64)>,
    text: String,
}

impl Writer<'_> {
    /// Rebuilds a document and, for a site that is now called otherwise, the inspections that are named after it.
    pub(super) fn materialise_linked(&mut self, document: &Document, form_version: u32, known: bool) -> Result<()> {
        let renamed = self.materialise(document, form_version, known)?;
        if !renamed || document.key.doc_type != DocType::Site {
            return Ok(());
        }
        for (inspection, version) in self.inspections_of(document.key.id)? {
            let inspection = registers::load_document(self.db, inspection)?;
            self.materialise(&inspection, version, true)?;
        }
        Ok(())
    }

    /// The inspections of a site, as far as they are rebuilt with it.
    pub(super) fn inspections_of(&self, site: DocId) -> Result<Vec<(DocKey, u32)>> {
        // A bare ?1 beside an index that leaves out nulls would have SQLite plan the statement anew for each value.
        let sql = "select id, kind, form_version from docs where site is not null and site = cast(?1 as blob) \
            and type = 'inspection' order by id desc limit ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map((site.as_bytes(), INSPECTIONS_REBUILT_MAX), |r| {
            let id = DocId(uuid::Uuid::from_bytes(r.get(0)?));
            Ok((DocKey { id, doc_type: DocType::Inspection, kind: r.get(1)? }, r.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rebuilds the row of one document from its registers; `known` is false if it surely has none yet. Says whether its
    /// title is another now.
    pub(super) fn materialise(&mut self, document: &Document, form_version: u32, known: bool) -> Result<bool> {
        let row = self.row(document, form_version)?;
        let before = if known { self.title_of(document.key.id)? } else { None };
        self.put_row(&document.key, form_version, &row, before.is_some())?;
        Ok(before.is_none_or(|title| title != row.title))
    }

    fn row(&self, document: &Document, form_version: u32) -> Result<Row> {
        let key = &document.key;
        let form = view::form_of(self.catalogue, key, form_version);
        let seen = view::view_of(document, form);
        let site = document_id(&seen.values, "site").filter(|_| key.doc_type != DocType::Site);
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
            photos: photos(&seen.values),
            conflicts: seen.conflicts.len(),
            deleted: is_deleted(&seen),
            updated: registers::updated(document).0,
            at: place(&seen.values),
        })
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

    fn put_row(&mut self, key: &DocKey, form_version: u32, row: &Row, known: bool) -> Result<()> {
        let n: i64 = self.db.prepare_cached(include_str!("put_doc.sql"))?.query_row(
            rusqlite::params![
                texts::next_number(self.db)?,
                key.id.as_bytes(),
                key.doc_type.as_str(),
                key.kind,
                form_version,
                row.title,
                row.state,
                row.town,
                row.site.as_ref().map(DocId::as_bytes),
                row.parent.as_ref().map(DocId::as_bytes),
                row.photos,
                row.conflicts,
                row.deleted,
                row.updated.cast_signed(),
                row.at.map(|p| p.0),
                row.at.map(|p| p.1),
            ],
            |r| r.get(0),
        )?;
        let (n, is_new) = texts::put(self.db, n, &row.text, known)?;
        if is_new {
            self.texts.push(n);
        }
        self.put_place(n, row.at, known)
    }

    fn put_place(&self, n: i64, at: Option<(f64, f64)>, known: bool) -> Result<()> {
        match at {
            Some((lat, lon)) => {
                let sql = "insert or replace into docs_near values (?1, ?2, ?2, ?3, ?3)";
                self.db.prepare_cached(sql)?.execute((n, lat, lon))?;
            }
            None if !known => {}
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
            texts::forget(self.db, n)?;
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

/// The photos of a record, for the question where their originals are.
fn photos(values: &Values) -> String {
    let ids: Vec<String> = super::read::photos_of(values).iter().map(DocId::to_string).collect();
    ids.join(" ")
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
