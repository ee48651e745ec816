//! A day's records with small real photographs, synced over a link that hardly works; and what must hold afterwards.
//! `shanxun-weak-link` does it in network namespaces, a test of the suite through a link with weather.

mod namespaces;
mod pictures;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use device::sync::CHUNK_BYTES_MAX;
use serde_json::{Value, json};

pub use namespaces::{Cutter, Network, Wires};

use crate::weather::Passed;
use crate::{Device, Server};

/// Body of a `/v1/sync` that carries no text: cursors and marks alone.
const EMPTY_SYNC_BYTES_MAX: u64 = 1_000;
/// How often `shanxun sync` may be called until everything is there.
const CALLS_MAX: usize = 200;

/// A server, a device with a day's work on it, and what that work weighs.
pub struct Day {
    /// The server.
    pub server: Server,
    /// The device; it is enrolled once [`Day::enrol`] was called.
    pub device: Device,
    /// Bytes of all originals and thumbnails.
    pub photo_bytes: u64,
    /// How many originals.
    pub photos: usize,
    records: Vec<String>,
}

impl Day {
    /// Writes so many records with so many photographs among them, offline.
    ///
    /// # Errors
    /// When a program fails.
    pub fn work(folder: &Path, records: usize, photos: usize, seed: u64) -> Result<Self> {
        let server = Server::start(&folder.join("server"))?;
        server.add_user("zhang", "inspector", "110118101", "a password")?;
        let device = Device::new(folder, "zhang");
        let pictures = pictures::take(&folder.join("pictures"), photos, seed)?;
        let lines = folder.join("day.jsonl");
        std::fs::write(&lines, lines_of(records, &pictures))?;
        let printed = device.output(&["batch", lines.to_str().context("a path in UTF-8")?])?;
        ensure!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stdout));
        let records = String::from_utf8(printed.stdout)?
            .lines()
            .map(|line| Ok(serde_json::from_str::<Value>(line)?["id"].as_str().context("an id")?.to_owned()))
            .collect::<Result<Vec<_>>>()?;
        let photo_bytes = photo_bytes(device.home())?;
        Ok(Self { server, device, photo_bytes, photos, records })
    }

    /// Enrols the device at the server under an address.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn enrol(&self, url: &str) -> Result<()> {
        self.device.run(&["enrol", "--server", url, "--code", &self.server.code("zhang")?])?;
        Ok(())
    }

    /// Calls `shanxun sync` again and again until it ends with 0; how often it was called. Every failure must say
    /// `offline`.
    ///
    /// # Errors
    /// When it fails for another reason, or too often.
    pub fn sync_until_done(&self) -> Result<Synced> {
        let mut total = Synced::default();
        for calls in 1..=CALLS_MAX {
            let output = self.device.output(&["sync"])?;
            let said: Value = serde_json::from_slice(&output.stdout).context("sync prints JSON")?;
            if output.status.success() {
                ensure!(said["photos_left"] == 0 && said["photo_problems"] == json!([]), "{said}");
                total.calls = calls;
                total.report = said;
                return Ok(total);
            }
            ensure!(said["error"]["code"] == "offline", "{said}");
        }
        bail!("not everything arrived in {CALLS_MAX} calls of sync");
    }

    /// What must hold when everything has arrived: text before photos, thumbnails before originals, at most one chunk
    /// wasted per cut, every record and photo on the server as it was.
    ///
    /// # Errors
    /// When something does not hold.
    pub fn judge(&self, passed: &Passed, cuts: u64) -> Result<()> {
        let at = |wanted: &dyn Fn(&crate::weather::Request) -> bool| passed.requests.iter().position(wanted);
        let first_photo = at(&|r| r.is_photo()).context("no photo passed")?;
        let late = passed.requests[first_photo..].iter().filter(|r| r.path == "/v1/sync");
        let late = late.map(|r| r.body_bytes).max().unwrap_or_default();
        ensure!(late <= EMPTY_SYNC_BYTES_MAX, "{late} bytes of text passed after the first photo");
        let first_original = at(&|r| r.kind == "original").context("no original passed")?;
        let thumbnails = passed.requests[first_original..].iter().filter(|r| r.kind == "thumbnail").count();
        ensure!(thumbnails == 0, "{thumbnails} thumbnails began after the first original");
        let wasted = passed.photo_bytes().saturating_sub(self.photo_bytes);
        ensure!(wasted <= cuts * CHUNK_BYTES_MAX as u64, "{wasted} bytes wasted by {cuts} cuts");
        self.all_there()
    }

    fn all_there(&self) -> Result<()> {
        let listed = self.device.run(&["list", "--limit", "100000"])?;
        let listed = listed.as_array().context("a list")?;
        let safe: BTreeSet<&str> =
            listed.iter().filter(|r| r["custody"] == "server").filter_map(|r| r["id"].as_str()).collect();
        for record in &self.records {
            ensure!(safe.contains(record.as_str()), "{record} is not shown as on the server");
        }
        let photos = self.device.run(&["list", "--type", "photo", "--limit", "100000"])?;
        ensure!(photos.as_array().map_or(0, Vec::len) == self.photos, "not all photos are listed");
        self.server.admin(&["check"]).map(drop)
    }
}

/// What the calls of `shanxun sync` came to.
#[derive(Debug, Default)]
pub struct Synced {
    /// How often it was called.
    pub calls: usize,
    /// What the last call reported.
    pub report: Value,
}

fn lines_of(records: usize, pictures: &[PathBuf]) -> String {
    let mut lines = String::new();
    for number in 0..records {
        let mine: Vec<&PathBuf> = pictures.iter().skip(number).step_by(records).collect();
        let line = json!({"new": "site", "kind": "bare-land", "photos": mine,
            "at": format!("{},{},4.5", 40.40 + number as f64 * 1e-4, 116.90 + number as f64 * 1e-4),
            "set": {"name": format!("令公村南第{number}号裸地"), "town": "110118101", "land_type": "demolition",
                "address": format!("令公村南，乡道北侧{number}米"), "note": "现场有扬尘，已要求覆盖"}});
        lines.push_str(&format!("{line}\n"));
    }
    lines
}

/// Bytes of the files of a home that are to be sent: originals and thumbnails, not the copies for the screen.
fn photo_bytes(home: &Path) -> Result<u64> {
    let mut bytes = 0;
    let mut folders = vec![home.join("photos/originals"), home.join("photos/thumbnails")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                bytes += entry.metadata()?.len();
            }
        }
    }
    Ok(bytes)
}
