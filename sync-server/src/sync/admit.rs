//! Whether a change may be merged: who wrote it, what it touches, whether the form has such a field.
//!
//! The device runs the same checks before it saves; what is refused here comes from a device that did not know yet
//! (a role that was taken away, a record that was submitted elsewhere) or that was tampered with.

use domain::change::{Change, DocWrites, Op};
use domain::sync::RefusalCode;
use domain::{ActorId, DocType, Role, Value, lifecycle};

use super::open_docs::OpenDocs;
use super::scope::scopes_of;
use crate::presentation::{STATE, TOWN, exact_form, parent_paths, supervises};
use crate::storage::{Refusal, Stored, User};

/// What anybody who may see a task may write of it; the rest is the assignment.
const ANSWER: [&str; 4] = ["answer", "state", "state_since", "lifecycle"];

/// A verdict within a storage call.
pub type Admission = Stored<Result<(), Refusal>>;

/// Leaves a function of [`Admission`] with a refusal.
macro_rules! admit {
    ($check:expr) => {
        if let Err(refusal) = $check {
            return Ok(Err(refusal));
        }
    };
}
pub(super) use admit;

/// Everything that can be said before the change is merged.
///
/// # Errors
/// When the storage fails; a refusal is a value.
pub fn admit_change(docs: &mut OpenDocs<'_>, user: &User, change: &Change) -> Admission {
    admit!(author(user, change));
    for writes in &change.docs {
        admit!(identity(docs, writes)?);
        admit!(role(docs, user, writes)?);
        admit!(scope(docs, user, writes)?);
        admit!(form(docs, writes));
        admit!(unlocked(docs, user, writes)?);
    }
    Ok(Ok(()))
}

fn author(user: &User, change: &Change) -> Result<(), Refusal> {
    if change.author == user.person.id && change.actor != ActorId::SERVER {
        return Ok(());
    }
    let zh = "作者不是此设备注册的用户";
    Err(Refusal::new(RefusalCode::Author, zh, "the author is not the user this device was enrolled for"))
}

fn identity(docs: &mut OpenDocs<'_>, writes: &DocWrites) -> Admission {
    let known = docs.get(writes.doc.id)?.map(|doc| doc.document.key.clone());
    if known.is_none_or(|key| key == writes.doc) {
        return Ok(Ok(()));
    }
    let en = "the type and kind of a record never change; make a new record";
    Ok(Err(Refusal::new(RefusalCode::Identity, "记录的类型和种类不能改变，请新建记录", en)))
}

fn paths(writes: &DocWrites) -> impl Iterator<Item = (&str, &Value)> {
    writes.ops.iter().filter_map(|op| match op {
        Op::Put { path, value, .. } => Some((path.as_str(), value)),
        Op::Unknown { .. } => None,
    })
}

fn role(docs: &mut OpenDocs<'_>, user: &User, writes: &DocWrites) -> Admission {
    let role = user.role();
    if supervises(role) {
        return Ok(Ok(()));
    }
    let refuse = |zh: &str, en: &str| Ok(Err(Refusal::new(RefusalCode::Role, zh, en)));
    if paths(writes).any(|(path, _)| path.starts_with("remarks/")) {
        return refuse("只有监管人员可以写审核意见", "only a supervisor writes remarks");
    }
    if writes.doc.doc_type == DocType::Task {
        let exists = docs.get(writes.doc.id)?.is_some();
        let answers = paths(writes).all(|(path, _)| ANSWER.contains(&path) || path.starts_with("notes/"));
        if !exists || !answers {
            return refuse(
                "只有监管人员可以下达或修改任务",
                "only a supervisor gives or changes a task; you may answer it",
            );
        }
    }
    if role == Role::DustTeam && !is_bare_land(docs, writes)? {
        return refuse("扬尘治理队只能填写裸地的记录", "the dust-control team writes only records of bare land");
    }
    Ok(Ok(()))
}

/// Whether a document is of bare land, or a photo or task of such a one.
fn is_bare_land(docs: &mut OpenDocs<'_>, writes: &DocWrites) -> Stored<bool> {
    const BARE_LAND: &str = "bare-land";
    match writes.doc.doc_type {
        DocType::Site | DocType::Inspection => Ok(writes.doc.kind == BARE_LAND),
        DocType::Patrol => Ok(false),
        DocType::Photo | DocType::Task => {
            for parent in named_parents(docs, writes)? {
                if docs.get(parent)?.is_some_and(|doc| doc.document.key.kind != BARE_LAND) {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
}

/// The documents that one follows now, and those it is to follow.
fn named_parents(docs: &mut OpenDocs<'_>, writes: &DocWrites) -> Stored<Vec<domain::DocId>> {
    let mut named = docs.get(writes.doc.id)?.map(|doc| doc.parents()).unwrap_or_default();
    let wanted = paths(writes).filter(|(path, _)| parent_paths(writes.doc.doc_type).contains(path));
    named.extend(wanted.filter_map(|(_, value)| value.as_text()?.parse::<domain::DocId>().ok()));
    Ok(named)
}

fn scope(docs: &mut OpenDocs<'_>, user: &User, writes: &DocWrites) -> Admission {
    for (_, town) in paths(writes).filter(|(path, _)| *path == TOWN) {
        admit!(town_is_mine(user, town));
    }
    let present = scopes_of(docs, writes.doc.id)?;
    if present.is_some_and(|scopes| !user.sees(&scopes)) {
        return Ok(Err(outside("记录不在您的乡镇范围内", "the record is outside your townships")));
    }
    for parent in named_parents(docs, writes)? {
        let scopes = scopes_of(docs, parent)?;
        if scopes.is_some_and(|scopes| !user.sees(&scopes)) {
            return Ok(Err(outside(
                "所属记录不在您的乡镇范围内",
                "the record it belongs to is outside your townships",
            )));
        }
    }
    Ok(Ok(()))
}

fn outside(zh: &str, en: &str) -> Refusal {
    Refusal::new(RefusalCode::Scope, zh, en)
}

fn town_is_mine(user: &User, town: &Value) -> Result<(), Refusal> {
    let Some(code) = town.as_text() else { return Ok(()) };
    // A township's code is also the name of a scope; own scopes have names of another shape.
    let is_code = !code.is_empty() && code.len() <= 12 && code.chars().all(|c| c.is_ascii_digit());
    if !is_code {
        let zh = format!("“{code}”不是乡镇代码");
        return Err(Refusal::new(RefusalCode::Form, zh, format!("'{code}' is not a township's code")));
    }
    if user.has_town(code) {
        return Ok(());
    }
    let (zh, en) = (format!("乡镇 {code} 不在您的范围内"), format!("the township {code} is not one of yours"));
    Err(Refusal::new(RefusalCode::Scope, zh, en))
}

/// A form that is not known here cannot judge: the writes are kept and passed on.
fn form(docs: &OpenDocs<'_>, writes: &DocWrites) -> Result<(), Refusal> {
    let Some(form) = exact_form(docs.forms, &writes.doc, writes.form_version) else { return Ok(()) };
    paths(writes).try_for_each(|(path, value)| {
        form.accept(path, value).map_err(|e| {
            let zh = format!("{}：{}", e.path, e.message_zh);
            Refusal::new(RefusalCode::Form, zh, e.to_string())
        })
    })
}

fn unlocked(docs: &mut OpenDocs<'_>, user: &User, writes: &DocWrites) -> Admission {
    if supervises(user.role()) || writes.doc.doc_type != DocType::Inspection {
        return Ok(Ok(()));
    }
    if paths(writes).all(|(path, _)| lifecycle::is_free_when_locked(path)) {
        return Ok(Ok(()));
    }
    let forms = docs.forms;
    let Some(doc) = docs.get(writes.doc.id)? else { return Ok(Ok(())) };
    let view = doc.view(forms);
    let state = view.values.get(STATE).and_then(Value::as_text).unwrap_or_default();
    if !lifecycle::is_locked(writes.doc.doc_type, state) {
        return Ok(Ok(()));
    }
    let en = "the record is submitted; ask for its return before you change it";
    Ok(Err(Refusal::new(RefusalCode::Workflow, "记录已提交，修改前请先申请退回", en)))
}
