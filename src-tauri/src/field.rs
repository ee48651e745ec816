//! A stored value as a fact that a screen can read without knowing the form.

use domain::forms::{Field as FormField, FieldType};
use domain::{Value, places};
use serde_json::Value as Json;

use crate::view::{Fact, Judgement, Label};

/// Digits of a masked number that stay readable at its start and its end.
const MASK_KEEPS: (usize, usize) = (3, 4);

/// The fact of one field.
pub fn fact(field: &FormField, path: String, value: &Value) -> Fact {
    let (value, words) = value_and_words(field, value);
    Fact {
        path,
        label: Label::from(&field.label),
        kind: kind_word(field.kind),
        unit: field.unit.clone(),
        value,
        words,
        derived: field.derived,
    }
}

/// The value as JSON, masked if it is sensitive, and the words that stand for it.
pub fn value_and_words(field: &FormField, value: &Value) -> (Json, Vec<Label>) {
    match value {
        Value::Text(text) if field.sensitive => (Json::String(masked(text)), Vec::new()),
        other => (other.to_json(), words(field, other)),
    }
}

fn kind_word(kind: FieldType) -> String {
    let word = FieldType::WORDS.iter().find(|(_, t)| *t == kind).map(|(word, _)| *word);
    word.unwrap_or_default().to_owned()
}

fn words(field: &FormField, value: &Value) -> Vec<Label> {
    let choice = |id: &str| field.choice(id).map_or_else(|| Label::name(id), |c| Label::from(&c.label));
    match (field.kind, value) {
        (FieldType::Choice, Value::Text(id)) => vec![choice(id)],
        (FieldType::Choices, Value::List(ids)) => ids.iter().filter_map(Value::as_text).map(choice).collect(),
        (FieldType::Text, Value::Text(code)) => place(&field.id, code).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn place(field: &str, code: &str) -> Option<Label> {
    match field {
        "town" => town(code),
        "village" => places::village(code).map(|v| Label::name(v.name)),
        _ => None,
    }
}

/// The name of a township.
pub fn town(code: &str) -> Option<Label> {
    places::town(code).map(|t| Label::name(&t.name))
}

/// `13812342706` → `138****2706`; what is too short to show anything of shows nothing.
fn masked(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let (start, end) = MASK_KEEPS;
    if all.len() < start + end + 4 {
        return "*".repeat(all.len());
    }
    let hidden = "*".repeat(all.len() - start - end);
    all[..start].iter().copied().chain(hidden.chars()).chain(all[all.len() - end..].iter().copied()).collect()
}

/// A judgement in one line a part.
pub fn judgement(j: &domain::judgement::Judgement) -> Judgement {
    Judgement {
        verdict: j.verdict.as_str().to_owned(),
        value: j.value.map(|v| v.to_string()),
        unit: j.unit.clone(),
        bound: bound(j),
        standard: j.standard.clone(),
        table: j.table.clone(),
        clause: j.clause.clone(),
        confidence: format!("{:?}", j.confidence).to_lowercase(),
        reason_code: j.reason.as_ref().map(|r| r.code.as_str().to_owned()),
        limit: limit_line(j),
        reason: j.reason.as_ref().map(|r| Label { zh: r.zh.clone(), en: r.en.clone() }),
        doubt: j.doubt.clone(),
    }
}

/// `≤ 60 dB(A) · GB 12348-2008 表1`
fn limit_line(j: &domain::judgement::Judgement) -> Option<String> {
    let value = [bound(j)?.as_str(), &j.unit].join(" ");
    let basis =
        [&*j.standard, &*j.table, &*j.clause].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ");
    Some(if basis.is_empty() { value.trim_end().to_owned() } else { format!("{} · {basis}", value.trim_end()) })
}

/// `≤ 60`
fn bound(j: &domain::judgement::Judgement) -> Option<String> {
    let limit = j.limit?.normalize();
    Some(match j.limit_min {
        Some(min) => format!("{} {} {limit}", min.normalize(), j.operator.symbol()),
        None => format!("{} {limit}", j.operator.symbol()),
    })
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_masked_number_shows_its_ends_only_when_enough_stays_hidden() {
        assert_eq!(masked("13812342706"), "138****2706");
        assert_eq!(masked("110118199001011234"), "110***********1234");
        assert_eq!(masked("60010203"), "********");
        assert_eq!(masked("王建国"), "***");
    }
}
