//! What a person sees of a document, the same on every side: the form that fits and the merge rules it gives.

use crate::change::DocKey;
use crate::document::{Document, NoForm, Rule, Rules, View};
use crate::forms::{Catalogue, FieldType, Form};
use crate::lifecycle;

/// The path of a document's state.
pub const STATE: &str = "state";
/// The path of a document's township.
pub const TOWN: &str = "town";
/// The form of exactly the version a document was written with.
#[must_use]
pub fn exact_form<'a>(forms: &'a Catalogue, key: &DocKey, version: u32) -> Option<&'a Form> {
    let newest = forms.form(key.doc_type, &key.kind)?;
    if newest.version == version { Some(newest) } else { forms.form_version(&newest.id, version) }
}

/// The form of the version a document was written with, else the newest of its kind.
#[must_use]
pub fn form_of<'a>(forms: &'a Catalogue, key: &DocKey, version: u32) -> Option<&'a Form> {
    exact_form(forms, key, version).or_else(|| forms.form(key.doc_type, &key.kind))
}

/// How the paths of a form merge.
struct FormRules<'a>(&'a Form);

impl Rules for FormRules<'_> {
    fn rule(&self, path: &str) -> Rule<'_> {
        if path == STATE {
            return self.0.workflow.as_ref().map_or(Rule::Ask, |w| Rule::Cautious(&w.caution));
        }
        match self.0.field(path) {
            Some(found) if found.field.merge_latest => Rule::Latest,
            Some(found) if found.field.kind == FieldType::Bool && found.field.pattern.ends_with("/*") => Rule::Present,
            Some(_) => Rule::Ask,
            None => NoForm.rule(path),
        }
    }
}

/// The displayed values and the conflicts of a document.
#[must_use]
pub fn view_of(document: &Document, form: Option<&Form>) -> View {
    let mut view = match form {
        Some(form) => document.view(&FormRules(form)),
        None => document.view(&NoForm),
    };
    lifecycle::show_conflict(document, &mut view);
    view
}
