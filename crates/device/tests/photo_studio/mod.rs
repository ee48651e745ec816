//! Makes the pictures the tests take: scenes with four coloured corners, and a camera that writes EXIF.
#![allow(dead_code)] // each test file uses its own part of it

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A home's photo folder and a memory card beside it.
pub struct Studio {
    dir: tempfile::TempDir,
    folder: PathBuf,
}

impl Studio {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("photos");
        Self { dir, folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a file on the card.
    pub fn card(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Every file in the photo folder, but for the lock.
    pub fn kept_files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path())
                } else if entry.file_name() != "incoming.lock" {
                    found.push(entry.path().display().to_string())
                }
            }
        }
        found
    }
}

/// Red, green, blue and white corners on a textured ground.
pub fn scene(width: u32, height: u32) -> RgbImage {
    let (w, h) = (width / 4, height / 4);
    RgbImage::from_fn(width, height, |x, y| match (x < w, x >= width - w, y < h, y >= height - h) {
        (true, _, true, _) => Rgb([220, 20, 20]),
        (_, true, true, _) => Rgb([20, 200, 20]),
        (true, _, _, true) => Rgb([20, 20, 220]),
        (_, true, _, true) => Rgb([250, 250, 250]),
        _ => Rgb([(x * 7 + y) as u8 / 2 + 40, (x ^ y) as u8 / 2 + 40, ((x * y) >> 6) as u8 / 2 + 40]),
    })
}

/// Which colour stands in each corner: top left, top right, bottom left, bottom right.
pub fn corner_colours(image: &RgbImage) -> [char; 4] {
    let (w, h) = (image.width(), image.height());
    [(w / 10, h / 10), (w - w / 10 - 1, h / 10), (w / 10, h - h / 10 - 1), (w - w / 10 - 1, h - h / 10 - 1)].map(
        |(x, y)| match image.get_pixel(x, y).0 {
            [r, g, b] if r > 200 && g > 200 && b > 200 => 'w',
            [r, g, b] if r > g && r > b => 'r',
            [r, g, b] if g > r && g > b => 'g',
            _ => 'b',
        },
    )
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn jpeg_of(image: &RgbImage) -> Vec<u8> {
    encoded(image, ImageFormat::Jpeg)
}

pub fn png_of(image: &RgbImage) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

pub fn webp_of(image: &RgbImage) -> Vec<u8> {
    encoded(image, ImageFormat::WebP)
}

/// The checksum of a PNG chunk.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &b| {
        (0..8).fold(crc ^ u32::from(b), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

/// A camera and what it writes into its photos.
#[derive(Default)]
pub struct Camera {
    fields: Vec<exif::Field>,
}

impl Camera {
    pub fn field(mut self, tag: exif::Tag, value: exif::Value) -> Self {
        self.fields.push(exif::Field { tag, ifd_num: exif::In::PRIMARY, value });
        self
    }

    pub fn text(self, tag: exif::Tag, text: &str) -> Self {
        self.field(tag, exif::Value::Ascii(vec![text.as_bytes().to_vec()]))
    }

    pub fn rationals(self, tag: exif::Tag, all: &[(u32, u32)]) -> Self {
        let all = all.iter().map(|&(num, denom)| exif::Rational { num, denom }).collect();
        self.field(tag, exif::Value::Rational(all))
    }

    pub fn orientation(self, orientation: u8) -> Self {
        self.field(exif::Tag::Orientation, exif::Value::Short(vec![u16::from(orientation)]))
    }

    pub fn position(self, lat: f64, lon: f64) -> Self {
        let micro = |d: f64| [((d.abs() * 1e6).round() as u32, 1_000_000), (0, 1), (0, 1)];
        self.text(exif::Tag::GPSLatitudeRef, if lat < 0.0 { "S" } else { "N" })
            .rationals(exif::Tag::GPSLatitude, &micro(lat))
            .text(exif::Tag::GPSLongitudeRef, if lon < 0.0 { "W" } else { "E" })
            .rationals(exif::Tag::GPSLongitude, &micro(lon))
    }

    /// The EXIF block itself.
    pub fn exif(&self) -> Vec<u8> {
        let mut writer = exif::experimental::Writer::new();
        self.fields.iter().for_each(|f| writer.push_field(f));
        let mut out = Cursor::new(Vec::new());
        writer.write(&mut out, false).unwrap();
        out.into_inner()
    }

    /// A JPEG with this camera's EXIF.
    pub fn shoot(&self, image: &RgbImage) -> Vec<u8> {
        with_exif(&jpeg_of(image), &self.exif())
    }

    /// How a sensor stores an upright scene so that this orientation turns it upright again.
    pub fn turned(upright: &RgbImage, orientation: u8) -> RgbImage {
        let inverse = match orientation {
            6 => 8,
            8 => 6,
            same => same,
        };
        let mut image = DynamicImage::from(upright.clone());
        image.apply_orientation(Orientation::from_exif(inverse).unwrap());
        image.to_rgb8()
    }
}

/// Puts an EXIF block into a JPEG, right after its first marker.
pub fn with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, b"Exif\0\0", exif, &jpeg[2..]].concat()
}
