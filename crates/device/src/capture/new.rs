//! A new document with what is known at once.

use domain::change::DocKey;
use domain::forms::Form;
use domain::{DocId, DocType, Value};

use super::given::{Given, default_to, read_sets};
use super::photo::photo_edits;
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{DocEdit, Edit, Set, Writer};

/// What to make.
#[derive(Debug)]
pub struct NewDoc {
    /// Its type.
    pub doc_type: DocType,
    /// Its kind; `-` where the type has none.
    pub kind: String,
    /// Its site, for an inspection or a task.
    pub site: Option<DocId>,
    /// What the person gives.
    pub given: Given,
}

/// Makes a document; its photos are part of the same change.
///
/// # Errors
/// An unknown kind, site or field, a value that does not fit; nothing is written then.
pub fn create(w: &mut Writer<'_>, now: &mut Now, new: &NewDoc) -> Result<DocId> {
    let id = now.new_id();
    create_as(w, now, id, new)?;
    Ok(id)
}

/// The same under an id that was given elsewhere.
///
/// # Errors
/// As [`create`].
pub fn create_as(w: &mut Writer<'_>, now: &mut Now, id: DocId, new: &NewDoc) -> Result<()> {
    let form = form_for(w, new.doc_type, &new.kind)?;
    let mut sets = read_sets(form, &new.given.set)?;
    if let Some(site) = new.site {
        link_site(w, form, &mut sets, new, site)?;
    } else if new.doc_type == DocType::Inspection && !sets.iter().any(|s| s.path == "site") {
        return Err(Error::request(
            "site-missing",
            "检查需要对象：请用 --site 指定台账记录",
            "an inspection needs its site: give --site ID",
        ));
    }
    let initial = form.workflow.as_ref().map(|w| w.initial.clone());
    default_to(form, &mut sets, "state", || initial.map(Value::text));
    let started = if new.doc_type == DocType::Site { "found_at" } else { "started_at" };
    default_to(form, &mut sets, started, || Some(Value::text(now.rfc3339())));
    default_to(form, &mut sets, "position", || new.given.at.map(Value::Point));
    let kind = if form.kind.is_empty() { new.kind.clone() } else { form.kind.clone() };
    let key = DocKey { id, doc_type: new.doc_type, kind };
    let photos = photo_edits(w.catalogue(), now, id, &new.given)?;
    sets.extend(photos.iter().map(|(p, _)| Set::new(format!("photos/{}", p.key.id), Value::Bool(true))));
    let files: Vec<_> = photos.iter().map(|(edit, picture)| (edit.key.id, *picture)).collect();
    let mut docs = vec![DocEdit { key, sets }];
    docs.extend(photos.into_iter().map(|(edit, _)| edit));
    w.save(&Edit { docs, at: new.given.at }, now)?;
    for (photo, picture) in files {
        w.add_photo_file(photo, &picture.taken)?;
    }
    Ok(())
}

fn form_for<'a>(w: &Writer<'a>, doc_type: DocType, kind: &str) -> Result<&'a Form> {
    let catalogue = w.catalogue();
    catalogue.form(doc_type, kind).ok_or_else(|| Error::UnknownKind {
        doc_type,
        kind: kind.to_owned(),
        known: catalogue.kinds().join(", "),
    })
}

/// The site must be here and of the same kind; an inspection takes its township from it.
fn link_site(w: &Writer<'_>, form: &Form, sets: &mut Vec<Set>, new: &NewDoc, site: DocId) -> Result<()> {
    let seen = w.reader().view(site)?;
    let key = &seen.loaded.document.key;
    if key.doc_type != DocType::Site {
        return Err(Error::request(
            "not-a-site",
            format!("{site} 不是台账记录，是 {}", key.doc_type),
            format!("{site} is no site but a document of type {}", key.doc_type),
        ));
    }
    if new.doc_type == DocType::Inspection && key.kind != new.kind {
        return Err(Error::request(
            "other-kind",
            format!("台账 {site} 属于 {}，不是 {}", key.kind, new.kind),
            format!("the site {site} is of kind {}, not {}", key.kind, new.kind),
        ));
    }
    default_to(form, sets, "site", || Some(Value::text(site.to_string())));
    default_to(form, sets, "town", || seen.view.values.get("town").cloned());
    Ok(())
}
