//! This device: opening it, enrolment, settings, sync, storage, what leaves it in a file.

use std::path::PathBuf;

use device::export::{ExportOptions, ExportRow, Format, Lang};
use device::sync::enrol as enrol_device;
use device::{Home, code, maps, rescue as archive, settings as kept, storage as used};
use domain::datum::Datum;
use tauri::ipc::Request;
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;

use super::Answer;
use super::photos::bytes;
use crate::field;
use crate::host::{Host, Standing};
use crate::position::Receiver;
use crate::syncing::Syncing;
use crate::view::{AppSettings, BaseMap, EnrolCode, Enrolment, HomeFault, Start, Storage, SyncState, Written};

/// How things stand before anything else is asked.
#[tauri::command(async)]
pub fn start(host: State<'_, Host>) -> Answer<Start> {
    let standing = host.standing();
    let demo = host.is_demo();
    if standing != Standing::Open {
        let home = if standing == Standing::New { "new" } else { "locked" };
        return Ok(Start { home: home.to_owned(), demo, enrolled: false, settings: None });
    }
    host.with(|home| {
        let settings = Some(kept::read(&home.store)?.into());
        Ok(Start { home: "open".to_owned(), demo, enrolled: home.store.server()?.is_some(), settings })
    })
}

/// Opens, or makes, a home with a passphrase.
#[tauri::command(async)]
pub fn unlock(host: State<'_, Host>, passphrase: &str) -> Answer<Start> {
    host.unlock(passphrase)?;
    start(host)
}

/// Changes to the demo, or back.
#[tauri::command(async)]
pub fn open_demo(host: State<'_, Host>, on: bool) -> Answer<Start> {
    host.use_demo(on);
    if on {
        host.with(|home| device::demo::fill(&mut home.store, &mut device::Now::system()))?;
    }
    start(host)
}

/// What a person set.
#[tauri::command(async)]
pub fn settings(host: State<'_, Host>) -> Answer<AppSettings> {
    host.with(|home| Ok(kept::read(&home.store)?.into()))
}

/// Keeps what a person set.
#[tauri::command(async)]
pub fn save_settings(
    app: AppHandle,
    host: State<'_, Host>,
    receiver: State<'_, Receiver>,
    settings: AppSettings,
) -> Answer<AppSettings> {
    let saved = host.with(|home| kept::write(&mut home.store, settings.into()))?;
    receiver.take_settings(&app, saved.clone());
    Ok(saved.into())
}

/// Reads what an administrator gave: a code, or what its QR code says.
#[tauri::command(async)]
pub fn read_code(text: &str) -> Answer<EnrolCode> {
    let code::Code { server, code } = code::read(text)?;
    Ok(EnrolCode { server, code })
}

/// Reads the code from a picture of its QR code.
#[tauri::command(async)]
pub fn read_qr(request: Request<'_>) -> Answer<EnrolCode> {
    let code::Code { server, code } = code::read_picture(bytes(&request)?)?;
    Ok(EnrolCode { server, code })
}

/// Enrols this device; what was recorded before is kept and claimed.
#[tauri::command(async)]
pub fn enrol(host: State<'_, Host>, syncing: State<'_, Syncing>, server: &str, code: &str) -> Answer<Enrolment> {
    let enrolled = host.with(|home| enrol_device(&mut home.store, server, code, &label()))?;
    syncing.ask(false);
    let town = |code: &String| field::town(code).unwrap_or_else(|| crate::view::Label::name(code));
    Ok(Enrolment {
        user: enrolled.user,
        role: enrolled.role.as_str().to_owned(),
        towns: enrolled.towns.map(|towns| towns.iter().map(town).collect()),
        claimed: u32::try_from(enrolled.claimed).unwrap_or(u32::MAX),
    })
}

/// What people call this device: the machine's name.
fn label() -> String {
    let name = std::fs::read_to_string("/etc/hostname").ok().map(|n| n.trim().to_owned()).filter(|n| !n.is_empty());
    name.unwrap_or_else(|| std::env::consts::OS.to_owned())
}

/// How syncing stands.
#[tauri::command(async)]
pub fn sync_state(syncing: State<'_, Syncing>) -> SyncState {
    syncing.state()
}

/// Syncs now.
#[tauri::command(async)]
pub fn sync_now(syncing: State<'_, Syncing>, originals: bool) -> SyncState {
    syncing.ask(originals)
}

/// What this device holds.
#[tauri::command(async)]
pub fn storage(host: State<'_, Host>) -> Answer<Storage> {
    host.with(|home| storage_of(home))
}

/// Drops originals that are on the server.
#[tauri::command(async)]
pub fn free_originals(host: State<'_, Host>) -> Answer<Storage> {
    host.with(|home| {
        used::free_originals(home)?;
        storage_of(home)
    })
}

fn storage_of(home: &Home) -> device::Result<Storage> {
    let u = used::usage(home)?;
    Ok(Storage {
        database_bytes: u.database_bytes,
        originals_bytes: u.originals_bytes,
        copies_bytes: u.copies_bytes,
        maps_bytes: u.maps_bytes,
        droppable: u.droppable,
        droppable_bytes: u.droppable_bytes,
    })
}

/// Whether everything of this home is still what it was; on a connection of its own, as it takes a while.
#[tauri::command(async)]
pub fn self_check(host: State<'_, Host>) -> Answer<Vec<HomeFault>> {
    let home = host.open_another()?;
    let mut faults: Vec<HomeFault> = device::capture::verify(&home.store)?
        .into_iter()
        .map(|f| HomeFault { code: f.code, message: f.message })
        .collect();
    if !device::photos::stamp::has_font() {
        let message = "no Chinese font for stamped photos (fonts-noto-cjk) / 缺少中文字体，无法生成水印照片".to_owned();
        faults.push(HomeFault { code: "no-font".to_owned(), message });
    }
    Ok(faults)
}

/// A file to write to: the one named, or the one a person chooses.
fn target(app: &AppHandle, file: Option<String>, name: &str) -> Option<PathBuf> {
    file.map(PathBuf::from).or_else(|| app.dialog().file().set_file_name(name).blocking_save_file()?.into_path().ok())
}

/// Writes the records into a file for others.
#[tauri::command(async)]
pub fn export_ledger(
    app: AppHandle,
    host: State<'_, Host>,
    format: &str,
    file: Option<String>,
) -> Answer<Option<Written>> {
    let kind = Format::from_name(format).ok_or_else(|| device::Error::Request {
        code: "unknown-format",
        zh: format!("没有“{format}”格式"),
        en: format!("there is no format '{format}'"),
    })?;
    let Some(path) = target(&app, file, &format!("shanxun.{format}")) else { return Ok(None) };
    let home = host.open_another()?;
    let language = kept::read(&home.store)?.language;
    let lang = if language == "en" { Lang::En } else { Lang::Zh };
    let options = ExportOptions { format: kind, doc_type: None, kind: None, lang, datum: Datum::Wgs84, labels: false };
    let rows = home.store.all()?.into_iter().map(|id| home.show(id).map(ExportRow::from));
    let report = device::export::export(rows, home.store.catalogue(), &options, &path).map_err(device::Error::from)?;
    let bytes = std::fs::metadata(&path).map_or(0, |m| m.len());
    let n = u32::try_from(report.rows).unwrap_or(u32::MAX);
    Ok(Some(Written { file: path.display().to_string(), n, bytes }))
}

/// Packs everything of this home into an encrypted file.
#[tauri::command(async)]
pub fn rescue(
    app: AppHandle,
    host: State<'_, Host>,
    passphrase: &str,
    file: Option<String>,
) -> Answer<Option<Written>> {
    let Some(path) = target(&app, file, "shanxun-rescue.age") else { return Ok(None) };
    let packed = archive::pack(&host.dir(), &path, passphrase)?;
    Ok(Some(Written { file: path.display().to_string(), n: packed.files, bytes: packed.bytes }))
}

/// The system's dialog for a file to open.
#[tauri::command(async)]
pub fn pick_file(app: AppHandle, endings: Vec<String>) -> Option<String> {
    let endings: Vec<&str> = endings.iter().map(String::as_str).collect();
    let file = app.dialog().file().add_filter(endings.join(", "), &endings).blocking_pick_file()?;
    Some(file.into_path().ok()?.display().to_string())
}

fn map_view(map: maps::BaseMap) -> BaseMap {
    BaseMap {
        id: map.id,
        name: map.name,
        format: map.format,
        tiles: map.tiles,
        bounds: map.bounds,
        min_zoom: map.min_zoom,
        max_zoom: map.max_zoom,
        datum: map.datum,
        size_bytes: map.size_bytes,
        layers: map.layers,
        attribution: map.attribution,
    }
}

/// The base maps of this home.
#[tauri::command(async)]
pub fn base_maps(host: State<'_, Host>) -> Answer<Vec<BaseMap>> {
    host.with(|home| Ok(maps::list(home)?.into_iter().map(map_view).collect()))
}

/// Copies a base map into the home; on a connection of its own, as it may be large.
#[tauri::command(async)]
pub fn import_map(host: State<'_, Host>, file: PathBuf) -> Answer<BaseMap> {
    host.with_another(|home| Ok(map_view(maps::import(home, &file)?)))
}

/// Says in which datum a map is drawn.
#[tauri::command(async)]
pub fn set_map_datum(host: State<'_, Host>, id: &str, datum: &str) -> Answer<Vec<BaseMap>> {
    host.with(|home| maps::set_datum(home, id, datum))?;
    base_maps(host)
}

/// Removes a map from the home.
#[tauri::command(async)]
pub fn remove_map(host: State<'_, Host>, id: &str) -> Answer<Vec<BaseMap>> {
    host.with(|home| maps::remove(home, id))?;
    base_maps(host)
}
