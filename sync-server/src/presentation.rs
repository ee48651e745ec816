//! What a person sees of merged documents: the form that fits, one value a path, title and text for lists. Devices use
//! the same domain code, so both show the same.

use domain::change::DocKey;
use domain::display::view_of;
pub use domain::display::{STATE, TOWN, exact_form, form_of};
use domain::document::{Document, View};
use domain::forms::{Catalogue, Context, Evaluation, Form};
pub use domain::lifecycle::is_deleted;
use domain::{DocType, Role, Value, Values};

use crate::limits::SEARCH_TEXT_BYTES_MAX;

/// The paths that name the documents another one follows, by type: a photo its inspection, an inspection its site.
#[must_use]
pub fn parent_paths(doc_type: DocType) -> &'static [&'static str] {
    match doc_type {
        DocType::Inspection => &["site"],
        DocType::Photo => &["of"],
        DocType::Task => &["site", "of"],
        DocType::Site | DocType::Patrol => &[],
    }
}

/// What is displayed of a document.
#[must_use]
pub fn view(forms: &Catalogue, document: &Document, form_version: u32) -> View {
    view_of(document, form_of(forms, &document.key, form_version))
}

/// What the form makes of the displayed values.
#[must_use]
pub fn evaluate(
    forms: &Catalogue,
    key: &DocKey,
    form_version: u32,
    values: &Values,
    site: Option<&Values>,
) -> Evaluation {
    let context = Context { site, ..Context::default() };
    form_of(forms, key, form_version).map_or_else(Evaluation::default, |form| form.evaluate(values, &context))
}

/// What a document is called.
#[must_use]
pub fn title(form: Option<&Form>, values: &Values) -> String {
    let path = form.map_or("name", |form| form.title.as_str());
    values.get(path).and_then(Value::as_text).unwrap_or_default().to_owned()
}

/// A document's words in small letters, without what is sensitive.
#[must_use]
pub fn search_text(form: Option<&Form>, values: &Values) -> String {
    let mut text = String::new();
    for (path, value) in values {
        let sensitive = form.and_then(|form| form.field(path)).is_some_and(|found| found.field.sensitive);
        let Some(words) = value.as_text().filter(|_| !sensitive) else { continue };
        if text.len() + words.len() < SEARCH_TEXT_BYTES_MAX {
            text.push_str(&words.to_lowercase());
            text.push('\n');
        }
    }
    text
}

/// Whether a role decides what others may only ask for.
#[must_use]
pub fn supervises(role: Role) -> bool {
    matches!(role, Role::Supervisor | Role::Admin)
}
