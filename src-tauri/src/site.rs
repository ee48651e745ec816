//! A site over the years, and the history of any document.

use device::capture::{HistoryEntry, history};
use device::store::{ListQuery, Store, Viewed, photos_of};
use device::{Home, Result};
use domain::forms::{Form, row_ids};
use domain::judgement::Verdict;
use domain::lifecycle::is_deleted;
use domain::{DocId, DocType, Value, Values};

use crate::view::{HistoryLine, Label, PhotoInfo, SitePage, Visit, WroteLine};
use crate::{field, form, ledger, pictures, record, today};

/// Most visits shown of one site.
const VISITS_MAX: usize = 200;

/// A site with everything that hangs on it.
pub fn page(home: &Home, id: DocId, day: &str) -> Result<SitePage> {
    let store = &home.store;
    let seen = store.reader().view(id)?;
    let mut photos = pictures::of_viewed(store, id, &seen)?;
    let mut visits = Vec::new();
    let mut boundary = json(&seen.values, "boundary");
    let linked = store.reader().linked(id)?;
    let inspections = linked.iter().rev().filter(|k| k.doc_type == DocType::Inspection).take(VISITS_MAX);
    for key in inspections {
        let visit = store.reader().view(key.id)?;
        if boundary.is_null() {
            boundary = json(&visit.values, "boundary");
        }
        photos.extend(pictures::of_viewed(store, key.id, &visit)?);
        visits.push(self::visit(store, key.id, &visit)?);
    }
    visits.sort_by(|a, b| b.at.cmp(&a.at));
    photos.sort_by(|a: &PhotoInfo, b: &PhotoInfo| a.taken_at.cmp(&b.taken_at));
    Ok(SitePage {
        record: record::read(home, &id.to_string())?,
        position: json(&seen.values, "position"),
        boundary,
        moves: form::moves(store, &seen)?,
        visits,
        photos,
        tasks: tasks(home, id, day)?,
        overdue: ledger::is_overdue(&seen, day),
        deleted: is_deleted(&seen.view),
    })
}

fn json(values: &Values, path: &str) -> serde_json::Value {
    values.get(path).map(Value::to_json).unwrap_or_default()
}

fn tasks(home: &Home, site: DocId, day: &str) -> Result<Vec<crate::view::Card>> {
    let query = ListQuery { doc_type: Some(DocType::Task), site: Some(site), ..ListQuery::default() };
    let rows = home.store.list(&query)?.rows;
    let mut cards = rows.into_iter().map(|row| today::card(home, row, day)).collect::<Result<Vec<_>>>()?;
    cards.sort_by(|a, b| a.due.is_none().cmp(&b.due.is_none()).then(a.due.cmp(&b.due)));
    Ok(cards)
}

fn visit(store: &Store, id: DocId, seen: &Viewed<'_>) -> Result<Visit> {
    let values = &seen.values;
    let photos = photos_of(values);
    let judged = &seen.evaluation.verdicts;
    let conclusion = seen.form.and_then(|f| {
        let (_, words) = field::value_and_words(f.field("conclusion")?.field, values.get("conclusion")?);
        words.into_iter().next()
    });
    let name = |row: String| values.get(&format!("officers/{row}/name")).map(Value::typed);
    Ok(Visit {
        id: id.to_string(),
        at: values.get("started_at").and_then(Value::as_text).map(str::to_owned),
        state: ledger::state(seen),
        conclusion,
        officers: row_ids(values, "officers").into_iter().filter_map(name).collect(),
        exceeded: u32::try_from(judged.iter().filter(|v| v.judgement.verdict == Verdict::Exceeds).count())
            .unwrap_or(u32::MAX),
        verdict: seen.evaluation.gravest().map(|v| v.as_str().to_owned()),
        photos: u32::try_from(photos.len()).unwrap_or(u32::MAX),
        custody: ledger::custody(store.custody(id, &photos)?),
    })
}

/// What this device knows of a document's changes, latest first.
pub fn changes(store: &Store, id: DocId) -> Result<Vec<HistoryLine>> {
    let seen = store.reader().view(id)?;
    Ok(history(store, id)?.into_iter().map(|entry| line(seen.form, entry)).collect())
}

fn line(form: Option<&Form>, entry: HistoryEntry) -> HistoryLine {
    let clock = entry.clock.and_then(|c| serde_json::to_value(c).ok()?.as_str().map(str::to_owned));
    HistoryLine {
        device: entry.device,
        seq: entry.seq,
        author: entry.author,
        at: entry.at,
        clock,
        position: entry.position.unwrap_or_default(),
        status: entry.status,
        reason: entry.reason.map(|(_, zh, en)| Label { zh, en }),
        wrote: entry.values.into_iter().map(|(path, value)| wrote(form, path, value)).collect(),
    }
}

/// One write with the words of its form.
pub fn wrote(form: Option<&Form>, path: String, value: serde_json::Value) -> WroteLine {
    let found = form.and_then(|f| f.field(&path)).map(|f| f.field);
    let label = found.map_or_else(|| Label::name(&path), |f| Label::from(&f.label));
    let text = value.as_str().map(Value::text);
    let (value, words) = match found.zip(text.as_ref()) {
        Some((field, text)) => field::value_and_words(field, text),
        None => (value, Vec::new()),
    };
    WroteLine { path, label, value, words }
}
