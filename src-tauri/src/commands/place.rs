//! Position, walking, and what the map shows.

use device::capture::{self, Given, NewDoc, parse_id};
use device::position::walk::{self as walks};
use device::{Now, store};
use domain::datum::{Datum, LonLat, convert};
use domain::{DocType, Value, places};
use tauri::{AppHandle, State};

use super::Answer;
use crate::form as forms;
use crate::host::Host;
use crate::position::{self as positions, Receiver};
use crate::view::{DeviceFix, FormState, MapPage, MapQuery, MapSite, PositionState, UsePosition, Walk};

/// Most sites of one page of the map.
const MAP_SITES_MAX: u32 = 20_000;

/// How the position stands.
#[tauri::command(async)]
pub fn position(receiver: State<'_, Receiver>) -> PositionState {
    receiver.state()
}

/// Switches the receiver on or off.
#[tauri::command(async)]
pub fn watch_position(app: AppHandle, host: State<'_, Host>, receiver: State<'_, Receiver>, on: bool) -> PositionState {
    receiver.take_settings(&app, positions::settings_of(&host));
    receiver.watch(&app, on);
    receiver.state()
}

/// Takes a fix of the platform's own receiver.
#[tauri::command(async)]
pub fn device_fix(app: AppHandle, receiver: State<'_, Receiver>, fix: DeviceFix) -> PositionState {
    receiver.take_device_fix(&app, &fix)
}

/// Begins an average.
#[tauri::command(async)]
pub fn start_average(receiver: State<'_, Receiver>) -> PositionState {
    receiver.start_average()
}

/// Writes a position to a field; the reason for a poor one stands in the record's notes.
#[tauri::command(async)]
pub fn use_position(host: State<'_, Host>, receiver: State<'_, Receiver>, r#use: UsePosition) -> Answer<FormState> {
    host.change(|home| {
        let id = parse_id(&r#use.record)?;
        let place = receiver.take(&r#use)?;
        let mut now = Now::system();
        let mut typed = vec![(r#use.path.clone(), Value::Point(place).typed())];
        if let Some(reason) = r#use.reason.as_deref().map(str::trim).filter(|r| !r.is_empty()) {
            typed.push((format!("notes/{}", now.new_id()), format!("{}：{reason}", r#use.path)));
        }
        let rejected = home.store.write(|w| capture::fill(w, &mut now, id, &typed))?;
        forms::read(home, id, rejected)
    })
}

/// The walk under way.
#[tauri::command(async)]
pub fn walk(host: State<'_, Host>) -> Answer<Option<Walk>> {
    host.with(|home| positions::shown(&home.store))
}

/// Begins to walk round a plot.
#[tauri::command(async)]
pub fn start_walk(
    app: AppHandle,
    host: State<'_, Host>,
    receiver: State<'_, Receiver>,
    record: &str,
    path: &str,
) -> Answer<Walk> {
    receiver.watch(&app, true);
    host.with(|home| {
        let record = parse_id(record)?.to_string();
        begin(&mut home.store, record, path, path != "track")
    })
}

/// Begins a patrol.
#[tauri::command(async)]
pub fn start_patrol(app: AppHandle, host: State<'_, Host>, receiver: State<'_, Receiver>) -> Answer<Walk> {
    receiver.watch(&app, true);
    host.change(|home| {
        if walks::current(&home.store)?.is_some() {
            return begin(&mut home.store, String::new(), "track", false);
        }
        let new = NewDoc { doc_type: DocType::Patrol, kind: "-".to_owned(), site: None, given: Given::default() };
        let mut now = Now::system();
        let id = home.store.write(|w| capture::create(w, &mut now, &new))?;
        begin(&mut home.store, id.to_string(), "track", false)
    })
}

fn begin(store: &mut store::Store, record: String, path: &str, closed: bool) -> device::Result<Walk> {
    let started_at = Now::system().rfc3339();
    let walk = walks::Walk { record, path: path.to_owned(), closed, started_at, paused: false };
    walks::start(store, &walk)?;
    positions::walk_of(store)
}

/// Adds the last fix as a corner.
#[tauri::command(async)]
pub fn mark_point(host: State<'_, Host>, receiver: State<'_, Receiver>) -> Answer<Walk> {
    host.with(|home| receiver.mark(&mut home.store))
}

/// Pauses the walk, or goes on.
#[tauri::command(async)]
pub fn pause_walk(host: State<'_, Host>, paused: bool) -> Answer<Walk> {
    host.with(|home| {
        walks::pause(&mut home.store, paused)?;
        positions::walk_of(&home.store)
    })
}

/// Takes the last point out.
#[tauri::command(async)]
pub fn undo_walk(host: State<'_, Host>) -> Answer<Walk> {
    host.with(|home| {
        walks::required(&home.store)?;
        home.store.undo_walk_point()?;
        positions::walk_of(&home.store)
    })
}

/// Writes the shape to its field and ends the walk.
#[tauri::command(async)]
pub fn finish_walk(host: State<'_, Host>) -> Answer<FormState> {
    host.change(|home| {
        let mut now = Now::system();
        let id = walks::finish(&mut home.store, &mut now)?;
        forms::read(home, id, Vec::new())
    })
}

/// Ends the walk and forgets its points.
#[tauri::command(async)]
pub fn discard_walk(host: State<'_, Host>) -> Answer<()> {
    host.with(|home| walks::end(&mut home.store))
}

/// Sites as light rows.
#[tauri::command(async)]
pub fn map_sites(host: State<'_, Host>, query: MapQuery) -> Answer<MapPage> {
    host.with(|home| {
        let wanted = store::MapQuery {
            bbox: query.bbox,
            kind: query.kind,
            state: query.state,
            offset: query.offset as usize,
            limit: query.limit.min(MAP_SITES_MAX) as usize,
        };
        let (sites, total) = home.store.on_map(&wanted)?;
        let site = |s: store::OnMap| MapSite {
            id: s.id.to_string(),
            kind: s.kind,
            state: s.state,
            title: s.title,
            lat: s.at.0,
            lon: s.at.1,
        };
        Ok(MapPage { sites: sites.into_iter().map(site).collect(), total: u32::try_from(total).unwrap_or(u32::MAX) })
    })
}

/// The district's outline, GeoJSON.
#[tauri::command(async)]
pub fn outline() -> serde_json::Value {
    serde_json::from_str(places::district_outline_geojson()).unwrap_or_default()
}

/// Shifts coordinates between datums; points of an unknown datum stay where they are.
#[tauri::command(async)]
pub fn shift(points: Vec<[f64; 2]>, from: &str, to: &str) -> Vec<[f64; 2]> {
    let (Some(from), Some(to)) = (Datum::from_name(from), Datum::from_name(to)) else { return points };
    let one = |[lon, lat]: [f64; 2]| {
        let moved = convert(LonLat::new(lon, lat), from, to);
        [moved.lon, moved.lat]
    };
    points.into_iter().map(one).collect()
}
