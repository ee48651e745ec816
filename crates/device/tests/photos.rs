//! What the folder of photos promises: the original untouched, copies upright and small, and a clear word for all else.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

mod photo_studio;

use std::fs;
use std::path::Path;

use device::photos::{self, Kept, PhotoError, intake, verify};
use image::{GenericImageView, GrayImage, Luma};
use photo_studio::{Camera, Studio, corner_colours, jpeg_of, png_of, scene, webp_of};

fn refused(studio: &Studio, name: &str, bytes: &[u8]) -> PhotoError {
    let error = intake(studio.folder(), &studio.card(name, bytes)).expect_err("this must be refused");
    assert_eq!(studio.kept_files(), Vec::<String>::new(), "{error}");
    error
}

#[test]
fn an_original_is_kept_bit_for_bit_under_its_hash() {
    let studio = Studio::new();
    for (name, bytes, extension) in [
        ("a.jpg", jpeg_of(&scene(640, 480)), "jpg"),
        ("b.png", png_of(&scene(64, 48)), "png"),
        ("c.webp", webp_of(&scene(64, 48)), "webp"),
    ] {
        let taken = intake(studio.folder(), &studio.card(name, &bytes)).unwrap();
        assert_eq!(fs::read(&taken.original_path).unwrap(), bytes);
        assert_eq!(taken.extension(), extension);
        assert_eq!(taken.size_bytes, bytes.len() as u64);
        let path = format!("originals/{}/{}.{extension}", &taken.sha256[..2], taken.sha256);
        assert_eq!(taken.original_path, studio.folder().join(path));
        verify::check(&taken.original_path, &taken.sha256, Some(taken.size_bytes)).unwrap();
        assert_eq!(taken.kept, Kept::New);
    }
    assert_eq!(verify::originals(studio.folder()).unwrap().len(), 3);
    assert!(studio.folder().join("incoming").read_dir().unwrap().next().is_none(), "nothing half written is left");
}

#[test]
fn a_wrong_name_does_not_matter() {
    let studio = Studio::new();
    let taken = intake(studio.folder(), &studio.card("holiday.heic", &png_of(&scene(40, 30)))).unwrap();
    assert_eq!((taken.mime(), taken.extension()), ("image/png", "png"));
}

#[test]
fn copies_are_small_and_carry_no_exif() {
    let studio = Studio::new();
    let photo = Camera::default().position(40.5, 116.8).shoot(&scene(4000, 3000));
    let taken = intake(studio.folder(), &studio.card("p.jpg", &photo)).unwrap();
    let (thumbnail, view) = (fs::read(&taken.thumbnail_path).unwrap(), fs::read(&taken.view_path).unwrap());
    assert_eq!(image::load_from_memory(&thumbnail).unwrap().dimensions(), (320, 240));
    assert_eq!(image::load_from_memory(&view).unwrap().dimensions(), (2048, 1536));
    assert!(thumbnail.len() < 40_000, "{} bytes", thumbnail.len());
    for copy in [&thumbnail, &view] {
        assert!(!copy.windows(6).any(|w| w == b"Exif\0\0"));
    }
    assert_eq!(taken.exif.position.unwrap().at.lat(), 40.5);
}

#[test]
fn both_copies_stand_upright_for_all_eight_orientations() {
    let upright = corner_colours(&scene(96, 64));
    for orientation in 1..=8 {
        let studio = Studio::new();
        let stored = Camera::turned(&scene(96, 64), orientation);
        let photo = Camera::default().orientation(orientation).shoot(&stored);
        let taken = intake(studio.folder(), &studio.card("p.jpg", &photo)).unwrap();
        assert_eq!((taken.width_px, taken.height_px), (96, 64), "orientation {orientation}");
        for path in [&taken.view_path, &taken.thumbnail_path] {
            let copy = image::open(path).unwrap().to_rgb8();
            assert_eq!(corner_colours(&copy), upright, "orientation {orientation}");
        }
    }
}

#[test]
fn a_photo_taken_twice_lies_here_once() {
    let studio = Studio::new();
    let bytes = jpeg_of(&scene(300, 200));
    let first = intake(studio.folder(), &studio.card("a.jpg", &bytes)).unwrap();
    let again = intake(studio.folder(), &studio.card("b.jpg", &bytes)).unwrap();
    assert!(again.reused() && !first.reused());
    assert_eq!((first.original_path, first.thumbnail_sha256), (again.original_path, again.thumbnail_sha256));
    assert_eq!(verify::originals(studio.folder()).unwrap().len(), 1);
}

#[test]
fn a_rotten_original_is_noticed_and_replaced_when_the_good_one_comes_again() {
    let studio = Studio::new();
    let bytes = jpeg_of(&scene(300, 200));
    let taken = intake(studio.folder(), &studio.card("a.jpg", &bytes)).unwrap();
    let mut rotten = bytes.clone();
    rotten[200] ^= 1;
    fs::write(&taken.original_path, rotten).unwrap();
    let listed = verify::originals(studio.folder()).unwrap();
    assert_eq!(verify::check_listed(&listed[0]).unwrap_err().code(), "photo-changed");
    let again = intake(studio.folder(), &studio.card("a.jpg", &bytes)).unwrap();
    assert_eq!(again.kept, Kept::Repaired);
    verify::check_listed(&listed[0]).unwrap();
}

#[test]
fn what_a_crash_left_half_written_is_cleared_and_never_listed() {
    let studio = Studio::new();
    fs::create_dir_all(studio.folder().join("incoming")).unwrap();
    fs::write(studio.folder().join("incoming/photo-x"), b"half").unwrap();
    assert_eq!(verify::originals(studio.folder()).unwrap(), []);
    assert_eq!(photos::clear_incoming(studio.folder()).unwrap(), 1);
    assert_eq!(photos::clear_incoming(studio.folder()).unwrap(), 0);
}

#[test]
fn copies_come_back_from_the_original() {
    let studio = Studio::new();
    let taken = intake(studio.folder(), &studio.card("a.jpg", &jpeg_of(&scene(800, 600)))).unwrap();
    fs::remove_file(&taken.thumbnail_path).unwrap();
    fs::write(&taken.view_path, b"").unwrap();
    let thumbnail = photos::restore_copies(studio.folder(), &taken.sha256, taken.format).unwrap();
    assert_eq!(thumbnail, taken.thumbnail_sha256);
    assert_eq!(image::open(&taken.view_path).unwrap().dimensions(), (800, 600));
}

#[test]
fn every_kind_of_bad_file_is_named() {
    let studio = Studio::new();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic rest";
    assert_eq!(refused(&studio, "empty.jpg", b"").code(), "photo-empty");
    let error = refused(&studio, "a.jpg", heic);
    assert_eq!(error.code(), "photo-unsupported");
    assert!(error.to_string().contains("HEIC") && error.to_string().contains("Most Compatible"), "{error}");
    assert!(refused(&studio, "v.mp4", b"\0\0\0\x18ftypisom\0\0\0\0").to_string().contains("video"));
    assert!(refused(&studio, "r.dng", b"II*\0\x08\0\0\0").to_string().contains("raw"));
    assert_eq!(refused(&studio, "notes.jpg", b"only words").code(), "photo-unsupported");
    assert_eq!(refused(&studio, "z.jpg", &[0; 4096]).code(), "photo-damaged");
    assert_eq!(intake(studio.folder(), Path::new("/no/such/file.jpg")).unwrap_err().code(), "photo-unreadable");
    assert_eq!(intake(studio.folder(), studio.folder().parent().unwrap()).unwrap_err().code(), "photo-unreadable");
}

#[test]
fn a_picture_cut_short_anywhere_is_refused() {
    let studio = Studio::new();
    let whole = [jpeg_of(&scene(160, 120)), png_of(&scene(60, 40)), webp_of(&scene(60, 40))];
    for bytes in whole {
        let step = (bytes.len() / 60).max(1);
        for length in (40..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            let error = refused(&studio, "cut.jpg", &bytes[..length]);
            assert_eq!(error.code(), "photo-damaged", "{length} of {} bytes: {error}", bytes.len());
        }
    }
}

#[test]
fn a_jpeg_cut_short_and_closed_again_is_refused() {
    let studio = Studio::new();
    let bytes = jpeg_of(&scene(320, 240));
    for part in [30, 50, 70, 90] {
        let mut cut = bytes[..bytes.len() * part / 100].to_vec();
        cut.extend([0xFF, 0xD9]);
        let error = refused(&studio, "closed.jpg", &cut);
        assert_eq!(error.code(), "photo-damaged", "{part} % of the bytes: {error}");
    }
}

#[test]
fn a_jpeg_with_something_after_its_end_is_whole() {
    let studio = Studio::new();
    let mut bytes = jpeg_of(&scene(160, 120));
    bytes.extend(b"the little film that phones hide behind a picture");
    let taken = intake(studio.folder(), &studio.card("motion.jpg", &bytes)).unwrap();
    assert_eq!(taken.size_bytes, bytes.len() as u64);
}

#[test]
fn fifty_megapixels_are_taken_and_a_bomb_is_not() {
    let studio = Studio::new();
    let mut flat = std::io::Cursor::new(Vec::new());
    GrayImage::from_pixel(8192, 6144, Luma([120])).write_to(&mut flat, image::ImageFormat::Jpeg).unwrap();
    let taken = intake(studio.folder(), &studio.card("50mp.jpg", flat.get_ref())).unwrap();
    assert_eq!((taken.width_px, taken.height_px), (8192, 6144));

    let mut bomb = png_of(&scene(16, 16));
    bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]); // says 30,000 x 30,000
    let checksum = photo_studio::crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
    let studio = Studio::new();
    assert_eq!(refused(&studio, "bomb.png", &bomb).code(), "photo-too-large");
}

#[test]
fn transparent_pixels_become_white_paper() {
    let studio = Studio::new();
    let plan = image::DynamicImage::from(image::RgbaImage::from_pixel(50, 50, image::Rgba([0, 0, 0, 0])));
    let mut bytes = std::io::Cursor::new(Vec::new());
    plan.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let taken = intake(studio.folder(), &studio.card("plan.png", bytes.get_ref())).unwrap();
    assert_eq!(image::open(&taken.view_path).unwrap().to_rgb8().get_pixel(25, 25).0, [255, 255, 255]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_not_a_loss() {
    let studio = Studio::new();
    let blocked = studio.card("blocked", b"a file where the folder ought to be");
    let card = studio.card("a.jpg", &jpeg_of(&scene(30, 20)));
    assert_eq!(intake(&blocked, &card).unwrap_err().code(), "photo-not-stored");
}

#[test]
fn half_written_files_of_another_process_are_not_cleared_away() {
    let studio = Studio::new();
    fs::create_dir_all(studio.folder().join("incoming")).unwrap();
    fs::write(studio.folder().join("incoming/photo-x"), b"being written").unwrap();
    let writing = fs::File::create(studio.folder().join("incoming.lock")).unwrap();
    writing.lock_shared().unwrap();
    assert_eq!(photos::clear_incoming(studio.folder()).unwrap(), 0);
    drop(writing);
    assert_eq!(photos::clear_incoming(studio.folder()).unwrap(), 1);
}
