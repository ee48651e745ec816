//! Which scopes a document stands in: its townships, else those of what it follows, else its author's own.

use std::collections::{BTreeSet, HashMap, VecDeque};

use domain::sync::{Scope, own_scope};
use domain::{DocId, DocType};

use super::open_docs::OpenDocs;
use crate::limits::{PARENTS_DEPTH_MAX, RESCOPE_MAX};
use crate::storage::Stored;

/// The scopes of a document as it stands now in the transaction; `None` if there is no such document.
///
/// # Errors
/// When the storage fails.
pub fn scopes_of(docs: &mut OpenDocs<'_>, id: DocId) -> Stored<Option<Vec<Scope>>> {
    scopes_within(docs, id, PARENTS_DEPTH_MAX)
}

fn scopes_within(docs: &mut OpenDocs<'_>, id: DocId, depth: usize) -> Stored<Option<Vec<Scope>>> {
    let Some(doc) = docs.get(id)? else { return Ok(None) };
    // A photo is where its record is, whatever it says itself.
    let towns = if doc.document.key.doc_type == DocType::Photo { Vec::new() } else { doc.towns() };
    let (parents, own) = (doc.parents(), own_scope(doc.creator));
    if !towns.is_empty() {
        return Ok(Some(towns.into_iter().collect::<BTreeSet<_>>().into_iter().collect()));
    }
    let mut followed = BTreeSet::new();
    for parent in parents.into_iter().filter(|_| depth > 0) {
        followed.extend(scopes_within(docs, parent, depth - 1)?.unwrap_or_default());
    }
    if followed.is_empty() {
        followed.insert(own);
    }
    Ok(Some(followed.into_iter().collect()))
}

/// Writes down the scopes of the saved documents, and of everything that follows one that moved.
///
/// # Errors
/// When the storage fails.
pub fn save_scopes(docs: &mut OpenDocs<'_>, saved: &[DocId]) -> Stored<()> {
    let tx = docs.tx;
    let mut queue: VecDeque<DocId> = saved.iter().copied().collect();
    let fresh: BTreeSet<DocId> = saved.iter().copied().collect();
    let mut visits: HashMap<DocId, usize> = HashMap::new();
    while let Some(id) = queue.pop_front() {
        let visit = visits.entry(id).or_default();
        *visit += 1;
        // Parents that name each other in a circle come by again and again.
        if *visit > PARENTS_DEPTH_MAX || visits.len() > RESCOPE_MAX {
            continue;
        }
        let just_saved = visits[&id] == 1 && fresh.contains(&id);
        let Some(scopes) = scopes_of(docs, id)? else { continue };
        let saved_at = if just_saved { docs.saved_at(id) } else { None };
        let made_now = saved_at.is_some_and(|(_, made_now)| made_now);
        let moved = made_now || tx.scopes(id)? != scopes;
        if !moved && !just_saved {
            continue;
        }
        let pos = match saved_at {
            Some((pos, _)) => pos,
            None => tx.next_pos()?,
        };
        tx.set_scopes(id, &scopes, pos)?;
        if moved {
            if !made_now {
                tx.touch(id, pos)?;
            }
            queue.extend(tx.children(id, RESCOPE_MAX)?);
        }
    }
    Ok(())
}
