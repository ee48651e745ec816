//! Turns the source of a form into a form: includes resolved, names checked, expressions compiled.

mod pieces;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use rust_decimal::Decimal;
use toml::Spanned;

use super::FormError;
use super::definition::{CheckGroup, Choice, Field, FieldType, Form, Item, Label, Rows, Section};
use super::expression::Names;
use super::library::{Library, Loaded};
use super::source::{Placed, SourceField, SourceForm, SourceGroup, SourceSection, Text};
use super::workflow::Workflow;
use crate::DocType;
use crate::lifecycle::LIFECYCLE_SEEN;

/// Names that stand for something else in expressions, and so may not name a field.
const RESERVED: [&str; 8] =
    ["site", "settings", "limits", "row", "exceedances", "inspections", "photo_records", "errors"];

/// What one form is built with.
pub(super) struct Building<'a> {
    pub library: &'a Library<'a>,
    pub file: &'a Loaded<'a>,
    pub doc_type: DocType,
    pub kind: String,
    pub label: Label,
    /// The fields of the site's form, for the form of its inspections.
    pub site: Option<BTreeSet<String>>,
}

/// A section with the file it stands in: that of the form, or that of the part it includes.
struct Placement<'a> {
    text: &'a Text<'a>,
    section: &'a SourceSection,
}

/// One form in the making.
struct Builder<'a> {
    library: &'a Library<'a>,
    file: &'a Loaded<'a>,
    errors: Vec<FormError>,
    fields: Vec<Field>,
    by_pattern: HashMap<String, usize>,
    /// Names that every expression of the form may use.
    names: Names,
    /// Fields computed further down, which a computation may not use yet.
    later: BTreeSet<String>,
}

/// Where a field is put: the first part of its path and the names its expressions see.
#[derive(Clone)]
struct Place {
    prefix: String,
    names: Names,
    /// Fields of the same row that are computed further down.
    later: BTreeSet<String>,
}

/// Builds a form, or says everything that is wrong with it.
pub(super) fn form(building: &Building<'_>, source: &SourceForm) -> Result<Form, Vec<FormError>> {
    let mut builder = Builder::new(building);
    let placements = builder.placements(source);
    builder.collect_names(building, &placements);
    let workflow = builder.workflow(source);
    builder.own_fields(workflow.as_deref());
    let sections = placements.iter().filter_map(|p| builder.section(p)).collect::<Vec<_>>();
    builder.unique_sections(&placements);
    builder.title(&source.title);
    if !builder.errors.is_empty() {
        return Err(builder.errors);
    }
    Ok(Form {
        id: form_id(building.doc_type, &building.kind),
        doc_type: building.doc_type,
        kind: building.kind.clone(),
        version: building.file.source.version,
        label: building.label.clone(),
        title: source.title.get_ref().clone(),
        sections,
        fields: builder.fields,
        by_pattern: builder.by_pattern,
        workflow,
        has_site: building.site.is_some(),
        limits: building.library.limits.clone(),
        settings: building.library.settings.clone(),
    })
}

/// The id of a form: `site/noise`, or `photo` where there are no kinds.
pub(super) fn form_id(doc_type: DocType, kind: &str) -> String {
    if kind.is_empty() { doc_type.to_string() } else { format!("{doc_type}/{kind}") }
}

impl<'a> Builder<'a> {
    fn new(building: &Building<'a>) -> Self {
        Self {
            library: building.library,
            file: building.file,
            errors: Vec::new(),
            fields: Vec::new(),
            by_pattern: HashMap::new(),
            names: Names::default(),
            later: BTreeSet::new(),
        }
    }

    fn fail(&mut self, text: &Text<'_>, span: &Range<usize>, message: impl Into<String>) {
        self.errors.push(text.error(span, message));
    }

    fn placements<'s>(&mut self, source: &'s SourceForm) -> Vec<Placement<'s>>
    where
        'a: 's,
    {
        let mut out = Vec::new();
        for section in &source.section {
            let Some(include) = &section.include else {
                out.push(Placement { text: &self.file.text, section });
                continue;
            };
            match self.library.part(self.file, include.get_ref()) {
                Some((text, part)) => out.extend(part.section.iter().map(|section| Placement { text, section })),
                None => {
                    let message = format!("there is no part '{}'", include.get_ref());
                    self.fail(&self.file.text, &include.span(), message);
                }
            }
        }
        out
    }

    fn collect_names(&mut self, building: &Building<'_>, placements: &[Placement<'_>]) {
        let variables = &mut self.names.variables;
        variables.extend(["limits", "settings", "lifecycle", "state", "state_since"].map(String::from));
        let settings = building.library.settings.declared().keys().cloned().collect();
        self.names.members.insert("settings".into(), settings);
        if let Some(site) = &building.site {
            variables.insert("site".into());
            self.names.members.insert("site".into(), site.clone());
        }
        for field in placements.iter().flat_map(|p| &p.section.fields) {
            variables.insert(field.id.get_ref().clone());
            if field.kind.get_ref() == "group" {
                let members = field.fields.iter().map(|f| f.id.get_ref().clone()).collect();
                self.names.members.insert(field.id.get_ref().clone(), members);
            }
            if field.computed.is_some() {
                self.later.insert(field.id.get_ref().clone());
            }
        }
    }

    fn workflow(&mut self, source: &SourceForm) -> Option<Arc<Workflow>> {
        let name = source.workflow.as_ref()?;
        let Some((text, flow)) = self.library.workflow(self.file, name.get_ref()) else {
            self.fail(&self.file.text, &name.span(), format!("there is no workflow '{}'", name.get_ref()));
            return None;
        };
        let mut names = self.names.clone();
        names.variables.extend(["inspections", "photo_records", "errors", "remarks"].map(String::from));
        match Workflow::build(flow, text, &names) {
            Ok(workflow) => Some(Arc::new(workflow)),
            Err(errors) => {
                self.errors.extend(errors);
                None
            }
        }
    }

    /// The registers every document has, which no form file lists.
    fn own_fields(&mut self, workflow: Option<&Workflow>) {
        if let Some(workflow) = workflow {
            let mut state = Field::plain("state", FieldType::Choice, "状态", "State");
            state.choices = workflow.states.clone().into();
            self.add(state);
            let mut since = Field::plain("state_since", FieldType::Moment, "状态时间", "State since");
            since.merge_latest = true;
            self.add(since);
        }
        let mut lifecycle = Field::plain("lifecycle", FieldType::Choice, "存废", "Lifecycle");
        lifecycle.choices = Arc::new([choice("active", "有效", "Active"), choice("deleted", "已删除", "Deleted")]);
        self.add(lifecycle);
        self.add(Field::plain(LIFECYCLE_SEEN, FieldType::Text, "删除时所见", "Seen when deleted"));
        self.add(Field::plain("notes/*", FieldType::Text, "备注", "Note"));
        self.add(Field::plain("remarks/*", FieldType::Bool, "审核意见", "Remark"));
        self.add(Field::plain("remarks/*/path", FieldType::Text, "所指字段", "Field"));
        self.add(Field::plain("remarks/*/text", FieldType::Text, "意见内容", "Remark"));
        self.add(Field::plain("remarks/*/round", FieldType::Int, "轮次", "Round"));
        self.add(Field::plain("remarks/*/must", FieldType::Bool, "必须修改", "Must be mended"));
        self.add(Field::plain("corrections/*", FieldType::Bool, "更正", "Correction"));
        self.add(Field::plain("corrections/*/path", FieldType::Text, "所指字段", "Field"));
        self.add(Field::plain("corrections/*/was", FieldType::Text, "原填", "Was"));
        self.add(Field::plain("corrections/*/text", FieldType::Text, "更正为", "Should be"));
        self.add(Field::plain("corrections/*/reason", FieldType::Text, "更正原因", "Reason"));
    }

    /// Adds a field; `None` if its path is taken already.
    fn add(&mut self, field: Field) -> Option<usize> {
        let at = self.fields.len();
        if self.by_pattern.contains_key(&field.pattern) {
            return None;
        }
        self.by_pattern.insert(field.pattern.clone(), at);
        self.fields.push(field);
        Some(at)
    }

    fn section(&mut self, placement: &Placement<'_>) -> Option<Section> {
        let Placement { text, section } = placement;
        let (Some(id), Some(zh), Some(en)) = (&section.id, &section.zh, &section.en) else {
            let span = section.id.as_ref().or(section.include.as_ref()).map_or(0..0, Spanned::span);
            self.fail(text, &span, "a section needs 'id', 'zh' and 'en' (or only 'include', and not in a part)");
            return None;
        };
        let names = self.names.clone();
        let visible_if = self.compile(text, section.visible_if.as_ref(), &names);
        let items = section.fields.iter().filter_map(|field| self.item(text, field)).collect();
        Some(Section { id: id.get_ref().clone(), label: label(zh, en), visible_if, items })
    }

    fn item(&mut self, text: &Text<'_>, source: &SourceField) -> Option<Item> {
        self.check_labels(text, source);
        let id = source.id.get_ref().clone();
        let named = label(&source.zh, &source.en);
        match source.kind.get_ref().as_str() {
            "rows" => Some(Item::Rows(self.rows(text, source, named))),
            "group" => Some(Item::Group { fields: self.group(text, source), label: named, id }),
            "checklist" => Some(Item::Checklist { groups: self.checklist(text, source), label: named, id }),
            "photos" => {
                self.add_at(text, &source.id, Field::plain(&format!("{id}/*"), FieldType::Bool, "照片", "Photo"));
                Some(Item::Photos { id, label: named, min_rows: source.min_rows.unwrap_or(0) })
            }
            _ => {
                self.later.remove(&id);
                let place = Place { prefix: String::new(), names: self.names.clone(), later: self.later.clone() };
                self.field(text, source, &place).map(|field| Item::Field { field })
            }
        }
    }

    fn rows(&mut self, text: &Text<'_>, source: &SourceField, named: Label) -> Rows {
        let id = source.id.get_ref().clone();
        self.add_at(text, &source.id, Field::plain(&format!("{id}/*"), FieldType::Bool, &named.zh, &named.en));
        let mut place = Place { prefix: format!("{id}/*/"), names: self.names.clone(), later: self.later.clone() };
        place.names.variables.insert("row".into());
        for field in &source.fields {
            place.names.variables.insert(field.id.get_ref().clone());
            // A row's own field hides one of the same name of the document.
            place.names.members.remove(field.id.get_ref());
            place.later.remove(field.id.get_ref());
        }
        let computed = source.fields.iter().filter(|f| f.computed.is_some());
        place.later.extend(computed.map(|f| f.id.get_ref().clone()));
        let fields = source.fields.iter().filter_map(|field| self.row_field(text, field, &mut place)).collect();
        let names = self.names.clone();
        Rows {
            min_rows: source.min_rows.unwrap_or(0),
            fields,
            visible_if: self.compile(text, source.visible_if.as_ref(), &names),
            rules: self.rules(text, &source.rules, &names),
            label: named,
            id,
        }
    }

    fn row_field(&mut self, text: &Text<'_>, source: &SourceField, place: &mut Place) -> Option<usize> {
        place.later.remove(source.id.get_ref());
        self.check_labels(text, source);
        self.field(text, source, place)
    }

    fn group(&mut self, text: &Text<'_>, source: &SourceField) -> Vec<usize> {
        let prefix = format!("{}/", source.id.get_ref());
        let place = Place { prefix, names: self.names.clone(), later: self.later.clone() };
        let mut inherited = source.fields.clone();
        for field in inherited.iter_mut().filter(|f| f.choices.is_empty() && f.choice_list.is_none()) {
            field.choice_list.clone_from(&source.choice_list);
        }
        inherited.iter().filter_map(|field| self.field(text, field, &place)).collect()
    }

    fn checklist(&mut self, text: &Text<'_>, source: &SourceField) -> Vec<CheckGroup> {
        let answers: Arc<[Choice]> = self.choices(text, source).into();
        source.groups.iter().map(|group| self.check_group(text, source.id.get_ref(), group, &answers)).collect()
    }

    fn check_group(&mut self, text: &Text<'_>, list: &str, group: &SourceGroup, answers: &Arc<[Choice]>) -> CheckGroup {
        let mut items = Vec::new();
        for item in &group.items {
            let pattern = format!("{list}/{}/{}", group.id.get_ref(), item.id.get_ref());
            let mut field = Field::plain(&pattern, FieldType::Choice, &item.zh, &item.en);
            field.choices = answers.clone();
            items.extend(self.add_at(text, &item.id, field));
            let note = Field::plain(&format!("{pattern}/note"), FieldType::Text, "说明", "Note");
            self.add_at(text, &item.id, note);
        }
        let named = label(&group.zh, &group.en);
        CheckGroup { id: group.id.get_ref().clone(), label: named, basis: group.basis.clone(), items }
    }

    fn add_at(&mut self, text: &Text<'_>, id: &Placed, field: Field) -> Option<usize> {
        let pattern = field.pattern.clone();
        let reserved = RESERVED.contains(&id.get_ref().as_str()) && pattern != "site";
        // Only what stands behind a slash may have a hyphen: in an expression it would be a minus.
        let plain = if pattern.contains('/') { id.get_ref().replace('-', "_") } else { id.get_ref().clone() };
        if !is_field_id(&plain) || reserved {
            let message = format!("'{}' cannot name a field; use small letters, digits and '_'", id.get_ref());
            self.fail(text, &id.span(), message);
        }
        let added = self.add(field);
        if added.is_none() {
            self.fail(text, &id.span(), format!("'{pattern}' is used twice; give one another id"));
        }
        added
    }

    fn field(&mut self, text: &Text<'_>, source: &SourceField, place: &Place) -> Option<usize> {
        let Some(kind) = FieldType::from_word(source.kind.get_ref()) else {
            let known = FieldType::WORDS.map(|(word, _)| word).join(", ");
            let message = format!("'{}' is not a type of field; use one of: {known}", source.kind.get_ref());
            self.fail(text, &source.kind.span(), message);
            return None;
        };
        let mut field = Field::plain(&format!("{}{}", place.prefix, source.id.get_ref()), kind, &source.zh, &source.en);
        field.hint = source.hint.as_ref().map(|h| label(&h.zh, &h.en));
        field.unit.clone_from(&source.unit);
        field.choices = self.choices(text, source).into();
        field.required = source.required;
        field.sensitive = source.sensitive;
        field.carry = source.carry;
        field.merge_latest = self.merge(text, source);
        field.min = self.number(text, source.min.as_ref());
        field.max = self.number(text, source.max.as_ref());
        self.check_shape(text, source, kind);
        self.compile_field(text, source, place, &mut field);
        self.add_at(text, &source.id, field)
    }

    fn compile_field(&mut self, text: &Text<'_>, source: &SourceField, place: &Place, field: &mut Field) {
        let mut above = place.names.clone();
        above.variables.retain(|name| !place.later.contains(name));
        field.derived = source.computed.is_some() && !source.typed;
        field.computed = self.compile(text, source.computed.as_ref(), &above);
        field.required_if = self.compile(text, source.required_if.as_ref(), &place.names);
        field.visible_if = self.compile(text, source.visible_if.as_ref(), &place.names);
        field.verdict = self.compile(text, source.verdict.as_ref(), &place.names);
        let mut names = place.names.clone();
        names.variables.insert("exceedances".into());
        field.rules = self.rules(text, &source.rules, &names);
    }

    fn unique_sections(&mut self, placements: &[Placement<'_>]) {
        let mut seen = BTreeSet::new();
        for Placement { text, section } in placements {
            if let Some(id) = section.id.as_ref().filter(|id| !seen.insert(id.get_ref().clone())) {
                self.fail(text, &id.span(), format!("the section '{}' is there twice", id.get_ref()));
            }
        }
    }

    fn title(&mut self, title: &Placed) {
        if !self.by_pattern.contains_key(title.get_ref()) {
            let message = format!("the title names no field: '{}'", title.get_ref());
            let span = title.span();
            self.fail(&self.file.text, &span, message);
        }
    }
}

/// Both languages of a thing.
pub(super) fn label(zh: &str, en: &str) -> Label {
    Label { zh: zh.to_owned(), en: en.to_owned() }
}

pub(super) fn choice(id: &str, zh: &str, en: &str) -> Choice {
    Choice { id: id.to_owned(), label: label(zh, en) }
}

/// A number as it was typed into a file: the shortest text of the double is the text in the file.
pub(super) fn decimal(value: &toml::Value) -> Option<Decimal> {
    let text = match value {
        toml::Value::Integer(i) => i.to_string(),
        toml::Value::Float(f) => f.to_string(),
        toml::Value::String(s) => s.clone(),
        _ => return None,
    };
    Decimal::from_str_exact(&text).ok()
}

fn is_field_id(id: &str) -> bool {
    let starts_well = id.starts_with(|c: char| c.is_ascii_lowercase());
    starts_well && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
