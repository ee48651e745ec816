//! Copying from the last visit of a site: what the form says seldom changes, and only where nothing is filled in yet.

use domain::forms::{Form, row_ids};
use domain::{DocId, DocType, Value, Values};

use super::edit::{editable, one};
use super::fill::refuse_locked;
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{Reader, Set, Writer};

/// An earlier visit of the same site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The inspection.
    pub id: DocId,
    /// What it is called.
    pub title: String,
    /// When it began.
    pub started_at: Option<String>,
}

/// The last visit of the same site before this one; of several on a day the one made last.
///
/// # Errors
/// When the database fails.
pub fn last_visit(reader: Reader<'_>, id: DocId, site: Option<DocId>) -> Result<Option<Earlier>> {
    let Some(site) = site else { return Ok(None) };
    let (own, _) = reader.key(id)?;
    let visits = reader.linked(site)?.into_iter().rev();
    // Ids grow with time, so the list is in the order the visits were begun.
    let mut earlier =
        visits.filter(|k| k.doc_type == DocType::Inspection && k.kind == own.kind).filter(|k| k.id < own.id);
    let Some(key) = earlier.next() else { return Ok(None) };
    let seen = reader.view(key.id)?;
    let started_at = seen.values.get("started_at").and_then(Value::as_text).map(str::to_owned);
    Ok(Some(Earlier { id: key.id, title: seen.loaded.title, started_at }))
}

/// Copies from the last visit; gives where from and the paths that were written.
///
/// # Errors
/// `no-earlier-visit`, and as `fill`.
pub fn copy_last_visit(w: &mut Writer<'_>, now: &mut Now, id: DocId) -> Result<(Earlier, Vec<String>)> {
    refuse_locked(w, id)?;
    let seen = w.reader().view(id)?;
    let Some(from) = last_visit(w.reader(), id, seen.loaded.site)? else {
        let zh = "这个对象还没有更早的检查";
        return Err(Error::request("no-earlier-visit", zh, "this site has no earlier visit"));
    };
    let earlier = w.reader().view(from.id)?.values;
    let own = seen.values;
    let (key, form) = editable(w, id)?;
    let sets = carried(form, &earlier, &own);
    let paths = sets.iter().map(|s| s.path.clone()).collect();
    w.save(&one(key, sets), now)?;
    Ok((from, paths))
}

/// What is copied. A group that has rows already is left alone: whose row is whose would be a guess.
fn carried(form: &Form, from: &Values, own: &Values) -> Vec<Set> {
    let mut sets = Vec::new();
    let is_free = |path: &str| own.get(path).is_none_or(Value::is_null);
    for field in form.fields.iter().filter(|f| f.carry && !f.derived) {
        match field.group() {
            None => copy(from, &field.pattern, &mut sets),
            Some(group) if row_ids(own, group).is_empty() => {
                row_ids(from, group).iter().for_each(|row| copy(from, &field.path(Some(row)), &mut sets));
            }
            Some(_) => {}
        }
    }
    sets.retain(|set| is_free(&set.path));
    sets
}

fn copy(from: &Values, path: &str, sets: &mut Vec<Set>) {
    sets.extend(from.get(path).filter(|v| !v.is_null()).map(|v| Set::new(path, v.clone())));
}
