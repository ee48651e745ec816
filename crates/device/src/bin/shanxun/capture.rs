//! Subcommands that write: each reads its arguments, calls one function, prints.

use std::io::BufRead;
use std::path::Path;
use std::process::ExitCode;

use device::capture::{self, Added, Choice, Given, NewDoc, Picture};
use device::store::Store;
use device::{Error, Home, Now, Result};
use domain::{ActorId, DocType, OpId};
use serde_json::json;

use crate::args::{self, Cli};
use crate::output::{Out, error_json};
use crate::progress::Progress;

/// `new`.
pub fn new(home: &mut Home, args: &args::New, now: &mut Now, out: &Out) -> Result<ExitCode> {
    let doc_type: DocType = read_type(&args.doc_type)?;
    let pictures = &args.pictures;
    let photos = take_in(&home.store, &pictures.photos, pictures.proves.as_deref(), pictures.stage.as_deref())?;
    let given = Given { set: path_values(&args.set)?, photos, at: read_at(pictures.at.as_deref())? };
    let site = args.site.as_deref().map(capture::parse_id).transpose()?;
    let doc = NewDoc { doc_type, kind: args.kind.clone(), site, given };
    let id = home.store.write(|w| capture::create(w, now, &doc))?;
    saved(out, &id.to_string(), now)
}

/// `set`.
pub fn set(home: &mut Home, args: &args::SetFields, now: &mut Now, out: &Out) -> Result<ExitCode> {
    let id = capture::parse_id(&args.id)?;
    let given = Given { set: path_values(&args.set)?, photos: Vec::new(), at: read_at(args.at.as_deref())? };
    home.store.write(|w| capture::set(w, now, id, &given))?;
    saved(out, &id.to_string(), now)
}

/// `photo`.
pub fn photo(home: &mut Home, args: &args::Photo, now: &mut Now, out: &Out) -> Result<ExitCode> {
    let id = capture::parse_id(&args.id)?;
    home.store.reader().key(id)?;
    let photos = take_in(&home.store, &args.files, args.proves.as_deref(), args.stage.as_deref())?;
    let given = Given { set: Vec::new(), photos, at: read_at(args.at.as_deref())? };
    let added = home.store.write(|w| capture::add_photos(w, now, id, &given))?;
    let photos: Vec<_> = added.iter().map(|a| json!({ "id": a.id.to_string(), "already_there": a.known })).collect();
    out.result(&json!({ "id": id.to_string(), "photos": photos }), || {
        added.iter().map(|a| photo_line(out, a)).collect::<Vec<_>>().join("\n")
    })
}

fn photo_line(out: &Out, added: &Added) -> String {
    let what = if added.known {
        out.say("这张照片记录里已经有了，未重复添加", "the record has this picture already; nothing was added")
    } else {
        out.say("已保存", "saved")
    };
    format!("{} {what}", added.id)
}

/// `move`.
pub fn move_to(home: &mut Home, args: &args::Move, now: &mut Now, out: &Out) -> Result<ExitCode> {
    let id = capture::parse_id(&args.id)?;
    home.store.write(|w| capture::move_to(w, now, id, &args.state, args.note.as_deref()))?;
    out.result(&json!({ "id": id.to_string(), "state": args.state }), || format!("{id} → {}", args.state))
}

/// `delete` and `restore`.
pub fn delete(home: &mut Home, id: &str, deleted: bool, now: &Now, out: &Out) -> Result<ExitCode> {
    let id = capture::parse_id(id)?;
    home.store.write(|w| capture::set_deleted(w, now, id, deleted))?;
    out.result(&json!({ "id": id.to_string(), "deleted": deleted }), || {
        format!("{id} {}", if deleted { out.say("已删除", "deleted") } else { out.say("已恢复", "restored") })
    })
}

/// `remark`.
pub fn remark(home: &mut Home, args: &args::Remark, now: &mut Now, out: &Out) -> Result<ExitCode> {
    let id = capture::parse_id(&args.id)?;
    let remark = home.store.write(|w| capture::remark(w, now, id, &args.path, &args.text, args.must))?;
    out.result(&json!({ "id": id.to_string(), "remark": remark.to_string() }), || format!("{remark}"))
}

/// `resolve`.
pub fn resolve(home: &mut Home, args: &args::Resolve, now: &Now, out: &Out) -> Result<ExitCode> {
    let id = capture::parse_id(&args.id)?;
    let choice = match (&args.keep, &args.value) {
        (Some(index), _) => Choice::Keep(*index),
        (None, value) => Choice::Value(value.clone().unwrap_or_default()),
    };
    let seen: Vec<OpId> = args.seen.iter().map(|text| read_op(text)).collect::<Result<_>>()?;
    let seen = (!seen.is_empty()).then_some(seen);
    home.store.write(|w| capture::resolve(w, now, id, &args.path, &choice, seen))?;
    saved(out, &id.to_string(), now)
}

/// `batch`.
pub fn batch(home: &mut Home, file: &Path, cli: &Cli, out: &Out) -> Result<ExitCode> {
    let unreadable = |source| Error::Io { path: file.to_owned(), source };
    let (reader, bytes): (Box<dyn BufRead>, u64) = if file == Path::new("-") {
        (Box::new(std::io::stdin().lock()), 0)
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        let bytes = opened.metadata().map_err(unreadable)?.len();
        (Box::new(std::io::BufReader::new(opened)), bytes)
    };
    let progress = Progress::of_bytes(bytes);
    let lines = reader.lines().inspect(|line| progress.advance(line.as_ref().map_or(0, |text| text.len() as u64 + 1)));
    let mut clock = || cli.now().unwrap_or_else(|_| Now::system());
    let mut report = |line: capture::LineResult| {
        let json = match line.result {
            Ok(id) => json!({ "id": id.to_string() }),
            Err(error) => {
                let mut body = error_json(&error, out.zh);
                body["line"] = line.line.into();
                json!({ "error": body })
            }
        };
        progress.aside(|| out.line(&json.to_string()))
    };
    let failed = capture::batch(&mut home.store, lines, &mut clock, &mut report)?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn saved(out: &Out, id: &str, now: &Now) -> Result<ExitCode> {
    out.result(&json!({ "id": id }), || {
        let time = now.rfc3339();
        format!("{id}\n{} {}", out.say("已保存", "saved"), time.get(11..19).unwrap_or(&time))
    })
}

fn read_type(text: &str) -> Result<DocType> {
    let doc_type: DocType =
        text.parse().map_err(|en: String| Error::Request { code: "unknown-type", zh: en.clone(), en })?;
    if doc_type == DocType::Photo {
        return Err(Error::Request {
            code: "unknown-type",
            zh: "照片用 photo 命令加到记录上".into(),
            en: "photos are added to a record with the command `photo`".into(),
        });
    }
    Ok(doc_type)
}

fn read_at(text: Option<&str>) -> Result<Option<domain::Position>> {
    text.map(capture::read_at).transpose()
}

fn path_values(texts: &[String]) -> Result<Vec<(String, String)>> {
    texts.iter().map(|t| capture::read_path_value(t)).collect()
}

fn read_op(text: &str) -> Result<OpId> {
    let op = text.split_once(':').and_then(|(actor, seq)| {
        Some(OpId { actor: ActorId(actor.trim().parse().ok()?), seq: seq.trim().parse().ok()? })
    });
    op.ok_or_else(|| Error::Request {
        code: "bad-request",
        zh: format!("“{text}”不是写入编号，应形如 7:12"),
        en: format!("'{text}' is not a write like 7:12, as `show` names them"),
    })
}

fn take_in(
    store: &Store,
    files: &[std::path::PathBuf],
    proves: Option<&str>,
    stage: Option<&str>,
) -> Result<Vec<Picture>> {
    files.iter().map(|file| capture::take_in(&store.photos_dir(), file, proves, stage)).collect()
}
