//! One record for the record page: what is filled in, by section of its form, with verdicts and rival values.

use std::collections::{BTreeMap, BTreeSet};

use domain::document::View;
use domain::forms::{Evaluation, Field, FieldType, Form, Item, row_ids};
use domain::{DocId, DocType, Value, Values};
use serde::Serialize;

use super::catalogue::{Words, type_word};
use super::facts::{Fact, Rival, VerdictShown, fact, value_and_words, verdict};
use crate::accounts::Caller;
use crate::desk::round_of;
use crate::documents::{PhotoShown, candidate, visible};
use crate::error::ServerError;
use crate::permission::Permission;
use crate::presentation::{STATE, TOWN, evaluate, form_of, is_deleted};
use crate::server::Server;
use crate::storage::{DocHead, Stored, Tx, User, read};

/// Most records that a page lists beside one.
const RELATED_MAX: usize = 500;

/// A section of the form with something filled in.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SectionShown {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub label: Words,
    /// Its groups of fields.
    pub groups: Vec<GroupShown>,
}

/// Fields that stand together.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct GroupShown {
    /// What the group is called, if it is a group of its own.
    pub label: Option<Words>,
    /// Which row of a repeated group, from 1.
    pub row: Option<u32>,
    /// The fields.
    pub fields: Vec<FieldShown>,
}

/// A field with what is known of it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FieldShown {
    /// The value and how to read it.
    pub fact: Fact,
    /// How it was judged.
    pub verdict: Option<VerdictShown>,
    /// Every concurrent value, if there are several; the displayed one among them.
    pub rivals: Vec<Rival>,
}

/// A state with its word.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StateShown {
    /// Its id.
    pub id: String,
    /// Its word.
    pub label: Words,
    /// Whether people disagree about it.
    pub contested: bool,
}

/// A photo with what it is said to prove.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PictureShown {
    /// The photo and where its original is.
    #[serde(flatten)]
    pub photo: PhotoShown,
    /// What it proves.
    pub proves: Option<String>,
    /// When it was taken, RFC 3339, as its device said.
    pub taken_at: Option<String>,
}

/// A record that follows this one, or that this one follows.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RelatedShown {
    /// The document.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// What it is called.
    pub title: String,
    /// Its state.
    pub state: StateShown,
    /// When it last changed here, milliseconds since 1970.
    pub updated_at_ms: i64,
}

/// What a review said of a field.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RemarkShown {
    /// The field.
    pub path: String,
    /// What the field is called.
    pub label: Words,
    /// What is to be done.
    pub text: String,
    /// Whether it must be.
    pub must: bool,
    /// In which round it was said.
    pub round: Option<u32>,
}

/// A record, to be laid out.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RecordShown {
    /// The document.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// What its form is called.
    pub form: Words,
    /// What it is called.
    pub title: String,
    /// Its state.
    pub state: StateShown,
    /// The writes of its state, each `actor:seq`: what a decision has seen.
    pub state_seen: Vec<String>,
    /// The round of review it is in, from 1.
    pub round: u32,
    /// What a review said of its fields, the first first.
    pub remarks: Vec<RemarkShown>,
    /// Its township's code, if it has one.
    pub town: Option<String>,
    /// `server` when the document and all originals of its photos are here, else `device`.
    pub custody: String,
    /// How many things are to be mended before it may be submitted.
    pub problems: usize,
    /// Whether it was deleted.
    pub deleted: bool,
    /// What is filled in.
    pub sections: Vec<SectionShown>,
    /// Its photos.
    pub photos: Vec<PictureShown>,
    /// Inspections of a site, the site of an inspection.
    pub related: Vec<RelatedShown>,
}

impl Server {
    /// One record, if the caller may see it.
    ///
    /// # Errors
    /// `not-found` otherwise, whether it exists or not.
    pub fn record(&self, caller: &Caller, id: DocId) -> Result<RecordShown, ServerError> {
        caller.may(Permission::UseConsole)?;
        read(self.storage(), |tx| {
            let head = visible(tx, caller.user(), id)?;
            Ok(self.record_shown(tx, caller.user(), &head)?)
        })
    }

    fn record_shown(&self, tx: &dyn Tx, user: &User, head: &DocHead) -> Stored<RecordShown> {
        let view = self.view_of(tx, head)?;
        let site = self.site_values(tx, user, head, &view)?;
        let evaluation = evaluate(self.forms(), &head.key, head.form_version, &view.values, site.as_ref());
        let values = evaluation.over(&view.values);
        let form = form_of(self.forms(), &head.key, head.form_version);
        let photos = crate::documents::photos_of(tx, user, &view.values)?;
        let custody = self.custody(tx, head, &photos)?.to_owned();
        let filled = Filled { values: &values, evaluation: &evaluation, rivals: rivals(tx, &view)? };
        self.log_sensitive(user, head, &values);
        let related = self.related(tx, user, head, &view)?;
        Ok(RecordShown {
            id: head.key.id.to_string(),
            doc_type: head.key.doc_type.to_string(),
            kind: head.key.kind.clone(),
            form: form.map_or_else(|| Words::name(&head.key.kind), |form| Words::from(&form.label)),
            title: head.title.clone(),
            state: self.state_shown(head, view.conflicts.contains_key(STATE)),
            state_seen: state_seen(tx, head)?,
            round: round_of(tx, head.key.id)?,
            remarks: remarks(form, &view.values),
            town: values.get(TOWN).and_then(Value::as_text).map(str::to_owned),
            custody,
            problems: evaluation.problems.len(),
            deleted: is_deleted(&view),
            sections: with_titles(form.map(|form| filled.sections(form)).unwrap_or_default(), &related),
            photos: photos.into_iter().map(|photo| self.picture(tx, photo)).collect::<Stored<_>>()?,
            related,
        })
    }

    pub(super) fn state_shown(&self, head: &DocHead, contested: bool) -> StateShown {
        let workflow = form_of(self.forms(), &head.key, head.form_version).and_then(|form| form.workflow.as_ref());
        let label = workflow.and_then(|w| w.state(&head.state)).map(|state| Words::from(&state.label));
        StateShown { id: head.state.clone(), label: label.unwrap_or_else(|| Words::name(&head.state)), contested }
    }

    pub(super) fn picture(&self, tx: &dyn Tx, photo: PhotoShown) -> Stored<PictureShown> {
        // The photo's own record may come later than the one that names it; without a hash it is not the caller's to see.
        let known = photo.id.parse().ok().filter(|_| !photo.sha256.is_empty());
        let head = known.map(|id: DocId| tx.doc(id)).transpose()?.flatten();
        let values = head.map(|head| self.view_of(tx, &head)).transpose()?.map(|view| view.values).unwrap_or_default();
        let text = |path: &str| {
            values.get(path).filter(|v| !v.is_null()).and_then(|v| v.to_json().as_str().map(str::to_owned))
        };
        Ok(PictureShown { proves: text("proves"), taken_at: text("taken_at"), photo })
    }

    fn related(&self, tx: &dyn Tx, user: &User, head: &DocHead, view: &View) -> Stored<Vec<RelatedShown>> {
        let site = view.values.get("site").and_then(|value| value.as_text()?.parse().ok());
        let ids: Vec<DocId> = match head.key.doc_type {
            DocType::Site => tx.children(head.key.id, RELATED_MAX)?,
            _ => site.into_iter().collect(),
        };
        let mut related = Vec::new();
        for id in ids {
            let Some(other) = tx.doc(id)?.filter(|other| !other.deleted) else { continue };
            let is_shown = matches!(other.key.doc_type, DocType::Site | DocType::Inspection | DocType::Task);
            if is_shown && user.sees(&tx.scopes(id)?) {
                related.push(RelatedShown {
                    id: id.to_string(),
                    doc_type: other.key.doc_type.to_string(),
                    title: other.title.clone(),
                    state: self.state_shown(&other, false),
                    updated_at_ms: other.updated_at_ms,
                });
            }
        }
        related.sort_by_key(|other| std::cmp::Reverse(other.updated_at_ms));
        Ok(related)
    }
}

/// Where a field names another record, what that is called stands for its id.
fn with_titles(mut sections: Vec<SectionShown>, related: &[RelatedShown]) -> Vec<SectionShown> {
    let fields = sections.iter_mut().flat_map(|section| &mut section.groups).flat_map(|group| &mut group.fields);
    for fact in fields.map(|field| &mut field.fact).filter(|fact| fact.kind == type_word(FieldType::Document)) {
        let named = related.iter().find(|other| fact.value.as_str() == Some(&other.id) && !other.title.is_empty());
        fact.words = named.map(|other| Words::name(&other.title)).into_iter().collect();
    }
    sections
}

fn state_seen(tx: &dyn Tx, head: &DocHead) -> Stored<Vec<String>> {
    let rows = tx.registers(head.key.id)?;
    let states = rows.iter().filter(|row| row.path == STATE);
    Ok(states.map(|row| format!("{}:{}", row.put.op.actor, row.put.op.seq)).collect())
}

fn remarks(form: Option<&Form>, values: &Values) -> Vec<RemarkShown> {
    let shown = row_ids(values, "remarks").into_iter().filter_map(|row| {
        let cell = |name: &str| values.get(&format!("remarks/{row}/{name}"));
        let path = cell("path")?.as_text()?.to_owned();
        Some(RemarkShown {
            label: super::queue::label_of(form, &path),
            path,
            text: cell("text")?.as_text()?.to_owned(),
            must: cell("must").and_then(Value::as_bool).unwrap_or_default(),
            round: cell("round").and_then(Value::as_decimal).and_then(|n| n.try_into().ok()),
        })
    });
    shown.collect()
}

fn rivals(tx: &dyn Tx, view: &View) -> Stored<BTreeMap<String, Vec<(Value, crate::documents::Candidate)>>> {
    let mut all = BTreeMap::new();
    for (path, puts) in &view.conflicts {
        let known = puts.iter().map(|put| Ok((put.value.clone(), candidate(tx, put)?))).collect::<Stored<_>>()?;
        all.insert(path.clone(), known);
    }
    Ok(all)
}

/// What is known of a record, to be laid out by its form.
struct Filled<'a> {
    values: &'a Values,
    evaluation: &'a Evaluation,
    rivals: BTreeMap<String, Vec<(Value, crate::documents::Candidate)>>,
}

impl Filled<'_> {
    fn hidden(&self) -> &BTreeSet<String> {
        &self.evaluation.hidden
    }

    /// The sections that have anything filled in.
    fn sections(&self, form: &Form) -> Vec<SectionShown> {
        let shown = form.sections.iter().filter(|section| !self.hidden().contains(&section.id));
        let laid_out = shown.map(|section| SectionShown {
            id: section.id.clone(),
            label: Words::from(&section.label),
            groups: self.groups(form, &section.items),
        });
        laid_out.filter(|section| !section.groups.is_empty()).collect()
    }

    fn groups(&self, form: &Form, items: &[Item]) -> Vec<GroupShown> {
        let mut groups: Vec<GroupShown> = Vec::new();
        for item in items {
            match item {
                // Plain fields that follow each other stand under one another, without a heading.
                Item::Field { field } => {
                    let Some(field) = self.field(&form.fields[*field], None) else { continue };
                    match groups.last_mut().filter(|group| group.label.is_none()) {
                        Some(group) => group.fields.push(field),
                        None => groups.push(GroupShown { label: None, row: None, fields: vec![field] }),
                    }
                }
                Item::Group { label, fields, .. } => groups.push(self.group(form, label.into(), None, None, fields)),
                Item::Rows(rows) => {
                    for (n, row) in (1..).zip(row_ids(self.values, &rows.id)) {
                        groups.push(self.group(form, (&rows.label).into(), Some(n), Some(&row), &rows.fields));
                    }
                }
                Item::Checklist { groups: parts, .. } => {
                    groups.extend(
                        parts.iter().map(|part| self.group(form, (&part.label).into(), None, None, &part.items)),
                    );
                }
                Item::Photos { .. } => {}
            }
        }
        groups.retain(|group| !group.fields.is_empty());
        groups
    }

    fn group(&self, form: &Form, label: Words, n: Option<u32>, row: Option<&str>, fields: &[usize]) -> GroupShown {
        let fields = fields.iter().flat_map(|&at| self.with_note(form, &form.fields[at], row)).collect();
        GroupShown { label: Some(label), row: n, fields }
    }

    /// A field, and the note that a checklist keeps beside each answer.
    fn with_note(&self, form: &Form, field: &Field, row: Option<&str>) -> Vec<FieldShown> {
        let path = format!("{}/note", field.pattern);
        let note = form.field(&path).filter(|_| row.is_none()).and_then(|note| self.field(note.field, None));
        self.field(field, row).into_iter().chain(note).collect()
    }

    /// A field that has a value or a verdict and is not hidden.
    fn field(&self, field: &Field, row: Option<&str>) -> Option<FieldShown> {
        let path = field.path(row);
        if self.hidden().contains(&path) {
            return None;
        }
        let value = self.values.get(&path).filter(|value| !value.is_null());
        let judged = self.evaluation.verdicts.iter().find(|judged| judged.path == path);
        let rivals: Vec<Rival> =
            self.rivals.get(&path).into_iter().flatten().map(|rival| shown(field, rival)).collect();
        if value.is_none() && judged.is_none() && rivals.is_empty() {
            return None;
        }
        let fact = fact(field, path, value.unwrap_or(&Value::Null));
        Some(FieldShown { fact, verdict: judged.map(|judged| verdict(&judged.judgement)), rivals })
    }
}

fn shown(field: &Field, (value, written): &(Value, crate::documents::Candidate)) -> Rival {
    let (value, words) = value_and_words(field, value);
    let crate::documents::Candidate { author, device, at, op, .. } = written.clone();
    Rival { value, words, author, device, at, op }
}
