//! Reads the compact TOML of limits: tables of rows and columns, each cell one limit.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::{Limit, Limits, LimitsError};
use crate::judgement::{Confidence, Operator};

/// Most rows of all limit files together.
pub(super) const LIMIT_ROWS_MAX: usize = 20_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    /// Short names of sources, written out in the rows that use them.
    #[serde(default)]
    sources: BTreeMap<String, String>,
    #[serde(default)]
    table: Vec<Spanned<RawTable>>,
    #[serde(default)]
    set: Vec<Spanned<RawSet>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    id: String,
    topic: String,
    standard: String,
    #[serde(default)]
    table: String,
    #[serde(default)]
    clause: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    units: BTreeMap<String, String>,
    source: String,
    confidence: Confidence,
    doubt: Option<String>,
    valid_from: Option<Datetime>,
    valid_to: Option<Datetime>,
    op: Option<Operator>,
    #[serde(default)]
    keys: BTreeMap<String, String>,
    #[serde(default)]
    row_keys: Vec<String>,
    column_key: Option<String>,
    #[serde(default)]
    columns: Vec<String>,
    as_key: Option<String>,
    #[serde(default)]
    label: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    rows: Vec<Spanned<Vec<toml::Value>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSet {
    id: String,
    /// A number, a range or "?"; without it only the other members change.
    value: Option<toml::Value>,
    valid_from: Option<Datetime>,
    valid_to: Option<Datetime>,
    source: String,
    confidence: Option<Confidence>,
    doubt: Option<String>,
}

/// What one cell says.
enum Cell {
    /// No limit applies.
    Absent,
    /// A limit belongs here; its value is not sure enough.
    Empty,
    One(Decimal),
    Between(Decimal, Decimal),
}

/// Adds the rows of a file to `limits`.
pub(super) fn read(text: &str, limits: &mut Limits) -> Result<(), LimitsError> {
    let file: RawFile = toml::from_str(text).map_err(|e| LimitsError {
        line: e.span().map_or(1, |span| line_of(text, &span)),
        message: e.message().to_owned(),
    })?;
    let mut seen = std::collections::HashSet::new();
    for table in &file.table {
        for (span, limit) in table_limits(text, &file.sources, table)? {
            let line = line_of(text, &span);
            if !seen.insert(limit.id.clone()) {
                return Err(LimitsError {
                    line,
                    message: format!("the id '{}' is used twice; give one its own", limit.id),
                });
            }
            if limits.rows.len() >= LIMIT_ROWS_MAX {
                return Err(LimitsError { line, message: format!("more than {LIMIT_ROWS_MAX} limits") });
            }
            limits.put(limit);
        }
    }
    file.set.iter().try_for_each(|set| fill(text, set, limits))
}

/// Where a byte range begins, as a line from 1.
fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().iter().take(span.start);
    1 + before.filter(|&&b| b == b'\n').count()
}

fn table_limits(
    text: &str,
    sources: &BTreeMap<String, String>,
    raw: &Spanned<RawTable>,
) -> Result<Vec<(Range<usize>, Limit)>, LimitsError> {
    let table = raw.get_ref();
    let fault = |span: &Range<usize>, message: String| LimitsError { line: line_of(text, span), message };
    let mut base = base_limit(table).map_err(|m| fault(&raw.span(), m))?;
    if let Some(source) = sources.get(&table.source) {
        base.source.clone_from(source);
    }
    let mut out = Vec::new();
    for row in &table.rows {
        let limits = row_limits(table, &base, row.get_ref()).map_err(|m| fault(&row.span(), m))?;
        out.extend(limits.into_iter().map(|limit| (row.span(), limit)));
    }
    Ok(out)
}

fn base_limit(table: &RawTable) -> Result<Limit, String> {
    if table.column_key.is_some() == table.columns.is_empty() {
        return Err("'column_key' and 'columns' belong together; give both or neither".into());
    }
    let op = table.op.unwrap_or(Operator::AtMost);
    if op == Operator::Range {
        return Err("a range is written in its cell, [min, max]; 'op' is at-most, below or at-least".into());
    }
    Ok(Limit {
        id: table.id.clone(),
        topic: table.topic.clone(),
        keys: table.keys.clone(),
        label_zh: table.label.clone(),
        min: None,
        max: None,
        op,
        unit: table.unit.clone(),
        standard: table.standard.clone(),
        table: table.table.clone(),
        clause: table.clause.clone(),
        valid_from: table.valid_from.as_ref().map(date).transpose()?,
        valid_to: table.valid_to.as_ref().map(date).transpose()?,
        source: table.source.clone(),
        confidence: table.confidence,
        doubt: table.doubt.clone(),
    })
}

fn row_limits(table: &RawTable, base: &Limit, row: &[toml::Value]) -> Result<Vec<Limit>, String> {
    let cells_due = table.columns.len().max(1);
    let due = table.row_keys.len() + cells_due;
    if row.len() != due {
        return Err(format!("a row of {} cells where {due} are due", row.len()));
    }
    let (names, cells) = row.split_at(table.row_keys.len());
    let mut row_base = base.clone();
    for (key, name) in table.row_keys.iter().zip(names) {
        let name = name.as_str().ok_or_else(|| format!("the cell of '{key}' must be text"))?;
        name_part(table, &mut row_base, key, name);
    }
    let mut out = Vec::new();
    for (at, value) in cells.iter().enumerate() {
        let mut limit = row_base.clone();
        if let (Some(key), Some(column)) = (&table.column_key, table.columns.get(at)) {
            name_part(table, &mut limit, key, column);
        }
        match cell(value)? {
            Cell::Absent => continue,
            Cell::Empty => {}
            Cell::One(value) => put_value(&mut limit, value),
            Cell::Between(min, max) => (limit.min, limit.max) = (Some(min), Some(max)),
        }
        if let Some(key) = &table.as_key {
            limit.keys.clone_from(&table.keys);
            limit.keys.insert(key.clone(), limit.id.clone());
        }
        out.push(limit);
    }
    Ok(out)
}

/// Sets the one value of a limit, on the side its operator says.
fn put_value(limit: &mut Limit, value: Decimal) {
    (limit.min, limit.max) = if limit.op == Operator::AtLeast { (Some(value), None) } else { (None, Some(value)) };
}

/// One part of a limit's name: a key, a part of the id, of the label, perhaps another unit. An empty name is none.
fn name_part(table: &RawTable, limit: &mut Limit, key: &str, name: &str) {
    if name.is_empty() {
        return;
    }
    limit.keys.insert(key.to_owned(), name.to_owned());
    limit.id = format!("{}/{name}", limit.id);
    if let Some(label) = table.labels.get(name) {
        limit.label_zh = [limit.label_zh.as_str(), label].join(" ").trim().to_owned();
    }
    if let Some(unit) = table.units.get(name) {
        limit.unit.clone_from(unit);
    }
}

fn cell(value: &toml::Value) -> Result<Cell, String> {
    match value {
        toml::Value::String(s) if s == "-" => Ok(Cell::Absent),
        toml::Value::String(s) if s == "?" => Ok(Cell::Empty),
        toml::Value::Array(pair) => match pair.as_slice() {
            [min, max] => {
                let (min, max) = (decimal(min)?, decimal(max)?);
                if min > max {
                    Err(format!("a range that runs from {min} down to {max}"))
                } else {
                    Ok(Cell::Between(min, max))
                }
            }
            _ => Err("a range has two numbers".into()),
        },
        one => decimal(one).map(Cell::One),
    }
}

/// A number as it was typed: the shortest text of the double is the text in the file.
fn decimal(value: &toml::Value) -> Result<Decimal, String> {
    let text = match value {
        toml::Value::Integer(i) => i.to_string(),
        toml::Value::Float(f) => f.to_string(),
        toml::Value::String(s) => s.clone(),
        other => return Err(format!("'{other}' is not a number; write a number, \"?\" (not set) or \"-\" (none)")),
    };
    Decimal::from_str_exact(&text)
        .map_err(|_| format!("'{text}' is not a number; write a number, \"?\" (not set) or \"-\" (none)"))
}

fn date(raw: &Datetime) -> Result<NaiveDate, String> {
    raw.date
        .and_then(|d| NaiveDate::from_ymd_opt(i32::from(d.year), u32::from(d.month), u32::from(d.day)))
        .ok_or_else(|| format!("'{raw}' is not a date; write it as 2026-01-01"))
}

fn fill(text: &str, raw: &Spanned<RawSet>, limits: &mut Limits) -> Result<(), LimitsError> {
    let fault = |message: String| LimitsError { line: line_of(text, &raw.span()), message };
    let set = raw.get_ref();
    let mut limit = limits.by_id(&set.id).cloned().ok_or_else(|| fault(format!("no limit has the id '{}'", set.id)))?;
    match set.value.as_ref().map(cell).transpose().map_err(fault)? {
        None => {}
        Some(Cell::Absent | Cell::Empty) => (limit.min, limit.max) = (None, None),
        Some(Cell::One(value)) => put_value(&mut limit, value),
        Some(Cell::Between(min, max)) => (limit.min, limit.max) = (Some(min), Some(max)),
    }
    if let Some(from) = &set.valid_from {
        limit.valid_from = Some(date(from).map_err(fault)?);
    }
    if let Some(to) = &set.valid_to {
        limit.valid_to = Some(date(to).map_err(fault)?);
    }
    limit.source.clone_from(&set.source);
    limit.confidence = set.confidence.unwrap_or(limit.confidence);
    limit.doubt = set.doubt.clone().or(limit.doubt);
    limits.put(limit);
    Ok(())
}
