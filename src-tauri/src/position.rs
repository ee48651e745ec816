//! The receiver behind the window: what it says goes to the screens as it comes, and into the walk under way.

use std::sync::{Mutex, MutexGuard, PoisonError};

use device::position::{Heard, Tracker, Use, walk};
use device::settings::{self, Settings};
use device::store::Store;
use device::{Error, Now, Result};
use domain::value::PositionSource;
use domain::{Position, Value};
use tauri::{AppHandle, Emitter, Manager};

use crate::error::ApiError;
use crate::host::Host;
use crate::platform::{self, Listening, Source};
use crate::view::{self, Average, DeviceFix, Label, PositionState, UsePosition, Walk, WalkPoint};

/// A fix older than this, seconds, is shown as old.
const STALE_S: u32 = 15;

/// The receiver, and what is known of the position.
#[derive(Default)]
pub struct Receiver(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    tracker: Tracker,
    settings: Settings,
    listening: Option<(Source, Option<Listening>)>,
}

impl Receiver {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // What a panic left behind is at worst an old fix, and its age is shown.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the position stands.
    pub fn state(&self) -> PositionState {
        self.inner().state()
    }

    /// Takes other settings; a receiver that is on is listened to anew if it is another one.
    pub fn take_settings(&self, app: &AppHandle, settings: Settings) {
        let is_on = {
            let mut inner = self.inner();
            let changed = Source::of(&inner.settings) != Source::of(&settings);
            inner.settings = settings;
            changed && inner.listening.is_some()
        };
        if is_on {
            self.watch(app, false);
            self.watch(app, true);
        }
    }

    /// Switches the receiver on or off.
    pub fn watch(&self, app: &AppHandle, on: bool) {
        let mut inner = self.inner();
        if !on {
            inner.listening = None;
            let mocked = inner.tracker.mocked;
            inner.tracker = Tracker::default();
            inner.tracker.mocked = mocked;
            return;
        }
        if inner.listening.is_some() {
            return;
        }
        let source = Source::of(&inner.settings);
        let listening = match source {
            Source::Gpsd(_) | Source::Nmea(_) => {
                let app = app.clone();
                Some(platform::listen(source.clone(), move |heard| app.state::<Receiver>().hear(&app, heard)))
            }
            Source::Device | Source::None => None,
        };
        inner.listening = Some((source, listening));
    }

    /// Takes what a receiver says, tells the screens, and takes a fix into the walk.
    fn hear(&self, app: &AppHandle, heard: Heard) {
        let is_fix = matches!(heard, Heard::Fix(_));
        let (state, fix, gate_m) = {
            let mut inner = self.inner();
            inner.tracker.hear(heard);
            (inner.state(), inner.tracker.fix.clone(), inner.settings.gate_m)
        };
        // A window that is closing hears nothing any more.
        let _ = app.emit("position", state);
        let Some(fix) = fix.filter(|_| is_fix) else { return };
        let walked = app.state::<Host>().with(|home| {
            let taken = walk::add_fix(&mut home.store, &fix, gate_m, false)?;
            if taken { shown(&home.store) } else { Ok(None) }
        });
        if let Ok(Some(walk)) = walked {
            let _ = app.emit("walk", walk);
        }
    }

    /// Takes a fix of the platform's own receiver.
    pub fn take_device_fix(&self, app: &AppHandle, given: &DeviceFix) -> PositionState {
        let now_ms = Now::system().wall.unix_ms;
        let heard_ms = given.unix_ms.min(now_ms);
        let source = PositionSource::Gnss;
        let fix = device::position::Fix::new(given.lat, given.lon, given.accuracy_m, source, heard_ms);
        let heard = match fix {
            _ if given.mocked => Heard::Mocked,
            Some(fix) => Heard::Fix(fix),
            None => Heard::NoFix,
        };
        self.hear(app, heard);
        self.state()
    }

    /// Begins an average.
    pub fn start_average(&self) -> PositionState {
        let mut inner = self.inner();
        inner.tracker.start_average();
        inner.state()
    }

    /// The last fix as a position of this moment, if it is fresh.
    pub fn here(&self) -> Option<Position> {
        let inner = self.inner();
        let now_ms = Now::system().wall.unix_ms;
        inner.tracker.take(Use::Fix, now_ms, inner.settings.gate_m, 0, Some("as it is")).ok()
    }

    /// The position a field is to hold.
    pub fn take(&self, wanted: &UsePosition) -> Result<Position> {
        let which = match wanted.from.as_str() {
            "average" => Use::Average,
            "map" => return from_map(wanted),
            _ => Use::Fix,
        };
        let inner = self.inner();
        let (gate_m, minimum) = (inner.settings.gate_m, inner.settings.average_min);
        inner.tracker.take(which, Now::system().wall.unix_ms, gate_m, minimum, wanted.reason.as_deref())
    }

    /// Adds the last fix to the walk by hand.
    pub fn mark(&self, store: &mut Store) -> Result<Walk> {
        let (fix, gate_m) = {
            let inner = self.inner();
            (inner.tracker.fix.clone(), inner.settings.gate_m)
        };
        let fix = fix.filter(|f| f.age_s(Now::system().wall.unix_ms) <= STALE_S).ok_or(Error::Request {
            code: "no-fix",
            zh: "现在没有可用的定位".to_owned(),
            en: "there is no usable fix now".to_owned(),
        })?;
        walk::add_fix(store, &fix, gate_m, true)?;
        walk_of(store)
    }
}

fn from_map(wanted: &UsePosition) -> Result<Position> {
    let place = wanted.lon.zip(wanted.lat).and_then(|(lon, lat)| Position::from_degrees(lon, lat));
    let place = place.ok_or(Error::Request {
        code: "bad-position",
        zh: "地图上没有选定位置".to_owned(),
        en: "no place was chosen on the map".to_owned(),
    })?;
    Ok(Position { source: PositionSource::Manual, ..place })
}

impl Inner {
    fn state(&self) -> PositionState {
        let now_ms = Now::system().wall.unix_ms;
        let tracker = &self.tracker;
        let gate_m = self.settings.gate_m;
        let status = match (&self.listening, &tracker.fix) {
            (None, _) => "off",
            _ if tracker.fault.is_some() => "fault",
            (_, Some(fix)) if fix.age_s(now_ms) <= STALE_S => "fix",
            (_, Some(_)) => "stale",
            _ if tracker.connected => "searching",
            _ => "connecting",
        };
        let minimum = self.settings.average_min;
        let average = tracker.average(minimum).map(|a| Average {
            count: a.count,
            minimum,
            fix: a.fix.map(|f| fix_view(&f, now_ms, gate_m)),
        });
        PositionState {
            status: status.to_owned(),
            source: self.listening.as_ref().map_or("none", |(source, _)| source.word()).to_owned(),
            fix: tracker.fix.as_ref().map(|f| fix_view(f, now_ms, gate_m)),
            satellites: tracker.satellites,
            gate_m,
            average,
            mocked: tracker.mocked,
            error: tracker.fault.as_ref().map(|why| ApiError {
                code: "no-receiver".to_owned(),
                message: Label {
                    zh: format!("收不到定位设备的数据（{why}）。记录不受影响，可在地图上点选位置"),
                    en: format!("the receiver cannot be heard ({why}). Recording goes on; choose the place on the map"),
                },
            }),
        }
    }
}

fn fix_view(fix: &device::position::Fix, now_ms: i64, gate_m: f64) -> view::Fix {
    let position = fix.position(now_ms);
    view::Fix {
        lat: fix.at.lat(),
        lon: fix.at.lon(),
        accuracy_m: fix.accuracy_m(),
        age_s: fix.age_s(now_ms),
        source: source_word(position.source).to_owned(),
        at: fix.taken_at.clone(),
        height_m: fix.height_m,
        speed_mps: fix.speed_mps,
        heading_deg: fix.heading_deg,
        good: device::position::is_good(fix, gate_m),
        text: Value::Point(position).typed(),
    }
}

/// The word of a source for the screens.
pub fn source_word(source: PositionSource) -> &'static str {
    match source {
        PositionSource::Unknown => "unknown",
        PositionSource::Gnss => "gnss",
        PositionSource::Network => "network",
        PositionSource::Manual => "manual",
        PositionSource::Exif => "exif",
        PositionSource::Import => "import",
    }
}

/// The walk under way, if there is one.
pub fn shown(store: &Store) -> Result<Option<Walk>> {
    if walk::current(store)?.is_none() {
        return Ok(None);
    }
    walk_of(store).map(Some)
}

/// The walk under way.
pub fn walk_of(store: &Store) -> Result<Walk> {
    let walk = walk::required(store)?;
    let points = store.walk_points()?;
    let figures = walk::figures(&walk, &points);
    let problem = walk::shape(&walk, &points).err().map(|e| Label { zh: e.zh(), en: e.to_string() });
    Ok(Walk {
        purpose: if walk.closed { "boundary" } else { "patrol" }.to_owned(),
        record: walk.record,
        path: walk.path,
        paused: walk.paused,
        started_at: walk.started_at,
        points: points.iter().map(point).collect(),
        used: figures.used,
        poor: figures.poor,
        length_m: figures.length_m,
        area_m2: figures.area_m2,
        uncertainty_m2: figures.uncertainty_m2,
        gap_m: figures.gap_m,
        problem,
    })
}

fn point(p: &walk::Point) -> WalkPoint {
    let accuracy_m = p.at.accuracy_mm.map(|mm| f64::from(mm) / 1000.0);
    WalkPoint { lat: p.at.lat(), lon: p.at.lon(), accuracy_m, used: p.used }
}

/// The settings of a home, for the receiver.
pub fn settings_of(host: &Host) -> Settings {
    host.with(|home| settings::read(&home.store)).unwrap_or_default()
}
