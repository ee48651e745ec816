//! Taking over an existing ledger: a table that people kept in Excel becomes a plan of new sites, with a word on every
//! column and cell that was not understood. Nothing is written here.

mod date;
mod error;
mod headings;
mod number;
mod place;
mod plan;
mod position;
mod table;

use std::path::Path;

use domain::datum::Datum;
use domain::forms::Form;
use serde::Serialize;

pub use error::ImportError;

/// Largest file taken, bytes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most lines of one table.
pub const LINES_MAX: usize = 100_000;
/// Most columns of one table.
pub const COLUMNS_MAX: usize = 1_000;
/// Most cells of one table, the empty ones before others of their line included.
pub const CELLS_MAX: usize = 5_000_000;
/// Largest workbook unpacked, bytes: a workbook is a ZIP archive, and a small one can unfold to more than any memory.
pub const WORKBOOK_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How to read a ledger; everything defaults.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Of the coordinates, where their heading does not say it.
    pub datum: Datum,
    /// The sheet of a workbook; `None` for the first with headings that are understood.
    pub sheet: Option<String>,
    /// Take a line whose cells are not all understood, and write what those hold into its note; otherwise such a line
    /// is held back.
    pub unread_to_note: bool,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { datum: Datum::Wgs84, sheet: None, unread_to_note: false }
    }
}

/// What an import would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportPlan {
    /// The new sites, each to be written whole or not at all.
    pub lines: Vec<PlannedSite>,
    /// What was understood and what was not.
    pub report: ImportReport,
}

/// One line as a new site: every text was tried on the form already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedSite {
    /// The line as Excel numbers it, from 1.
    pub row: usize,
    /// Path and text, as `set` takes them.
    pub sets: Vec<(String, String)>,
}

/// What was understood and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Lines below the headings that hold something.
    pub rows: usize,
    /// Lines left out because they are sums or hold nothing that is understood.
    pub left_out: Vec<usize>,
    /// Lines held back because of their cells.
    pub held_back: Vec<usize>,
    /// Columns that are taken, by heading, with the path they fill.
    pub understood: Vec<(String, String)>,
    /// Columns that are not taken, by heading, with the reason.
    pub not_understood: Vec<(String, Reason)>,
    /// Every cell that was not understood.
    pub problems: Vec<CellProblem>,
}

/// A reason in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Reason {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// A cell that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellProblem {
    /// The line as Excel numbers it, from 1.
    pub row: usize,
    /// The column as Excel letters it.
    pub column: String,
    /// Its heading.
    pub heading: String,
    /// What it holds.
    pub text: String,
    /// What is wrong.
    #[serde(flatten)]
    pub reason: Reason,
}

/// Reads a ledger as a plan of new sites of one form.
///
/// # Errors
/// See [`ImportError`]: files that cannot be read, or in which no headings are understood. Cells are no errors, they
/// are in the report.
pub fn read(file: &Path, form: &Form, options: &ImportOptions) -> Result<ImportPlan, ImportError> {
    let sheets = table::read(file, options.sheet.as_deref())?;
    let found = sheets.iter().find_map(|sheet| headings::find(sheet, form, options.datum).map(|h| (sheet, h)));
    let (sheet, headings) = found.ok_or_else(|| ImportError::NoHeadings { file: file.to_owned() })?;
    Ok(plan::of(sheet, &headings, form, options))
}
