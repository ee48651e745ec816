//! What the caller decided lately, so that it can be looked at and taken back.

use domain::change::Change;
use serde::Serialize;

use super::catalogue::Words;
use super::changes::facts;
use super::facts::Fact;
use crate::accounts::Caller;
use crate::desk::can_be_taken_back;
use crate::documents::document_of;
use crate::error::ServerError;
use crate::permission::Permission;
use crate::presentation::form_of;
use crate::server::Server;
use crate::storage::{Stored, StoredChange, Tx, read};

/// So many are told.
const DECISIONS_MAX: u64 = 20;

/// A decision that was taken at the caller's desk.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DecisionShown {
    /// Its name, as `actor:seq`.
    pub op: String,
    /// The document.
    pub id: String,
    /// What that is called.
    pub title: String,
    /// What its form is called.
    pub form: Words,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// What was written.
    pub facts: Vec<Fact>,
    /// Why.
    pub reason: Option<String>,
    /// Whether it still stands, and can be taken back.
    pub stands: bool,
}

impl Server {
    /// The caller's last decisions, the latest first.
    ///
    /// # Errors
    /// When the caller may not decide, or the storage fails.
    pub fn decisions(&self, caller: &Caller) -> Result<Vec<DecisionShown>, ServerError> {
        caller.may(Permission::Decide)?;
        Ok(read(self.storage(), |tx| {
            let Some(desk) = tx.desk(caller.user().person.id)? else { return Stored::Ok(Vec::new()) };
            let head = tx.chain(desk.device)?.map_or(0, |chain| chain.head);
            let changes = tx.changes_after(desk.device, head.saturating_sub(DECISIONS_MAX), usize::MAX)?;
            let mut shown = Vec::new();
            for stored in changes.iter().rev() {
                shown.extend(self.decision_shown(tx, caller, stored)?);
            }
            Ok(shown)
        })?)
    }

    fn decision_shown(&self, tx: &dyn Tx, caller: &Caller, stored: &StoredChange) -> Stored<Option<DecisionShown>> {
        let Ok(change) = Change::decode(&stored.body) else { return Ok(None) };
        let Some(id) = change.docs.first().map(|writes| writes.doc.id) else { return Ok(None) };
        let Some(head) = tx.doc(id)? else { return Ok(None) };
        if !caller.user().sees(&tx.scopes(id)?) {
            return Ok(None);
        }
        let form = form_of(self.forms(), &head.key, head.form_version);
        let (notes, facts): (Vec<Fact>, Vec<Fact>) =
            facts(id, form, stored).into_iter().partition(|fact| fact.path.starts_with("notes/"));
        Ok(Some(DecisionShown {
            op: format!("{}:{}", change.actor, change.seq),
            id: id.to_string(),
            title: head.title.clone(),
            form: form.map_or_else(|| Words::name(&head.key.kind), |form| Words::from(&form.label)),
            at_ms: change.wall.unix_ms,
            facts: facts.into_iter().filter(|fact| fact.path != "state_since").collect(),
            reason: notes.first().and_then(|note| note.value.as_str().map(str::to_owned)),
            stands: can_be_taken_back(tx, &document_of(tx, &head)?, &change)?,
        }))
    }
}
