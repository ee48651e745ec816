//! What form files share: parts, choice lists, workflows, settings, limits. A form's own file comes first, then the
//! newest of the files without a form.

use std::sync::Arc;

use super::FormError;
use super::build::{decimal, label};
use super::settings::{Setting, Settings};
use super::source::{SourceChoiceList, SourceFile, SourcePart, SourceSetting, SourceWorkflow, Text};
use crate::limits::Limits;
use crate::value::Value;

/// One file, read.
pub(super) struct Loaded<'a> {
    pub text: Text<'a>,
    pub source: SourceFile,
}

impl Loaded<'_> {
    /// Whether the file describes forms, or only what forms share.
    pub fn has_forms(&self) -> bool {
        let s = &self.source;
        [&s.site, &s.inspection, &s.photo, &s.task, &s.patrol].iter().any(|form| form.is_some())
    }
}

/// All files, with what they share.
pub(super) struct Library<'a> {
    pub files: &'a [Loaded<'a>],
    pub settings: Arc<Settings>,
    pub limits: Arc<Limits>,
}

impl<'a> Library<'a> {
    /// Reads the settings and limits of all files; `limits` are those of the files that hold nothing else.
    pub fn new(files: &'a [Loaded<'a>], limits: Limits) -> Result<Self, Vec<FormError>> {
        let mut errors = Vec::new();
        let mut settings = Settings::default();
        let mut limits = limits;
        let mut ordered: Vec<&Loaded<'_>> = files.iter().collect();
        ordered.sort_by_key(|f| f.source.version);
        for file in ordered {
            for source in &file.source.setting {
                declare(&mut settings, &file.text, source).unwrap_or_else(|e| errors.push(e));
            }
            add_limits(&mut limits, file).unwrap_or_else(|e| errors.push(e));
        }
        if errors.is_empty() {
            Ok(Self { files, settings: Arc::new(settings), limits: Arc::new(limits) })
        } else {
            Err(errors)
        }
    }

    /// The files to look in: the form's own, then those that hold no form, the newest first.
    fn sources(&self, own: &'a Loaded<'a>) -> Vec<&'a Loaded<'a>> {
        let mut shared: Vec<&Loaded<'_>> = self.files.iter().filter(|f| !f.has_forms()).collect();
        shared.sort_by_key(|f| std::cmp::Reverse(f.source.version));
        std::iter::once(own).chain(shared).collect()
    }

    /// The part with that name.
    pub fn part(&self, own: &'a Loaded<'a>, id: &str) -> Option<(&'a Text<'a>, &'a SourcePart)> {
        let find = |f: &'a Loaded<'a>| f.source.part.iter().find(|p| p.id.get_ref() == id).map(|p| (&f.text, p));
        self.sources(own).into_iter().find_map(find)
    }

    /// The choice list with that name.
    pub fn choice_list(&self, own: &'a Loaded<'a>, id: &str) -> Option<(&'a Text<'a>, &'a SourceChoiceList)> {
        let find = |f: &'a Loaded<'a>| f.source.choice_list.iter().find(|c| c.id.get_ref() == id).map(|c| (&f.text, c));
        self.sources(own).into_iter().find_map(find)
    }

    /// The workflow with that name.
    pub fn workflow(&self, own: &'a Loaded<'a>, id: &str) -> Option<(&'a Text<'a>, &'a SourceWorkflow)> {
        let find = |f: &'a Loaded<'a>| f.source.workflow.iter().find(|w| w.id.get_ref() == id).map(|w| (&f.text, w));
        self.sources(own).into_iter().find_map(find)
    }
}

fn declare(settings: &mut Settings, text: &Text<'_>, source: &SourceSetting) -> Result<(), FormError> {
    let value = match &source.value {
        None => Value::Null,
        Some(raw) => setting_value(raw.get_ref())
            .ok_or_else(|| text.error(&raw.span(), "a setting is a number, a text or true/false"))?,
    };
    if !value.is_null() && !source.confidence.may_ship() {
        let message = "a value this unsure must not ship; leave 'value' out and say why in 'doubt'";
        return Err(text.error(&source.id.span(), message));
    }
    settings.declare(Setting {
        id: source.id.get_ref().clone(),
        label: label(&source.zh, &source.en),
        value,
        unit: source.unit.clone(),
        source: source.source.clone(),
        confidence: source.confidence,
        doubt: source.doubt.clone(),
    });
    Ok(())
}

fn setting_value(raw: &toml::Value) -> Option<Value> {
    match raw {
        toml::Value::Boolean(b) => Some(Value::Bool(*b)),
        toml::Value::String(s) => Some(Value::text(s.as_str())),
        number => decimal(number).map(Value::number),
    }
}

/// The limits a form file brings along, in the format of `limits.toml`, each table under `[[limit_table]]`.
fn add_limits(limits: &mut Limits, file: &Loaded<'_>) -> Result<(), FormError> {
    for table in &file.source.limit_table {
        let fail = |message: String| file.text.error(&table.span(), message);
        let mut whole = toml::Table::new();
        whole.insert("table".into(), toml::Value::Array(vec![table.get_ref().clone()]));
        let text = toml::to_string(&whole).map_err(|e| fail(e.to_string()))?;
        *limits = limits.merged_with(&text).map_err(|e| fail(e.message))?;
    }
    Ok(())
}
