//! What the screens are given. These types are the boundary: `ui/field/src/api/types.ts` is generated from them.

mod form;
mod home;
mod map;
mod photo;
mod position;
mod settings;
mod site;
mod sync;

pub use form::*;
pub use home::*;
pub use map::*;
pub use photo::*;
pub use position::*;
pub use settings::*;
pub use site::*;
pub use sync::*;

use serde::{Deserialize, Serialize};

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Label {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&domain::forms::Label> for Label {
    fn from(l: &domain::forms::Label) -> Self {
        Self { zh: l.zh.clone(), en: l.en.clone() }
    }
}

impl Label {
    /// A name that is the same in both languages.
    pub fn name(text: &str) -> Self {
        Self { zh: text.to_owned(), en: text.to_owned() }
    }
}

/// How far a record with all its photos has come, by receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Custody {
    /// On this device only.
    Device,
    /// A relay has it.
    Relay,
    /// The server has it.
    Server,
}

/// A workflow state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct State {
    /// Its id.
    pub id: String,
    /// Its word.
    pub label: Label,
    /// Whether people disagree about it; then no single word may stand for it.
    pub contested: bool,
}

/// A value with what is needed to read it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Fact {
    /// Where it is stored.
    pub path: String,
    /// What the field is called.
    pub label: Label,
    /// What the field holds: `text`, `decimal`, `point` …
    #[serde(rename = "type")]
    pub kind: String,
    /// Unit of a number.
    pub unit: Option<String>,
    /// The value; geometry as GeoJSON.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub value: serde_json::Value,
    /// The words of a choice, a township or a village, which stand for the value.
    pub words: Vec<Label>,
    /// Whether it was computed: then it may be rounded for reading, while a typed number never is.
    pub derived: bool,
}

/// A circle on the map.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NearBy {
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lon: f64,
    /// Radius, kilometres.
    pub km: f64,
}

/// Which part of the ledger.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LedgerQuery {
    /// Only this kind.
    pub kind: Option<String>,
    /// Words that all occur; empty for all. Initials of the pinyin count too.
    pub search: String,
    /// Only this state.
    #[serde(default)]
    pub state: Option<String>,
    /// Only this township, 9 digits.
    #[serde(default)]
    pub town: Option<String>,
    /// Only sites whose deadline is over and that are not done with.
    #[serde(default)]
    pub overdue: bool,
    /// Only within so many kilometres of a place, the nearest first.
    #[serde(default)]
    pub near: Option<NearBy>,
    /// Rows to pass over.
    pub offset: u32,
    /// Rows wanted.
    pub limit: u32,
}

/// One site of the ledger.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LedgerRow {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// What it is called; empty while it has no name.
    pub title: String,
    /// Its state; of a state in conflict the most cautious.
    pub state: Option<State>,
    /// The few facts under the title.
    pub facts: Vec<Fact>,
    /// How far it has come.
    pub custody: Custody,
    /// Fields in conflict.
    pub conflicts: u32,
    /// Metres from the place asked for.
    #[serde(rename = "distanceM")]
    pub distance_m: Option<f64>,
    /// Whether its deadline is over and it is not done with.
    pub overdue: bool,
}

/// A page of the ledger.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LedgerPage {
    /// Its rows.
    pub rows: Vec<LedgerRow>,
    /// Rows of all pages.
    pub total: u32,
}

/// How many sites of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KindCount {
    /// The kind.
    pub kind: String,
    /// What it is called.
    pub label: Label,
    /// How many.
    pub n: u32,
}

/// How many sites there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Counts {
    /// Of all kinds.
    pub all: u32,
    /// By kind, those without any included.
    pub kinds: Vec<KindCount>,
}

/// One of several values that people wrote without knowing of each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rival {
    /// The value.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub value: serde_json::Value,
    /// Its words, if it is a choice.
    pub words: Vec<Label>,
    /// Who wrote it.
    pub author: Option<String>,
    /// On which device.
    pub device: Option<String>,
    /// When, by that device's clock.
    pub at: Option<String>,
}

/// A value held against its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// `compliant`, `not-judged`, `cannot-be-judged`, `exceeds`, `void`.
    pub verdict: String,
    /// The value that was compared, after correction and rounding.
    pub value: Option<String>,
    /// Its unit.
    pub unit: String,
    /// The limit alone, with its sign: `≤ 60`.
    pub bound: Option<String>,
    /// The standard with its year.
    pub standard: String,
    /// The table in it, if any.
    pub table: String,
    /// The clause in it, if any.
    pub clause: String,
    /// `high`, `medium`, `low` or `unverified`.
    pub confidence: String,
    /// The code of the reason.
    pub reason_code: Option<String>,
    /// The limit with its unit, standard and table.
    pub limit: Option<String>,
    /// Why it could not be judged, or a caveat.
    pub reason: Option<Label>,
    /// What is not settled about the limit.
    pub doubt: Option<String>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Field {
    /// What is shown.
    pub fact: Fact,
    /// What it is worth.
    pub judgement: Option<Judgement>,
    /// All the values, where there are several; the shown one is among them.
    pub rivals: Vec<Rival>,
}

/// Fields that belong together: the plain ones of a section, a row of a repeated group, a group of a checklist.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Group {
    /// Its heading, if it has one.
    pub label: Option<Label>,
    /// Which row, from 1.
    pub row: Option<u32>,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A section of a form with what is filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Section {
    /// Its name in the form.
    pub id: String,
    /// Its heading.
    pub label: Label,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// A picture of a record.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Photo {
    /// The photo document, which also names its thumbnail.
    pub id: String,
    /// What it proves.
    pub proves: Option<String>,
    /// How far it has come.
    pub custody: Custody,
}

/// A record.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// What the form calls its kind.
    pub kind_label: Label,
    /// What it is called.
    pub title: String,
    /// Its state.
    pub state: Option<State>,
    /// Its local code.
    pub code: Option<String>,
    /// Its township.
    pub town: Option<Label>,
    /// How far it has come with all its photos.
    pub custody: Custody,
    /// Fields in conflict.
    pub conflicts: u32,
    /// What is filled in, by section of the form.
    pub sections: Vec<Section>,
    /// Its pictures.
    pub photos: Vec<Photo>,
}

/// Whose device this is.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct About {
    /// Of this program.
    pub version: String,
    /// Where the data lies.
    pub home: String,
    /// Who works with it, once enrolled.
    pub user: Option<String>,
    /// The server, once enrolled.
    pub server: Option<String>,
    /// Records on this device.
    pub records: u32,
}
