//! Real photographs with real EXIF: Debian's MATE wallpapers, position and time written by exiftool.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::programs::run;

const WALLPAPERS: &str = "/usr/share/backgrounds/mate";

/// Copies one wallpaper and writes the EXIF a phone would.
///
/// # Errors
/// When the wallpapers or exiftool are missing (`make setup` installs both).
pub fn take(wallpaper: &str, to: &Path, lat: f64, lon: f64, time: &str) -> Result<PathBuf> {
    let from = Path::new(WALLPAPERS).join(wallpaper);
    ensure!(from.is_file(), "{} is missing: run `make setup` (package mate-backgrounds)", from.display());
    std::fs::copy(&from, to).with_context(|| format!("cannot write {}", to.display()))?;
    run(Command::new("exiftool")
        .args(["-q", "-overwrite_original", "-n"])
        .args([
            format!("-GPSLatitude={lat}"),
            "-GPSLatitudeRef=N".into(),
            format!("-GPSLongitude={lon}"),
            "-GPSLongitudeRef=E".into(),
            "-GPSHPositioningError=4.5".into(),
            "-GPSImgDirection=215".into(),
            "-GPSImgDirectionRef=T".into(),
            format!("-DateTimeOriginal={time}"),
            "-OffsetTimeOriginal=+08:00".into(),
            "-Make=Xiaomi".into(),
            "-Model=24031PN0DC".into(),
        ])
        .arg(to))?;
    Ok(to.to_owned())
}
