//! The first screen: tasks, drafts, what came back, and where everything is.

use device::store::{ByCustody, ListQuery, Local, Row, Viewed};
use device::sync::auto::LastSync;
use device::{Home, Result};
use domain::forms::Severity;
use domain::{DocId, DocType, Value};

use crate::view::{Card, CustodyCard, Label, Today, Where};
use crate::{field, form, ledger};

/// Most cards of one sort on the first screen.
const CARDS_MAX: usize = 50;

/// The first screen, on this day.
pub fn read(home: &Home, today: &str) -> Result<Today> {
    let store = &home.store;
    let own = |row: &Row| Ok::<_, device::Error>(store.last_saved(row.id)?.is_some());
    let of = |doc_type: DocType, state: &str| -> Result<Vec<Row>> {
        let query = ListQuery {
            doc_type: Some(doc_type),
            state: Some(state.to_owned()),
            limit: CARDS_MAX,
            ..ListQuery::default()
        };
        Ok(store.list(&query)?.rows)
    };
    let mine = |state: &str| -> Result<Vec<Card>> {
        let mut cards = Vec::new();
        for row in of(DocType::Inspection, state)? {
            if own(&row)? {
                cards.push(card(home, row, today)?);
            }
        }
        Ok(cards)
    };
    let mut tasks: Vec<Card> =
        of(DocType::Task, "open")?.into_iter().map(|row| card(home, row, today)).collect::<Result<_>>()?;
    tasks.sort_by(|a, b| a.due.is_none().cmp(&b.due.is_none()).then(a.due.cmp(&b.due)));
    let counts = store.counts()?;
    Ok(Today {
        user: store.user()?.map(|p| p.name),
        tasks,
        drafts: mine("draft")?,
        returned: mine("returned")?,
        conflicts: counts.in_conflict,
        refused: counts.refused,
        custody: custody(home)?,
        kinds: ledger::counts(home)?.kinds,
        place: store.local(Local::Place)?,
    })
}

fn custody(home: &Home) -> Result<CustodyCard> {
    let store = &home.store;
    let (records, photos, bytes_left) = store.by_custody()?;
    let last: LastSync = store.local(Local::LastSync)?.unwrap_or_default();
    let waits = records.all > records.server || photos.all > photos.server;
    let enrolled = store.server()?.is_some();
    let not_enrolled = Label {
        zh: "本机尚未登记，记录都安全保存在本机。".to_owned(),
        en: "this device is not enrolled; everything is safe on it".to_owned(),
    };
    let (why, says) = match last.error {
        _ if !enrolled => (Some("not-enrolled".to_owned()), Some(not_enrolled)),
        Some(error) => (Some(error.code), Some(Label { zh: error.zh, en: error.en })),
        None => (None, None),
    };
    Ok(CustodyCard {
        records: places(records),
        photos: places(photos),
        bytes_left,
        waiting_since: if waits { store.waiting_since()?.map(|w| w.rfc3339()) } else { None },
        last_sync_at: last.ok_at,
        why,
        says,
    })
}

fn places(by: ByCustody) -> Where {
    Where { all: by.all, server: by.server, relay: by.relay, device: by.device }
}

/// A record as a card.
pub fn card(home: &Home, row: Row, today: &str) -> Result<Card> {
    let store = &home.store;
    let seen = store.reader().view(row.id)?;
    let text = |path: &str| seen.values.get(path).and_then(Value::as_text).filter(|t| !t.is_empty());
    let due = text("due").or_else(|| text("deadline")).map(str::to_owned);
    let errors = seen.evaluation.problems.iter().filter(|p| p.severity == Severity::Error).count();
    let site = seen.loaded.site;
    Ok(Card {
        id: row.id.to_string(),
        doc_type: row.doc_type.to_string(),
        kind: kind_of(home, &seen, site)?.unwrap_or(row.kind),
        title: row.title,
        state: ledger::state(&seen),
        custody: ledger::custody(row.custody),
        town: text("town").and_then(field::town),
        updated: row.updated,
        overdue: due.as_deref().is_some_and(|due| due < today),
        due,
        site: site.map(|s| s.to_string()),
        remarks: form::remarks(store, &seen)?,
        errors: u32::try_from(errors).unwrap_or(u32::MAX),
    })
}

/// A task has the kind of its site.
fn kind_of(home: &Home, seen: &Viewed<'_>, site: Option<DocId>) -> Result<Option<String>> {
    if seen.loaded.document.key.doc_type != DocType::Task {
        return Ok(None);
    }
    let Some(site) = site else { return Ok(None) };
    match home.store.reader().key(site) {
        Ok((key, _)) => Ok(Some(key.kind)),
        Err(device::Error::UnknownDocument(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
