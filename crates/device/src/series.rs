//! A series of sound levels as people have it: typed, pasted, or the CSV of a meter; and its figures.

use domain::noise::{Levels, levels};
use rust_decimal::Decimal;

use crate::error::{Error, Result};

/// Most levels of one series: a day at ten seconds, and some.
const SAMPLES_MAX: usize = 20_000;
/// What a level can be, dB.
const RANGE_DB: std::ops::RangeInclusive<i64> = 0..=200;
/// Headings of the column that holds levels, in the order in which they are preferred.
const HEADINGS: [&str; 9] = ["laeq", "leq", "lp", "laf", "spl", "level", "声级", "瞬时", "db"];

/// A series with its figures.
#[derive(Clone, Debug)]
pub struct Series {
    /// The levels, dB, as they were written.
    pub samples: Vec<Decimal>,
    /// Their figures.
    pub levels: Levels,
    /// The heading of the column they stood in.
    pub column: Option<String>,
    /// Lines without a level.
    pub skipped: u32,
}

/// Reads a series from text: levels between spaces, commas or lines; or a table with headings.
///
/// # Errors
/// `bad-series`.
pub fn read(text: &str) -> Result<Series> {
    let text = text.trim_start_matches('\u{feff}');
    let (samples, column, skipped) = match table(text) {
        Some(found) => found,
        None => plain(text),
    };
    if samples.len() > SAMPLES_MAX {
        let zh = format!("数据过多（{} 个），最多 {SAMPLES_MAX} 个", samples.len());
        return Err(Error::request("bad-series", zh, format!("{} levels; the most is {SAMPLES_MAX}", samples.len())));
    }
    let levels = levels(&samples).map_err(|e| Error::request("bad-series", e.zh(), e.to_string()))?;
    Ok(Series { samples, levels, column, skipped })
}

/// Reads the file of a meter, in UTF-8 or GB 18030.
///
/// # Errors
/// `bad-series`.
pub fn read_file(bytes: &[u8]) -> Result<Series> {
    match std::str::from_utf8(bytes) {
        Ok(text) => read(text),
        Err(_) => read(&encoding_rs::GB18030.decode(bytes).0),
    }
}

type Found = (Vec<Decimal>, Option<String>, u32);

/// Numbers wherever they stand; anything else counts as skipped.
fn plain(text: &str) -> Found {
    let words = text.split(|c: char| c.is_whitespace() || ",;，；、[]".contains(c)).filter(|w| !w.is_empty());
    let mut skipped = 0;
    let samples = words
        .filter_map(|word| {
            level(word).or_else(|| {
                skipped += 1;
                None
            })
        })
        .collect();
    (samples, None, skipped)
}

/// The column of levels of a table with a line of headings.
fn table(text: &str) -> Option<Found> {
    let separator = [b'\t', b';', b','].into_iter().max_by_key(|s| text.bytes().filter(|b| b == s).count())?;
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
        .into_records()
        .map_while(|row| row.ok());
    let (at, column) = rows.by_ref().take(40).find_map(|row| heading(&row))?;
    let mut skipped = 0;
    let samples: Vec<Decimal> = rows
        .filter_map(|row| {
            row.get(at).and_then(level).or_else(|| {
                skipped += 1;
                None
            })
        })
        .collect();
    (!samples.is_empty()).then_some((samples, Some(column), skipped))
}

fn heading(row: &csv::StringRecord) -> Option<(usize, String)> {
    HEADINGS.iter().find_map(|wanted| {
        let found = row.iter().enumerate().find(|(_, cell)| cell.trim().to_lowercase().contains(wanted))?;
        level(found.1).is_none().then(|| (found.0, found.1.trim().to_owned()))
    })
}

fn level(word: &str) -> Option<Decimal> {
    let number: Decimal = word.trim().trim_end_matches("dB").trim_end_matches("(A)").trim().parse().ok()?;
    let range = Decimal::from(*RANGE_DB.start())..=Decimal::from(*RANGE_DB.end());
    range.contains(&number).then_some(number)
}
