//! The copies of a photo: upright, small, without EXIF. They can be made again from the original at any time.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::decode::Decoded;
use super::{THUMBNAIL_SIDE_PX, VIEW_SIDE_PX};

const THUMBNAIL_QUALITY: u8 = 75;
const VIEW_QUALITY: u8 = 85;

/// Both copies as JPEG files.
pub(super) struct Copies {
    pub thumbnail: Vec<u8>,
    pub view: Vec<u8>,
}

/// Makes both copies; the picture itself is dropped as soon as the larger copy exists.
///
/// # Errors
/// Why a copy could not be made, as a sentence.
pub(super) fn make(picture: Decoded, orientation: u8) -> Result<Copies, String> {
    let Decoded { image, icc } = picture;
    let small = shrink(image, VIEW_SIDE_PX)?;
    let mut upright = small;
    upright.apply_orientation(Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms));
    let view = jpeg(&upright, VIEW_QUALITY, icc)?;
    let thumbnail = jpeg(&shrink(upright, THUMBNAIL_SIDE_PX)?, THUMBNAIL_QUALITY, None)?;
    Ok(Copies { thumbnail, view })
}

/// The picture with its longest side at most this long; a smaller one stays as it is.
fn shrink(image: DynamicImage, side_px: u32) -> Result<DynamicImage, String> {
    let longest = image.width().max(image.height());
    if longest <= side_px {
        return Ok(image);
    }
    let scaled = |px: u32| (u64::from(px) * u64::from(side_px)).div_ceil(u64::from(longest)).max(1);
    let fit = |px: u32| u32::try_from(scaled(px)).unwrap_or(side_px).min(side_px);
    let mut small = DynamicImage::new(fit(image.width()), fit(image.height()), image.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize(&image, &mut small, &options).map_err(|e| e.to_string())?;
    Ok(small)
}

fn jpeg(image: &DynamicImage, quality: u8, icc: Option<Vec<u8>>) -> Result<Vec<u8>, String> {
    let rgb = on_white(image);
    let side = |px: u32| u16::try_from(px).map_err(|e| e.to_string());
    let (width, height) = (side(rgb.width())?, side(rgb.height())?);
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    if let Some(icc) = icc {
        encoder.add_icc_profile(&icc).map_err(|e| e.to_string())?;
    }
    encoder.encode(rgb.as_raw(), width, height, ColorType::Rgb).map_err(|e| e.to_string())?;
    Ok(out)
}

/// Transparent pixels (screenshots, plans) become white paper; JPEG would show them black.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let rgba = image.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0.map(u16::from);
        let mix = |c: u16| u8::try_from((c * a + 255 * (255 - a)) / 255).unwrap_or(u8::MAX);
        Rgb([mix(r), mix(g), mix(b)])
    })
}
