//! The stamped copy: time, place, site, inspector and the hash's beginning, drawn on a copy of the picture. The original
//! is never touched, and the stamp is drawn anew from the record whenever it is looked at.

use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use domain::{DocId, Value};
use image::{ImageFormat, Rgb, RgbImage};

use crate::error::{AtPath, Error, Result};
use crate::store::Store;

/// Font families that have the characters, in the order in which they are taken.
const FAMILIES: [&str; 6] =
    ["Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC", "Noto Sans SC"];
/// Height of a line, as a part of the picture's longer side.
const LINE_PART: f32 = 1.0 / 36.0;
/// How much of the hash is shown, characters.
const HASH_SHOWN: usize = 12;

/// Read once: looking through the fonts of a system takes a while.
static FONT: LazyLock<Option<FontVec>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    let families = FAMILIES.map(fontdb::Family::Name);
    let face = fonts.query(&fontdb::Query { families: &families, ..fontdb::Query::default() })?;
    fonts.with_face_data(face, |data, index| FontVec::try_from_vec_and_index(data.to_vec(), index).ok())?
});

/// Whether this system has a font that can draw Chinese.
#[must_use]
pub fn has_font() -> bool {
    FONT.is_some()
}

/// What is drawn on a photo: its own facts, the site of its record, the hash.
///
/// # Errors
/// When the photo is not here.
pub fn lines(store: &Store, photo: DocId) -> Result<Vec<String>> {
    let seen = store.reader().view(photo)?;
    let text = |path: &str| seen.values.get(path).and_then(Value::as_text).unwrap_or_default().to_owned();
    let source = match text("taken_at_source").as_str() {
        "exif" | "exif-local" => "（相机时钟）",
        "gnss" => "（卫星时钟）",
        _ => "（本机时钟）",
    };
    let record = seen.loaded.parent.and_then(|id| store.reader().load(id).ok());
    let mut lines = vec![format!("{}{source}", text("taken_at").replace('T', " ")), place(seen.values.get("position"))];
    lines.extend(record.map(|r| r.title));
    lines.extend(Some(text("proves")).filter(|t| !t.is_empty()));
    let sha256: String = text("sha256").chars().take(HASH_SHOWN).collect();
    let by = Some(text("photographer")).filter(|t| !t.is_empty()).map(|t| format!("拍摄 {t}　")).unwrap_or_default();
    lines.push(format!("{by}SHA-256 {sha256}"));
    Ok(lines)
}

fn place(position: Option<&Value>) -> String {
    use domain::PositionSource::{Exif, Gnss, Import, Manual, Network, Unknown};
    let Some(p) = position.and_then(Value::as_position) else { return "无定位".to_owned() };
    let source = match p.source {
        Gnss => "卫星定位",
        Network => "网络定位",
        Manual => "地图标注",
        Exif => "照片自带",
        Import => "导入",
        Unknown => "来源不明",
    };
    let accuracy = p.at.accuracy_mm.map(|mm| format!(" ±{:.0}m", f64::from(mm) / 1000.0)).unwrap_or_default();
    format!("{:.6}, {:.6}{accuracy} {source}", p.at.lat(), p.at.lon())
}

/// The picture with lines drawn on its foot, as a JPEG.
///
/// # Errors
/// `no-font` where the system cannot draw Chinese; a picture that cannot be read.
pub fn stamped(view: &Path, lines: &[String]) -> Result<Vec<u8>> {
    let Some(font) = FONT.as_ref() else {
        let zh = "本机没有中文字体，无法生成水印照片。请安装 Noto Sans CJK（fonts-noto-cjk）；原图不受影响";
        let en = "this system has no Chinese font to stamp a photo with. Install Noto Sans CJK (fonts-noto-cjk); the original is untouched";
        return Err(Error::request("no-font", zh, en));
    };
    let bytes = std::fs::read(view).at(view)?;
    let unreadable = |e: image::ImageError| Error::Photo { code: "photo-unreadable", message: e.to_string() };
    let mut picture = image::load_from_memory(&bytes).map_err(unreadable)?.to_rgb8();
    draw(&mut picture, font, lines);
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, ImageFormat::Jpeg).map_err(unreadable)?;
    Ok(out.into_inner())
}

fn draw(picture: &mut RgbImage, font: &FontVec, lines: &[String]) {
    #[expect(clippy::cast_precision_loss, reason = "sides of pictures are exact in a float")]
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let mut size = (width.max(height) * LINE_PART).max(12.0);
    let widest = lines.iter().map(|line| line_width(font, size, line)).fold(1.0, f32::max);
    size *= ((width - 2.0 * size) / widest).min(1.0);
    let step = size * 1.35;
    #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
    let top = height - step * lines.len() as f32 - size * 0.5;
    darken(picture, top - size * 0.4);
    let mut baseline = top + font.as_scaled(PxScale::from(size)).ascent();
    for line in lines {
        draw_line(picture, font, size, baseline, line);
        baseline += step;
    }
}

fn line_width(font: &FontVec, size: f32, line: &str) -> f32 {
    let scaled = font.as_scaled(PxScale::from(size));
    line.chars().map(|c| scaled.h_advance(scaled.glyph_id(c))).sum()
}

/// The foot behind the lines, so that white letters can be read on snow.
fn darken(picture: &mut RgbImage, from: f32) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the picture")]
    let from = from.max(0.0) as u32;
    for (_, y, pixel) in picture.enumerate_pixels_mut() {
        if y >= from {
            pixel.0 = pixel.0.map(|c| c / 3);
        }
    }
}

fn draw_line(picture: &mut RgbImage, font: &FontVec, size: f32, baseline: f32, line: &str) {
    let scaled = font.as_scaled(PxScale::from(size));
    let mut x = size;
    for c in line.chars() {
        let glyph = scaled.glyph_id(c).with_scale_and_position(size, point(x, baseline));
        x += scaled.h_advance(glyph.id);
        let Some(outlined) = font.outline_glyph(glyph) else { continue };
        let bounds = outlined.px_bounds();
        outlined.draw(|dx, dy, cover| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked against the picture")]
            let at = (bounds.min.x.max(0.0) as u32 + dx, bounds.min.y.max(0.0) as u32 + dy);
            if let Some(pixel) = picture.get_pixel_mut_checked(at.0, at.1) {
                *pixel = Rgb(pixel.0.map(|under| blend(under, cover)));
            }
        });
    }
}

/// White over a colour.
fn blend(under: u8, cover: f32) -> u8 {
    let under = f32::from(under);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
    let mixed = (under + (255.0 - under) * cover.clamp(0.0, 1.0)).round() as u8;
    mixed
}
