//! A file as lines of cells: workbooks by content, everything else as separated text in UTF-8, UTF-16 or GB 18030.

use std::fs;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use calamine::{Data, Range, Reader, Xls, Xlsx};
use chrono::NaiveDateTime;
use encoding_rs::GB18030;

use super::error::ImportError;
use super::{COLUMNS_MAX, FILE_BYTES_MAX, LINES_MAX};

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
        return workbook(file, sheet, || Xlsx::new(Cursor::new(bytes.as_slice())));
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return workbook(file, sheet, || Xls::new(Cursor::new(bytes.as_slice())));
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
        let read = |name: &String| {
            let cells = book.worksheet_range(name).map_err(|e| not_a_table(e.to_string()))?;
            // A reader that finds no formulas still has the cells.
            let formulas = book.worksheet_formula(name).unwrap_or_default();
            sheet(file, &cells, &formulas)
        };
        chosen.iter().map(read).collect()
    };
    // A malformed workbook must not end the program, whatever its reader thinks of it.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(not_a_table("its content makes no sense".into())))
}

fn sheet(file: &Path, range: &Range<Data>, formulas: &Range<String>) -> Result<Sheet, ImportError> {
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
