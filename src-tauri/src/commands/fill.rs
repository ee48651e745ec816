//! Filling records in: every command here is one durable save, and answers with the form as it is on the disk.

use device::capture::{self, Given, NewDoc, Signature, parse_id};
use device::store::Writer;
use device::{Home, Now, Result, series};
use domain::{DocId, DocType};
use tauri::State;

use super::Answer;
use crate::form::{self as forms, visit};
use crate::host::Host;
use crate::view::{AddedRow, Copied, FormState, Label, LeaveLine, LeaveList, NoiseSeries, SignatureInput, Typed};

fn texts(fields: Vec<Typed>) -> Vec<(String, String)> {
    fields.into_iter().map(|f| (f.path, f.text)).collect()
}

/// Saves in one transaction at this moment.
fn save<T>(home: &mut Home, act: impl FnOnce(&mut Writer<'_>, &mut Now) -> Result<T>) -> Result<T> {
    let mut now = Now::system();
    home.store.write(|w| act(w, &mut now))
}

/// Saves a record and gives its form.
fn saved(host: &Host, id: &str, act: impl FnOnce(&mut Writer<'_>, &mut Now, DocId) -> Result<()>) -> Answer<FormState> {
    host.change(|home| {
        let id = parse_id(id)?;
        save(home, |w, now| act(w, now, id))?;
        forms::read(home, id, Vec::new())
    })
}

/// A new site; gives its id.
#[tauri::command(async)]
pub fn create_site(host: State<'_, Host>, kind: String, fields: Vec<Typed>) -> Answer<String> {
    let given = Given { set: texts(fields), ..Given::default() };
    let new = NewDoc { doc_type: DocType::Site, kind, site: None, given };
    host.change(|home| save(home, |w, now| capture::create(w, now, &new)).map(|id| id.to_string()))
}

/// A new inspection of a site; gives its id.
#[tauri::command(async)]
pub fn create_inspection(host: State<'_, Host>, site: &str) -> Answer<String> {
    host.change(|home| {
        let site = parse_id(site)?;
        let (key, _) = home.store.reader().key(site)?;
        let new = NewDoc { doc_type: DocType::Inspection, kind: key.kind, site: Some(site), given: Given::default() };
        save(home, |w, now| capture::create(w, now, &new)).map(|id| id.to_string())
    })
}

/// A document to fill.
#[tauri::command(async)]
pub fn form(host: State<'_, Host>, id: &str) -> Answer<FormState> {
    host.with(|home| forms::read(home, parse_id(id)?, Vec::new()))
}

/// Saves fields as typed.
#[tauri::command(async)]
pub fn set_fields(host: State<'_, Host>, id: &str, fields: Vec<Typed>) -> Answer<FormState> {
    let typed = texts(fields);
    host.change(|home| {
        let id = parse_id(id)?;
        let rejected = save(home, |w, now| capture::fill(w, now, id, &typed))?;
        forms::read(home, id, rejected)
    })
}

/// Adds a row to a repeated group.
#[tauri::command(async)]
pub fn add_row(host: State<'_, Host>, id: &str, group: &str) -> Answer<AddedRow> {
    host.change(|home| {
        let id = parse_id(id)?;
        let row = save(home, |w, now| capture::add_row(w, now, id, group))?;
        Ok(AddedRow { row, form: forms::read(home, id, Vec::new())? })
    })
}

/// Takes a row out of its group.
#[tauri::command(async)]
pub fn remove_row(host: State<'_, Host>, id: &str, group: &str, row: &str) -> Answer<FormState> {
    saved(&host, id, |w, now, id| capture::remove_row(w, now, id, group, row))
}

/// Copies what seldom changes from the last visit of the site.
#[tauri::command(async)]
pub fn copy_last_visit(host: State<'_, Host>, id: &str) -> Answer<Copied> {
    host.change(|home| {
        let id = parse_id(id)?;
        let (from, paths) = save(home, |w, now| capture::copy_last_visit(w, now, id))?;
        Ok(Copied { from: visit(from), paths, form: forms::read(home, id, Vec::new())? })
    })
}

/// Moves a record to another state.
#[tauri::command(async)]
pub fn move_record(host: State<'_, Host>, id: &str, to: &str, note: Option<&str>) -> Answer<FormState> {
    saved(&host, id, |w, now, id| capture::move_to(w, now, id, to, note))
}

/// Deletes a record, or brings it back.
#[tauri::command(async)]
pub fn delete_record(host: State<'_, Host>, id: &str, deleted: bool) -> Answer<()> {
    host.change(|home| {
        let id = parse_id(id)?;
        save(home, |w, now| capture::set_deleted(w, now, id, deleted))
    })
}

fn signature(input: SignatureInput) -> Signature {
    Signature { name: input.name, role: input.role, image: input.image }
}

/// Adds a signature.
#[tauri::command(async)]
pub fn sign(host: State<'_, Host>, id: &str, signature: SignatureInput) -> Answer<FormState> {
    let given = self::signature(signature);
    saved(&host, id, |w, now, id| capture::sign(w, now, id, &given).map(drop))
}

/// Notes that the party refuses to sign.
#[tauri::command(async)]
pub fn refuse_signature(
    host: State<'_, Host>,
    id: &str,
    reason: &str,
    witness: Option<SignatureInput>,
) -> Answer<FormState> {
    let witness = witness.map(signature);
    saved(&host, id, |w, now, id| capture::refuse_signature(w, now, id, reason, witness.as_ref()))
}

/// Says what a submitted record should say instead.
#[tauri::command(async)]
pub fn correct(host: State<'_, Host>, id: &str, fields: Vec<Typed>, reason: &str) -> Answer<FormState> {
    let typed = texts(fields);
    saved(&host, id, |w, now, id| capture::correct(w, now, id, &typed, reason))
}

/// What is left to do before leaving.
#[tauri::command(async)]
pub fn leave_list(host: State<'_, Host>, id: &str) -> Answer<LeaveList> {
    host.with(|home| {
        let role = home.store.role()?;
        Ok(leave_view(capture::leaving(&home.store, parse_id(id)?, role)?))
    })
}

fn leave_view(leaving: capture::Leaving) -> LeaveList {
    let weight = |w: capture::Weight| match w {
        capture::Weight::Submit => "submit",
        capture::Weight::Case => "case",
        capture::Weight::Look => "look",
    };
    let line = |l: capture::Line| LeaveLine {
        record: l.record.to_string(),
        path: l.path,
        code: l.code,
        weight: weight(l.weight).to_owned(),
        only_here: l.only_here,
        says: Label::from(&l.says),
    };
    LeaveList {
        lines: leaving.lines.into_iter().map(line).collect(),
        done: leaving.done.iter().map(Label::from).collect(),
        may_submit: leaving.may_submit,
    }
}

/// Reads levels that were typed or pasted.
#[tauri::command(async)]
pub fn noise_series(text: &str) -> Answer<NoiseSeries> {
    Ok(series_view(series::read(text)?))
}

/// A series for the screens.
pub fn series_view(read: series::Series) -> NoiseSeries {
    let samples: Vec<String> = read.samples.iter().map(ToString::to_string).collect();
    let figure = |d: rust_decimal::Decimal| d.round_dp(1).to_string();
    NoiseSeries {
        text: format!("[{}]", samples.join(",")),
        samples,
        leq_db: figure(read.levels.leq_db),
        l10_db: figure(read.levels.l10_db),
        l50_db: figure(read.levels.l50_db),
        l90_db: figure(read.levels.l90_db),
        lmax_db: figure(read.levels.lmax_db),
        lmin_db: figure(read.levels.lmin_db),
        column: read.column,
        skipped: read.skipped,
    }
}
