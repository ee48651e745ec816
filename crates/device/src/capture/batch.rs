//! Many records at once: one line each, all of a line or nothing of it.

use std::path::{Path, PathBuf};

use domain::{DocId, DocType};
use serde::Deserialize;
use serde_json::Value as Json;

use super::given::{Given, parse_id, read_at};
use super::new::{NewDoc, create};
use super::photo::take_in;
use super::{edit, moving};
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{Store, Writer};

/// Lines of one transaction: one wait for the disk serves them all, and each is reported only after it.
const LINES_PER_TRANSACTION: usize = 200;

/// One line of a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The type of a new document.
    new: Option<String>,
    /// Its kind.
    kind: Option<String>,
    /// Its site.
    site: Option<String>,
    /// The document to change.
    id: Option<String>,
    /// Fields by path; `null` empties a field.
    #[serde(default)]
    set: serde_json::Map<String, Json>,
    /// Photo files.
    #[serde(default)]
    photos: Vec<PathBuf>,
    /// What the photos prove.
    proves: Option<String>,
    /// `before`, `during` or `after`.
    stage: Option<String>,
    /// `LAT,LON[,ACCURACY_M]`.
    at: Option<String>,
    /// The state to move to, after everything else.
    #[serde(rename = "move")]
    move_to: Option<String>,
    /// A note for the move.
    note: Option<String>,
}

/// What became of a line.
#[derive(Debug)]
pub struct LineResult {
    /// Its number in the file, from 1.
    pub line: usize,
    /// The document it made or changed.
    pub result: Result<DocId>,
}

/// Carries out lines; each result is reported once its transaction is on the disk. Gives how many lines failed.
///
/// # Errors
/// When reading, reporting or the database fails; what was reported is safe.
pub fn batch(
    store: &mut Store,
    lines: impl Iterator<Item = std::io::Result<String>>,
    clock: &mut dyn FnMut() -> Now,
    report: &mut dyn FnMut(LineResult) -> Result<()>,
) -> Result<usize> {
    let mut failed = 0;
    let mut lines = lines.enumerate().peekable();
    while lines.peek().is_some() {
        let (group, stopped) = next_group(&store.photos_dir(), &mut lines);
        for result in carry_out(store, group, &mut clock())? {
            failed += usize::from(result.result.is_err());
            report(result)?;
        }
        if let Some(error) = stopped {
            return Err(error);
        }
    }
    Ok(failed)
}

/// The lines of the next transaction, their photos taken in; and what ends the batch after them, if anything does: the
/// lines before a full disk are still carried out.
fn next_group(
    photos_dir: &Path,
    lines: &mut dyn Iterator<Item = (usize, std::io::Result<String>)>,
) -> (Vec<(usize, Result<Wanted>)>, Option<Error>) {
    let mut group = Vec::with_capacity(LINES_PER_TRANSACTION);
    for (at, line) in lines.take(LINES_PER_TRANSACTION) {
        let text = match line {
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => text,
            Err(source) => return (group, Some(Error::Io { path: PathBuf::from("batch"), source })),
        };
        match prepare(photos_dir, &text) {
            Err(error) if ends_all(&error) => return (group, Some(error)),
            wanted => group.push((at + 1, wanted)),
        }
    }
    (group, None)
}

/// Makes many documents in one transaction, each whole or not at all; every result stands on the disk when this
/// returns. One that is interrupted wrote nothing, so that doing it again makes nothing twice. `done` is told how many
/// more are made.
///
/// # Errors
/// When the database fails; nothing is written then.
pub fn create_all(
    store: &mut Store,
    docs: &[NewDoc],
    now: &mut Now,
    done: &mut dyn FnMut(usize),
) -> Result<Vec<Result<DocId>>> {
    store.write(|w| {
        let one = |doc: &NewDoc| {
            let made = alone(w, |w| create(w, now, doc));
            done(1);
            made
        };
        docs.iter().map(one).collect()
    })
}

/// Runs one item of many: its own fault stays its own, a full or broken disk ends them all.
fn alone(w: &mut Writer<'_>, act: impl FnOnce(&mut Writer<'_>) -> Result<DocId>) -> Result<Result<DocId>> {
    match w.attempt(act) {
        Err(error) if ends_all(&error) => Err(error),
        result => Ok(result),
    }
}

fn ends_all(error: &Error) -> bool {
    matches!(error, Error::Database(_) | Error::DiskFull(_) | Error::Io { .. })
}

/// What a line wants, with its photos on the disk.
enum Wanted {
    New(NewDoc, Then),
    Change(DocId, Given, Then),
}

/// What comes after the fields.
struct Then {
    state: Option<String>,
    note: Option<String>,
}

fn carry_out(store: &mut Store, group: Vec<(usize, Result<Wanted>)>, now: &mut Now) -> Result<Vec<LineResult>> {
    store.write(|w| {
        let mut results = Vec::with_capacity(group.len());
        for (line, wanted) in group {
            let result = match wanted {
                Ok(wanted) => alone(w, |w| one(w, now, &wanted))?,
                Err(error) => Err(error),
            };
            results.push(LineResult { line, result });
        }
        Ok(results)
    })
}

fn one(w: &mut Writer<'_>, now: &mut Now, wanted: &Wanted) -> Result<DocId> {
    let (id, then) = match wanted {
        Wanted::New(new, then) => (create(w, now, new)?, then),
        Wanted::Change(id, given, then) => {
            edit::set(w, now, *id, given)?;
            (*id, then)
        }
    };
    if let Some(state) = &then.state {
        moving::move_to(w, now, id, state, then.note.as_deref())?;
    }
    Ok(id)
}

fn prepare(photos_dir: &Path, text: &str) -> Result<Wanted> {
    let line: Line = serde_json::from_str(text).map_err(|e| {
        Error::request("bad-line", format!("这一行不是有效的 JSON：{e}"), format!("the line is not understood: {e}"))
    })?;
    let mut photos = Vec::with_capacity(line.photos.len());
    for file in &line.photos {
        photos.push(take_in(photos_dir, file, line.proves.as_deref(), line.stage.as_deref())?);
    }
    let set = line.set.iter().map(|(path, value)| (path.clone(), text_of(value))).collect();
    let given = Given { set, photos, at: line.at.as_deref().map(read_at).transpose()? };
    let then = Then { state: line.move_to, note: line.note };
    match (&line.new, &line.id) {
        (Some(doc_type), None) => {
            let doc_type = doc_type.parse::<DocType>().map_err(|e| Error::request("unknown-type", e.clone(), e))?;
            let site = line.site.as_deref().map(parse_id).transpose()?;
            let kind = line.kind.unwrap_or_else(|| "-".into());
            Ok(Wanted::New(NewDoc { doc_type, kind, site, given }, then))
        }
        (None, Some(id)) => Ok(Wanted::Change(parse_id(id)?, given, then)),
        _ => Err(Error::request(
            "bad-line",
            "每行要有 \"new\"（新建）或 \"id\"（修改）其中之一",
            "a line has either \"new\" (with \"kind\") or \"id\"",
        )),
    }
}

/// A JSON value as the text a person would type.
fn text_of(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Number(number) => plain_number(&number.to_string()),
        other => other.to_string(),
    }
}

/// Without an exponent, as forms read numbers.
fn plain_number(text: &str) -> String {
    match rust_decimal::Decimal::from_scientific(text) {
        Ok(d) if text.contains(['e', 'E']) => d.to_string(),
        _ => text.to_owned(),
    }
}
