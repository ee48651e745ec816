//! Subcommands that talk to a server.

use std::process::ExitCode;

use device::capture::{self, HistoryEntry};
use device::sync::{self, HttpTransport, PhotoMode, SyncOptions, SyncReport, TransportError};
use device::{Error, Home, Now, Result};

use crate::args::{self, Cli};
use crate::look::plain;
use crate::output::Out;
use crate::watched::Watched;

/// `enrol`.
pub fn enrol(home: &mut Home, args: &args::Enrol, out: &Out) -> Result<ExitCode> {
    let enrolled = sync::enrol(&mut home.store, &args.server, &args.code, &args.label)?;
    out.result(&enrolled, || {
        format!("{} {} ({})", out.say("已登记为设备", "enrolled as device"), enrolled.device, enrolled.user)
    })
}

/// `sync`.
pub fn sync(home: &mut Home, args: &args::Sync, cli: &Cli, out: &Out) -> Result<ExitCode> {
    let Some((server, token)) = home.store.server()? else {
        return Err(Error::Request {
            code: "not-enrolled",
            zh: "本机还没有登记到服务器。记录照常保存；向管理员要登记码后用 enrol 登记。".into(),
            en: "this device is not enrolled. Recording works all the same; get a code and use `enrol` to sync".into(),
        });
    };
    let photos = match args.photos {
        args::Photos::All => PhotoMode::All,
        args::Photos::Thumbnails => PhotoMode::Thumbnails,
        args::Photos::None => PhotoMode::None,
    };
    let server = args.server.clone().unwrap_or(server);
    let left = home.store.left()?;
    let mut transport = Watched::new(HttpTransport::new(&server, &token)?, left.photo_bytes);
    let now = || cli.now().unwrap_or_else(|_| Now::system()).wall;
    let report = sync::run(&mut home.store, &mut transport, &now, SyncOptions { photos, ..SyncOptions::default() })?;
    drop(transport);
    out.result(&report, || {
        if report.at_relay {
            return relayed_text(&report, out);
        }
        format!(
            "{} {}, {} {}, {} {}, {} {}",
            out.say("上传", "pushed"),
            report.pushed,
            out.say("收到", "pulled"),
            report.pulled,
            out.say("照片", "photos sent"),
            report.photos_sent,
            out.say("剩余照片", "photos left"),
            report.photos_left
        )
    })
}

fn relayed_text(report: &SyncReport, out: &Out) -> String {
    let SyncReport { relayed, photos_relayed, photos_left, .. } = report;
    out.say(
        &format!("中继已收下改动 {relayed} 条、照片 {photos_relayed} 张；未到服务器的照片 {photos_left} 张"),
        &format!(
            "a relay took {relayed} changes and {photos_relayed} photos; {photos_left} photos are not on the server"
        ),
    )
    .to_owned()
}

/// `history`.
pub fn history(home: &Home, id: &str, local: bool, out: &Out) -> Result<ExitCode> {
    let id = capture::parse_id(id)?;
    let mut entries = capture::history(&home.store, id)?;
    if let Some((server, token)) = home.store.server()?.filter(|_| !local) {
        match HttpTransport::new(&server, &token)?.history(id) {
            Ok(theirs) => entries = capture::with_servers(entries, theirs),
            Err(TransportError::Refused { status: 404, .. }) => {} // nothing of it was sent yet
            // Looking never waits for a signal; what is missing is said beside the result.
            Err(why) => eprintln!("shanxun: {}: {why}", out.say("只显示本机所知", "only what this device knows")),
        }
    }
    out.result(&entries, || entries.iter().map(|e| history_text(e, out)).collect::<Vec<_>>().join("\n"))
}

fn history_text(entry: &HistoryEntry, out: &Out) -> String {
    let HistoryEntry { device, author, at, status, reason, values, .. } = entry;
    let values: Vec<String> = values.iter().map(|(path, value)| format!("{path}={}", plain(value))).collect();
    let reason = reason.as_ref().map(|(_, zh, en)| format!(" ({})", out.say(zh, en))).unwrap_or_default();
    format!("{} {author} ({device}) {status}{reason} {}", at.as_deref().unwrap_or("-"), values.join(" "))
}
