//! One value as a person reads it in a table.

use domain::credit_code::{mask_id, mask_phone};
use domain::forms::{Field, FieldType, Label};
use domain::places;
use serde_json::Value as Json;

use super::Lang;
use super::shape;

/// What a cell holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// A number, with its digits as they were typed.
    Number(String),
    /// Yes or no.
    Bool(bool),
}

impl Cell {
    /// Text, or nothing if there is none.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// As it is read.
    pub fn display(&self, lang: Lang) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Bool(yes) => yes_no(*yes, lang).to_owned(),
        }
    }
}

/// The label in a language.
pub(super) fn label(label: &Label, lang: Lang) -> &str {
    match lang {
        Lang::Zh => &label.zh,
        Lang::En => &label.en,
    }
}

fn yes_no(yes: bool, lang: Lang) -> &'static str {
    match (lang, yes) {
        (Lang::Zh, true) => "是",
        (Lang::Zh, false) => "否",
        (Lang::En, true) => "yes",
        (Lang::En, false) => "no",
    }
}

/// A value of a field as a cell: choices by label, places by name, personal numbers masked.
pub(super) fn cell(field: &Field, value: &Json, lang: Lang) -> Cell {
    if let Some(masked) = masked(field, value) {
        return Cell::text(masked);
    }
    match (field.kind, value) {
        (_, Json::Null) => Cell::Empty,
        (_, Json::Bool(yes)) => Cell::Bool(*yes),
        (FieldType::Choice, Json::String(id)) => Cell::text(choice(field, id, lang)),
        (FieldType::Choices, Json::Array(ids)) => {
            let labels: Vec<&str> = ids.iter().filter_map(Json::as_str).map(|id| choice(field, id, lang)).collect();
            Cell::text(labels.join(if lang == Lang::Zh { "、" } else { ", " }))
        }
        (FieldType::Decimal | FieldType::Int, Json::String(digits)) => Cell::Number(digits.clone()),
        (FieldType::SignatureImage, Json::String(image)) => Cell::text(signature(image, lang)),
        (_, Json::String(text)) => Cell::text(place_name(field, text).unwrap_or(text)),
        (_, Json::Number(number)) => Cell::Number(number.to_string()),
        (_, Json::Array(items)) => Cell::text(items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        (_, Json::Object(_)) => Cell::text(shape::wkt(value)),
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn choice<'a>(field: &'a Field, id: &'a str, lang: Lang) -> &'a str {
    field.choice(id).map_or(id, |c| label(&c.label, lang))
}

/// People know townships and villages by name, and Excel would show a code as 1.10118E+11.
fn place_name(field: &Field, code: &str) -> Option<&'static str> {
    match field.id.as_str() {
        "town" => places::town(code).map(|t| t.name.as_str()),
        "village" => places::village(code).map(|v| v.name),
        _ => None,
    }
}

fn signature(image: &str, lang: Lang) -> &str {
    match (image.starts_with("data:"), lang) {
        (false, _) => image,
        (true, Lang::Zh) => "已签名",
        (true, Lang::En) => "signed",
    }
}

/// A personal number with its middle hidden; `None` if the field holds nothing personal.
pub(super) fn masked(field: &Field, value: &Json) -> Option<String> {
    let phone = field.id.contains("phone");
    if !(phone || field.sensitive) {
        return None;
    }
    let text = plain(value);
    match value {
        Json::Null => None,
        _ if phone => Some(mask_phone(&text)),
        _ => Some(mask_id(&text)),
    }
}
