//! One document as it is filled: what the form asks, what is there, what is wrong, what may be done next.

use std::collections::{BTreeMap, HashMap};

use device::capture::{self, Earlier};
use device::store::{Store, Viewed};
use device::{Home, Result};
use domain::forms::{
    CheckGroup, Choice as FormChoice, Field, FieldError, Form, Item, Rows, Section, Severity, row_ids,
};
use domain::judgement::Judgement;
use domain::lifecycle::is_deleted;
use domain::{DocId, Value, Values, places};

use crate::view::{
    CheckItem, CheckPart, Choice, Correction, FormField, FormItem, FormRow, FormSection, FormState, Label, Lacking,
    MoveOption, Named, Problem, Rejected, Remark,
};
use crate::{field, ledger};

/// Everything needed to draw a document for filling.
pub fn read(home: &Home, id: DocId, rejected: Vec<FieldError>) -> Result<FormState> {
    let store = &home.store;
    let seen = store.reader().view(id)?;
    let key = &seen.loaded.document.key;
    let locked = locked(store, &seen)?;
    let remarks = remarks(store, &seen)?;
    let drawn = Drawn::new(&seen, &remarks, locked.is_some());
    let photos = device::store::photos_of(&seen.values);
    Ok(FormState {
        id: id.to_string(),
        doc_type: key.doc_type.to_string(),
        kind: key.kind.clone(),
        kind_label: seen.form.map_or_else(|| Label::name(&key.kind), |f| Label::from(&f.label)),
        title: seen.loaded.title.clone(),
        state: ledger::state(&seen),
        custody: ledger::custody(store.custody(id, &photos)?),
        site: seen.loaded.site.map(|site| named(store, site)).transpose()?,
        saved_at: store.last_saved(id)?.map(|wall| wall.rfc3339()),
        sections: seen.form.map(|form| drawn.sections(form)).unwrap_or_default(),
        problems: seen.evaluation.problems.iter().map(problem).collect(),
        corrections: corrections(store, &seen)?,
        moves: moves(store, &seen)?,
        conflicts: u32::try_from(seen.view.conflicts.len()).unwrap_or(u32::MAX),
        last_visit: capture::last_visit(store.reader(), id, seen.loaded.site)?.map(visit),
        rejected: rejected.into_iter().map(refused).collect(),
        remarks,
        locked,
    })
}

fn locked(store: &Store, seen: &Viewed<'_>) -> Result<Option<String>> {
    if is_deleted(&seen.view) {
        return Ok(Some("deleted".to_owned()));
    }
    let supervises = matches!(store.role()?, domain::Role::Supervisor | domain::Role::Admin);
    Ok((capture::is_submitted(seen) && !supervises).then(|| "submitted".to_owned()))
}

/// The document another one names; it may not be on this device.
pub fn named(store: &Store, id: DocId) -> Result<Named> {
    let title = match store.reader().load(id) {
        Ok(loaded) => loaded.title,
        Err(device::Error::UnknownDocument(_)) => id.to_string(),
        Err(error) => return Err(error),
    };
    Ok(Named { id: id.to_string(), title, at: None })
}

/// An earlier visit for the screens.
pub fn visit(earlier: Earlier) -> Named {
    Named { id: earlier.id.to_string(), title: earlier.title, at: earlier.started_at }
}

/// What the user may do next.
pub fn moves(store: &Store, seen: &Viewed<'_>) -> Result<Vec<MoveOption>> {
    let options = capture::move_options(store.reader(), seen, store.role()?)?.into_iter();
    Ok(options
        .map(|o| MoveOption {
            to: o.to,
            label: Label::from(&o.label),
            missing: o.missing.into_iter().map(lacking).collect(),
        })
        .collect())
}

fn lacking(missing: domain::forms::Missing) -> Lacking {
    Lacking { code: missing.code, path: missing.path, says: Label::from(&missing.says) }
}

fn refused(error: FieldError) -> Rejected {
    Rejected {
        path: error.path,
        code: error.code.to_owned(),
        says: Label { zh: error.message_zh, en: error.message_en },
    }
}

/// A problem for the screens.
pub fn problem(p: &domain::forms::Problem) -> Problem {
    let severity = if p.severity == Severity::Error { "error" } else { "warning" };
    Problem { path: p.path.clone(), code: p.code.clone(), severity: severity.to_owned(), says: Label::from(&p.says) }
}

/// Who wrote the register at a path, and when.
fn by(store: &Store, seen: &Viewed<'_>, path: &str) -> Result<(Option<String>, Option<String>)> {
    let put = seen.loaded.document.registers.get(path).and_then(|r| r.puts().into_iter().next());
    let Some(put) = put else { return Ok((None, None)) };
    let written = store.written(put.op)?;
    Ok((Some(written.author).filter(|a| !a.is_empty()), written.at))
}

/// The remarks of a record that was sent back; those of one that was handed in again are dealt with.
pub fn remarks(store: &Store, seen: &Viewed<'_>) -> Result<Vec<Remark>> {
    if capture::is_submitted(seen) {
        return Ok(Vec::new());
    }
    let text = |path: String| seen.values.get(&path).map(Value::typed).unwrap_or_default();
    let one = |id: String| {
        let at = format!("remarks/{id}");
        let (author, when) = by(store, seen, &format!("{at}/text"))?;
        let must = seen.values.get(&format!("{at}/must")) == Some(&Value::Bool(true));
        Ok(Remark { path: text(format!("{at}/path")), text: text(format!("{at}/text")), id, must, author, at: when })
    };
    row_ids(&seen.values, "remarks").into_iter().map(one).collect()
}

fn corrections(store: &Store, seen: &Viewed<'_>) -> Result<Vec<Correction>> {
    let text = |path: String| seen.values.get(&path).map(Value::typed).unwrap_or_default();
    let one = |id: String| {
        let at = format!("corrections/{id}");
        let (author, when) = by(store, seen, &format!("{at}/text"))?;
        let path = text(format!("{at}/path"));
        let label = seen.form.and_then(|f| f.field(&path)).map(|f| Label::from(&f.field.label));
        Ok(Correction {
            label: label.unwrap_or_else(|| Label::name(&path)),
            was: text(format!("{at}/was")),
            text: text(format!("{at}/text")),
            reason: text(format!("{at}/reason")),
            path,
            author,
            at: when,
        })
    };
    row_ids(&seen.values, "corrections").into_iter().map(one).collect()
}

/// What is known of a document, to be laid out by its form.
struct Drawn<'a> {
    seen: &'a Viewed<'a>,
    values: &'a Values,
    judged: HashMap<&'a str, &'a Judgement>,
    problems: BTreeMap<&'a str, Vec<&'a domain::forms::Problem>>,
    remarks: &'a [Remark],
    read_only: bool,
}

impl<'a> Drawn<'a> {
    fn new(seen: &'a Viewed<'_>, remarks: &'a [Remark], read_only: bool) -> Self {
        let mut problems: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for problem in &seen.evaluation.problems {
            problems.entry(problem.path.as_str()).or_default().push(problem);
        }
        let judged = seen.evaluation.verdicts.iter().map(|v| (v.path.as_str(), &v.judgement)).collect();
        Self { seen, values: &seen.values, judged, problems, remarks, read_only }
    }

    fn sections(&self, form: &Form) -> Vec<FormSection> {
        form.sections.iter().map(|section| self.section(form, section)).collect()
    }

    fn section(&self, form: &Form, section: &Section) -> FormSection {
        let items: Vec<FormItem> = section.items.iter().map(|item| self.item(form, item)).collect();
        let mut count = Count::default();
        items.iter().for_each(|item| count.item(item));
        FormSection {
            id: section.id.clone(),
            label: Label::from(&section.label),
            hidden: self.is_hidden(&section.id),
            errors: count.errors,
            warnings: count.warnings,
            remarks: count.remarks,
            items,
        }
    }

    fn is_hidden(&self, path: &str) -> bool {
        self.seen.evaluation.hidden.contains(path)
    }

    fn item(&self, form: &Form, item: &Item) -> FormItem {
        let plain = |at: &usize| self.field(&form.fields[*at], None);
        match item {
            Item::Field { field } => FormItem::Field { field: plain(field) },
            Item::Group { id, label, fields } => FormItem::Group {
                id: id.clone(),
                label: Label::from(label),
                fields: fields.iter().map(plain).collect(),
            },
            Item::Rows(rows) => self.rows(form, rows),
            Item::Checklist { id, label, groups } => FormItem::Checklist {
                id: id.clone(),
                label: Label::from(label),
                parts: groups.iter().map(|group| self.part(form, group)).collect(),
            },
            Item::Photos { id, label, min_rows } => FormItem::Photos {
                id: id.clone(),
                label: Label::from(label),
                min_rows: *min_rows,
                problems: self.problems(id),
            },
        }
    }

    fn rows(&self, form: &Form, rows: &Rows) -> FormItem {
        let row = |(n, id): (u32, String)| FormRow {
            n,
            fields: rows.fields.iter().map(|&at| self.field(&form.fields[at], Some(&id))).collect(),
            id,
        };
        FormItem::Rows {
            id: rows.id.clone(),
            label: Label::from(&rows.label),
            min_rows: rows.min_rows,
            hidden: self.is_hidden(&rows.id),
            rows: (1..).zip(row_ids(self.values, &rows.id)).map(row).collect(),
            problems: self.problems(&rows.id),
        }
    }

    fn part(&self, form: &Form, group: &CheckGroup) -> CheckPart {
        let item = |&at: &usize| {
            let answer = &form.fields[at];
            let note = form.field(&format!("{}/note", answer.pattern)).map(|note| self.field(note.field, None));
            CheckItem { answer: self.field(answer, None), note }
        };
        CheckPart {
            id: group.id.clone(),
            label: Label::from(&group.label),
            basis: group.basis.clone(),
            items: group.items.iter().map(item).collect(),
        }
    }

    fn problems(&self, path: &str) -> Vec<Problem> {
        self.problems.get(path).into_iter().flatten().map(|p| problem(p)).collect()
    }

    fn field(&self, field: &Field, row: Option<&str>) -> FormField {
        let path = field.path(row);
        let value = self.values.get(&path).unwrap_or(&Value::Null);
        let fact = field::fact(field, path, value);
        let masked = self.read_only && field.sensitive;
        FormField {
            hint: field.hint.as_ref().map(Label::from),
            kind: fact.kind,
            unit: fact.unit,
            choices: self.choices(field),
            required: self.seen.evaluation.required.contains(&fact.path),
            hidden: self.is_hidden(&fact.path),
            derived: field.derived,
            sensitive: field.sensitive,
            min: field.min.map(|d| d.normalize().to_string()),
            max: field.max.map(|d| d.normalize().to_string()),
            text: if masked { fact.value.as_str().unwrap_or_default().to_owned() } else { value.typed() },
            value: if masked { fact.value } else { value.to_json() },
            words: fact.words,
            judgement: self.judged.get(fact.path.as_str()).map(|j| field::judgement(j)),
            problems: self.problems(&fact.path),
            remarks: self.remarks.iter().filter(|r| r.path == fact.path).cloned().collect(),
            contested: self.seen.view.conflicts.contains_key(&fact.path),
            label: fact.label,
            path: fact.path,
        }
    }

    /// The choices of the form; a township and a village are codes that a person picks by name.
    fn choices(&self, field: &Field) -> Vec<Choice> {
        match field.pattern.as_str() {
            "town" => towns(),
            "village" => {
                let town = self.values.get("town").and_then(Value::as_text).unwrap_or_default();
                let village = |v: &places::Village| Choice { id: v.code.to_owned(), label: Label::name(v.name) };
                places::villages(town).map(village).collect()
            }
            _ => field.choices.iter().map(choice).collect(),
        }
    }
}

/// The townships of the district.
pub fn towns() -> Vec<Choice> {
    places::towns().iter().map(|t| Choice { id: t.code.clone(), label: Label::name(&t.name) }).collect()
}

/// A choice for the screens.
pub fn choice(c: &FormChoice) -> Choice {
    Choice { id: c.id.clone(), label: Label::from(&c.label) }
}

/// What is wrong in a section.
#[derive(Default)]
struct Count {
    errors: u32,
    warnings: u32,
    remarks: u32,
}

impl Count {
    fn item(&mut self, item: &FormItem) {
        match item {
            FormItem::Field { field } => self.field(field),
            FormItem::Group { fields, .. } => fields.iter().for_each(|f| self.field(f)),
            FormItem::Rows { rows, problems, .. } => {
                self.problems(problems);
                rows.iter().flat_map(|r| &r.fields).for_each(|f| self.field(f));
            }
            FormItem::Checklist { parts, .. } => {
                let items = parts.iter().flat_map(|p| &p.items);
                items.flat_map(|i| std::iter::once(&i.answer).chain(&i.note)).for_each(|f| self.field(f));
            }
            FormItem::Photos { problems, .. } => self.problems(problems),
        }
    }

    fn field(&mut self, field: &FormField) {
        self.problems(&field.problems);
        self.remarks += u32::try_from(field.remarks.len()).unwrap_or(u32::MAX);
    }

    fn problems(&mut self, problems: &[Problem]) {
        for problem in problems {
            *(if problem.severity == "error" { &mut self.errors } else { &mut self.warnings }) += 1;
        }
    }
}
