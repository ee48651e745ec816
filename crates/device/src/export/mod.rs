//! Handing records over: tables for Excel, shapes for maps. What is personal is masked, what is not WGS-84 says so.

mod cell;
mod csv;
mod error;
mod geojson;
mod gpkg;
mod layout;
mod shape;
mod staged;
mod xlsx;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::datum::Datum;
use domain::forms::Catalogue;
use domain::{DocType, Values};
use serde_json::Value as Json;

pub use error::ExportError;

/// What a file is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, UTF-8 with a mark that Excel understands.
    #[default]
    Csv,
    /// Excel.
    Xlsx,
    /// Features for a map.
    GeoJson,
    /// A GeoPackage for GIS programs.
    GeoPackage,
}

impl Format {
    /// The format a person means by `csv`, `xlsx`, `geojson` or `gpkg`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            "geojson" | "json" => Some(Self::GeoJson),
            "gpkg" | "geopackage" => Some(Self::GeoPackage),
            _ => None,
        }
    }
}

/// The language of headings and choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// How to export; everything defaults.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Of the file.
    pub format: Format,
    /// Of every coordinate in the file.
    pub datum: Datum,
    /// Only documents of this type; `None` for all (a CSV then leaves photos out: they have their own sheet elsewhere).
    pub doc_type: Option<DocType>,
    /// Only documents of this kind.
    pub kind: Option<String>,
    /// Of headings and choices.
    pub lang: Lang,
    /// GeoJSON only: properties under their headings and readable, instead of under their paths and as stored.
    pub labels: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            format: Format::default(),
            datum: Datum::Wgs84,
            doc_type: None,
            kind: None,
            lang: Lang::default(),
            labels: false,
        }
    }
}

impl ExportOptions {
    fn wants(&self, row: &ExportRow) -> bool {
        let type_fits = match self.doc_type {
            Some(wanted) => wanted == row.doc_type,
            None => self.format != Format::Csv || row.doc_type != DocType::Photo,
        };
        type_fits && self.kind.as_ref().is_none_or(|kind| *kind == row.kind)
    }

    /// The datum's name as it is written into files.
    fn datum_name(&self) -> &'static str {
        match self.datum {
            Datum::Wgs84 => "WGS-84",
            Datum::Gcj02 => "GCJ-02",
            Datum::Bd09 => "BD-09",
        }
    }
}

/// One document as it is handed over.
#[derive(Clone, Debug)]
pub struct ExportRow {
    /// Its id.
    pub id: String,
    /// Its type.
    pub doc_type: DocType,
    /// Its kind, or `-`.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Its state.
    pub state: String,
    /// `device`, `relay` or `server`.
    pub custody: String,
    /// Its values by path, stored and computed, as [`domain::Value::to_json`] gives them.
    pub values: BTreeMap<String, Json>,
}

impl ExportRow {
    /// Values as `show` gives them.
    #[must_use]
    pub fn values_of(values: &Values) -> BTreeMap<String, Json> {
        values.iter().map(|(path, value)| (path.clone(), value.to_json())).collect()
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.values.get(path).and_then(Json::as_str)
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ExportReport {
    /// Documents in the file.
    pub rows: usize,
    /// Documents that the options left out.
    pub left_out: usize,
    /// Documents in the file that have no position (GeoJSON and GeoPackage).
    pub without_position: usize,
    /// Cells that were cut because Excel holds no more than 32,767 characters in one.
    pub shortened: usize,
    /// Kinds without a form here: only their common columns are in a table.
    pub unknown_kinds: BTreeSet<String>,
}

/// The rows a writer sees: those that are wanted, counted.
type Rows<'a> = dyn Iterator<Item = Result<ExportRow, ExportError>> + 'a;

/// Writes documents into a file. Rows are taken one at a time, so a hundred thousand need little memory. An existing
/// file is replaced only when the new one is complete.
///
/// # Errors
/// See [`ExportError`]; the existing file is untouched then.
pub fn export<E>(
    rows: impl IntoIterator<Item = Result<ExportRow, E>>,
    catalogue: &Catalogue,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ExportError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut staged = staged::Staged::begin(out)?;
    let mut left_out = 0;
    let rows = rows.into_iter().map(|row| row.map_err(|e| ExportError::Rows(e.into())));
    let mut wanted = rows.filter(|row| {
        let wanted = row.as_ref().map_or(true, |row| options.wants(row));
        left_out += usize::from(!wanted);
        wanted
    });
    let mut report = match options.format {
        Format::Csv => csv::write(&mut wanted, catalogue, options, &mut staged)?,
        Format::Xlsx => xlsx::write(&mut wanted, catalogue, options, &mut staged)?,
        Format::GeoJson => geojson::write(&mut wanted, catalogue, options, &mut staged)?,
        Format::GeoPackage => gpkg::write(&mut wanted, catalogue, options, &mut staged)?,
    };
    drop(wanted);
    report.left_out = left_out;
    staged.finish()?;
    Ok(report)
}

impl From<crate::capture::Shown> for ExportRow {
    fn from(shown: crate::capture::Shown) -> Self {
        Self {
            id: shown.id.to_string(),
            doc_type: shown.doc_type,
            kind: shown.kind,
            title: shown.title,
            state: shown.state,
            custody: shown.custody.as_str().to_owned(),
            values: shown.values,
        }
    }
}
