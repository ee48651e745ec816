//! Deciding a conflict: an ordinary write that has seen exactly the values that were on screen.

use domain::register::Put;
use domain::{DocId, OpId, Value};

use super::edit::one;
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{Set, Writer};

/// What was decided.
#[derive(Clone, Debug)]
pub enum Choice {
    /// One of the values shown, counted from 0 as `show` lists them.
    Keep(usize),
    /// Another value.
    Value(String),
}

/// Decides a conflict. `seen` names the writes that were shown; `None` stands for those that are here now.
///
/// # Errors
/// When the document or field is unknown, there is no conflict, or the value does not fit; nothing is written then.
pub fn resolve(
    w: &mut Writer<'_>,
    now: &Now,
    id: DocId,
    path: &str,
    choice: &Choice,
    seen: Option<Vec<OpId>>,
) -> Result<()> {
    let shown = w.reader().view(id)?;
    let key = shown.loaded.document.key.clone();
    let Some(candidates) = shown.view.conflicts.get(path) else {
        return Err(Error::field(
            "no-conflict",
            path,
            "没有待定的冲突；直接用 set 修改即可",
            "is not in conflict; use `set` to change it",
        ));
    };
    let value = match choice {
        Choice::Keep(index) => kept(candidates, *index, path)?,
        Choice::Value(text) => match shown.form {
            Some(form) => form.read(path, text)?,
            None => Value::text(text.clone()),
        },
    };
    let here = || -> Result<Vec<OpId>> { Ok(w.reader().candidates(id, path)?.iter().map(|p| p.op).collect()) };
    let seen = seen.map_or_else(here, Ok)?;
    w.save(&one(key, vec![Set { path: path.to_owned(), value, seen: Some(seen) }]), now)?;
    Ok(())
}

fn kept(candidates: &[Put], index: usize, path: &str) -> Result<Value> {
    candidates.get(index).map(|p| p.value.clone()).ok_or_else(|| {
        let last = candidates.len().saturating_sub(1);
        Error::field(
            "bad-index",
            path,
            format!("没有第 {index} 个值，可选 0 到 {last}"),
            format!("there is no value {index}; choose 0 to {last} as `show` lists them"),
        )
    })
}
