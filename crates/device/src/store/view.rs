//! What a person sees of a document: its values with the computed ones, and its conflicts.

use domain::Values;
pub(crate) use domain::display::{form_of, view_of};
use domain::forms::{Context, Evaluation, Form};

/// Computes and judges; nothing is computed for a document without a form.
pub(crate) fn evaluate(form: Option<&Form>, values: &Values, site: Option<&Values>) -> Evaluation {
    let context = Context { site, ..Context::default() };
    form.map(|f| f.evaluate(values, &context)).unwrap_or_default()
}

/// The stored values with the computed ones over them; cheap where the form computes nothing.
pub(crate) fn with_computed(form: Option<&Form>, values: &Values, site: Option<&Values>) -> Values {
    if form.is_none_or(|f| f.fields.iter().all(|field| field.computed.is_none())) {
        return values.clone();
    }
    evaluate(form, values, site).over(values)
}
