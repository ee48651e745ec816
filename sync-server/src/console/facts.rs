//! A stored value as a fact that a page can show without knowing the form.

use domain::forms::{Field, FieldType};
use domain::judgement::Judgement;
use domain::{Value, places};
use serde::Serialize;
use serde_json::Value as Json;

use super::catalogue::{Words, type_word};

/// Characters of a masked number that stay readable at its start and its end.
const MASK_KEEPS: (usize, usize) = (3, 4);
/// The fewest that are hidden, or nothing is shown.
const MASK_HIDES_MIN: usize = 4;

/// A value with what is needed to read it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Fact {
    /// Where it is stored.
    pub path: String,
    /// What the field is called.
    pub label: Words,
    /// What the field holds: `text`, `decimal`, `point` …
    #[serde(rename = "type")]
    pub kind: String,
    /// Unit of a number.
    pub unit: Option<String>,
    /// The value, masked if it is sensitive; geometry as GeoJSON.
    #[schema(value_type = serde_json::Value)]
    pub value: Json,
    /// The words of a choice, a township or a village, which stand for the value.
    pub words: Vec<Words>,
    /// Whether it was computed: then it may be rounded for reading, while a typed number never is.
    pub derived: bool,
}

/// One of several concurrent values.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Rival {
    /// The value, masked if it is sensitive.
    #[schema(value_type = serde_json::Value)]
    pub value: Json,
    /// The words that stand for it.
    pub words: Vec<Words>,
    /// Who wrote it.
    pub author: String,
    /// On which device.
    pub device: u32,
    /// When, by that device's clock, RFC 3339.
    pub at: String,
    /// The write, as `actor:seq`: what a decision has seen.
    pub op: String,
}

/// How a value was judged.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct VerdictShown {
    /// `compliant`, `exceeds`, `cannot-be-judged`, `not-judged` or `void`.
    pub verdict: String,
    /// The limit with its sign, as `≤ 60`; nothing if none applies.
    pub limit: Option<String>,
    /// Its unit.
    pub unit: String,
    /// Standard, table and clause.
    pub basis: String,
    /// Why it was judged so, or not.
    pub reason: Option<Words>,
    /// What is not sure about the limit.
    pub doubt: Option<String>,
}

/// The fact of one field.
#[must_use]
pub fn fact(field: &Field, path: String, value: &Value) -> Fact {
    let (value, words) = value_and_words(field, value);
    let (label, kind) = (Words::from(&field.label), type_word(field.kind));
    Fact { path, label, kind, unit: field.unit.clone(), value, words, derived: field.derived }
}

/// The value as JSON, masked if it is sensitive, and the words that stand for it.
#[must_use]
pub fn value_and_words(field: &Field, value: &Value) -> (Json, Vec<Words>) {
    match value {
        Value::Text(text) if field.sensitive => (Json::String(masked(text)), Vec::new()),
        other => (other.to_json(), words(field, other)),
    }
}

fn words(field: &Field, value: &Value) -> Vec<Words> {
    let choice = |id: &str| field.choice(id).map_or_else(|| Words::name(id), |choice| Words::from(&choice.label));
    match (field.kind, value) {
        (FieldType::Choice, Value::Text(id)) => vec![choice(id)],
        (FieldType::Choices, Value::List(ids)) => ids.iter().filter_map(Value::as_text).map(choice).collect(),
        (FieldType::Text, Value::Text(code)) => place(&field.id, code).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn place(field: &str, code: &str) -> Option<Words> {
    match field {
        "town" => places::town(code).map(|town| Words::name(&town.name)),
        "village" => places::village(code).map(|village| Words::name(village.name)),
        _ => None,
    }
}

/// `13812342706` → `138****2706`; what is too short to show anything of shows nothing.
fn masked(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let (start, end) = MASK_KEEPS;
    if all.len() < start + end + MASK_HIDES_MIN {
        return "*".repeat(all.len());
    }
    let hidden = "*".repeat(all.len() - start - end);
    all[..start].iter().copied().chain(hidden.chars()).chain(all[all.len() - end..].iter().copied()).collect()
}

/// How a value was judged, in parts.
#[must_use]
pub fn verdict(judgement: &Judgement) -> VerdictShown {
    let limit = judgement.limit.map(|limit| match judgement.limit_min {
        Some(min) => format!("{} {} {}", min.normalize(), judgement.operator.symbol(), limit.normalize()),
        None => format!("{} {}", judgement.operator.symbol(), limit.normalize()),
    });
    let basis = [&*judgement.standard, &*judgement.table, &*judgement.clause];
    VerdictShown {
        verdict: judgement.verdict.as_str().to_owned(),
        limit,
        unit: judgement.unit.clone(),
        basis: basis.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "),
        reason: judgement.reason.as_ref().map(|reason| Words { zh: reason.zh.clone(), en: reason.en.clone() }),
        doubt: judgement.doubt.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_masked_number_shows_its_ends_only_when_enough_stays_hidden() {
        assert_eq!(masked("13812342706"), "138****2706");
        assert_eq!(masked("60010203"), "********");
    }
}
