//! Moving a record to another state: the workflow decides, on the evidence that is here. The server runs the same check.

use domain::forms::{Evidence, Label, Linked, Missing};
use domain::{DocId, DocType, Role, Value, Values};

use domain::lifecycle::is_deleted;

use super::edit::{one, refuse_deleted};
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{Reader, Set, Viewed, Writer, photos_of};

/// Moves a record; a note goes with it.
///
/// # Errors
/// Why not, with everything that is missing; nothing is written then.
pub fn move_to(w: &mut Writer<'_>, now: &mut Now, id: DocId, state: &str, note: Option<&str>) -> Result<()> {
    let seen = w.reader().view(id)?;
    refuse_deleted(&seen)?;
    let key = seen.loaded.document.key.clone();
    let Some(workflow) = seen.form.and_then(|f| f.workflow.as_ref()) else {
        return Err(Error::request(
            "no-workflow",
            format!("{} 没有状态可改", key.doc_type),
            format!("a document of type {} has no states to move between", key.doc_type),
        ));
    };
    let linked = linked(w.reader(), &seen)?;
    let evidence = evidence(&seen, &linked);
    let states = states(&seen);
    let from: Vec<&str> = states.iter().map(String::as_str).collect();
    workflow.check(&from, state, w.role()?, &evidence)?;
    let mut sets = vec![Set::new("state", Value::text(state))];
    if seen.form.is_some_and(|f| f.field("state_since").is_some()) {
        sets.push(Set::new("state_since", Value::text(now.rfc3339())));
    }
    if let Some(note) = note.filter(|n| !n.trim().is_empty()) {
        sets.push(Set::new(format!("notes/{}", now.new_id()), Value::text(note)));
    }
    w.save(&one(key, sets), now)?;
    Ok(())
}

/// A move that a user may take, now or when it lacks nothing any more.
#[derive(Clone, Debug)]
pub struct MoveOption {
    /// The state it leads to.
    pub to: String,
    /// What it is called.
    pub label: Label,
    /// What it still lacks.
    pub missing: Vec<Missing>,
}

/// What a user may do with a record next, each with what it still lacks.
///
/// # Errors
/// When the database fails.
pub fn move_options(reader: Reader<'_>, seen: &Viewed<'_>, role: Role) -> Result<Vec<MoveOption>> {
    let workflow = seen.form.and_then(|f| f.workflow.as_ref()).filter(|_| !is_deleted(&seen.view));
    let Some(workflow) = workflow else { return Ok(Vec::new()) };
    let states = states(seen);
    let from: Vec<&str> = states.iter().map(String::as_str).collect();
    let ways: Vec<_> = from.iter().flat_map(|from| workflow.allowed(from, role)).collect();
    if ways.is_empty() {
        return Ok(Vec::new());
    }
    let linked = linked(reader, seen)?;
    let evidence = evidence(seen, &linked);
    let mut options: Vec<MoveOption> = Vec::new();
    for way in ways {
        if options.iter().any(|o| o.to == way.to) {
            continue;
        }
        let missing = workflow.check(&from, &way.to, role, &evidence).err().map(|e| e.missing).unwrap_or_default();
        options.push(MoveOption { to: way.to.clone(), label: way.label.clone(), missing });
    }
    Ok(options)
}

fn evidence<'a>(seen: &'a Viewed<'_>, linked: &'a [Linked]) -> Evidence<'a> {
    Evidence {
        values: &seen.values,
        site: seen.site.as_ref(),
        linked,
        problems: &seen.evaluation.problems,
        settings: None,
    }
}

/// The state, or the several states of a conflict.
fn states(seen: &Viewed<'_>) -> Vec<String> {
    let text = |v: &Value| v.as_text().map(str::to_owned);
    match seen.view.conflicts.get("state") {
        Some(puts) => puts.iter().filter_map(|p| text(&p.value)).collect(),
        None => seen.view.values.get("state").and_then(text).into_iter().collect(),
    }
}

/// What bears on the move: the photos of the record, for a site its inspections and their photos.
fn linked(reader: Reader<'_>, seen: &Viewed<'_>) -> Result<Vec<Linked>> {
    let key = &seen.loaded.document.key;
    let mut out = photos(reader, &seen.view.values)?;
    if key.doc_type != DocType::Site {
        return Ok(out);
    }
    for inspection in reader.linked(key.id)?.into_iter().filter(|k| k.doc_type == DocType::Inspection) {
        let seen = reader.view(inspection.id)?;
        out.extend(photos(reader, &seen.view.values)?);
        out.push(Linked {
            doc_type: inspection.doc_type,
            kind: inspection.kind,
            id: inspection.id,
            values: seen.values,
        });
    }
    Ok(out)
}

fn photos(reader: Reader<'_>, owner: &Values) -> Result<Vec<Linked>> {
    let mut out = Vec::new();
    for id in photos_of(owner) {
        match reader.view(id) {
            Ok(seen) => out.push(Linked { doc_type: DocType::Photo, kind: "-".into(), id, values: seen.values }),
            Err(Error::UnknownDocument(_)) => {} // its document has not come yet
            Err(error) => return Err(error),
        }
    }
    Ok(out)
}
