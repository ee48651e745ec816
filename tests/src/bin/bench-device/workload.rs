//! The workload's files read as a person's entries: a document is a site of the benchmark's form.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use device::capture::{self, Given, NewDoc};
use device::store::Store;
use device::{Home, Now};
use domain::{DocId, DocType, Value, places};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// Writes of one transaction: one wait for the disk serves them all, and none is reported before it.
const WRITES_AT_ONCE: usize = 10_000;
/// The kind of the benchmark's records (`tests/bench/form/bench.toml`).
pub const KIND: &str = "bench";
/// The workload's invented townships, each with two ranks; they stand for the first ones of the district's list.
const PLACES: [&str; 10] = ["龙泉", "青山", "白水", "石桥", "双河", "太平", "永兴", "高坪", "金竹", "黄荆"];

/// A document to make.
pub struct Made {
    id: DocId,
    given: Given,
}

/// The code that stands for an invented township.
fn town_code(name: &str) -> Result<&'static str> {
    let place = PLACES.iter().position(|p| name.starts_with(p)).context("a township of the workload")?;
    let at = place * 2 + usize::from(name.ends_with('乡'));
    Ok(&places::towns()[at].code)
}

/// A field and its value as a person would type it.
fn entry(field: &str, value: &Json) -> Result<(String, String)> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(if field == "township" { ("town".into(), town_code(&text)?.into()) } else { (field.into(), text) })
}

fn id(json: &Json) -> Result<DocId> {
    Ok(json["id"].as_str().context("an id")?.parse()?)
}

/// One line of `docs.jsonl`; a `position` (LAT,LON) is where the record is.
pub fn document(line: &str) -> Result<Made> {
    let json: Json = serde_json::from_str(line)?;
    let fields = json.as_object().context("a document")?.iter().filter(|(field, _)| *field != "id");
    let set = fields.map(|(field, value)| entry(field, value)).collect::<Result<_>>()?;
    Ok(Made { id: id(&json)?, given: Given { set, ..Given::default() } })
}

/// Every document of a file.
pub fn documents(file: &Path) -> Result<Vec<Made>> {
    std::fs::read_to_string(file)?.lines().map(document).collect()
}

pub fn create(store: &mut Store, file: &Path) -> Result<()> {
    create_all(store, documents(file)?)
}

pub fn create_all(store: &mut Store, documents: Vec<Made>) -> Result<()> {
    let new =
        |made: Made| (made.id, NewDoc { doc_type: DocType::Site, kind: KIND.into(), site: None, given: made.given });
    let documents: Vec<(DocId, NewDoc)> = documents.into_iter().map(new).collect();
    for group in documents.chunks(WRITES_AT_ONCE) {
        let mut now = Now::system();
        store.write(|w| group.iter().try_for_each(|(id, new)| capture::create_as(w, &mut now, *id, new)))?;
    }
    Ok(())
}

pub fn edit(store: &mut Store, file: &Path) -> Result<()> {
    let edits: Vec<Json> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let read = |edit: &Json| {
        let entry = entry(edit["field"].as_str().context("a field")?, &edit["value"])?;
        Ok((id(edit)?, Given { set: vec![entry], ..Given::default() }))
    };
    let edits: Vec<(DocId, Given)> = edits.iter().map(read).collect::<Result<_>>()?;
    for group in edits.chunks(WRITES_AT_ONCE) {
        let mut now = Now::system();
        store.write(|w| {
            for (id, given) in group {
                capture::set(w, &mut now, *id, given)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// What the device holds in one line: documents, fields with several values, a digest of all values.
pub fn dump(home: &Home) -> Result<String> {
    let ids = home.store.all()?;
    let (mut conflicts, mut digest) = (0, Sha256::new());
    for id in &ids {
        let seen = home.store.reader().view(*id)?;
        conflicts += seen.view.conflicts.len();
        digest.update(id.as_bytes());
        for (path, value) in &seen.view.values {
            digest.update(path);
            let several = seen.view.conflicts.get(path).map(|puts| puts.iter().map(|p| &p.value).collect());
            let mut values: Vec<&Value> = several.unwrap_or_else(|| vec![value]);
            values.sort();
            values.iter().for_each(|v| digest.update(v.to_json().to_string()));
        }
    }
    ensure!(!ids.is_empty(), "the device holds nothing");
    Ok(format!("docs={} conflicts={conflicts} digest={}", ids.len(), &format!("{:x}", digest.finalize())[..16]))
}
