//! The columns of a table: the common ones, then the fields of a form in their order.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::forms::{Catalogue, Field, FieldType, Form, Item};
use domain::{DocType, places};
use serde_json::Value as Json;

use super::cell::{Cell, cell, label, masked};
use super::shape::{self, Shape};
use super::{ExportOptions, ExportReport, ExportRow, Lang};

/// What a column shows.
enum Source<'a> {
    Id,
    Type,
    Kind,
    Title,
    State,
    Custody,
    Town,
    /// One field.
    Field(&'a Field),
    /// How many members a set or rows a group has.
    Count(&'a str),
    /// One number of a position.
    Position(&'a Field, Part),
}

#[derive(Clone, Copy)]
enum Part {
    Lon,
    Lat,
    Accuracy,
}

/// One column.
pub(super) struct Column<'a> {
    /// Its name for programs: a path, `*` for rows.
    pub name: String,
    /// Its name for people.
    pub heading: String,
    source: Source<'a>,
}

impl Column<'_> {
    /// Whether its cells are numbers.
    pub fn is_number(&self) -> bool {
        match &self.source {
            Source::Field(field) => {
                matches!(field.kind, FieldType::Decimal | FieldType::Int) && field.group().is_none() && !field.sensitive
            }
            Source::Count(_) | Source::Position(..) => true,
            _ => false,
        }
    }
}

/// The columns of one type and kind.
pub(super) struct Layout<'a> {
    form: Option<&'a Form>,
    /// What a sheet or layer of it is called for people.
    pub title: String,
    /// In their order.
    pub columns: Vec<Column<'a>>,
}

impl<'a> Layout<'a> {
    /// The layout of a form; of a kind without one only the common columns.
    fn new(doc_type: DocType, kind: &str, form: Option<&'a Form>, options: &ExportOptions) -> Self {
        let lang = options.lang;
        let mut columns = common(lang, form);
        if let Some(form) = form {
            let prefixes = prefixes(form, lang);
            let fields = form.fields.iter().filter(|f| f.pattern != "town");
            columns.extend(fields.flat_map(|field| of_field(field, &prefixes, options)));
            number_twins(&mut columns);
        }
        let word = type_word(doc_type, lang);
        let title = match form.map(|f| label(&f.label, lang)).filter(|_| form.is_some_and(|f| !f.kind.is_empty())) {
            Some(kind) => format!("{word}-{kind}"),
            None if form.is_none() && kind != "-" => format!("{word}-{kind}"),
            None => word.to_owned(),
        };
        Self { form, title, columns }
    }

    /// The cells of a document, one a column.
    pub fn cells(&self, row: &ExportRow, options: &ExportOptions) -> Vec<Cell> {
        self.columns.iter().map(|column| self.cell(column, row, options)).collect()
    }

    fn cell(&self, column: &Column<'_>, row: &ExportRow, options: &ExportOptions) -> Cell {
        let lang = options.lang;
        match &column.source {
            Source::Id => Cell::text(&row.id),
            Source::Type => Cell::text(type_word(row.doc_type, lang)),
            Source::Kind => Cell::text(self.form.map_or(row.kind.as_str(), |f| label(&f.label, lang))),
            Source::Title => Cell::text(&row.title),
            Source::State => Cell::text(self.state(&row.state, lang)),
            Source::Custody => Cell::text(custody(&row.custody, lang)),
            Source::Town => {
                let code = row.text("town").unwrap_or_default();
                Cell::text(places::town(code).map_or(code, |t| t.name.as_str()))
            }
            Source::Field(field) => field_cell(field, &row.values, options),
            Source::Count(group) => count(group, &row.values),
            Source::Position(field, part) => position_cell(row.values.get(&field.pattern), *part, options),
        }
    }

    fn state<'s>(&'s self, id: &'s str, lang: Lang) -> &'s str {
        let states = self.form.and_then(|f| f.workflow.as_ref()).map(|w| &w.states);
        states.and_then(|all| all.iter().find(|s| s.id == id)).map_or(id, |s| label(&s.label, lang))
    }

    /// Whether a value under this path must be masked, and how it then reads; signatures are never handed over.
    pub fn masked(&self, path: &str, value: &Json) -> Option<String> {
        let field = self.form?.field(path)?.field;
        let drawn = field.kind == FieldType::SignatureImage && value.as_str().is_some_and(|t| t.starts_with("data:"));
        if drawn { Some("signed".to_owned()) } else { masked(field, value) }
    }
}

fn common<'a>(lang: Lang, form: Option<&'a Form>) -> Vec<Column<'a>> {
    let column = |name: &str, zh: &str, en: &str, source| Column {
        name: name.to_owned(),
        heading: if lang == Lang::Zh { zh } else { en }.to_owned(),
        source,
    };
    let mut columns = vec![
        column("id", "编号", "Id", Source::Id),
        column("type", "类型", "Type", Source::Type),
        column("kind", "类别", "Kind", Source::Kind),
        column("state", "状态", "State", Source::State),
        column("custody", "保存位置", "Custody", Source::Custody),
        column("town", "镇街（地区）", "Township", Source::Town),
    ];
    // The title is one of the fields where there is a form.
    if form.is_none() {
        columns.push(column("title", "名称", "Title", Source::Title));
    }
    columns
}

/// What stands before the label of a field that belongs to a group, by pattern.
fn prefixes(form: &Form, lang: Lang) -> HashMap<&str, String> {
    let mut out = HashMap::new();
    let mut add = |fields: &[usize], prefix: String| {
        for field in fields.iter().filter_map(|&at| form.fields.get(at)) {
            out.insert(field.pattern.as_str(), prefix.clone());
        }
    };
    for item in form.sections.iter().flat_map(|s| &s.items) {
        match item {
            Item::Rows(rows) => add(&rows.fields, label(&rows.label, lang).to_owned()),
            Item::Group { label: group, fields, .. } => add(fields, label(group, lang).to_owned()),
            Item::Checklist { groups, .. } => {
                groups.iter().for_each(|g| add(&g.items, label(&g.label, lang).to_owned()));
            }
            Item::Field { .. } | Item::Photos { .. } => {}
        }
    }
    out
}

fn of_field<'a>(field: &'a Field, prefixes: &HashMap<&str, String>, options: &ExportOptions) -> Vec<Column<'a>> {
    let lang = options.lang;
    let own = label(&field.label, lang);
    let heading = prefixes.get(field.pattern.as_str()).map_or(own.to_owned(), |prefix| format!("{prefix}/{own}"));
    if let Some(set) = field.pattern.strip_suffix("/*") {
        let many = if lang == Lang::Zh { format!("{heading}（数量）") } else { format!("{heading} (number)") };
        return vec![Column { name: set.to_owned(), heading: many, source: Source::Count(set) }];
    }
    if field.kind == FieldType::Point && field.group().is_none() {
        return position_columns(field, &heading, options).into();
    }
    let heading = match &field.unit {
        Some(unit) => format!("{heading} ({unit})"),
        None => heading,
    };
    vec![Column { name: field.pattern.clone(), heading, source: Source::Field(field) }]
}

fn position_columns<'a>(field: &'a Field, heading: &str, options: &ExportOptions) -> [Column<'a>; 3] {
    let datum = options.datum_name();
    let words = match options.lang {
        Lang::Zh => [format!("经度 ({datum})"), format!("纬度 ({datum})"), "精度 (m)".to_owned()],
        Lang::En => [format!("longitude ({datum})"), format!("latitude ({datum})"), "accuracy (m)".to_owned()],
    };
    let parts = [(Part::Lon, "lon"), (Part::Lat, "lat"), (Part::Accuracy, "accuracy_m")];
    let mut both = words.into_iter().zip(parts);
    std::array::from_fn(|_| {
        let (word, (part, name)) = both.next().expect("three words for three parts");
        Column {
            name: format!("{}/{name}", field.pattern),
            heading: format!("{heading}/{word}"),
            source: Source::Position(field, part),
        }
    })
}

/// Headings are unique, so that a table can be read back: a second of the same name says its path.
fn number_twins(columns: &mut [Column<'_>]) {
    let mut seen = HashSet::new();
    for column in columns {
        if !seen.insert(column.heading.clone()) {
            column.heading = format!("{} [{}]", column.heading, column.name);
        }
    }
}

fn field_cell(field: &Field, values: &BTreeMap<String, Json>, options: &ExportOptions) -> Cell {
    let one = |value: &Json| cell(field, &shape::value_in_datum(value, options.datum), options.lang);
    let Some((group, id)) = field.pattern.split_once("/*/") else {
        return values.get(&field.pattern).map_or(Cell::Empty, one);
    };
    let each = rows(group, values).map(|row| {
        let value = values.get(&format!("{group}/{row}/{id}"));
        value.map_or(String::new(), |v| one(v).display(options.lang))
    });
    let texts: Vec<String> = each.collect();
    if texts.iter().all(String::is_empty) { Cell::Empty } else { Cell::text(texts.join("; ")) }
}

/// The rows of a group that are there, in the order of their ids.
fn rows<'v>(group: &str, values: &'v BTreeMap<String, Json>) -> impl Iterator<Item = &'v str> {
    let start = format!("{group}/");
    let prefix = start.clone();
    let members = values.range(start..).map_while(move |(path, value)| Some((path.strip_prefix(&prefix)?, value)));
    members.filter(|(rest, value)| !rest.contains('/') && **value == Json::Bool(true)).map(|(row, _)| row)
}

fn count(group: &str, values: &BTreeMap<String, Json>) -> Cell {
    match rows(group, values).count() {
        0 => Cell::Empty,
        n => Cell::Number(n.to_string()),
    }
}

fn position_cell(value: Option<&Json>, part: Part, options: &ExportOptions) -> Cell {
    let Some(value) = value else { return Cell::Empty };
    let Some(Shape::Point([lon, lat])) = shape::read(value).map(|s| s.into_datum(options.datum)) else {
        return Cell::Empty;
    };
    match part {
        Part::Lon => Cell::Number(lon.to_string()),
        Part::Lat => Cell::Number(lat.to_string()),
        Part::Accuracy => value.get("accuracy_m").map_or(Cell::Empty, |m| Cell::Number(m.to_string())),
    }
}

fn type_word(doc_type: DocType, lang: Lang) -> &'static str {
    match (lang, doc_type) {
        (Lang::Zh, DocType::Site) => "台账",
        (Lang::Zh, DocType::Inspection) => "检查",
        (Lang::Zh, DocType::Photo) => "照片",
        (Lang::Zh, DocType::Task) => "任务",
        (Lang::Zh, DocType::Patrol) => "巡查",
        (Lang::En, other) => other.as_str(),
    }
}

fn custody(word: &str, lang: Lang) -> &str {
    match (lang, word) {
        (Lang::Zh, "device") => "本机",
        (Lang::Zh, "relay") => "中继",
        (Lang::Zh, "server") => "服务器",
        _ => word,
    }
}

/// The layouts of an export, made as they are needed.
pub(super) struct Layouts<'a> {
    catalogue: &'a Catalogue,
    options: &'a ExportOptions,
    known: HashMap<(DocType, String), usize>,
    all: Vec<Layout<'a>>,
}

impl<'a> Layouts<'a> {
    pub fn new(catalogue: &'a Catalogue, options: &'a ExportOptions) -> Self {
        Self { catalogue, options, known: HashMap::new(), all: Vec::new() }
    }

    /// The number of the layout of a type and kind.
    pub fn of(&mut self, doc_type: DocType, kind: &str) -> usize {
        // Photos, tasks and patrols have one form, so one table, whatever their kind.
        let kind = if matches!(doc_type, DocType::Site | DocType::Inspection) { kind } else { "-" };
        if let Some(&at) = self.known.get(&(doc_type, kind.to_owned())) {
            return at;
        }
        let form = self.catalogue.form(doc_type, kind);
        self.all.push(Layout::new(doc_type, kind, form, self.options));
        self.known.insert((doc_type, kind.to_owned()), self.all.len() - 1);
        self.all.len() - 1
    }

    pub fn get(&self, at: usize) -> &Layout<'a> {
        &self.all[at]
    }

    /// The number of the layout of a row; a kind without a form is noted in the report.
    pub fn of_row(&mut self, row: &ExportRow, report: &mut ExportReport) -> usize {
        let at = self.of(row.doc_type, &row.kind);
        if self.all[at].form.is_none() {
            report.unknown_kinds.insert(row.kind.clone());
        }
        at
    }
}
