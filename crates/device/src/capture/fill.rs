//! Filling a record field by field, as a person types: what fits is saved at once, what does not is said and left out.
//! A record that was submitted is not written any more; a correction stands beside it with its reason.

use domain::forms::{FieldError, Form};
use domain::lifecycle::is_locked;
use domain::{DocId, Role, Value};

use super::edit::{editable, one};
use super::given::read_sets;
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{Set, Viewed, Writer};

/// Saves every text that fits its field; gives those that do not.
///
/// # Errors
/// An unknown, deleted or submitted record, a full disk; nothing is written then.
pub fn fill(w: &mut Writer<'_>, now: &mut Now, id: DocId, typed: &[(String, String)]) -> Result<Vec<FieldError>> {
    refuse_locked(w, id)?;
    let (key, form) = editable(w, id)?;
    let (fit, rejected) = sort_out(form, typed);
    let sets = read_sets(form, &fit)?;
    w.save(&one(key, sets), now)?;
    Ok(rejected)
}

/// The texts that fit their fields, and why the others do not. Of a field given twice the last counts.
fn sort_out(form: &Form, typed: &[(String, String)]) -> (Vec<(String, String)>, Vec<FieldError>) {
    let (mut fit, mut rejected): (Vec<(String, String)>, Vec<FieldError>) = (Vec::new(), Vec::new());
    for (path, text) in typed {
        match form.read(path, text) {
            Ok(_) => {
                fit.retain(|(other, _)| other != path);
                fit.push((path.clone(), text.clone()));
            }
            Err(error) => rejected.push(error),
        }
    }
    (fit, rejected)
}

/// Adds a row to a repeated group and gives its id; rows stand in the order they were made.
///
/// # Errors
/// `unknown-field` if the form has no such group, and as [`fill`].
pub fn add_row(w: &mut Writer<'_>, now: &mut Now, id: DocId, group: &str) -> Result<String> {
    refuse_locked(w, id)?;
    let (key, form) = editable(w, id)?;
    if !form.rows().any(|rows| rows.id == group) {
        return Err(Error::field("unknown-field", group, "表单没有这个分组", "the form has no such group"));
    }
    let row = now.new_id().to_string();
    w.save(&one(key, vec![Set::new(format!("{group}/{row}"), Value::Bool(true))]), now)?;
    Ok(row)
}

/// Takes a row out of its group. Its fields stay stored, so that nobody's work is lost if two disagree.
///
/// # Errors
/// As [`fill`].
pub fn remove_row(w: &mut Writer<'_>, now: &mut Now, id: DocId, group: &str, row: &str) -> Result<()> {
    let gone = [(format!("{group}/{row}"), "false".to_owned())];
    match fill(w, now, id, &gone)?.into_iter().next() {
        None => Ok(()),
        Some(error) => Err(error.into()),
    }
}

/// Says what a submitted record should say instead, and why. What was signed stays as it is.
///
/// # Errors
/// `reason-missing`, `not-submitted`, and what does not fit its field; nothing is written then.
pub fn correct(w: &mut Writer<'_>, now: &mut Now, id: DocId, typed: &[(String, String)], reason: &str) -> Result<()> {
    let reason = given_reason(reason)?;
    let seen = w.reader().view(id)?;
    if !is_submitted(&seen) {
        let zh = "记录尚未提交，直接修改即可";
        return Err(Error::request("not-submitted", zh, "the record is not submitted; simply change it"));
    }
    let values = seen.values.clone();
    let (key, form) = editable(w, id)?;
    let mut sets = Vec::new();
    for (path, text) in typed {
        let value = form.read(path, text)?;
        let at = format!("corrections/{}", now.new_id());
        let was = values.get(path).map(Value::typed).unwrap_or_default();
        sets.push(Set::new(at.clone(), Value::Bool(true)));
        let parts = [("path", path.clone()), ("was", was), ("text", value.typed()), ("reason", reason.to_owned())];
        sets.extend(parts.map(|(part, text)| Set::new(format!("{at}/{part}"), Value::text(text))));
    }
    w.save(&one(key, sets), now)?;
    Ok(())
}

/// A reason that says something.
///
/// # Errors
/// `reason-missing`.
pub(super) fn given_reason(reason: &str) -> Result<&str> {
    match reason.trim() {
        "" => Err(Error::request("reason-missing", "请写明原因", "please say why")),
        reason => Ok(reason),
    }
}

/// Whether a record is closed to everybody but a supervisor.
#[must_use]
pub fn is_submitted(seen: &Viewed<'_>) -> bool {
    let state = seen.values.get("state").and_then(Value::as_text).unwrap_or_default();
    is_locked(seen.loaded.document.key.doc_type, state)
}

/// Refuses to write a record that was submitted. The server refuses it too, but only later.
pub(super) fn refuse_locked(w: &Writer<'_>, id: DocId) -> Result<()> {
    let supervises = matches!(w.role()?, Role::Supervisor | Role::Admin);
    if supervises || !is_submitted(&w.reader().view(id)?) {
        return Ok(());
    }
    Err(Error::request(
        "locked",
        "记录已提交，不能再改。如有错误，请写更正并说明原因，或请监管人员退回",
        "the record is submitted and is not changed any more. Write a correction with its reason, or ask for its return",
    ))
}
