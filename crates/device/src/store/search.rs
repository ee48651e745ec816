//! What full-text search knows of a document, and how a query reads it: words through the indexes of their texts, ids by
//! their digits.

use domain::forms::{FieldType, Form};
use domain::grams::{Bits, has};
use domain::{Value, Values, places};
use pinyin::ToPinyin;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::texts;
use crate::error::Result;

/// Most words of one query that count.
const WORDS_MAX: usize = 8;
/// Shortest run of id digits that is looked for among the ids; fewer would find records by chance for whoever types a number.
const ID_DIGITS_MIN: usize = 8;

/// The text a document is found by: title, codes, address, places by name, every free text that is not sensitive.
pub(super) fn text_of(form: Option<&Form>, values: &Values, title: &str) -> String {
    let mut parts = vec![title.to_owned()];
    for (path, value) in values {
        match path.as_str() {
            "state" | "lifecycle" | "site" | "of" | "sha256" | "mime" => continue,
            "town" => parts.extend(value.as_text().map(place_words)),
            "village" => parts.extend(value.as_text().map(place_words)),
            _ => words_of(form, path, value, &mut parts),
        }
    }
    parts.push(initials(title));
    parts.dedup();
    parts.join("\n").to_lowercase()
}

/// The first letters of the pinyin of a name: `令公村南` is found by `lgcn`. Of a character with several readings the
/// most frequent counts.
fn initials(name: &str) -> String {
    name.chars().filter_map(|c| c.to_pinyin().map(|p| p.first_letter())).collect()
}

fn place_words(code: &str) -> String {
    let name = places::village(code).map(|v| v.name).or_else(|| places::town(code).map(|t| t.name.as_str()));
    name.map_or_else(|| code.to_owned(), |name| format!("{name} {code}"))
}

fn words_of(form: Option<&Form>, path: &str, value: &Value, out: &mut Vec<String>) {
    let field = form.and_then(|f| f.field(path)).map(|found| found.field);
    let Some(field) = field else {
        out.extend(value.as_text().map(str::to_owned));
        return;
    };
    if field.sensitive {
        return;
    }
    let label = |id: &str| field.choice(id).map_or_else(|| id.to_owned(), |c| c.label.zh.clone());
    match (field.kind, value) {
        (FieldType::Text, Value::Text(text)) => out.push(text.clone()),
        (FieldType::Choice, Value::Text(id)) => out.push(label(id)),
        (FieldType::Choices, Value::List(ids)) => out.extend(ids.iter().filter_map(Value::as_text).map(label)),
        _ => {}
    }
}

/// The numbers of the documents that have all words of a query; `None` for a query without words.
pub(super) fn found(db: &Connection, query: &str) -> Result<Option<Bits>> {
    let query = query.to_lowercase();
    let mut all: Option<Bits> = None;
    for word in query.split_whitespace().take(WORDS_MAX) {
        let mut with = texts::with_word(db, word)?;
        add_by_id(db, word, &mut with)?;
        match &mut all {
            Some(all) => all.keep(&with),
            None => all = Some(with),
        }
    }
    Ok(all)
}

/// Adds the documents whose id has these digits.
fn add_by_id(db: &Connection, word: &str, found: &mut Bits) -> Result<()> {
    let digits: String = word.chars().filter(|c| *c != '-').collect();
    if digits.len() < ID_DIGITS_MIN || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    let mut statement = db.prepare_cached("select n from docs where instr(hex(id), ?1) > 0")?;
    let mut rows = statement.query([digits.to_uppercase()])?;
    while let Some(row) = rows.next()? {
        found.add(row.get(0)?);
    }
    Ok(())
}

/// Teaches a connection `found(set, n)`: a list is walked in its own order, and asked row by row whether it was found.
pub(super) fn teach(db: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    Ok(db.create_scalar_function("found", 2, flags, |context| {
        let set = context.get_raw(0).as_blob()?;
        Ok(has(set, context.get::<i64>(1)?))
    })?)
}
