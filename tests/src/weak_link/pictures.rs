//! Small real photographs: windows cut from Debian's MATE wallpapers, with the EXIF of a phone.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;

use crate::programs::run;

const WALLPAPERS: [&str; 4] = ["Garden.jpg", "GreenMeadow.jpg", "LadyBird.jpg", "RainDrops.jpg"];
/// Pixels of a window; with the quality this gives 5 to 20 kB.
const SIDES_PX: (u32, u32) = (288, 216);
const QUALITY: u8 = 60;

/// Takes so many pictures, no two alike.
///
/// # Errors
/// When the wallpapers or exiftool are missing (`make setup` installs both).
pub fn take(folder: &Path, count: usize, seed: u64) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let wallpapers: Vec<image::DynamicImage> = WALLPAPERS
        .iter()
        .map(|name| {
            let path = Path::new("/usr/share/backgrounds/mate/nature").join(name);
            image::open(&path).with_context(|| format!("{} is missing: run `make setup`", path.display()))
        })
        .collect::<Result<_>>()?;
    let mut pictures = Vec::with_capacity(count);
    for number in 0..count {
        let wallpaper = &wallpapers[number % wallpapers.len()];
        // Steps without a common factor, so that no window comes twice.
        let step = number as u64 * 7 + seed;
        let x = (step * 31 % u64::from(wallpaper.width() - SIDES_PX.0)) as u32;
        let y = (step * 17 % u64::from(wallpaper.height() - SIDES_PX.1)) as u32;
        let path = folder.join(format!("{number:04}.jpg"));
        let window = wallpaper.crop_imm(x, y, SIDES_PX.0, SIDES_PX.1).to_rgb8();
        JpegEncoder::new_with_quality(std::fs::File::create(&path)?, QUALITY).encode_image(&window)?;
        pictures.push(path);
    }
    if count > 0 {
        // One call for all of them: starting exiftool takes longer than its work.
        run(Command::new("exiftool")
            .args(["-q", "-overwrite_original", "-n", "-GPSLatitude=40.53", "-GPSLatitudeRef=N"])
            .args(["-GPSLongitude=117.13", "-GPSLongitudeRef=E", "-GPSHPositioningError=4.5", "-Make=Xiaomi"])
            .args(["-DateTimeOriginal=2026:11:23 10:05:00", "-OffsetTimeOriginal=+08:00", "-Model=24031PN0DC"])
            .args(&pictures))?;
    }
    Ok(pictures)
}
