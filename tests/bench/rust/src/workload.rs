//! The workload's files: documents, one a line, and edits.

use anyhow::{Context, Result};
use serde_json::Value as Json;
use uuid::Uuid;

/// Text fields before and after the twenty mixed ones, in the order of the file.
const FIRST: [&str; 4] = ["kind", "site_id", "township", "status"];
const MIXED: usize = 20;

/// What a field holds.
#[derive(Clone)]
pub enum Scalar {
    Whole(i64),
    Fraction(f64),
    Text(String),
}

/// Writes to one document: field name and new value.
pub struct Write {
    pub doc: [u8; 16],
    pub fields: Vec<(String, Scalar)>,
}

/// The names of all fields.
pub fn field_names() -> Vec<String> {
    let mixed = (1..=MIXED).map(|n| format!("f{n:02}"));
    FIRST.iter().map(|f| (*f).to_owned()).chain(mixed).chain(["remarks".to_owned()]).collect()
}

fn scalar(json: &Json) -> Result<Scalar> {
    match json {
        Json::String(text) => Ok(Scalar::Text(text.clone())),
        Json::Number(number) => {
            let whole = number.as_i64().map(Scalar::Whole);
            whole.or_else(|| number.as_f64().map(Scalar::Fraction)).context("a number")
        }
        other => anyhow::bail!("no field of the workload holds {other}"),
    }
}

fn id(json: &Json) -> Result<[u8; 16]> {
    Ok(*Uuid::parse_str(json["id"].as_str().context("an id")?)?.as_bytes())
}

pub fn documents(path: &str) -> Result<Vec<Write>> {
    let text = std::fs::read_to_string(path)?;
    let names = field_names();
    let read = |line: &str| {
        let json: Json = serde_json::from_str(line)?;
        let fields = names.iter().map(|name| Ok((name.clone(), scalar(&json[name])?))).collect::<Result<_>>()?;
        Ok(Write { doc: id(&json)?, fields })
    };
    text.lines().map(read).collect()
}

pub fn edits(path: &str) -> Result<Vec<Write>> {
    let json: Vec<Json> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let read = |edit: &Json| {
        let field = edit["field"].as_str().context("a field")?.to_owned();
        Ok(Write { doc: id(edit)?, fields: vec![(field, scalar(&edit["value"])?)] })
    };
    json.iter().map(read).collect()
}
