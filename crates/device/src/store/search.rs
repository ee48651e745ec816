//! What full-text search knows of a document, and how a query reads it. Three characters and more go through the trigram
//! index, one or two are looked for in the texts themselves, ids by their digits.

use domain::forms::{FieldType, Form};
use domain::{Value, Values, places};
use pinyin::ToPinyin;
use rusqlite::types::Value as Sql;

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

/// The conditions of a query, each with its arguments, all to hold; over `docs d`.
pub(super) fn conditions(query: &str) -> Vec<(String, Vec<Sql>)> {
    let query = query.to_lowercase();
    query.split_whitespace().take(WORDS_MAX).map(condition).collect()
}

fn condition(word: &str) -> (String, Vec<Sql>) {
    if word.chars().count() < 3 {
        let sql = "d.n in (select n from docs_words where instr(text, ?) > 0)";
        return (sql.to_owned(), vec![Sql::Text(word.to_owned())]);
    }
    let phrase = format!("\"{}\"", word.replace('"', "\"\""));
    // What the index does not have yet, or has in an older form, is looked through.
    let by_text = "select rowid from docs_text where docs_text match ? \
        and rowid not in (select n from docs_words where stale > 0) \
        union all select n from docs_words where stale > 0 and instr(text, ?) > 0";
    let arguments = vec![Sql::Text(phrase), Sql::Text(word.to_owned())];
    let digits: String = word.chars().filter(|c| *c != '-').collect();
    let is_id = digits.len() >= ID_DIGITS_MIN && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_id {
        return (format!("d.n in ({by_text})"), arguments);
    }
    // Only hexadecimal digits are left, so they may stand in the statement.
    let by_id = format!("select n from docs where instr(hex(id), '{}') > 0", digits.to_uppercase());
    (format!("d.n in ({by_text} union all {by_id})"), arguments)
}
