//! What a record is worth: computed values, verdicts against limits, problems. A pure function of the record, its site,
//! the settings and the limits; the clock is never asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::{Array, Dynamic, INT, Map, Scope};
use serde::Serialize;

use super::definition::{Field, FieldType, Form, Item, Label, Rows, Rule, Section, Severity};
use super::expression::{Expression, from_dynamic, to_dynamic};
use super::measures::judgement_in;
use super::scope::{limits_variable, prefixed, record, row_ids, settings_map};
use super::settings::Settings;
use crate::judgement::{Judgement, Verdict};
use crate::limits::Limits;
use crate::value::{Value, Values};

/// What a record is judged with besides itself; everything defaults to what ships.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// The values of its site, the computed ones among them.
    pub site: Option<&'a Values>,
    /// The district's settings.
    pub settings: Option<&'a Settings>,
    /// The limits in use.
    pub limits: Option<Arc<Limits>>,
}

/// Something to mend or to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, row group or section it is about.
    pub path: String,
    /// Stable, for programs: `required`, `range`, `type`, `rows`, `expression`, or the code of the form's rule.
    pub code: String,
    /// Whether it holds the record up.
    pub severity: Severity,
    /// What is wrong and what to do.
    #[serde(flatten)]
    pub says: Label,
}

/// A judgement and the field it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathVerdict {
    /// The field.
    pub path: String,
    /// The verdict with its evidence.
    pub judgement: Judgement,
}

/// What evaluating a record gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// Computed values by path.
    #[serde(skip)]
    pub computed: Values,
    /// What to mend, in the order of the form.
    pub problems: Vec<Problem>,
    /// What was judged, in the order of the form.
    pub verdicts: Vec<PathVerdict>,
    /// Paths of fields, groups and sections that need not be shown.
    pub hidden: BTreeSet<String>,
    /// Paths that must be filled before the record is submitted.
    pub required: BTreeSet<String>,
}

impl Evaluation {
    /// Whether nothing holds the record up.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.problems.iter().all(|p| p.severity != Severity::Error)
    }

    /// The stored values with the computed ones over them.
    #[must_use]
    pub fn over(&self, stored: &Values) -> Values {
        let mut all = stored.clone();
        all.extend(self.computed.iter().map(|(path, value)| (path.clone(), value.clone())));
        all
    }

    /// The gravest verdict, if anything was judged.
    #[must_use]
    pub fn gravest(&self) -> Option<Verdict> {
        self.verdicts.iter().map(|v| v.judgement.verdict).max()
    }
}

impl Form {
    /// Computes, judges and checks a record.
    #[must_use]
    pub fn evaluate(&self, values: &Values, context: &Context<'_>) -> Evaluation {
        let mut run = Run { form: self, values, scope: Scope::new(), out: Evaluation::default() };
        run.fill_scope(context);
        run.each_section(Run::compute);
        run.each_section(Run::judge);
        let exceeded = run.out.verdicts.iter().filter(|v| v.judgement.verdict == Verdict::Exceeds).count();
        run.scope.push_dynamic("exceedances", Dynamic::from_int(INT::try_from(exceeded).unwrap_or(INT::MAX)));
        for section in &self.sections {
            run.check_section(section);
        }
        run.out
    }
}

/// One evaluation under way.
struct Run<'a> {
    form: &'a Form,
    values: &'a Values,
    scope: Scope<'static>,
    out: Evaluation,
}

/// A step over one field, outside a row or in one.
type Step<'a> = fn(&mut Run<'a>, &Field, Option<&str>);

impl<'a> Run<'a> {
    fn fill_scope(&mut self, context: &Context<'_>) {
        let limits = context.limits.clone().unwrap_or_else(|| self.form.limits.clone());
        self.scope.push_dynamic("limits", limits_variable(Some(limits), self.values));
        let settings = context.settings.unwrap_or(&self.form.settings);
        self.scope.push_dynamic("settings", Dynamic::from_map(settings_map(Some(settings))));
        for field in self.form.fields.iter().filter(|f| !f.pattern.contains('/')) {
            let value = self.values.get(&field.pattern).map_or(Dynamic::UNIT, to_dynamic);
            self.scope.push_dynamic(field.pattern.as_str(), value);
        }
        // After the fields: an inspection's own field `site` is only an id, the name means the site itself.
        if let Some(site) = context.site.map(record).or_else(|| self.form.has_site.then(Map::new)) {
            self.scope.push_dynamic("site", Dynamic::from_map(site));
        }
        if self.form.workflow.is_none() {
            self.scope.push_dynamic("state", Dynamic::UNIT);
            self.scope.push_dynamic("state_since", Dynamic::UNIT);
        }
        for item in self.form.sections.iter().flat_map(|s| &s.items) {
            match item {
                Item::Field { .. } => {}
                Item::Rows(rows) => self.push_rows(&rows.id, &rows.fields),
                Item::Photos { id, .. } => self.push_rows(id, &[]),
                Item::Group { id, .. } | Item::Checklist { id, .. } => {
                    let map = prefixed(self.values, id).map(|(rest, v)| (rest.into(), to_dynamic(v))).collect();
                    self.scope.push_dynamic(id.as_str(), Dynamic::from_map(map));
                }
            }
        }
    }

    fn push_rows(&mut self, group: &str, fields: &[usize]) {
        let rows: Array = row_ids(self.values, group).iter().map(|row| self.row_map(fields, row)).collect();
        self.scope.push_dynamic(group, Dynamic::from_array(rows));
    }

    fn row_map(&self, fields: &[usize], row: &str) -> Dynamic {
        let mut map = Map::new();
        map.insert("row".into(), row.to_owned().into());
        for &at in fields {
            let field = &self.form.fields[at];
            map.insert(field.id.as_str().into(), to_dynamic(self.value(&field.path(Some(row)))));
        }
        Dynamic::from_map(map)
    }

    /// The value at a path: computed, else stored, else `Null`.
    fn value(&self, path: &str) -> &Value {
        self.out.computed.get(path).or_else(|| self.values.get(path)).unwrap_or(&Value::Null)
    }

    /// Takes a step over every field of the form, in order, rows one by one.
    fn each_section(&mut self, step: Step<'a>) {
        let form = self.form;
        for item in form.sections.iter().flat_map(|s| &s.items) {
            match item {
                Item::Field { field } => step(self, &form.fields[*field], None),
                Item::Group { fields, .. } => fields.iter().for_each(|&at| step(self, &form.fields[at], None)),
                Item::Rows(rows) => self.each_row(rows, step),
                Item::Checklist { .. } | Item::Photos { .. } => {}
            }
        }
    }

    fn each_row(&mut self, rows: &Rows, step: Step<'a>) {
        let form = self.form;
        let ids = row_ids(self.values, &rows.id);
        for row in &ids {
            let height = self.enter_row(rows, row);
            rows.fields.iter().for_each(|&at| step(self, &form.fields[at], Some(row)));
            self.scope.rewind(height);
        }
        let now: Array = ids.iter().map(|row| self.row_map(&rows.fields, row)).collect();
        self.scope.set_value(rows.id.as_str(), now);
    }

    /// Makes the fields of a row visible to expressions, over those of the document; returns where the scope was.
    fn enter_row(&mut self, rows: &Rows, row: &str) -> usize {
        let height = self.scope.len();
        self.scope.push_dynamic("row", row.to_owned().into());
        for &at in &rows.fields {
            let field = &self.form.fields[at];
            let value = to_dynamic(self.value(&field.path(Some(row))));
            self.scope.push_dynamic(field.id.as_str(), value);
        }
        height
    }

    fn compute(run: &mut Self, field: &Field, row: Option<&str>) {
        let Some(expression) = &field.computed else { return };
        let path = field.path(row);
        let Some(result) = run.result(expression, &path) else { return };
        if let Some(judgement) = judgement_in(&result) {
            run.out.verdicts.push(PathVerdict { path: path.clone(), judgement });
        }
        match from_dynamic(&result) {
            // With nothing computed, a typed value stands; a derived field has none.
            Ok(None) if !field.derived => {}
            Ok(value) => {
                run.out.computed.extend(value.map(|v| (path, v)));
                // Groups are maps in the scope; only plain fields and row fields stand there by their own name.
                if row.is_some() || !field.pattern.contains('/') {
                    run.scope.set_value(field.id.as_str(), result);
                }
            }
            Err(why) => run.expression_failed(&path, &why),
        }
    }

    fn judge(run: &mut Self, field: &Field, row: Option<&str>) {
        let Some(expression) = &field.verdict else { return };
        let path = field.path(row);
        let Some(result) = run.result(expression, &path) else { return };
        if let Some(judgement) = judgement_in(&result) {
            run.out.verdicts.push(PathVerdict { path, judgement });
        } else if !result.is_unit() {
            run.expression_failed(&path, &format!("'{}' is no judgement", expression.source()));
        }
    }

    fn result(&mut self, expression: &Expression, path: &str) -> Option<Dynamic> {
        expression.run(&mut self.scope).map_err(|why| self.expression_failed(path, &why)).ok()
    }

    /// A fault of the form, not of the record: shown, but nobody's work is held up by it.
    fn expression_failed(&mut self, path: &str, why: &str) {
        let zh = format!("表单规则无法计算，请告知管理员：{why}");
        let en = format!("a rule of the form cannot be computed, tell the administrator: {why}");
        self.problem(path, "expression", Severity::Warning, zh, en);
    }

    fn problem(&mut self, path: &str, code: &str, severity: Severity, zh: String, en: String) {
        let problem = Problem { path: path.to_owned(), code: code.to_owned(), severity, says: Label { zh, en } };
        if !self.out.problems.contains(&problem) {
            self.out.problems.push(problem);
        }
    }

    /// Whether a condition holds; one that depends on something missing does not.
    fn holds(&mut self, condition: Option<&Expression>, path: &str, without: bool) -> bool {
        let Some(condition) = condition else { return without };
        match condition.ask(&mut self.scope) {
            Ok(answer) => answer.unwrap_or(false),
            Err(why) => {
                self.expression_failed(path, &why);
                without
            }
        }
    }

    fn check_section(&mut self, section: &Section) {
        if !self.holds(section.visible_if.as_ref(), &section.id, true) {
            self.out.hidden.insert(section.id.clone());
            let within: Vec<String> = section.items.iter().filter_map(|item| self.item_path(item)).collect();
            self.out.hidden.extend(within);
            return;
        }
        let form = self.form;
        for item in &section.items {
            match item {
                Item::Field { field } => self.check_field(&form.fields[*field], None),
                Item::Group { fields, .. } => fields.iter().for_each(|&at| self.check_field(&form.fields[at], None)),
                Item::Rows(rows) => self.check_rows(rows),
                Item::Checklist { groups, .. } => {
                    let fields = groups.iter().flat_map(|g| &g.items);
                    fields.for_each(|&at| self.check_field(&form.fields[at], None));
                }
                Item::Photos { id, label, min_rows } => self.check_count(id, label, *min_rows),
            }
        }
    }

    fn item_path(&self, item: &Item) -> Option<String> {
        Some(match item {
            Item::Field { field } => self.form.fields.get(*field)?.pattern.clone(),
            Item::Rows(rows) => rows.id.clone(),
            Item::Group { id, .. } | Item::Checklist { id, .. } | Item::Photos { id, .. } => id.clone(),
        })
    }

    fn check_rows(&mut self, rows: &Rows) {
        if !self.holds(rows.visible_if.as_ref(), &rows.id, true) {
            self.out.hidden.insert(rows.id.clone());
            return;
        }
        self.check_count(&rows.id, &rows.label, rows.min_rows);
        self.check_rules(&rows.rules, &rows.id);
        let form = self.form;
        for row in row_ids(self.values, &rows.id) {
            let height = self.enter_row(rows, &row);
            rows.fields.iter().for_each(|&at| self.check_field(&form.fields[at], Some(&row)));
            self.scope.rewind(height);
        }
    }

    fn check_count(&mut self, group: &str, label: &Label, least: u32) {
        let count = row_ids(self.values, group).len();
        if count < least as usize {
            let zh = format!("“{}”至少需要 {least} 项，现有 {count} 项", label.zh);
            let en = format!("'{}' needs at least {least}, there are {count}", label.en);
            self.problem(group, "rows", Severity::Error, zh, en);
        }
    }

    fn check_field(&mut self, field: &Field, row: Option<&str>) {
        let path = field.path(row);
        if !self.holds(field.visible_if.as_ref(), &path, true) {
            self.out.hidden.insert(path);
            return;
        }
        let needed = field.required || self.holds(field.required_if.as_ref(), &path, false);
        if needed {
            self.out.required.insert(path.clone());
        }
        let value = self.value(&path).clone();
        let empty = value.is_null() || value.as_text().is_some_and(|t| t.trim().is_empty());
        if empty && needed {
            self.problem(
                &path,
                "required",
                Severity::Error,
                format!("请填写“{}”", field.label.zh),
                format!("'{}' is not filled in", field.label.en),
            );
        }
        if !empty {
            self.check_value(field, &path, &value);
        }
        self.check_rules(&field.rules, &path);
    }

    fn check_value(&mut self, field: &Field, path: &str, value: &Value) {
        if field.kind != FieldType::Verdict
            && let Err(error) = super::read::check_type(field, path, value)
        {
            self.problem(path, "type", Severity::Error, error.message_zh, error.message_en);
            return;
        }
        let Some(number) = value.as_decimal() else { return };
        let (name, unit) = (&field.label, field.unit.as_deref().unwrap_or_default());
        if let Some(min) = field.min.filter(|min| number < *min) {
            let zh = format!("“{}”不能小于 {min} {unit}", name.zh);
            self.problem(path, "range", Severity::Error, zh, format!("'{}' must be at least {min} {unit}", name.en));
        }
        if let Some(max) = field.max.filter(|max| number > *max) {
            let zh = format!("“{}”不能大于 {max} {unit}", name.zh);
            self.problem(path, "range", Severity::Error, zh, format!("'{}' must be at most {max} {unit}", name.en));
        }
    }

    fn check_rules(&mut self, rules: &[Rule], path: &str) {
        for rule in rules {
            match rule.must.ask(&mut self.scope) {
                Ok(Some(false)) => {
                    let Label { zh, en } = rule.says.clone();
                    self.problem(path, &rule.code, rule.severity, zh, en);
                }
                Ok(_) => {}
                Err(why) => self.expression_failed(path, &why),
            }
        }
    }
}
