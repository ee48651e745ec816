//! Editing a record: fields, deletion, remarks of a supervisor.

use domain::change::DocKey;
use domain::forms::Form;
use domain::lifecycle::{ACTIVE, DELETED, LIFECYCLE, is_deleted};
use domain::{DocId, Role, Value};

use super::given::{Given, read_sets};
use super::photo::{Added, add_in};
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{DocEdit, Edit, Set, Viewed, Writer};

/// Writes fields and adds photos.
///
/// # Errors
/// An unknown document or field, a value that does not fit, a deleted document; nothing is written then.
pub fn set(w: &mut Writer<'_>, now: &mut Now, id: DocId, given: &Given) -> Result<Vec<Added>> {
    let (key, form) = editable(w, id)?;
    let sets = read_sets(form, &given.set)?;
    add_in(w, now, key, sets, given)
}

/// The key and newest form of a document that may be edited.
pub(super) fn editable<'a>(w: &Writer<'a>, id: DocId) -> Result<(DocKey, &'a Form)> {
    let seen = w.reader().view(id)?;
    refuse_deleted(&seen)?;
    let key = seen.loaded.document.key.clone();
    let form = w.catalogue().form(key.doc_type, &key.kind).ok_or_else(|| Error::UnknownKind {
        doc_type: key.doc_type,
        kind: key.kind.clone(),
        known: w.catalogue().kinds().join(", "),
    })?;
    Ok((key, form))
}

pub(super) fn refuse_deleted(seen: &Viewed<'_>) -> Result<()> {
    if !is_deleted(&seen.view) {
        return Ok(());
    }
    let id = seen.loaded.document.key.id;
    Err(Error::request(
        "deleted",
        format!("记录 {id} 已删除，如需修改请先恢复（restore）"),
        format!("{id} was deleted; bring it back with `restore {id}` first"),
    ))
}

/// Deletes a document or brings it back. Its registers stay, so nothing is lost.
///
/// # Errors
/// When it is not here.
pub fn set_deleted(w: &mut Writer<'_>, now: &Now, id: DocId, deleted: bool) -> Result<()> {
    let (key, _) = w.reader().key(id)?;
    let value = Value::text(if deleted { DELETED } else { ACTIVE });
    let untouched = !deleted && w.reader().candidates(id, LIFECYCLE)?.is_empty();
    if !untouched {
        w.save(&one(key, vec![Set::new(LIFECYCLE, value)]), now)?;
    }
    Ok(())
}

/// A supervisor's remark on a field.
///
/// # Errors
/// An unknown document or field, or a user who is no supervisor.
pub fn remark(w: &mut Writer<'_>, now: &mut Now, id: DocId, path: &str, text: &str, must: bool) -> Result<DocId> {
    if !matches!(w.role()?, Role::Supervisor | Role::Admin) {
        return Err(Error::request("role", "只有监督人员可以写审核意见", "only a supervisor may write remarks"));
    }
    let (key, form) = editable(w, id)?;
    let is_group = form.patterns().any(|p| p.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')));
    if form.field(path).is_none() && !is_group {
        let zh = "表单没有这个字段，意见须写在具体字段上";
        return Err(Error::field("unknown-field", path, zh, "the form has no such field; a remark hangs on a field"));
    }
    let remark = now.new_id();
    let at = |field: &str| format!("remarks/{remark}{field}");
    let sets = vec![
        Set::new(at(""), Value::Bool(true)),
        Set::new(at("/path"), Value::text(path)),
        Set::new(at("/text"), Value::text(text)),
        Set::new(at("/must"), Value::Bool(must)),
    ];
    w.save(&one(key, sets), now)?;
    Ok(remark)
}

/// An edit of one document.
pub(super) fn one(key: DocKey, sets: Vec<Set>) -> Edit {
    Edit { docs: vec![DocEdit { key, sets }], at: None }
}
