//! One record for the screens: what is filled in, by section of its form, with verdicts and rival values.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use device::capture::parse_id;
use device::store::{Store, Viewed, Written, photos_of};
use device::{Error, Home, Result};
use domain::forms::{Field as FormField, Form, Item, row_ids};
use domain::judgement::Judgement;
use domain::{DocId, Value, Values};

use crate::view::{Field, Group, Label, Photo, Record, Rival, Section};
use crate::{field, ledger};

/// One record with everything known about it.
pub fn read(home: &Home, id: &str) -> Result<Record> {
    let store = &home.store;
    let id = parse_id(id)?;
    let seen = store.reader().view(id)?;
    let text = |path: &str| seen.values.get(path).and_then(Value::as_text);
    let key = &seen.loaded.document.key;
    let photos = photos_of(&seen.values);
    Ok(Record {
        id: id.to_string(),
        doc_type: key.doc_type.to_string(),
        kind: key.kind.clone(),
        kind_label: seen.form.map_or_else(|| Label::name(&key.kind), |f| Label::from(&f.label)),
        title: seen.loaded.title.clone(),
        state: ledger::state(&seen),
        code: text("code_local").map(str::to_owned),
        town: text("town").and_then(field::town),
        custody: ledger::custody(store.custody(id, &photos)?),
        conflicts: u32::try_from(seen.view.conflicts.len()).unwrap_or(u32::MAX),
        sections: match seen.form {
            Some(form) => Filled::new(store, &seen)?.sections(form),
            None => Vec::new(),
        },
        photos: photos.into_iter().map(|photo| picture(store, photo)).collect::<Result<_>>()?,
    })
}

fn picture(store: &Store, photo: DocId) -> Result<Photo> {
    // The photo document may come later than the record that names it.
    let proves = match store.reader().view(photo) {
        Ok(seen) => seen.values.get("proves").and_then(Value::as_text).map(str::to_owned),
        Err(Error::UnknownDocument(_)) => None,
        Err(e) => return Err(e),
    };
    Ok(Photo { id: photo.to_string(), proves, custody: ledger::custody(store.photo_custody(photo)?) })
}

/// What is known of a record, to be laid out by its form.
struct Filled<'a> {
    /// Its values, the computed ones among them.
    values: &'a Values,
    /// What was judged, by path.
    judged: HashMap<&'a str, &'a Judgement>,
    /// Every value of the paths that have several.
    rivals: BTreeMap<&'a str, Vec<(&'a Value, Written)>>,
    /// Paths of fields, groups and sections that the form hides for this record.
    hidden: &'a BTreeSet<String>,
}

impl<'a> Filled<'a> {
    fn new(store: &Store, seen: &'a Viewed<'_>) -> Result<Self> {
        let mut rivals = BTreeMap::new();
        for (path, puts) in &seen.view.conflicts {
            let all = puts.iter().map(|put| Ok((&put.value, store.written(put.op)?))).collect::<Result<Vec<_>>>()?;
            rivals.insert(path.as_str(), all);
        }
        let judged = seen.evaluation.verdicts.iter().map(|v| (v.path.as_str(), &v.judgement)).collect();
        Ok(Self { values: &seen.values, judged, rivals, hidden: &seen.evaluation.hidden })
    }

    /// The sections that have anything filled in.
    fn sections(&self, form: &Form) -> Vec<Section> {
        let shown = form.sections.iter().filter(|s| !self.hidden.contains(&s.id));
        let laid_out = shown.map(|s| Section {
            id: s.id.clone(),
            label: Label::from(&s.label),
            groups: self.groups(form, &s.items),
        });
        laid_out.filter(|s| !s.groups.is_empty()).collect()
    }

    fn groups(&self, form: &Form, items: &[Item]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for item in items {
            match item {
                // Plain fields that follow each other stand under one another, without a heading.
                Item::Field { field } => {
                    let Some(field) = self.field(&form.fields[*field], None) else { continue };
                    match groups.last_mut().filter(|g| g.label.is_none()) {
                        Some(group) => group.fields.push(field),
                        None => groups.push(Group { label: None, row: None, fields: vec![field] }),
                    }
                }
                Item::Group { label, fields, .. } => {
                    groups.push(self.group(form, Label::from(label), None, None, fields));
                }
                Item::Rows(rows) => {
                    for (n, row) in (1..).zip(row_ids(self.values, &rows.id)) {
                        groups.push(self.group(form, Label::from(&rows.label), Some(n), Some(&row), &rows.fields));
                    }
                }
                Item::Checklist { groups: parts, .. } => {
                    let parts = parts.iter().map(|p| self.group(form, Label::from(&p.label), None, None, &p.items));
                    groups.extend(parts);
                }
                Item::Photos { .. } => {}
            }
        }
        groups.retain(|g| !g.fields.is_empty());
        groups
    }

    fn group(&self, form: &Form, label: Label, n: Option<u32>, row: Option<&str>, fields: &[usize]) -> Group {
        let fields = fields.iter().flat_map(|&at| self.with_note(form, &form.fields[at], row)).collect();
        Group { label: Some(label), row: n, fields }
    }

    /// A field, and the note that a checklist keeps beside each answer.
    fn with_note(&self, form: &Form, field: &FormField, row: Option<&str>) -> Vec<Field> {
        let path = format!("{}/note", field.pattern);
        let note = form.field(&path).filter(|_| row.is_none()).and_then(|note| self.field(note.field, None));
        self.field(field, row).into_iter().chain(note).collect()
    }

    /// A field that has a value or a verdict and is not hidden.
    fn field(&self, field: &FormField, row: Option<&str>) -> Option<Field> {
        let path = field.path(row);
        if self.hidden.contains(&path) {
            return None;
        }
        let value = self.values.get(&path).filter(|v| !v.is_null());
        let judgement = self.judged.get(path.as_str()).map(|j| field::judgement(j));
        let rivals: Vec<Rival> =
            self.rivals.get(path.as_str()).into_iter().flatten().map(|r| rival(field, r)).collect();
        if value.is_none() && judgement.is_none() && rivals.is_empty() {
            return None;
        }
        Some(Field { fact: field::fact(field, path, value.unwrap_or(&Value::Null)), judgement, rivals })
    }
}

fn rival(field: &FormField, (value, written): &(&Value, Written)) -> Rival {
    let (value, words) = field::value_and_words(field, value);
    let Written { author, device_label, at, .. } = written.clone();
    Rival { value, words, author: Some(author).filter(|a| !a.is_empty()), device: device_label, at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::DocType;
    use domain::forms::{Catalogue, Context};

    fn laid_out(doc_type: DocType, kind: &str, values: &[(&str, Value)]) -> Vec<Section> {
        let values: Values = values.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect();
        let form = Catalogue::embedded().form(doc_type, kind).expect("the form ships");
        let evaluation = form.evaluate(&values, &Context::default());
        let judged = evaluation.verdicts.iter().map(|v| (v.path.as_str(), &v.judgement)).collect();
        let filled = Filled { values: &values, judged, rivals: BTreeMap::new(), hidden: &evaluation.hidden };
        filled.sections(form)
    }

    #[test]
    fn a_section_without_a_value_is_left_out_and_a_place_is_named() {
        let sections = laid_out(
            DocType::Site,
            "bare-land",
            &[("name", Value::text("令公村南")), ("town", Value::text("110118101"))],
        );
        assert_eq!(sections.len(), 1);
        let fields = &sections[0].groups[0].fields;
        assert_eq!(fields[0].fact.value, "令公村南");
        assert_eq!(fields[1].fact.words, [Label::name("溪翁庄镇")]);
    }

    #[test]
    fn a_choice_has_its_words_and_a_phone_number_is_masked() {
        let values = [("land_type", Value::text("idle")), ("contact_phone", Value::text("13812342706"))];
        let sections = laid_out(DocType::Site, "bare-land", &values);
        let facts: Vec<_> = sections.iter().flat_map(|s| &s.groups).flat_map(|g| &g.fields).map(|f| &f.fact).collect();
        let of = |path: &str| facts.iter().find(|f| f.path == path).expect("it is shown");
        assert_eq!(of("contact_phone").value, "138****2706");
        assert_eq!(of("land_type").words[0].zh, "闲置裸地");
    }

    #[test]
    fn rows_are_numbered_groups_in_their_own_order() {
        let values = [
            ("points/a", Value::Bool(true)),
            ("points/a/name", Value::text("厂界东")),
            ("points/b", Value::Bool(true)),
            ("points/b/name", Value::text("厂界西")),
            ("points/c", Value::Bool(false)),
        ];
        let sections = laid_out(DocType::Inspection, "noise", &values);
        let rows: Vec<_> =
            sections.iter().flat_map(|s| &s.groups).filter_map(|g| Some((g.row?, &g.fields[0].fact.value))).collect();
        assert_eq!(rows, [(1, &"厂界东".into()), (2, &"厂界西".into())]);
    }
}
