//! Comma-separated tables that Excel opens with a double click.

use std::collections::HashMap;
use std::io::Write;

use domain::DocType;
use domain::forms::Catalogue;

use super::cell::Cell;
use super::layout::{Layout, Layouts};
use super::staged::Staged;
use super::{ExportError, ExportOptions, ExportReport, Rows};

/// Writes all rows under one heading line.
pub(super) fn write(
    rows: &mut Rows<'_>,
    catalogue: &Catalogue,
    options: &ExportOptions,
    staged: &mut Staged,
) -> Result<ExportReport, ExportError> {
    let failed = staged.failed();
    let mut layouts = Layouts::new(catalogue, options);
    let mut table = Table::new(&mut layouts, catalogue, options);
    let mut report = ExportReport::default();

    let mut out = staged.buffered();
    out.write_all("\u{feff}".as_bytes()).map_err(&failed)?;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let put = |writer: &mut csv::Writer<_>, line: &[String]| {
        writer.write_record(line).map_err(|e| failed(std::io::Error::other(e)))
    };
    let headings: Vec<String> = table.headings.iter().map(|h| guarded(h)).collect();
    put(&mut writer, &headings)?;
    for row in rows {
        let row = row?;
        let at = layouts.of_row(&row, &mut report);
        let layout = layouts.get(at);
        let mut line = vec![String::new(); table.headings.len()];
        for (cell, place) in layout.cells(&row, options).iter().zip(table.places(at, layout)) {
            if let Some(slot) = place.and_then(|place| line.get_mut(place)) {
                *slot = text(cell, options);
            }
        }
        put(&mut writer, &line)?;
        report.rows += 1;
    }
    writer.flush().map_err(&failed)?;
    Ok(report)
}

fn text(cell: &Cell, options: &ExportOptions) -> String {
    match cell {
        Cell::Text(text) => guarded(text),
        other => other.display(options.lang),
    }
}

/// Text that a spreadsheet would run as a formula gets an apostrophe; the wide signs count in Chinese spreadsheets.
fn guarded(text: &str) -> String {
    const STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    let clean = text.replace('\0', "");
    if clean.starts_with(STARTS) { format!("'{clean}") } else { clean }
}

/// One heading line over the columns of several kinds; equal headings of equal paths share a column.
struct Table {
    headings: Vec<String>,
    by_column: HashMap<(String, String), usize>,
    places: HashMap<usize, Vec<Option<usize>>>,
}

impl Table {
    /// The columns follow from the options and the forms alone, so they are the same for every export.
    fn new(layouts: &mut Layouts<'_>, catalogue: &Catalogue, options: &ExportOptions) -> Self {
        let mut table = Self { headings: Vec::new(), by_column: HashMap::new(), places: HashMap::new() };
        let wanted = |doc_type| match options.doc_type {
            Some(only) => only == doc_type,
            None => doc_type != DocType::Photo,
        };
        let forms = catalogue.forms();
        for doc_type in DocType::ALL.into_iter().filter(|t| wanted(*t)) {
            for form in forms.iter().filter(|f| f.doc_type == doc_type) {
                let kind_fits = form.kind.is_empty() || options.kind.as_ref().is_none_or(|k| *k == form.kind);
                if kind_fits {
                    let at = layouts.of(doc_type, &form.kind);
                    table.add(layouts.get(at));
                }
            }
        }
        if table.headings.is_empty() {
            let at = layouts.of(options.doc_type.unwrap_or(DocType::Site), options.kind.as_deref().unwrap_or("-"));
            table.add(layouts.get(at));
        }
        table
    }

    fn add(&mut self, layout: &Layout<'_>) {
        for column in &layout.columns {
            let next = self.headings.len();
            let key = (column.name.clone(), column.heading.clone());
            if let std::collections::hash_map::Entry::Vacant(free) = self.by_column.entry(key) {
                free.insert(next);
                self.headings.push(column.heading.clone());
            }
        }
    }

    /// Where the columns of a layout stand in the table.
    fn places(&mut self, at: usize, layout: &Layout<'_>) -> &[Option<usize>] {
        self.places.entry(at).or_insert_with(|| {
            let place =
                |c: &super::layout::Column<'_>| self.by_column.get(&(c.name.clone(), c.heading.clone())).copied();
            layout.columns.iter().map(place).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn what_excel_would_run_is_only_text() {
        assert_eq!(guarded("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(guarded("＝1+1"), "'＝1+1");
        assert_eq!(guarded("潮河边 = 空地"), "潮河边 = 空地");
    }
}
