//! A form as the rest of the program sees it: sections to draw, fields to read, expressions already compiled.

use std::collections::HashMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Serialize;

use super::expression::Expression;
use super::settings::Settings;
use super::workflow::Workflow;
use crate::DocType;
use crate::limits::Limits;

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Chinese, as inspectors say it.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One of the values a choice may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What is stored.
    pub id: String,
    /// What is shown.
    #[serde(flatten)]
    pub label: Label,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldType {
    /// Free text.
    Text,
    /// A whole number.
    Int,
    /// A decimal number, kept as typed.
    Decimal,
    /// Yes or no.
    Bool,
    /// One of the field's choices.
    Choice,
    /// Several of the field's choices.
    Choices,
    /// A day.
    Date,
    /// A time with its offset from UTC (RFC 3339).
    Timestamp,
    /// A time, or a day where only the day is known.
    Moment,
    /// A position.
    Point,
    /// A walked line.
    Line,
    /// An area.
    Polygon,
    /// The id of another document.
    Document,
    /// A drawn signature: the id of a photo, or a small picture as a data address.
    SignatureImage,
    /// A list of numbers.
    Series,
    /// The outcome of a judgement; always computed.
    Verdict,
}

impl FieldType {
    /// The types a form file may name, with their words.
    pub const WORDS: [(&'static str, Self); 16] = [
        ("text", Self::Text),
        ("int", Self::Int),
        ("decimal", Self::Decimal),
        ("bool", Self::Bool),
        ("choice", Self::Choice),
        ("choices", Self::Choices),
        ("date", Self::Date),
        ("timestamp", Self::Timestamp),
        ("moment", Self::Moment),
        ("point", Self::Point),
        ("line", Self::Line),
        ("polygon", Self::Polygon),
        ("document", Self::Document),
        ("signature-image", Self::SignatureImage),
        ("series", Self::Series),
        ("verdict", Self::Verdict),
    ];

    /// The type a form file means by a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(w, _)| *w == word).map(|(_, t)| *t)
    }
}

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// To be looked at; does not hold a record up.
    Warning,
    /// A record with this may be saved, but not submitted.
    Error,
}

/// What must hold, and what to say if it does not.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Stable, for programs.
    pub code: String,
    /// Broken only where this gives `false`; a missing input gives neither.
    pub must: Expression,
    /// What is wrong and what to do.
    pub says: Label,
    /// How much it weighs.
    pub severity: Severity,
}

/// One field of a form: what is stored under one path, or under one name in every row of a group.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// The path, `*` standing for a row: `points/*/leq_db`.
    pub pattern: String,
    /// The last part of the path.
    pub id: String,
    /// What it is called.
    #[serde(flatten)]
    pub label: Label,
    /// How to fill it.
    pub hint: Option<Label>,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Unit of its number.
    pub unit: Option<String>,
    /// What a choice may be.
    pub choices: Arc<[Choice]>,
    /// Needed before the record is submitted.
    pub required: bool,
    /// Smallest number allowed.
    pub min: Option<Decimal>,
    /// Largest number allowed.
    pub max: Option<Decimal>,
    /// Masked in lists and exports, and its reading is logged.
    pub sensitive: bool,
    /// Seldom changes from one visit of a site to the next: offered for copying.
    pub carry: bool,
    /// Concurrent values are not worth a person's time: the latest counts.
    pub merge_latest: bool,
    /// Derived from other fields and not written by anybody.
    pub derived: bool,
    /// Needed where this holds.
    #[serde(skip)]
    pub required_if: Option<Expression>,
    /// Only asked for where this holds.
    #[serde(skip)]
    pub visible_if: Option<Expression>,
    /// How it is computed; with `derived` false, a typed value stands where this gives nothing.
    #[serde(skip)]
    pub computed: Option<Expression>,
    /// Rules over its value.
    #[serde(skip)]
    pub rules: Vec<Rule>,
    /// How its value is judged against a limit.
    #[serde(skip)]
    pub verdict: Option<Expression>,
}

impl Field {
    /// A field with nothing special about it.
    pub(super) fn plain(pattern: &str, kind: FieldType, zh: &str, en: &str) -> Self {
        Self {
            id: pattern.rsplit('/').next().unwrap_or(pattern).to_owned(),
            pattern: pattern.to_owned(),
            label: Label { zh: zh.to_owned(), en: en.to_owned() },
            hint: None,
            kind,
            unit: None,
            choices: Arc::new([]),
            required: false,
            min: None,
            max: None,
            sensitive: false,
            carry: false,
            merge_latest: false,
            derived: false,
            required_if: None,
            visible_if: None,
            computed: None,
            rules: Vec::new(),
            verdict: None,
        }
    }

    /// The choice with this id.
    #[must_use]
    pub fn choice(&self, id: &str) -> Option<&Choice> {
        self.choices.iter().find(|c| c.id == id)
    }

    /// The group this field is a row field of.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.pattern.split_once("/*/").map(|(group, _)| group)
    }

    /// Its path in a row of its group, or the path itself outside a group.
    #[must_use]
    pub fn path(&self, row: Option<&str>) -> String {
        row.map_or_else(|| self.pattern.clone(), |row| self.pattern.replacen('*', row, 1))
    }
}

/// One thing of a section, in the order it is drawn.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "item")]
pub enum Item {
    /// A field.
    Field {
        /// Its place among the form's fields.
        field: usize,
    },
    /// A group that is repeated: `points/<row>/<field>`.
    Rows(Rows),
    /// Fields under one name: `site_rules/<field>`.
    Group {
        /// The name before the slash.
        id: String,
        /// What it is called.
        #[serde(flatten)]
        label: Label,
        /// Its fields.
        fields: Vec<usize>,
    },
    /// A checklist: `checks/<group>/<item>` and its note.
    Checklist {
        /// The name before the slash.
        id: String,
        /// What it is called.
        #[serde(flatten)]
        label: Label,
        /// Its groups.
        groups: Vec<CheckGroup>,
    },
    /// A set of photos: `photos/<photo id>`.
    Photos {
        /// The name before the slash.
        id: String,
        /// What it is called.
        #[serde(flatten)]
        label: Label,
        /// The fewest needed.
        min_rows: u32,
    },
}

/// A repeated group.
#[derive(Clone, Debug, Serialize)]
pub struct Rows {
    /// The name before the slash.
    pub id: String,
    /// What it is called.
    #[serde(flatten)]
    pub label: Label,
    /// The fewest rows needed before the record is submitted.
    pub min_rows: u32,
    /// The fields of each row.
    pub fields: Vec<usize>,
    /// Only asked for where this holds.
    #[serde(skip)]
    pub visible_if: Option<Expression>,
    /// Rules over all the rows.
    #[serde(skip)]
    pub rules: Vec<Rule>,
}

/// One group of a checklist.
#[derive(Clone, Debug, Serialize)]
pub struct CheckGroup {
    /// The second part of the path.
    pub id: String,
    /// What it is called.
    #[serde(flatten)]
    pub label: Label,
    /// The clauses behind it.
    pub basis: String,
    /// The fields of the answers, in order; each note follows its answer under `…/note`.
    pub items: Vec<usize>,
}

/// A part of a form under one heading.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Its name, unique in the form.
    pub id: String,
    /// Its heading.
    #[serde(flatten)]
    pub label: Label,
    /// Only shown where this holds.
    #[serde(skip)]
    pub visible_if: Option<Expression>,
    /// What it holds.
    pub items: Vec<Item>,
}

/// A form: how one kind of document is filled, checked and judged.
#[derive(Clone, Debug, Serialize)]
pub struct Form {
    /// `site/noise`, or `photo` where there are no kinds.
    pub id: String,
    /// What it describes.
    pub doc_type: DocType,
    /// The kind; empty for a document type without kinds.
    pub kind: String,
    /// Grows with every change of the form.
    pub version: u32,
    /// What the kind is called.
    pub label: Label,
    /// The field that serves as a document's title.
    pub title: String,
    /// What is drawn, in order.
    pub sections: Vec<Section>,
    /// All fields, those of rows and those every document has included.
    pub fields: Vec<Field>,
    /// States and moves, if it has any.
    pub workflow: Option<Arc<Workflow>>,
    /// Whether expressions may use `site`.
    #[serde(skip)]
    pub(super) has_site: bool,
    #[serde(skip)]
    pub(super) by_pattern: HashMap<String, usize>,
    #[serde(skip)]
    pub(super) limits: Arc<Limits>,
    #[serde(skip)]
    pub(super) settings: Arc<Settings>,
}

/// A field as one path names it.
#[derive(Clone, Copy, Debug)]
pub struct FieldRef<'a> {
    /// The field.
    pub field: &'a Field,
    /// The row, where the field belongs to a repeated group.
    pub row: Option<&'a str>,
}

/// Longest name of a row, in bytes.
pub const ROW_ID_BYTES_MAX: usize = 64;

impl Form {
    /// The field that a path names; `None` if the form has none there.
    #[must_use]
    pub fn field<'a>(&'a self, path: &'a str) -> Option<FieldRef<'a>> {
        if let Some(&at) = self.by_pattern.get(path).filter(|_| !path.contains('*')) {
            return Some(FieldRef { field: &self.fields[at], row: None });
        }
        let (group, rest) = path.split_once('/')?;
        let (row, pattern) = match rest.split_once('/') {
            Some((row, id)) => (row, format!("{group}/*/{id}")),
            None => (rest, format!("{group}/*")),
        };
        let at = *self.by_pattern.get(&pattern).filter(|_| is_row_id(row))?;
        Some(FieldRef { field: &self.fields[at], row: Some(row) })
    }

    /// All paths a document of this form can have, with `*` for a row.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|f| f.pattern.as_str())
    }

    /// The repeated groups.
    pub fn rows(&self) -> impl Iterator<Item = &Rows> {
        self.sections.iter().flat_map(|s| &s.items).filter_map(|item| match item {
            Item::Rows(rows) => Some(rows),
            _ => None,
        })
    }

    /// The limits this form judges by: those that ship, and those its own files bring.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

fn is_row_id(row: &str) -> bool {
    let fits = !row.is_empty() && row.len() <= ROW_ID_BYTES_MAX;
    fits && !row.contains(|c: char| c.is_control() || c.is_whitespace() || c == '*' || c == '/')
}
