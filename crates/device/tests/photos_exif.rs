//! What the camera wrote is believed only as far as it makes sense, and never stands in the way of a photo.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

mod photo_studio;

use device::photos::ExifFacts;
use device::photos::exif::read;
use domain::PositionSource;
use exif::{Tag, Value};
use photo_studio::{Camera, jpeg_of, scene, with_exif};
use proptest::prelude::*;

fn facts(camera: &Camera) -> ExifFacts {
    read(&camera.shoot(&scene(32, 24)))
}

#[test]
fn a_good_camera_is_read_in_full() {
    let camera = Camera::default()
        .text(Tag::Make, "HUAWEI")
        .text(Tag::Model, "ELS-AN00")
        .text(Tag::DateTimeOriginal, "2026:11:23 10:05:00")
        .text(Tag::OffsetTimeOriginal, "+08:00")
        .position(40.376_5, 116.843_25)
        .rationals(Tag::GPSHPositioningError, &[(4_500, 1000)])
        .rationals(Tag::GPSAltitude, &[(7_150, 100)])
        .field(Tag::GPSAltitudeRef, Value::Byte(vec![0]))
        .text(Tag::GPSImgDirectionRef, "M")
        .rationals(Tag::GPSImgDirection, &[(27_050, 100)])
        .text(Tag::GPSDateStamp, "2026:11:23")
        .rationals(Tag::GPSTimeStamp, &[(2, 1), (4, 1), (58, 1)]);
    let facts = facts(&camera);
    assert_eq!(facts.problems, Vec::<String>::new());
    let taken = facts.taken_at.unwrap();
    assert_eq!((taken.text.as_str(), taken.has_offset), ("2026-11-23T10:05:00+08:00", true));
    assert_eq!(facts.fix_at.as_deref(), Some("2026-11-23T02:04:58Z"));
    let position = facts.position.unwrap();
    assert_eq!((position.at.lat(), position.at.lon()), (40.376_5, 116.843_25));
    assert_eq!((position.source, position.at.accuracy_mm), (PositionSource::Exif, Some(4_500)));
    assert_eq!(facts.altitude_m.unwrap().to_string(), "71.5");
    assert_eq!((facts.bearing_deg.unwrap().to_string().as_str(), facts.bearing_magnetic), ("270.5", true));
    assert_eq!((facts.make.as_deref(), facts.model.as_deref()), (Some("HUAWEI"), Some("ELS-AN00")));
}

#[test]
fn a_time_without_offset_is_not_given_one() {
    let taken = facts(&Camera::default().text(Tag::DateTimeOriginal, "2026:11:23 10:05:00")).taken_at.unwrap();
    assert_eq!((taken.text.as_str(), taken.has_offset), ("2026-11-23T10:05:00", false));
    let unset = facts(&Camera::default().text(Tag::DateTimeOriginal, "0000:00:00 00:00:00"));
    assert_eq!((unset.taken_at, unset.problems.len()), (None, 0));
    let wrong = facts(&Camera::default().text(Tag::DateTimeOriginal, "2026:13:45 10:05:00"));
    assert_eq!((wrong.taken_at, wrong.problems.len()), (None, 1));
}

#[test]
fn a_position_that_cannot_be_is_left_out_and_said() {
    let reference = || Camera::default().text(Tag::GPSLatitudeRef, "N").text(Tag::GPSLongitudeRef, "E");
    let at = |lat: &[(u32, u32)], lon: &[(u32, u32)]| {
        reference().rationals(Tag::GPSLatitude, lat).rationals(Tag::GPSLongitude, lon)
    };
    let cases = [
        ("zero denominator", at(&[(40, 0), (0, 1), (0, 1)], &[(116, 1)])),
        ("91 degrees", at(&[(91, 1)], &[(116, 1)])),
        ("0, 0", at(&[(0, 1)], &[(0, 1)])),
        ("60 minutes", at(&[(40, 1), (60, 1)], &[(116, 1)])),
        (
            "whether it is N or S",
            Camera::default().rationals(Tag::GPSLatitude, &[(40, 1)]).rationals(Tag::GPSLongitude, &[(116, 1)]),
        ),
        ("void", Camera::default().position(40.0, 116.0).text(Tag::GPSStatus, "V")),
        ("GCJ-02", Camera::default().position(40.0, 116.0).text(Tag::GPSMapDatum, "GCJ-02")),
    ];
    for (said, camera) in cases {
        let facts = facts(&camera);
        assert_eq!(facts.position, None, "{said}");
        assert!(facts.problems.iter().any(|p| p.contains(said)), "{said}: {:?}", facts.problems);
    }
}

#[test]
fn degrees_minutes_and_seconds_add_up() {
    let camera = Camera::default()
        .text(Tag::GPSLatitudeRef, "S")
        .rationals(Tag::GPSLatitude, &[(40, 1), (30, 1), (36, 1)])
        .text(Tag::GPSLongitudeRef, "W")
        .rationals(Tag::GPSLongitude, &[(116, 1), (45, 1), (0, 0)])
        .text(Tag::GPSMapDatum, "WGS-84");
    let position = facts(&camera).position.unwrap();
    assert_eq!((position.at.lat(), position.at.lon()), (-40.51, -116.75));
}

#[test]
fn a_photo_without_exif_has_no_problem() {
    let facts = read(&jpeg_of(&scene(32, 24)));
    assert_eq!(facts, ExifFacts { orientation: 1, ..ExifFacts::default() });
}

#[test]
fn damaged_exif_is_said_and_the_rest_is_read() {
    let whole = Camera::default().text(Tag::Make, "HUAWEI").text(Tag::DateTimeOriginal, "2026:11:23 10:05:00").exif();
    let jpeg = jpeg_of(&scene(32, 24));
    let facts = read(&with_exif(&jpeg, &whole[..whole.len() - 12]));
    assert!(!facts.problems.is_empty());
    assert_eq!(read(&with_exif(&jpeg, b"nonsense")).problems.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_exif_makes_it_panic(noise in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..2_000, value: u8) {
        let camera = Camera::default().text(Tag::DateTimeOriginal, "2026:11:23 10:05:00").position(40.0, 116.0).orientation(6);
        let mut exif = camera.exif();
        let at = at % exif.len();
        exif[at] = value;
        let jpeg = jpeg_of(&scene(16, 16));
        let _ = read(&with_exif(&jpeg, &exif));
        let _ = read(&with_exif(&jpeg, &noise));
    }

    #[test]
    fn no_bytes_make_the_intake_panic(start in 0_usize..4, noise in proptest::collection::vec(any::<u8>(), 0..600), at in 0_usize..4_000, value: u8) {
        let studio = photo_studio::Studio::new();
        let mut bytes = match start {
            0 => noise.clone(),
            1 => jpeg_of(&scene(24, 16)),
            2 => photo_studio::png_of(&scene(24, 16)),
            _ => photo_studio::webp_of(&scene(24, 16)),
        };
        if !bytes.is_empty() {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = device::photos::intake(studio.folder(), &studio.card("p", &bytes));
    }
}
