//! A GeoPackage: a layer for each type and kind, columns named by path with their headings as titles.

use std::collections::{HashMap, HashSet};

use domain::datum::Datum;
use domain::forms::Catalogue;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};

use super::cell::Cell;
use super::layout::{Layout, Layouts};
use super::shape;
use super::staged::Staged;
use super::{ExportError, ExportOptions, ExportReport, ExportRow, Rows};

const TABLES: &str = include_str!("gpkg.sql");
/// `GPKG`, and the version 1.3.1 of the standard.
const APPLICATION_ID: i32 = 0x4750_4B47;
const USER_VERSION: i32 = 10_301;

/// Writes all rows in one transaction; the file is only named when it is complete, so it needs no journal.
pub(super) fn write(
    rows: &mut Rows<'_>,
    catalogue: &Catalogue,
    options: &ExportOptions,
    staged: &mut Staged,
) -> Result<ExportReport, ExportError> {
    let db = Connection::open(staged.path())?;
    db.pragma_update(None, "journal_mode", "off")?;
    db.pragma_update(None, "synchronous", "off")?;
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.pragma_update(None, "user_version", USER_VERSION)?;
    db.execute_batch("begin")?;
    db.execute_batch(TABLES)?;
    let mut layouts = Layouts::new(catalogue, options);
    let mut layers = Layers { db: &db, options, known: HashMap::new(), names: HashSet::new() };
    let mut report = ExportReport::default();
    for row in rows {
        let row = row?;
        let at = layouts.of_row(&row, &mut report);
        report.without_position += usize::from(!layers.put(at, layouts.get(at), &row)?);
        report.rows += 1;
    }
    layers.finish()?;
    db.execute_batch("commit")?;
    db.close().map_err(|(_, error)| error)?;
    Ok(report)
}

/// One table of features.
struct Layer {
    table: String,
    insert: String,
    bounds: [f64; 4],
}

struct Layers<'a> {
    db: &'a Connection,
    options: &'a ExportOptions,
    known: HashMap<usize, Layer>,
    names: HashSet<String>,
}

impl Layers<'_> {
    /// GCJ-02 and BD-09 have no official number; a false one would put features in the wrong place without a word.
    fn srs_id(&self) -> i32 {
        if self.options.datum == Datum::Wgs84 { 4326 } else { 0 }
    }

    /// Adds a feature; says whether it has a shape.
    fn put(&mut self, at: usize, layout: &Layout<'_>, row: &ExportRow) -> Result<bool, ExportError> {
        if !self.known.contains_key(&at) {
            let layer = self.begin(layout, row)?;
            self.known.insert(at, layer);
        }
        let srs_id = self.srs_id();
        let Some(layer) = self.known.get_mut(&at) else { return Ok(false) };
        let shape = shape::of_document(&row.values).map(|s| s.into_datum(self.options.datum).wound());
        if let Some(shape) = &shape {
            let ([w, s, e, n], [w2, s2, e2, n2]) = (layer.bounds, shape.envelope());
            layer.bounds = [w.min(w2), s.min(s2), e.max(e2), n.max(n2)];
        }
        let blob = shape.as_ref().map_or(Sql::Null, |s| Sql::Blob(s.to_gpkg(srs_id)));
        let cells = layout.cells(row, self.options);
        let values =
            cells.iter().zip(&layout.columns).map(|(cell, column)| sql(cell, column.is_number(), self.options));
        self.db.prepare_cached(&layer.insert)?.execute(params_from_iter(std::iter::once(blob).chain(values)))?;
        Ok(shape.is_some())
    }

    fn begin(&mut self, layout: &Layout<'_>, row: &ExportRow) -> Result<Layer, ExportError> {
        let plain = if row.kind == "-" { row.doc_type.to_string() } else { format!("{}_{}", row.doc_type, row.kind) };
        let table = unique(&identifier(&plain), &mut self.names);
        let mut taken: HashSet<String> = ["fid", "geom"].map(str::to_owned).into();
        let names: Vec<String> = layout.columns.iter().map(|c| unique(&identifier(&c.name), &mut taken)).collect();
        let typed: Vec<String> = names
            .iter()
            .zip(&layout.columns)
            .map(|(name, column)| format!("\"{name}\" {}", if column.is_number() { "real" } else { "text" }))
            .collect();
        let columns = typed.join(", ");
        self.db.execute_batch(&format!(
            "create table \"{table}\" (fid integer primary key autoincrement not null, geom geometry, {columns})"
        ))?;
        self.describe(&table, layout, &names)?;
        let places = vec!["?"; names.len() + 1].join(", ");
        let quoted: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
        let insert = format!("insert into \"{table}\" (geom, {}) values ({places})", quoted.join(", "));
        let bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        Ok(Layer { table, insert, bounds })
    }

    fn describe(&self, table: &str, layout: &Layout<'_>, names: &[String]) -> Result<(), ExportError> {
        let datum = self.options.datum_name();
        let about = format!("{} ({datum})", layout.title);
        self.db.execute(
            "insert into gpkg_contents (table_name, data_type, identifier, description, srs_id) values (?, 'features', ?, ?, ?)",
            params![table, format!("{} {table}", layout.title), about, self.srs_id()],
        )?;
        self.db.execute(
            "insert into gpkg_geometry_columns values (?, 'geom', 'GEOMETRY', ?, 0, 0)",
            params![table, self.srs_id()],
        )?;
        let mut titles = self
            .db
            .prepare_cached("insert into gpkg_data_columns (table_name, column_name, title) values (?, ?, ?)")?;
        for (name, column) in names.iter().zip(&layout.columns) {
            titles.execute(params![table, name, column.heading])?;
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ExportError> {
        let sql = "update gpkg_contents set min_x = ?, min_y = ?, max_x = ?, max_y = ? where table_name = ?";
        for layer in self.known.values().filter(|l| l.bounds[0].is_finite()) {
            let [w, s, e, n] = layer.bounds;
            self.db.execute(sql, params![w, s, e, n, layer.table])?;
        }
        Ok(())
    }
}

/// Small letters, digits and underscores, which every GIS program takes without quotes.
fn identifier(name: &str) -> String {
    let plain: String =
        name.replace("/*", "").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    plain.to_ascii_lowercase()
}

fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

fn sql(cell: &Cell, is_number: bool, options: &ExportOptions) -> Sql {
    match cell {
        Cell::Empty => Sql::Null,
        Cell::Number(digits) if is_number => digits.parse().map_or(Sql::Null, Sql::Real),
        other => Sql::Text(other.display(options.lang)),
    }
}
