//! A file as lines of cells: workbooks by content, everything else as separated text in UTF-8, UTF-16 or GB 18030.

use std::collections::HashSet;
use std::fs;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use calamine::{Data, DataRef, Reader, Xls, Xlsx, XlsxError};
use chrono::NaiveDateTime;
use encoding_rs::GB18030;

use super::error::ImportError;
use super::{CELLS_MAX, COLUMNS_MAX, FILE_BYTES_MAX, LINES_MAX, WORKBOOK_BYTES_MAX};

/// One cell as the file holds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text, trimmed.
    Text(String),
    /// A number of a workbook.
    Number(f64),
    /// A day or time of a workbook.
    Time(NaiveDateTime),
    /// A formula that failed, or whose result was never written down: what stands there instead.
    Unsolved(String),
}

impl Cell {
    fn text(text: &str) -> Self {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{3000}');
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    /// As a person would type it.
    pub fn display(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Unsolved(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Time(time) => time.format("%Y-%m-%d %H:%M:%S").to_string().replace(" 00:00:00", ""),
        }
    }
}

/// A sheet, or a file of separated text.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// The lines.
    pub lines: Vec<Vec<Cell>>,
    /// The number of the first line as Excel counts, from 1.
    pub first_line: usize,
    /// The number of the first column as Excel counts, from 0.
    pub first_column: usize,
}

/// Reads a file; a workbook gives its sheets, or the one that was asked for.
pub(super) fn read(file: &Path, sheet: Option<&str>) -> Result<Vec<Sheet>, ImportError> {
    let unreadable = |source| ImportError::Unreadable { file: file.to_owned(), source };
    let size = fs::metadata(file).map_err(unreadable)?.len();
    if size > FILE_BYTES_MAX {
        let what = format!("{} MiB, the most is {}", size >> 20, FILE_BYTES_MAX >> 20);
        return Err(ImportError::TooLarge { file: file.to_owned(), what });
    }
    let bytes = fs::read(file).map_err(unreadable)?;
    if bytes.starts_with(b"PK\x03\x04") {
        check_unpacked(file, &bytes)?;
        return workbook(file, sheet, || Xlsx::new(Cursor::new(bytes.as_slice())), of_cells);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return workbook(file, sheet, || Xls::new(Cursor::new(bytes.as_slice())), of_range);
    }
    if bytes.is_empty() {
        return Err(ImportError::NotATable { file: file.to_owned(), why: "it is empty".into() });
    }
    separated(file, &decode(&bytes)).map(|sheet| vec![sheet])
}

fn workbook<'b, R>(
    file: &Path,
    wanted: Option<&str>,
    open: impl Fn() -> Result<R, R::Error>,
    take: impl Fn(&Path, &mut R, &str) -> Result<Sheet, ImportError>,
) -> Result<Vec<Sheet>, ImportError>
where
    R: Reader<Cursor<&'b [u8]>>,
    R::Error: std::fmt::Display,
{
    let not_a_table = |why: String| ImportError::NotATable { file: file.to_owned(), why };
    let read = || {
        let mut book = open().map_err(|e| not_a_table(e.to_string()))?;
        let names = book.sheet_names();
        let chosen: Vec<String> = match wanted {
            None => names,
            Some(name) if names.iter().any(|n| n == name) => vec![name.to_owned()],
            Some(name) => {
                let known = names.join(", ");
                return Err(ImportError::NoSheet { file: file.to_owned(), sheet: name.to_owned(), known });
            }
        };
        chosen.iter().map(|name| take(file, &mut book, name)).collect()
    };
    // A malformed workbook must not end the program, whatever its reader thinks of it.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(not_a_table("its content makes no sense".into())))
}

fn not_a_table(file: &Path, why: &dyn std::fmt::Display) -> ImportError {
    ImportError::NotATable { file: file.to_owned(), why: why.to_string() }
}

/// Unpacks every part once and throws it away: what the archive itself says of its sizes need not be true.
fn check_unpacked(file: &Path, bytes: &[u8]) -> Result<(), ImportError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| not_a_table(file, &e))?;
    let mut left = WORKBOOK_BYTES_MAX;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|e| not_a_table(file, &e))?;
        let size = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|e| not_a_table(file, &e))?;
        left = left.checked_sub(size).ok_or_else(|| ImportError::TooLarge {
            file: file.to_owned(),
            what: format!("more than {} MiB unpacked", WORKBOOK_BYTES_MAX >> 20),
        })?;
    }
    Ok(())
}

/// Cell by cell: two cells in opposite corners make a sheet of 17 thousand million.
fn of_cells(file: &Path, book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Sheet, ImportError> {
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // A sheet of charts, say: there is nothing to take over.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Sheet::default()),
        Err(e) => return Err(not_a_table(file, &e)),
    };
    let mut cells = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(|e| not_a_table(file, &e))? {
        let (line, column) = (cell.get_position().0 as usize, cell.get_position().1 as usize);
        if matches!(cell.get_value(), DataRef::Empty) {
            continue;
        }
        check_size(file, line + 1, column + 1)?;
        check_cells(file, cells.len() + 1)?;
        cells.push((line, column, of_data(&Data::from(cell.get_value().clone()))));
    }
    drop(reader);
    add_unsolved(file, book, name, &mut cells)?;
    let first_line = cells.iter().map(|c| c.0).min().unwrap_or(0);
    let first_column = cells.iter().map(|c| c.1).min().unwrap_or(0);
    let mut out = Sheet { lines: Vec::new(), first_line: first_line + 1, first_column };
    let mut count = 0;
    for (line, column, cell) in cells {
        let (line, column) = (line - first_line, column - first_column);
        if out.lines.len() <= line {
            out.lines.resize_with(line + 1, Vec::new);
        }
        let cells = &mut out.lines[line];
        if cells.len() <= column {
            count += column + 1 - cells.len();
            check_cells(file, count)?;
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
    }
    Ok(out)
}

/// Programs other than Excel may write formulas without their results.
fn add_unsolved(
    file: &Path,
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    cells: &mut Vec<(usize, usize, Cell)>,
) -> Result<(), ImportError> {
    let solved: HashSet<(usize, usize)> = cells.iter().map(|(line, column, _)| (*line, *column)).collect();
    let mut reader = book.worksheet_cells_reader(name).map_err(|e| not_a_table(file, &e))?;
    while let Some(cell) = reader.next_formula().map_err(|e| not_a_table(file, &e))? {
        let (line, column) = (cell.get_position().0 as usize, cell.get_position().1 as usize);
        if cell.get_value().is_empty() || solved.contains(&(line, column)) {
            continue;
        }
        check_size(file, line + 1, column + 1)?;
        check_cells(file, cells.len() + 1)?;
        cells.push((line, column, Cell::Unsolved(format!("={}", cell.get_value()))));
    }
    Ok(())
}

fn check_cells(file: &Path, cells: usize) -> Result<(), ImportError> {
    if cells <= CELLS_MAX {
        return Ok(());
    }
    Err(ImportError::TooLarge { file: file.to_owned(), what: format!("more than {CELLS_MAX} cells") })
}

/// The old format has at most 65,536 lines of 256 columns.
fn of_range(file: &Path, book: &mut Xls<Cursor<&[u8]>>, name: &str) -> Result<Sheet, ImportError> {
    let range = book.worksheet_range(name).map_err(|e| not_a_table(file, &e))?;
    let formulas = book.worksheet_formula(name).unwrap_or_default();
    check_size(file, range.height(), range.width())?;
    let (row, column) = range.start().unwrap_or_default();
    let mut lines: Vec<Vec<Cell>> = range.rows().map(|line| line.iter().map(of_data).collect()).collect();
    for (at, cell) in lines
        .iter_mut()
        .zip(row..)
        .flat_map(|(line, at)| line.iter_mut().zip(column..).map(move |(cell, c)| ((at, c), cell)))
    {
        // Programs other than Excel may write formulas without their results.
        if *cell == Cell::Empty
            && let Some(formula) = formulas.get_value(at).filter(|f| !f.is_empty())
        {
            *cell = Cell::Unsolved(format!("={formula}"));
        }
    }
    Ok(Sheet { lines, first_line: row as usize + 1, first_column: column as usize })
}

fn check_size(file: &Path, lines: usize, columns: usize) -> Result<(), ImportError> {
    let too_large = |what| Err(ImportError::TooLarge { file: file.to_owned(), what });
    if lines > LINES_MAX {
        return too_large(format!("{lines} lines, the most is {LINES_MAX}"));
    }
    if columns > COLUMNS_MAX {
        return too_large(format!("{columns} columns, the most is {COLUMNS_MAX}"));
    }
    Ok(())
}

fn of_data(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::Error(error) => Cell::Unsolved(error.to_string()),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::text(text),
        Data::Float(number) => Cell::Number(*number),
        #[expect(clippy::cast_precision_loss, reason = "Excel itself keeps 15 digits")]
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Bool(yes) => Cell::text(if *yes { "true" } else { "false" }),
        Data::DateTime(time) => time.as_datetime().map_or(Cell::Number(time.as_f64()), Cell::Time),
        #[allow(unreachable_patterns, reason = "kinds of cells that later versions of the reader know")]
        _ => Cell::Empty,
    }
}

/// By its mark, else as UTF-8 if it is, else as GB 18030, which Chinese Excel writes.
fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => GB18030.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

fn separated(file: &Path, text: &str) -> Result<Sheet, ImportError> {
    if text.contains('\0') {
        return Err(ImportError::NotATable { file: file.to_owned(), why: "it is not text".into() });
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut out = Sheet { first_line: 1, ..Sheet::default() };
    let mut record = csv::StringRecord::new();
    let mut end = 0;
    let not_a_table = |e: csv::Error| ImportError::NotATable { file: file.to_owned(), why: e.to_string() };
    while reader.read_record(&mut record).map_err(not_a_table)? {
        let (before, after) = (end, usize::try_from(reader.position().byte()).unwrap_or(usize::MAX));
        end = after;
        // The reader passes over blank lines; the numbers of the others must stay those that Excel shows.
        let blank = blank_lines(text.as_bytes(), before, after);
        check_size(file, out.lines.len() + blank + 1, record.len())?;
        out.lines.resize(out.lines.len() + blank, Vec::new());
        out.lines.push(record.iter().map(Cell::text).collect());
    }
    Ok(out)
}

/// How many blank lines stand before the record that was read from between two places of a text.
fn blank_lines(text: &[u8], before: usize, after: usize) -> usize {
    let read = text.get(before..after).unwrap_or_default();
    let blank = read.iter().take_while(|sign| matches!(sign, b'\r' | b'\n')).filter(|&&sign| sign == b'\n').count();
    // The reader ends a record after the first sign of CR LF.
    let is_rest = read.first() == Some(&b'\n') && before.checked_sub(1).is_some_and(|at| text.get(at) == Some(&b'\r'));
    blank - usize::from(is_rest)
}

/// The sign that stands most often in the first lines.
fn separator(text: &str) -> u8 {
    let head: String = text.lines().take(5).collect();
    let count = |sign: u8| head.bytes().filter(|&b| b == sign).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|&sign| count(sign)).unwrap_or(b',')
}
