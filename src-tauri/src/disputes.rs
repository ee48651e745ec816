//! Conflicts and refusals as a person can judge them: who said what, when, where, and what each value leads to.

use device::capture::{Choice, distance_to_site_m, parse_id, resolve};
use device::store::{Store, Viewed};
use device::{Error, Home, Now, Result};
use domain::forms::{Context, Field as FormField, Form};
use domain::register::Put;
use domain::{DocId, OpId, Value, Values};

use crate::view::{Conflict, ConflictValue, Decision, Fact, Label, Named, Refusal};
use crate::{field, form, pictures, site};

/// Fields in conflict, of one record or of all.
pub fn conflicts(home: &Home, record: Option<&str>) -> Result<Vec<Conflict>> {
    let store = &home.store;
    let records = match record {
        Some(id) => vec![parse_id(id)?],
        None => store.in_conflict()?,
    };
    let mut out = Vec::new();
    for id in records {
        let seen = store.reader().view(id)?;
        for (path, puts) in &seen.view.conflicts {
            out.push(conflict(store, id, &seen, path, puts)?);
        }
    }
    Ok(out)
}

fn conflict(store: &Store, id: DocId, seen: &Viewed<'_>, path: &str, puts: &[Put]) -> Result<Conflict> {
    let found = seen.form.and_then(|f| f.field(path)).map(|f| f.field);
    let values = puts.iter().map(|put| value(store, seen, path, found, put)).collect::<Result<_>>()?;
    let key = &seen.loaded.document.key;
    Ok(Conflict {
        record: Named { id: id.to_string(), title: seen.loaded.title.clone(), at: None },
        doc_type: key.doc_type.to_string(),
        kind: key.kind.clone(),
        path: path.to_owned(),
        label: found.map_or_else(|| Label::name(path), |f| Label::from(&f.label)),
        field_type: found.map_or_else(String::new, |f| field::fact(f, path.to_owned(), &Value::Null).kind),
        unit: found.and_then(|f| f.unit.clone()),
        choices: found.map(|f| f.choices.iter().map(form::choice).collect()).unwrap_or_default(),
        values,
        photos: pictures::of_viewed(store, id, seen)?,
    })
}

fn value(store: &Store, seen: &Viewed<'_>, path: &str, found: Option<&FormField>, put: &Put) -> Result<ConflictValue> {
    let written = store.written(put.op)?;
    let (value, words) = match found {
        Some(field) => field::value_and_words(field, &put.value),
        None => (put.value.to_json(), Vec::new()),
    };
    let site = seen.site.as_ref().unwrap_or(&seen.values);
    Ok(ConflictValue {
        op: format!("{}:{}", put.op.actor, put.op.seq),
        value,
        words,
        author: written.author,
        device: written.device_label,
        own: store.change(put.op)?.is_some(),
        at: written.at,
        clock: written.clock.and_then(|c| serde_json::to_value(c).ok()?.as_str().map(str::to_owned)),
        position: written.position.map(|p| Value::Point(p).to_json()).unwrap_or_default(),
        from_site_m: written.position.and_then(|p| distance_to_site_m(&p.at, site)),
        leads_to: seen.form.map(|form| leads_to(form, seen, path, &put.value)).unwrap_or_default(),
    })
}

/// The computed fields that would be other if this value counted.
fn leads_to(form: &Form, seen: &Viewed<'_>, path: &str, value: &Value) -> Vec<Fact> {
    let mut stored: Values = seen.view.values.clone();
    stored.insert(path.to_owned(), value.clone());
    let context = Context { site: seen.site.as_ref(), ..Context::default() };
    let computed = form.evaluate(&stored, &context).computed;
    let mut without = stored;
    without.remove(path);
    let otherwise = form.evaluate(&without, &context).computed;
    let changed = computed.iter().filter(|(p, v)| otherwise.get(*p) != Some(*v));
    changed.filter_map(|(p, v)| Some(field::fact(form.field(p)?.field, p.clone(), v))).collect()
}

/// Carries a decision out; its reason stands in the record's notes.
pub fn decide(home: &mut Home, decision: &Decision) -> Result<()> {
    let id = parse_id(&decision.record)?;
    let seen = decision.seen.iter().map(|op| read_op(op)).collect::<Result<Vec<OpId>>>()?;
    let choice = match (&decision.keep, &decision.text) {
        (Some(op), _) => Choice::Keep(place_of(home, id, &decision.path, read_op(op)?)?),
        (None, Some(text)) => Choice::Value(text.clone()),
        (None, None) => return Err(request("nothing-chosen", "请先选择一个值", "choose a value first")),
    };
    let reason = decision.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    let mut now = Now::system();
    home.store.write(|w| {
        resolve(w, &now.clone(), id, &decision.path, &choice, Some(seen))?;
        match reason {
            Some(reason) => {
                let note = (format!("notes/{}", now.new_id()), format!("{}：{reason}", decision.path));
                let given = device::capture::Given { set: vec![note], ..device::capture::Given::default() };
                device::capture::set(w, &mut now, id, &given).map(drop)
            }
            None => Ok(()),
        }
    })
}

fn place_of(home: &Home, id: DocId, path: &str, op: OpId) -> Result<usize> {
    let seen = home.store.reader().view(id)?;
    let puts = seen.view.conflicts.get(path).map(Vec::as_slice).unwrap_or_default();
    let place = puts.iter().position(|p| p.op == op);
    place.ok_or_else(|| {
        request("bad-index", "这个值已不在待定之列，请重新查看", "this value is no candidate any more; look again")
    })
}

fn read_op(text: &str) -> Result<OpId> {
    let parts = text.split_once(':').and_then(|(a, s)| Some((a.parse().ok()?, s.parse().ok()?)));
    let op = parts.map(|(actor, seq)| OpId { actor: domain::ActorId(actor), seq });
    op.ok_or_else(|| request("bad-request", "无效的写入编号", "a write is named device:number"))
}

fn request(code: &'static str, zh: &str, en: &str) -> Error {
    Error::Request { code, zh: zh.to_owned(), en: en.to_owned() }
}

/// What the server refused of this device's changes.
pub fn refusals(store: &Store) -> Result<Vec<Refusal>> {
    let mut out = Vec::new();
    for id in store.with_refusals()? {
        let title = form::named(store, id)?;
        let form = store.reader().view(id).ok().and_then(|seen| seen.form);
        for refused in store.refused(id)? {
            let wrote = refused.values.into_iter().map(|(path, value)| site::wrote(form, path, value.to_json()));
            out.push(Refusal {
                record: title.clone(),
                seq: refused.op.seq,
                code: refused.code,
                says: Label { zh: refused.zh, en: refused.en },
                wrote: wrote.collect(),
            });
        }
    }
    Ok(out)
}
