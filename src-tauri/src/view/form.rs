//! What a form looks like while it is filled: the screens draw this and decide nothing.

use serde::{Deserialize, Serialize};

use super::{Custody, Judgement, Label, State};

/// One field as a person typed it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Typed {
    /// Where.
    pub path: String,
    /// What, read by the field's type: times as RFC 3339, lists and geometry as JSON, choices by id. Empty empties it.
    pub text: String,
}

/// Something to mend or to look at.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// The field, row group or section it is about.
    pub path: String,
    /// Stable: `required`, `range`, `type`, `rows` or the code of the form's rule.
    pub code: String,
    /// `error` holds submitting up, `warning` does not.
    pub severity: String,
    /// What is wrong and what to do.
    pub says: Label,
}

/// A supervisor's remark on a field.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Remark {
    /// Its id.
    pub id: String,
    /// The field it hangs on.
    pub path: String,
    /// Its words.
    pub text: String,
    /// Whether it must be dealt with.
    pub must: bool,
    /// Who wrote it.
    pub author: Option<String>,
    /// When.
    pub at: Option<String>,
}

/// What a submitted record should say instead.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Correction {
    /// The field.
    pub path: String,
    /// What it is called.
    pub label: Label,
    /// What was signed, as typed.
    pub was: String,
    /// What it should be, as typed.
    pub text: String,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub author: Option<String>,
    /// When.
    pub at: Option<String>,
}

/// One of the values a choice may take.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Choice {
    /// What is stored.
    pub id: String,
    /// What is shown.
    pub label: Label,
}

/// A field to fill.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FormField {
    /// Where it is stored.
    pub path: String,
    /// What it is called.
    pub label: Label,
    /// How to fill it.
    pub hint: Option<Label>,
    /// `text` `int` `decimal` `bool` `choice` `choices` `date` `timestamp` `moment` `point` `line` `polygon` `document`
    /// `signature-image` `series` `verdict`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Unit of its number.
    pub unit: Option<String>,
    /// What a choice may be; townships and villages for those codes.
    pub choices: Vec<Choice>,
    /// Needed before the record is submitted.
    pub required: bool,
    /// Not asked for now.
    pub hidden: bool,
    /// Computed, not written by anybody.
    pub derived: bool,
    /// Masked when it is read only.
    pub sensitive: bool,
    /// Smallest number allowed.
    pub min: Option<String>,
    /// Largest number allowed.
    pub max: Option<String>,
    /// The value; geometry as GeoJSON.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub value: serde_json::Value,
    /// The value as it would be typed; empty if there is none.
    pub text: String,
    /// The words of a choice, a township or a village.
    pub words: Vec<Label>,
    /// What it is worth.
    pub judgement: Option<Judgement>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// What a supervisor said about it.
    pub remarks: Vec<Remark>,
    /// Whether it has several values nobody decided between.
    pub contested: bool,
}

/// One row of a repeated group.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FormRow {
    /// Its id in paths: `points/<id>/name`.
    pub id: String,
    /// Which, from 1.
    pub n: u32,
    /// Its fields.
    pub fields: Vec<FormField>,
}

/// An answer of a checklist with its note.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckItem {
    /// `ok`, `problem` or `n/a`.
    pub answer: FormField,
    /// What is to be said about it.
    pub note: Option<FormField>,
}

/// A group of a checklist.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckPart {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub label: Label,
    /// The clauses behind it.
    pub basis: String,
    /// Its items.
    pub items: Vec<CheckItem>,
}

/// One thing of a section, in the order it is drawn.
#[expect(clippy::large_enum_variant, reason = "nearly every item of a form is a field")]
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "item", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum FormItem {
    /// A field.
    Field {
        /// It.
        field: FormField,
    },
    /// Fields under one heading.
    Group {
        /// Its id.
        id: String,
        /// Its heading.
        label: Label,
        /// Its fields.
        fields: Vec<FormField>,
    },
    /// A group that is repeated.
    Rows {
        /// Its id.
        id: String,
        /// Its heading.
        label: Label,
        /// The fewest rows needed.
        min_rows: u32,
        /// Not asked for now.
        hidden: bool,
        /// Its rows.
        rows: Vec<FormRow>,
        /// What is wrong with the group itself.
        problems: Vec<Problem>,
    },
    /// A checklist.
    Checklist {
        /// Its id.
        id: String,
        /// Its heading.
        label: Label,
        /// Its groups.
        parts: Vec<CheckPart>,
    },
    /// The photos of the record.
    Photos {
        /// Its id.
        id: String,
        /// Its heading.
        label: Label,
        /// The fewest needed.
        min_rows: u32,
        /// What is wrong with the set.
        problems: Vec<Problem>,
    },
}

/// A section of a form: one step.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FormSection {
    /// Its name.
    pub id: String,
    /// Its heading.
    pub label: Label,
    /// Not shown now.
    pub hidden: bool,
    /// What holds submitting up in it.
    pub errors: u32,
    /// What is to be looked at in it.
    pub warnings: u32,
    /// Remarks on its fields.
    pub remarks: u32,
    /// What it holds.
    pub items: Vec<FormItem>,
}

/// A move of the workflow that this user may take.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MoveOption {
    /// The state it leads to.
    pub to: String,
    /// What it is called.
    pub label: Label,
    /// What it still lacks; empty if it may be taken now.
    pub missing: Vec<Lacking>,
}

/// One thing a move still needs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Lacking {
    /// For programs.
    pub code: String,
    /// The field to mend, if it is one.
    pub path: Option<String>,
    /// What to do.
    pub says: Label,
}

/// A text that did not fit its field: it was not saved, the others were.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rejected {
    /// Which field.
    pub path: String,
    /// The code.
    pub code: String,
    /// What is wrong and what to type instead.
    pub says: Label,
}

/// A document that another one names.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Named {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// When it was, if it is a visit.
    pub at: Option<String>,
}

/// Everything the screens need to draw one document for filling.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FormState {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// What the kind is called.
    pub kind_label: Label,
    /// What it is called.
    pub title: String,
    /// Its state.
    pub state: Option<State>,
    /// How far it has come.
    pub custody: Custody,
    /// Its site, for an inspection or a task.
    pub site: Option<Named>,
    /// When this device last saved it, RFC 3339; the save is on the disk.
    pub saved_at: Option<String>,
    /// Why it cannot be written: `submitted` or `deleted`.
    pub locked: Option<String>,
    /// Its sections: the steps.
    pub sections: Vec<FormSection>,
    /// Everything to mend or to look at.
    pub problems: Vec<Problem>,
    /// Every remark that is open.
    pub remarks: Vec<Remark>,
    /// What was said about it after it was submitted; what was signed stays as it is.
    pub corrections: Vec<Correction>,
    /// What the user may do with it.
    pub moves: Vec<MoveOption>,
    /// How many fields are contested.
    pub conflicts: u32,
    /// The last visit of the same site, from which may be copied.
    pub last_visit: Option<Named>,
    /// What of the texts given did not fit.
    pub rejected: Vec<Rejected>,
}

/// What copying from the last visit did.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Copied {
    /// From where.
    pub from: Named,
    /// The paths that were copied; what was filled in already stays.
    pub paths: Vec<String>,
    /// The form now.
    pub form: FormState,
}

/// A new row.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AddedRow {
    /// Its id.
    pub row: String,
    /// The form now.
    pub form: FormState,
}

/// A signature to add.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SignatureInput {
    /// Who signs.
    pub name: String,
    /// `officer`, `recorder`, `party` or `witness`.
    pub role: String,
    /// The drawn lines, a `data:image/png;base64,` or `data:image/svg+xml;base64,` address of at most 48 KiB.
    pub image: String,
}

/// One line of the check list before leaving.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LeaveLine {
    /// The field a tap leads to; of another document if `record` is not the one asked for.
    pub path: String,
    /// The document of the field: the record or one of its photos.
    pub record: String,
    /// Stable.
    pub code: String,
    /// `submit` (submitting waits for it), `case` (a sound case file needs it), `look` (a doubt).
    pub weight: String,
    /// Whether it can only be done here and now, on site.
    pub only_here: bool,
    /// What is missing and what to do.
    pub says: Label,
}

/// The check list before leaving.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LeaveList {
    /// What is left, first what cannot be done later.
    pub lines: Vec<LeaveLine>,
    /// What is done, in words.
    pub done: Vec<Label>,
    /// Whether it may be submitted now.
    pub may_submit: bool,
}

/// A noise series in figures.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct NoiseSeries {
    /// The levels, dB, as they were read; `text` of a series field is this list as JSON.
    pub samples: Vec<String>,
    /// What to write to a `series` field.
    pub text: String,
    /// Figures in dB, one decimal.
    pub leq_db: String,
    /// Exceeded 10 % of the time.
    pub l10_db: String,
    /// Exceeded half of the time.
    pub l50_db: String,
    /// Exceeded 90 % of the time.
    pub l90_db: String,
    /// The highest.
    pub lmax_db: String,
    /// The lowest.
    pub lmin_db: String,
    /// The column of a meter's file it came from, if there were headings.
    pub column: Option<String>,
    /// Lines that held no level.
    pub skipped: u32,
}
