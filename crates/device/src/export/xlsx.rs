//! A workbook: a sheet for each type and kind, photos among them, with its heading line kept in sight.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use domain::forms::Catalogue;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::cell::Cell;
use super::layout::{Layout, Layouts};
use super::staged::Staged;
use super::{ExportError, ExportOptions, ExportReport, Lang, Rows};

/// Rows of a sheet, heading included.
const SHEET_ROWS_MAX: u32 = 1_048_576;
/// Characters of a cell.
const CELL_CHARS_MAX: usize = 32_767;
/// Digits that Excel keeps of a number.
const DIGITS_MAX: usize = 15;
/// Characters of a sheet's name.
const SHEET_NAME_CHARS_MAX: usize = 31;

/// Writes all rows, each to the sheet of its type and kind. Rows go to the disk as they come.
pub(super) fn write(
    rows: &mut Rows<'_>,
    catalogue: &Catalogue,
    options: &ExportOptions,
    staged: &mut Staged,
) -> Result<ExportReport, ExportError> {
    let mut layouts = Layouts::new(catalogue, options);
    let mut report = ExportReport::default();
    let mut book = Book { workbook: Workbook::new(), sheets: HashMap::new(), names: HashSet::new() };
    for row in rows {
        let row = row?;
        let at = layouts.of_row(&row, &mut report);
        let layout = layouts.get(at);
        report.shortened += book.put(at, layout, &layout.cells(&row, options), options.lang)?;
        report.rows += 1;
    }
    book.finish(&layouts, options.lang)?;
    let failed = staged.failed();
    let mut bytes = staged.buffered();
    book.workbook.save_to_writer(&mut bytes)?;
    // What is still in the buffer would be written when it is dropped, and an error of that would be lost.
    bytes.flush().map_err(failed)?;
    Ok(report)
}

/// The workbook and, for each layout, its sheet and how many lines that has.
struct Book {
    workbook: Workbook,
    sheets: HashMap<usize, (usize, u32)>,
    names: HashSet<String>,
}

impl Book {
    /// Adds a line; gives how many of its cells had to be cut.
    fn put(&mut self, at: usize, layout: &Layout<'_>, cells: &[Cell], lang: Lang) -> Result<usize, ExportError> {
        let (sheet, line) = match self.sheets.get(&at) {
            Some(&known) => known,
            None => (self.begin(layout)?, 1),
        };
        if line >= SHEET_ROWS_MAX {
            return Err(ExportError::TooManyRows { most: SHEET_ROWS_MAX - 1 });
        }
        self.sheets.insert(at, (sheet, line + 1));
        let sheet = self.workbook.worksheet_from_index(sheet)?;
        let mut shortened = 0;
        for (cell, column) in cells.iter().zip(0..) {
            shortened += usize::from(put_cell(sheet, line, column, cell, lang)?);
        }
        Ok(shortened)
    }

    fn begin(&mut self, layout: &Layout<'_>) -> Result<usize, ExportError> {
        let name = self.free_name(&layout.title);
        let number = self.sheets.len();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold().set_text_wrap();
        for (column, at) in layout.columns.iter().zip(0..) {
            let chars = column.heading.chars().count().clamp(6, 20);
            sheet.set_column_width(at, chars as f64 * 1.8)?;
            sheet.write_string_with_format(0, at, &column.heading, &bold)?;
        }
        Ok(number)
    }

    /// A name that Excel takes and no other sheet has.
    fn free_name(&mut self, title: &str) -> String {
        let clean: String = title.chars().map(|c| if "[]:*?/\\'".contains(c) { '-' } else { c }).collect();
        let cut = |room: usize| clean.chars().take(SHEET_NAME_CHARS_MAX - room).collect::<String>();
        let mut name = cut(0);
        let mut number = 2;
        while !self.names.insert(name.to_lowercase()) {
            name = format!("{} {number}", cut(8));
            number += 1;
        }
        name
    }

    /// Filters over the headings; a workbook needs at least one sheet.
    fn finish(&mut self, layouts: &Layouts<'_>, lang: Lang) -> Result<(), ExportError> {
        for (&at, &(sheet, lines)) in &self.sheets {
            let last = layouts.get(at).columns.len().saturating_sub(1);
            let last = u16::try_from(last).unwrap_or(u16::MAX);
            self.workbook.worksheet_from_index(sheet)?.autofilter(0, 0, lines.saturating_sub(1), last)?;
        }
        if self.sheets.is_empty() {
            let nothing = if lang == Lang::Zh { "没有记录" } else { "no records" };
            self.workbook.add_worksheet().write_string(0, 0, nothing)?;
        }
        Ok(())
    }
}

/// Writes a cell; says whether it had to be cut.
fn put_cell(sheet: &mut Worksheet, line: u32, column: u16, cell: &Cell, lang: Lang) -> Result<bool, ExportError> {
    match cell {
        Cell::Empty => {}
        Cell::Number(digits) => match exact(digits) {
            Some(number) => drop(sheet.write_number(line, column, number)?),
            None => drop(sheet.write_string(line, column, digits)?),
        },
        Cell::Bool(_) => drop(sheet.write_string(line, column, cell.display(lang))?),
        Cell::Text(text) => {
            // A string cell is never run as a formula, so it needs no guard.
            let cut = text.chars().count() > CELL_CHARS_MAX;
            let kept: String =
                text.chars().filter(|c| !c.is_control() || "\n\t".contains(*c)).take(CELL_CHARS_MAX).collect();
            sheet.write_string(line, column, kept)?;
            return Ok(cut);
        }
    }
    Ok(false)
}

/// The number, if Excel keeps all its digits.
fn exact(digits: &str) -> Option<f64> {
    let count = digits.chars().filter(char::is_ascii_digit).count();
    digits.parse().ok().filter(|n: &f64| n.is_finite() && count <= DIGITS_MAX)
}
