//! Whether the moves of a change are allowed: judged after it is merged, so that what it writes beside the state counts.

use domain::change::{Change, DocKey};
use domain::forms::{Evidence, Linked, Move, MoveError, Workflow};
use domain::register::{Clock, Put};
use domain::sync::RefusalCode;
use domain::{DocId, DocType, OpId, Role, Values};

use super::admit::{Admission, admit};
use super::open_docs::OpenDocs;
use crate::limits::EVIDENCE_DOCS_MAX;
use crate::presentation::{STATE, evaluate, form_of, is_deleted, supervises};
use crate::storage::{Refusal, StateWrite, Stored};

/// Checks every state that a merged change wrote.
///
/// # Errors
/// When the storage fails; a refusal is a value.
pub fn check_moves(docs: &mut OpenDocs<'_>, role: Role, change: &Change) -> Admission {
    for (key, path, put) in change.puts() {
        if path == STATE {
            admit!(check_move(docs, role, key, &put)?);
        }
    }
    Ok(Ok(()))
}

fn check_move(docs: &mut OpenDocs<'_>, role: Role, key: &DocKey, put: &Put) -> Admission {
    let (forms, tx) = (docs.forms, docs.tx);
    let Some(version) = docs.get(key.id)?.map(|doc| doc.form_version) else { return Ok(Ok(())) };
    let Some(workflow) = form_of(forms, key, version).and_then(|form| form.workflow.as_deref()) else {
        return Ok(Ok(()));
    };
    let Some(to) = put.value.as_text() else {
        let en = "a state cannot be emptied";
        return Ok(Err(Refusal::new(RefusalCode::Workflow, "状态不能清空", en)));
    };
    let writes = tx.state_writes(key.id)?;
    let replaced = replaced(&writes, put.op, &put.clock);
    let from: Vec<&str> = replaced.iter().map(|write| write.state.as_str()).collect();
    if supervises(role) && takes_back(docs, &writes, &replaced, put)? {
        return Ok(Ok(()));
    }
    let gathered = if needs_evidence(workflow, to) { gather(docs, key)? } else { Gathered::default() };
    Ok(workflow.check(&from, to, role, &gathered.evidence()).map_err(refusal))
}

/// The states that a write replaces: of those it had seen, the ones that none of the others had seen.
fn replaced<'a>(writes: &'a [StateWrite], op: OpId, clock: &Clock) -> Vec<&'a StateWrite> {
    let seen: Vec<&StateWrite> = writes.iter().filter(|w| w.op != op && clock.covers(w.op)).collect();
    let older = |w: &StateWrite| seen.iter().any(|other| other.op != w.op && other.clock.covers(w.op));
    seen.iter().filter(|w| !older(w)).copied().collect()
}

/// Whether a desk takes back what a desk decided: it writes a state that the decision had replaced, and nothing else.
/// What was there before needs no way of the workflow to be there again.
fn takes_back(docs: &OpenDocs<'_>, writes: &[StateWrite], replaced_now: &[&StateWrite], put: &Put) -> Stored<bool> {
    let [decision] = replaced_now else { return Ok(false) };
    let desks = docs.tx.desk_in_use(put.op.actor)?.and(docs.tx.desk_in_use(decision.op.actor)?);
    let before = replaced(writes, decision.op, &decision.clock);
    Ok(desks.is_some() && before.iter().any(|write| put.value.as_text() == Some(&write.state)))
}

fn needs_evidence(workflow: &Workflow, to: &str) -> bool {
    workflow.moves.iter().any(|m: &Move| m.to == to && !m.requires.is_empty())
}

/// What a move is judged by, as values.
#[derive(Default)]
struct Gathered {
    values: Values,
    site: Option<Values>,
    linked: Vec<Linked>,
    problems: Vec<domain::forms::Problem>,
}

impl Gathered {
    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            values: &self.values,
            site: self.site.as_ref(),
            linked: &self.linked,
            problems: &self.problems,
            settings: None,
        }
    }
}

fn gather(docs: &mut OpenDocs<'_>, key: &DocKey) -> Stored<Gathered> {
    let site_id = match key.doc_type {
        DocType::Site => Some(key.id),
        _ => docs.get(key.id)?.and_then(|doc| doc.parents().first().copied()),
    };
    let site = match site_id.filter(|id| *id != key.id) {
        Some(id) => shown(docs, id, None)?.map(|(_, values)| values),
        None => None,
    };
    let forms = docs.forms;
    let Some(doc) = docs.get(key.id)? else { return Ok(Gathered::default()) };
    let stored = doc.view(forms).values;
    let evaluation = evaluate(forms, key, doc.form_version, &stored, site.as_ref());
    let values = evaluation.over(&stored);
    let linked = match site_id {
        Some(id) => linked(docs, id, if key.doc_type == DocType::Site { Some(&values) } else { site.as_ref() })?,
        None => Vec::new(),
    };
    Ok(Gathered { values, site, linked, problems: evaluation.problems })
}

/// The key and the values of a document that was not deleted, the computed ones among them.
fn shown(docs: &mut OpenDocs<'_>, id: DocId, site: Option<&Values>) -> Stored<Option<(DocKey, Values)>> {
    let forms = docs.forms;
    let Some(doc) = docs.get(id)? else { return Ok(None) };
    let view = doc.view(forms);
    if is_deleted(&view) {
        return Ok(None);
    }
    let key = doc.document.key.clone();
    let values = evaluate(forms, &key, doc.form_version, &view.values, site).over(&view.values);
    Ok(Some((key, values)))
}

/// The inspections of a site, and the photos of the site and of those.
fn linked(docs: &mut OpenDocs<'_>, site: DocId, site_values: Option<&Values>) -> Stored<Vec<Linked>> {
    let mut out = Vec::new();
    let mut ids = docs.tx.children(site, EVIDENCE_DOCS_MAX)?;
    while let Some(id) = ids.pop() {
        let Some((key, values)) = shown(docs, id, site_values)? else { continue };
        if out.len() >= EVIDENCE_DOCS_MAX {
            break;
        }
        match key.doc_type {
            DocType::Inspection => ids.extend(docs.tx.children(id, EVIDENCE_DOCS_MAX)?),
            DocType::Photo => {}
            _ => continue,
        }
        out.push(Linked { doc_type: key.doc_type, kind: key.kind, id, values });
    }
    out.sort_by_key(|l| l.id);
    Ok(out)
}

fn refusal(error: MoveError) -> Refusal {
    let code = if error.code == "role" { RefusalCode::Role } else { RefusalCode::Workflow };
    let missing = error.missing.iter().map(|m| format!("；{}", m.says.zh));
    let zh: String = std::iter::once(error.says.zh.clone()).chain(missing).collect();
    Refusal::new(code, zh, error.to_string())
}
