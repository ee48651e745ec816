//! What ledgers show of a document, made wherever one is written, and made again when the forms changed.

use std::collections::BTreeMap;

use domain::document::View;
use domain::forms::Catalogue;
use domain::{DocType, Value};
use serde_json::Value as Json;

use super::catalogue::columns;
use crate::error::ServerError;
use crate::presentation::{STATE, TOWN, evaluate, form_of};
use crate::server::Server;
use crate::storage::{DocHead, Stored, Summary, Tx, read, write};

/// The forms that the summaries were made with, and how they were made.
const MADE_WITH: &str = "summaries";
/// Grows when summaries are made in another way.
const VERSION: u32 = 2;
/// Documents of one transaction while all are made again: a device that syncs waits no longer than that.
const DOCS_AT_ONCE: usize = 500;

/// The summary of a document that stands in a ledger.
#[must_use]
pub fn summary_of(forms: &Catalogue, head: &DocHead, view: &View) -> Option<Summary> {
    if !matches!(head.key.doc_type, DocType::Site | DocType::Inspection) {
        return None;
    }
    let values = evaluate(forms, &head.key, head.form_version, &view.values, None).over(&view.values);
    let form = form_of(forms, &head.key, head.form_version);
    let cells = form.into_iter().flat_map(columns).filter_map(|field| {
        let value = values.get(&field.pattern).filter(|value| !value.is_null())?;
        Some((field.pattern.as_str(), value.to_json()))
    });
    let code = values.get("code_local").and_then(Value::as_text).map(|code| ("code_local", Json::from(code)));
    let cells: BTreeMap<&str, Json> = cells.chain(code).collect();
    Some(Summary {
        doc: head.key.id,
        doc_type: head.key.doc_type,
        kind: head.key.kind.clone(),
        town: values.get(TOWN).and_then(Value::as_text).unwrap_or_default().to_owned(),
        title: head.title.clone(),
        state: head.state.clone(),
        contested: view.conflicts.contains_key(STATE),
        conflicts: head.conflicts,
        deleted: head.deleted,
        columns: serde_json::to_string(&cells).unwrap_or_default(),
        updated_at_ms: head.updated_at_ms,
    })
}

impl Server {
    /// Makes all summaries again if the forms changed since, or there were none yet. Until it is done, ledgers lack rows.
    ///
    /// # Errors
    /// When the storage fails; the next start tries again.
    pub fn renew_summaries(&self) -> Result<(), ServerError> {
        let made_with = [VERSION.to_be_bytes().as_slice(), self.forms_digest().as_slice()].concat();
        if read(self.storage(), |tx| tx.meta(MADE_WITH))?.as_ref() == Some(&made_with) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let docs = write(self.storage(), |tx| {
                let docs = tx.docs_after(after, DOCS_AT_ONCE)?;
                docs.iter().try_for_each(|id| self.renew(tx, *id))?;
                Ok::<_, ServerError>(docs)
            })?;
            match docs.last() {
                Some(last) => after = Some(*last),
                None => break,
            }
        }
        Ok(write(self.storage(), |tx| tx.set_meta(MADE_WITH, &made_with))?)
    }

    fn renew(&self, tx: &dyn Tx, id: domain::DocId) -> Stored<()> {
        let Some(head) = tx.doc(id)? else { return Ok(()) };
        let view = self.view_of(tx, &head)?;
        summary_of(self.forms(), &head, &view).map_or(Ok(()), |summary| tx.set_summary(&summary))
    }
}
