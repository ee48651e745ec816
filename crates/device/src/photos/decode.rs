//! Reading a picture whole, or refusing it: within limits, and without the grey areas that lenient decoders leave.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::error::PhotoError;
use super::jpeg::skeleton;
use super::sniff::Format;
use super::{DECODED_BYTES_MAX, PIXELS_MAX};

/// Largest colour profile copied to a view, in bytes.
const ICC_BYTES_MAX: usize = 16 * 1024;

/// A picture as stored (not turned yet), with its colour profile if that is small and fits its pixels.
pub(super) struct Decoded {
    pub image: DynamicImage,
    pub icc: Option<Vec<u8>>,
}

/// Decodes every pixel.
///
/// # Errors
/// Damaged, too large, or a variant of the format that cannot be read.
pub(super) fn decode(file: &Path, bytes: &[u8], format: Format) -> Result<Decoded, PhotoError> {
    let decode = || match format {
        Format::Jpeg => jpeg(file, bytes),
        Format::Png => png(file, bytes),
        Format::WebP => webp(file, bytes),
    };
    // Decoders have had panics on malformed input; one must cost this photo, not the session.
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(PhotoError::damaged(file, "its content makes no sense")))
}

/// The size as stored, from the headers alone.
pub(super) fn dimensions(file: &Path, bytes: &[u8], format: Format) -> Result<(u32, u32), PhotoError> {
    if format == Format::Jpeg {
        let found = skeleton(bytes).map_err(|why| PhotoError::damaged(file, why))?;
        return Ok((found.width, found.height));
    }
    let reader = ImageReader::with_format(Cursor::new(bytes), image_format(format));
    reader.into_dimensions().map_err(|e| from_image(file, e))
}

fn image_format(format: Format) -> ImageFormat {
    match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
    }
}

fn check_size(file: &Path, width: u32, height: u32, bytes: u64) -> Result<(), PhotoError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX {
        let (have, most) = (pixels / 1_000_000, PIXELS_MAX / 1_000_000);
        return Err(PhotoError::too_large(
            file,
            format!("{width} x {height} are {have} megapixels, the most is {most}"),
        ));
    }
    if bytes > DECODED_BYTES_MAX {
        let (need, most) = (bytes >> 20, DECODED_BYTES_MAX >> 20);
        return Err(PhotoError::too_large(
            file,
            format!("reading it would take {need} MiB of memory, the most is {most}"),
        ));
    }
    Ok(())
}

/// The decoder is driven directly: `image` always runs it in its lenient mode, which fills what is missing with grey.
fn jpeg(file: &Path, bytes: &[u8]) -> Result<Decoded, PhotoError> {
    let found = skeleton(bytes).map_err(|why| PhotoError::damaged(file, why))?;
    let pixel_bytes = 3 * u64::from(found.width) * u64::from(found.height);
    check_size(file, found.width, found.height, pixel_bytes + found.coefficient_bytes)?;

    let lenient = DecoderOptions::default().set_max_width(65_535).set_max_height(65_535).set_strict_mode(false);
    let fenced = found.must_be_counted().then(|| fenced(&bytes[..found.end]));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(fenced.as_deref().unwrap_or(bytes)), lenient);
    decoder.decode_headers().map_err(|e| from_jpeg(file, &e))?;
    let colours = decoder.input_colorspace();
    let grey = colours == Some(ColorSpace::Luma);
    let out = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    // Strict only from here: cameras do pad their headers, but nothing may be missing from the picture itself.
    decoder.set_options(lenient.jpeg_set_out_colorspace(out).set_strict_mode(true));
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap_or_default()];
    decoder.decode_into(&mut pixels).map_err(|e| from_jpeg(file, &e))?;

    let (width, height) = (found.width, found.height);
    let image = if grey {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    let keeps_profile = matches!(colours, Some(ColorSpace::YCbCr | ColorSpace::RGB));
    let icc = decoder.icc_profile().filter(|icc| keeps_profile && icc.len() <= ICC_BYTES_MAX);
    let image = image.ok_or_else(|| PhotoError::damaged(file, "its two headers disagree about its size"))?;
    Ok(Decoded { image, icc })
}

/// A picture whose end marker is replaced by a fence: eight bytes, which a decoder may read ahead, and a marker that
/// does not exist. A decoder that still lacks blocks runs into it; at an end marker it would go on with made-up ones,
/// which is how a file that was cut short and closed again gets its grey lower half.
fn fenced(before_end: &[u8]) -> Vec<u8> {
    [before_end, &[0; 8], &[0xFF, 0x02, 0xFF, 0xD9]].concat()
}

fn png(file: &Path, bytes: &[u8]) -> Result<Decoded, PhotoError> {
    if !png_has_end(bytes) {
        return Err(PhotoError::damaged(file, "it is cut short: its end is missing"));
    }
    with_image(file, bytes, Format::Png)
}

/// Walks the chunks to the last one.
fn png_has_end(bytes: &[u8]) -> bool {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        if &head[4..] == b"IEND" {
            return bytes.len() >= at + 12;
        }
        at += 12 + u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    }
    false
}

fn webp(file: &Path, bytes: &[u8]) -> Result<Decoded, PhotoError> {
    let length = bytes.get(4..8).map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]])) + 8);
    if length.is_none_or(|length| length > bytes.len() as u64) {
        return Err(PhotoError::damaged(file, "it is cut short: it has fewer bytes than it says"));
    }
    with_image(file, bytes, Format::WebP)
}

fn with_image(file: &Path, bytes: &[u8], format: Format) -> Result<Decoded, PhotoError> {
    let (width, height) = dimensions(file, bytes, format)?;
    check_size(file, width, height, 0)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image_format(format));
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| from_image(file, e))?;
    check_size(file, width, height, decoder.total_bytes())?;
    let icc = decoder.icc_profile().ok().flatten().filter(|icc| icc.len() <= ICC_BYTES_MAX);
    let image = DynamicImage::from_decoder(decoder).map_err(|e| from_image(file, e))?;
    Ok(Decoded { image, icc })
}

fn from_image(file: &Path, error: ImageError) -> PhotoError {
    match error {
        ImageError::Limits(why) => PhotoError::too_large(file, why.to_string()),
        ImageError::Unsupported(why) => unsupported(file, why.to_string()),
        other => PhotoError::damaged(file, other.to_string()),
    }
}

fn from_jpeg(file: &Path, error: &DecodeErrors) -> PhotoError {
    match error {
        DecodeErrors::Unsupported(scheme) => unsupported(file, format!("a rare kind of JPEG ({scheme:?})")),
        other => PhotoError::damaged(file, format!("{other:?}")),
    }
}

fn unsupported(file: &Path, what: String) -> PhotoError {
    PhotoError::Unsupported { file: file.to_owned(), what, advice: "save it as an ordinary JPEG first" }
}
