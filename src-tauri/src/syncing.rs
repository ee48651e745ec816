//! Syncing in the background: by itself when something waits or when time has come, by hand at once; never in the way of
//! a person, as it opens the home for itself.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use device::settings::{self, Settings};
use device::store::Local;
use device::sync::auto::{LastSync, Stopped, next_wait};
use device::sync::{HttpTransport, Observed, PhotoMode, Stage, Step, SyncOptions};
use device::{Home, Now};
use tauri::{AppHandle, Emitter, Manager};

use crate::error::ApiError;
use crate::host::{Host, Standing};
use crate::view::{Label, SyncState};

/// How long after a save it is sent: a person who types saves again at once.
const AFTER_SAVE: Duration = Duration::from_secs(5);
/// How often the screens are told of progress.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// The sync of this window.
#[derive(Default)]
pub struct Syncing {
    inner: Mutex<Inner>,
    wake: Condvar,
}

#[derive(Default)]
struct Inner {
    /// What a person asked for: whether originals go over a metered link too.
    asked: Option<bool>,
    /// When it syncs by itself.
    due: Option<Instant>,
    failures: u32,
    enrolled: bool,
    running: bool,
    stage: Option<Stage>,
    bytes_done: u64,
    bytes_all: u64,
    began: Option<Instant>,
    originals_wait: bool,
    last: LastSync,
}

impl Syncing {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands.
    pub fn state(&self) -> SyncState {
        self.lock().state()
    }

    /// Syncs now.
    pub fn ask(&self, originals: bool) -> SyncState {
        let mut inner = self.lock();
        inner.asked = Some(originals || inner.asked.unwrap_or_default());
        self.wake.notify_all();
        inner.state()
    }

    /// Something was saved. After a failure the wait goes on: a save makes no link.
    pub fn saved(&self) {
        let mut inner = self.lock();
        if inner.failures == 0 {
            inner.due = Some(Instant::now() + AFTER_SAVE);
            self.wake.notify_all();
        }
    }

    /// Waits until it is time; whether originals were asked for.
    fn wait(&self) -> Option<bool> {
        let mut inner = self.lock();
        loop {
            if let Some(originals) = inner.asked.take() {
                return Some(originals);
            }
            let left = inner.due.map(|due| due.saturating_duration_since(Instant::now()));
            inner = match left {
                Some(Duration::ZERO) => return None,
                Some(left) => self.wake.wait_timeout(inner, left).map_or_else(|e| e.into_inner().0, |(inner, _)| inner),
                None => self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// Begins to sync in the background, for as long as the program runs.
pub fn begin(app: &AppHandle) {
    let app = app.clone();
    app.state::<Host>().on_save({
        let app = app.clone();
        move || app.state::<Syncing>().saved()
    });
    app.state::<Syncing>().lock().due = Some(Instant::now() + AFTER_SAVE);
    std::thread::spawn(move || {
        let syncing = app.state::<Syncing>();
        loop {
            let asked = syncing.wait();
            once(&app, asked);
            let mut inner = syncing.lock();
            let wait = next_wait(inner.failures, jitter());
            inner.due = Some(Instant::now() + wait);
        }
    });
}

fn jitter() -> u32 {
    let bytes = Now::system().random();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// One sync, if there is a server and somebody wants it.
fn once(app: &AppHandle, asked: Option<bool>) {
    let host = app.state::<Host>();
    if host.standing() != Standing::Open {
        return;
    }
    let Ok(mut home) = host.open_another() else { return };
    let settings = settings::read(&home.store).unwrap_or_default();
    let server = home.store.server().ok().flatten();
    {
        let syncing = app.state::<Syncing>();
        let mut inner = syncing.lock();
        inner.last = home.store.local(Local::LastSync).ok().flatten().unwrap_or_default();
        inner.enrolled = server.is_some();
    }
    let Some((server, token)) = server.filter(|_| asked.is_some() || settings.auto_sync) else { return tell(app) };
    let before = home.store.forms_digest();
    let result = run(app, &mut home, &server, &token, &settings, asked.unwrap_or_default());
    finish(app, &mut home, result);
    if home.store.forms_digest() != before {
        host.close();
    }
}

fn run(
    app: &AppHandle,
    home: &mut Home,
    server: &str,
    token: &str,
    settings: &Settings,
    originals: bool,
) -> device::Result<bool> {
    let photos = if settings.metered && !originals { PhotoMode::Thumbnails } else { PhotoMode::All };
    let bytes_all = home.store.left()?.photo_bytes;
    {
        let syncing = app.state::<Syncing>();
        let mut inner = syncing.lock();
        (inner.running, inner.stage, inner.bytes_done, inner.bytes_all) = (true, Some(Stage::Text), 0, bytes_all);
        inner.began = None;
    }
    tell(app);
    let mut told = Instant::now();
    let step = |step: Step| {
        app.state::<Syncing>().lock().step(step);
        if told.elapsed() >= TELL_EVERY || matches!(step, Step::Stage(_)) {
            told = Instant::now();
            tell(app);
        }
    };
    let mut transport = Observed::new(HttpTransport::new(server, token)?, step);
    let options = SyncOptions { photos, ..SyncOptions::default() };
    let report = device::sync::run(&mut home.store, &mut transport, &|| Now::system().wall, options)?;
    Ok(report.at_relay)
}

/// Writes down how it ended, and tells.
fn finish(app: &AppHandle, home: &mut Home, result: device::Result<bool>) {
    let syncing = app.state::<Syncing>();
    let now = Now::system().rfc3339();
    let left = home.store.left().map(|l| l.photos).unwrap_or_default();
    let last = {
        let mut inner = syncing.lock();
        (inner.running, inner.stage, inner.began) = (false, None, None);
        match result {
            Ok(at_relay) => {
                inner.failures = 0;
                inner.originals_wait = left > 0;
                let ok_at = if at_relay { inner.last.ok_at.clone() } else { Some(now) };
                inner.last = LastSync { ok_at, at_relay, ..LastSync::default() };
            }
            Err(error) => {
                inner.failures = inner.failures.saturating_add(1);
                let stopped = Some(Stopped::from(&error));
                inner.last = LastSync { error_at: Some(now), error: stopped, ..inner.last.clone() };
            }
        }
        inner.last.clone()
    };
    // What cannot be written down is told all the same.
    let _ = home.store.set_local(Local::LastSync, Some(&last));
    tell(app);
}

fn tell(app: &AppHandle) {
    // A window that is closing hears nothing any more.
    let _ = app.emit("sync", app.state::<Syncing>().state());
}

impl Inner {
    fn step(&mut self, step: Step) {
        match step {
            Step::Stage(stage) => {
                if self.stage != Some(stage) {
                    (self.stage, self.began, self.bytes_done) = (Some(stage), Some(Instant::now()), 0);
                }
            }
            Step::Sent(bytes) => self.bytes_done += bytes,
            Step::Waiting => {}
        }
    }

    fn state(&self) -> SyncState {
        let is_originals = self.stage == Some(Stage::Originals);
        let bytes_all = if is_originals { self.bytes_all.max(self.bytes_done) } else { 0 };
        SyncState {
            enrolled: self.enrolled,
            running: self.running,
            stage: self.stage.map(|s| word(s).to_owned()),
            bytes_done: self.bytes_done,
            bytes_all,
            seconds_left: self.seconds_left(bytes_all),
            last_ok_at: self.last.ok_at.clone(),
            last_error: self
                .last
                .error
                .clone()
                .map(|e| ApiError { code: e.code, message: Label { zh: e.zh, en: e.en } }),
            last_error_at: self.last.error_at.clone(),
            next_at: self.due.filter(|_| self.enrolled && !self.running).map(at),
            originals_wait: self.originals_wait,
            at_relay: self.last.at_relay,
        }
    }

    /// At the speed so far, once there is any.
    fn seconds_left(&self, bytes_all: u64) -> Option<u32> {
        let took_ms = u64::try_from(self.began?.elapsed().as_millis()).ok()?;
        let left = bytes_all.checked_sub(self.bytes_done)?;
        let ms = left.checked_mul(took_ms)?.checked_div(self.bytes_done)?;
        u32::try_from(ms / 1000).ok()
    }
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Text => "text",
        Stage::Thumbnails => "thumbnails",
        Stage::Originals => "originals",
    }
}

/// A moment of the steady clock by the wall clock, RFC 3339.
fn at(due: Instant) -> String {
    let mut now = Now::system();
    let wait = due.saturating_duration_since(Instant::now());
    now.wall.unix_ms += i64::try_from(wait.as_millis()).unwrap_or_default();
    now.rfc3339()
}
