//! Commands beside the server: users, devices, backup, check.

use std::io::BufRead;
use std::path::Path;

use domain::ActorId;
use domain::forms::Catalogue;
use serde_json::json;

use super::Outcome;
use super::arguments::{AddUser, LISTEN};
use crate::accounts::NewUser;
use crate::backup;
use crate::environment::Environment;
use crate::error::ServerError;
use crate::server::{Config, DATABASE, Server};
use crate::storage::{Device, User};

fn open(data: &Path) -> Result<Server, ServerError> {
    // No command here looks into a document, and compiling the forms takes longer than most of them.
    let forms = Catalogue::load(std::iter::empty::<(String, String)>()).map_err(|_| ServerError::Internal)?;
    Server::open(Config { data: data.into(), forms, environment: Environment::system() })
}

/// Opens a folder that must be there: a mistyped name must not make an empty one.
fn open_existing(data: &Path) -> Result<Server, ServerError> {
    if !data.join(DATABASE).is_file() {
        let why = format!("{} holds no server; check --data, or begin with 'user add'", data.display());
        return Err(ServerError::Folder(why));
    }
    open(data)
}

fn first_line() -> Result<String, ServerError> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

pub(super) fn add_user(data: &Path, add: &AddUser) -> Result<Outcome, ServerError> {
    let towns = if add.towns == ["all"] { None } else { Some(add.towns.clone()) };
    let password = add.password_stdin.then(first_line).transpose()?;
    let new = NewUser { name: add.name.clone(), role: add.role, towns, password };
    let id = open(data)?.add_user(&new)?;
    let text = format!("added user {} ({})", new.name, new.role);
    Ok(Outcome::new(json!({"id": id, "name": new.name, "role": new.role, "towns": new.towns}), text))
}

pub(super) fn list_users(data: &Path) -> Result<Outcome, ServerError> {
    let users = open_existing(data)?.users()?;
    let rows = users.iter().map(|User { person, password, active }| {
        let towns = person.towns.as_ref().map_or_else(|| "all".to_owned(), |towns| towns.join(","));
        let line = format!("{}\t{}\t{}\t{towns}", person.id.0, person.name, person.role);
        let json = json!({
            "id": person.id, "name": person.name, "role": person.role, "towns": person.towns,
            "active": active, "has_password": password.is_some(),
        });
        (json, line)
    });
    Ok(listed(rows.collect()))
}

pub(super) fn list_devices(data: &Path) -> Result<Outcome, ServerError> {
    let server = open_existing(data)?;
    let users = server.users()?;
    let name = |device: &Device| users.iter().find(|u| u.person.id == device.user).map(|u| u.person.name.clone());
    let rows = server.devices()?.into_iter().map(|device| {
        let user = name(&device).unwrap_or_default();
        let seen = device.last_seen_ms.and_then(chrono::DateTime::from_timestamp_millis).map(|t| t.to_rfc3339());
        let line = format!(
            "{}\t{user}\t{}\t{}\t{}{}",
            device.first_actor,
            device.label,
            seen.as_deref().unwrap_or("never"),
            device.left.records,
            if device.revoked { "\trevoked" } else { "" },
        );
        let json = json!({
            "number": device.first_actor, "user": user, "label": device.label, "revoked": device.revoked,
            "last_seen": seen, "clock_offset_ms": device.clock_offset_ms, "left": device.left,
        });
        (json, line)
    });
    Ok(listed(rows.collect()))
}

fn listed(rows: Vec<(serde_json::Value, String)>) -> Outcome {
    let (json, lines): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    Outcome::new(json.into(), lines.join("\n"))
}

pub(super) fn revoke(data: &Path, number: u32) -> Result<Outcome, ServerError> {
    open_existing(data)?.revoke(ActorId(number))?;
    Ok(Outcome::new(json!({"revoked": number}), format!("device {number} is revoked")))
}

/// Prints JSON in any case: the code is typed or scanned, and both fields are needed.
pub(super) fn enrol(data: &Path, name: &str, url: Option<String>) -> Result<Outcome, ServerError> {
    let server = open_existing(data)?;
    let code = server.make_code(name)?;
    let remembered = server.remembered_url()?;
    let url = url.or(remembered).unwrap_or_else(|| format!("http://{LISTEN}"));
    let answer = json!({"code": code, "url": url.trim_end_matches('/')});
    let text = answer.to_string();
    Ok(Outcome::new(answer, text))
}

pub(super) fn back_up(data: &Path, file: &Path) -> Result<Outcome, ServerError> {
    let server = open_existing(data)?;
    let bytes = backup::back_up(server.storage(), data, file)?;
    let text = format!("wrote {} ({bytes} bytes)", file.display());
    Ok(Outcome::new(json!({"file": file, "bytes": bytes}), text))
}

pub(super) fn restore(data: &Path, file: &Path) -> Result<Outcome, ServerError> {
    let aside = backup::restore(file, data, &Environment::system())?;
    let moved = aside.as_ref().map(|a| format!("; what was there is in {}", a.display())).unwrap_or_default();
    let text = format!("restored {}{moved}", data.display());
    Ok(Outcome::new(json!({"data": data, "moved_aside": aside}), text))
}

/// Status 1 if anything was wrong, also where that was given up; the next check then says what is left.
pub(super) fn check(data: &Path, repair: bool) -> Result<Outcome, ServerError> {
    let server = open_existing(data)?;
    let (report, given_up) = if repair { server.repair()? } else { (server.check()?, 0) };
    let mut lines: Vec<String> = report.findings.iter().map(|f| format!("{}: {}", f.code, f.message)).collect();
    let (changes, documents, photos) = (report.changes, report.documents, report.photos);
    lines.push(format!("{changes} changes, {documents} documents, {photos} photos, {} faults", report.findings.len()));
    if given_up > 0 {
        lines.push(format!("{given_up} photo files were given up; devices that still have them send them again"));
    } else if !report.lost.is_empty() {
        lines.push("'check --repair' lets devices that still have these photos send them again".to_owned());
    }
    let json = json!({
        "changes": changes, "documents": documents, "photos": photos,
        "ok": report.findings.is_empty(), "findings": report.findings, "given_up": given_up,
    });
    Ok(Outcome { json, text: lines.join("\n"), is_good: report.findings.is_empty() })
}
