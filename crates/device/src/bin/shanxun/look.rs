//! Subcommands that only look.

use std::process::ExitCode;

use device::capture::{self, Checked, Conflict, Shown};
use device::store::{Counts, ListQuery, Near, Row};
use device::{Error, Home, Result};
use serde_json::{Value as Json, json};

use crate::args;
use crate::output::Out;

/// `show`.
pub fn show(home: &Home, id: &str, out: &Out) -> Result<ExitCode> {
    let shown = home.show(capture::parse_id(id)?)?;
    out.result(&shown, || show_text(&shown, out))
}

fn show_text(shown: &Shown, out: &Out) -> String {
    let Shown { id, doc_type, kind, title, state, custody, .. } = shown;
    let mut lines = vec![format!("{title}\n{doc_type} {kind} {state} {} {id}", custody.as_str())];
    lines.extend(shown.values.iter().map(|(path, value)| format!("  {path} = {}", plain(value))));
    for (path, candidates) in &shown.conflicts {
        lines.push(format!("{} {path}:", out.say("待定", "in conflict")));
        for (index, c) in candidates.iter().enumerate() {
            let at = c.at.as_deref().unwrap_or_default();
            lines.push(format!("  [{index}] {} {} ({}) {at}", plain(&c.value), c.author, c.device));
        }
    }
    lines
        .extend(shown.photos.iter().map(|p| format!("  {} {} {}", out.say("照片", "photo"), p.id, p.custody.as_str())));
    lines.extend(
        shown
            .refused
            .iter()
            .map(|r| format!("{} {}: {}", out.say("被退回的改动", "refused change"), r.seq, out.say(&r.zh, &r.en))),
    );
    lines.join("\n")
}

pub(crate) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `list`.
pub fn list(home: &Home, args: &args::List, out: &Out) -> Result<ExitCode> {
    let doc_type = args
        .doc_type
        .as_deref()
        .map(|t| t.parse().map_err(|en: String| Error::Request { code: "unknown-type", zh: en.clone(), en }));
    let listing = home.list(&ListQuery {
        doc_type: doc_type.transpose()?,
        kind: args.kind.clone(),
        state: args.state.clone(),
        town: args.town.clone(),
        site: args.site.as_deref().map(capture::parse_id).transpose()?,
        search: args.search.clone(),
        near: args.near.as_deref().map(read_near).transpose()?,
        in_conflict: args.conflicts,
        deleted: args.deleted,
        limit: args.limit,
        offset: args.offset,
        ..ListQuery::default()
    })?;
    out.result(&listing.rows, || {
        let mut lines: Vec<String> = listing.rows.iter().map(row_text).collect();
        lines.push(format!("{} / {}", listing.rows.len(), listing.total));
        lines.join("\n")
    })
}

fn row_text(row: &Row) -> String {
    let Row { id, doc_type, kind, title, state, custody, .. } = row;
    let distance = row.distance_m.map(|m| format!(" {m} m")).unwrap_or_default();
    let conflict = if row.conflicts > 0 { " !" } else { "" };
    format!("{id} {doc_type} {kind} {title} {state} {}{distance}{conflict}", custody.as_str())
}

fn read_near(text: &str) -> Result<Near> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[lat, lon, km]) if lat.abs() <= 90.0 && lon.abs() <= 180.0 && (0.0..=20_000.0).contains(&km) => {
            Ok(Near { lat, lon, km })
        }
        _ => Err(Error::Request {
            code: "bad-position",
            zh: format!("“{text}”不是 纬度,经度,公里，例如 40.376,116.843,5"),
            en: format!("'{text}' is not LAT,LON,KM, for example 40.376,116.843,5"),
        }),
    }
}

/// `check`.
pub fn check(home: &Home, id: &str, out: &Out) -> Result<ExitCode> {
    let checked = capture::check(&home.store, capture::parse_id(id)?)?;
    out.result(&checked, || check_text(&checked, out))
}

fn check_text(checked: &Checked, out: &Out) -> String {
    let valid =
        if checked.valid { out.say("可以提交", "complete") } else { out.say("还不能提交", "not complete") };
    let mut lines = vec![valid.to_owned()];
    lines.extend(checked.problems.iter().map(|p| format!("  {} {}", p.path, out.say(&p.says.zh, &p.says.en))));
    for v in &checked.verdicts {
        let j = &v.judgement;
        let number = |d: Option<rust_decimal::Decimal>| d.map(|d| d.normalize().to_string()).unwrap_or_default();
        let verdict = out.say(j.verdict.zh(), j.verdict.as_str());
        let reason = j.reason.as_ref().map(|r| out.say(&r.zh, &r.en)).unwrap_or_default();
        let limit = number(j.limit);
        lines.push(format!(
            "  {} {verdict} {} {} {limit} {} {} {} {reason}",
            v.path,
            number(j.value),
            j.operator.symbol(),
            j.unit,
            j.standard,
            j.table
        ));
    }
    lines.join("\n")
}

/// `conflicts`.
pub fn conflicts(home: &Home, out: &Out) -> Result<ExitCode> {
    let conflicts = capture::conflicts(&home.store)?;
    out.result(&conflicts, || {
        let lines: Vec<String> = conflicts.iter().map(conflict_text).collect();
        if lines.is_empty() { out.say("没有待定的冲突", "no conflicts").to_owned() } else { lines.join("\n") }
    })
}

fn conflict_text(conflict: &Conflict) -> String {
    let values = conflict.values.iter().enumerate().map(|(i, c)| format!("[{i}] {} {}", plain(&c.value), c.author));
    format!("{} {} {}: {}", conflict.id, conflict.title, conflict.path, values.collect::<Vec<_>>().join(" | "))
}

/// `status`.
pub fn status(home: &Home, out: &Out) -> Result<ExitCode> {
    let counts = home.counts()?;
    let (have, actor) = (home.store.have()?, home.store.actor()?);
    let user = home.store.user()?;
    let server = home.store.server()?.map(|(server, _)| server);
    let json = json!({
        "device": actor, "changes": have.head, "acked": have.acked, "user": user.as_ref().map(|p| &p.name),
        "role": home.store.role()?, "server": server, "counts": counts,
    });
    out.result(&json, || status_text(&counts, out))
}

fn status_text(counts: &Counts, out: &Out) -> String {
    let mut lines: Vec<String> =
        counts.by_state.iter().map(|(t, kind, state, n)| format!("{t} {kind} {state}: {n}")).collect();
    lines.push(format!("{}: {}", out.say("待传记录", "records to send"), counts.records_left));
    lines.push(format!(
        "{}: {} ({} B)",
        out.say("待传照片", "photos to send"),
        counts.photos_left,
        counts.photo_bytes_left
    ));
    lines.push(format!(
        "{}: {} / {}",
        out.say("其中在中继上（记录/照片）", "of these on a relay (records/photos)"),
        counts.records_on_relay,
        counts.photos_on_relay
    ));
    lines.push(format!("{}: {}", out.say("待定冲突", "in conflict"), counts.in_conflict));
    lines.join("\n")
}

/// `verify`.
pub fn verify(home: &Home, out: &Out) -> Result<ExitCode> {
    let faults = capture::verify(&home.store)?;
    out.result(&json!({ "ok": faults.is_empty(), "faults": faults }), || {
        let lines: Vec<String> = faults.iter().map(|f| format!("{}: {}", f.code, f.message)).collect();
        if lines.is_empty() { out.say("全部完好", "everything is sound").to_owned() } else { lines.join("\n") }
    })?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
