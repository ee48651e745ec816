//! Fixes, averages and walks.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

mod common;

use common::Device;
use device::position::{Fix, Heard, Tracker, Use, gpsd, nmea, walk};
use domain::PositionSource::Gnss;

const NOW_MS: i64 = common::TEN_O_CLOCK_MS;

fn fix(lat: f64, lon: f64, accuracy_m: f64) -> Fix {
    Fix::new(lat, lon, Some(accuracy_m), Gnss, NOW_MS).unwrap()
}

#[test]
fn gpsd_tells_place_accuracy_and_satellites_and_a_simulated_fix_is_refused() {
    let mut reader = gpsd::Reader::default();
    let tpv = r#"{"class":"TPV","mode":3,"time":"2026-11-23T02:00:00.000Z","lat":40.5302,"lon":117.1304,"eph":3.2,"altHAE":310.5}"#;
    let Some(Heard::Fix(heard)) = reader.line(tpv, NOW_MS) else { panic!("no fix") };
    assert_eq!((heard.accuracy_m(), heard.at.lat()), (Some(1.984), 40.5302));
    assert_eq!(reader.line(r#"{"class":"SKY","hdop":0.9,"uSat":11}"#, NOW_MS), Some(Heard::Satellites(11)));
    let accuracy_m = |reader: &mut gpsd::Reader| match reader.line(tpv, NOW_MS) {
        Some(Heard::Fix(fix)) => fix.accuracy_m(),
        other => panic!("{other:?}"),
    };
    assert_eq!(accuracy_m(&mut reader), Some(4.5));
    assert_eq!(reader.line(r#"{"class":"GST","rms":1.1,"lat":1.2,"lon":1.6,"alt":3.0}"#, NOW_MS), None);
    assert_eq!(accuracy_m(&mut reader), Some(2.0));
    assert_eq!(reader.line(r#"{"class":"TPV","mode":1}"#, NOW_MS), Some(Heard::NoFix));
    let made_up = r#"{"class":"TPV","mode":3,"status":8,"lat":40.5,"lon":117.1}"#;
    assert_eq!(reader.line(made_up, NOW_MS), Some(Heard::Mocked));
    assert_eq!(reader.line("{\"class\":\"VERSION\"}", NOW_MS), None);
    assert_eq!(reader.line("nonsense", NOW_MS), None);
}

#[test]
fn a_sentence_of_a_receiver_is_a_fix_and_one_with_a_wrong_checksum_is_not() {
    let mut reader = nmea::Reader::default();
    let good = "$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76";
    let Some(Heard::Fix(heard)) = reader.sentence(good, NOW_MS) else { panic!("no fix") };
    assert!((heard.at.lat() - 53.361_337).abs() < 1e-5 && (heard.at.lon() + 6.505_62).abs() < 1e-5);
    assert_eq!(nmea::Reader::default().sentence(&good.replace("*76", "*77"), NOW_MS), None);
}

#[test]
fn a_poor_fix_needs_a_reason_and_an_old_one_is_never_used() {
    let mut tracker = Tracker::default();
    tracker.hear(Heard::Fix(fix(40.5, 117.1, 40.0)));
    let take = |now_ms, reason| tracker.take(Use::Fix, now_ms, 15.0, 5, reason);
    assert_eq!(take(NOW_MS, None).unwrap_err().code(), "poor-fix");
    assert_eq!(take(NOW_MS + 4_000, Some("峡谷内无更好信号")).unwrap().age_s, Some(4));
    assert_eq!(take(NOW_MS + 60_000, Some("峡谷内无更好信号")).unwrap_err().code(), "no-fix");
}

#[test]
fn an_average_needs_its_fixes_and_is_no_better_than_they_scatter() {
    let mut tracker = Tracker::default();
    tracker.start_average();
    for n in 0..4 {
        tracker.hear(Heard::Fix(fix(40.5 + f64::from(n) * 1e-4, 117.1, 5.0)));
    }
    assert_eq!(tracker.take(Use::Average, NOW_MS, 50.0, 5, None).unwrap_err().code(), "average-short");
    tracker.hear(Heard::Fix(fix(40.5, 117.1, 5.0)));
    let mean = tracker.take(Use::Average, NOW_MS, 50.0, 5, None).unwrap();
    assert!(mean.at.accuracy_mm.unwrap() > 10_000, "{mean:?}");
}

#[test]
fn a_walk_survives_a_restart_counts_poor_fixes_and_becomes_a_boundary() {
    let mut device = Device::new();
    let site = device.site("bare-land", "令公村南");
    let plan = walk::Walk {
        record: site.to_string(),
        path: "boundary".into(),
        closed: true,
        started_at: device.now.rfc3339(),
        paused: false,
    };
    walk::start(&mut device.home.store, &plan).unwrap();
    assert_eq!(walk::start(&mut device.home.store, &plan).unwrap_err().code(), "walk-open");
    for (lat, lon, accuracy_m) in [(40.53, 117.13, 4.0), (40.53, 117.131, 4.0), (40.5305, 117.1315, 60.0)] {
        walk::add_fix(&mut device.home.store, &fix(lat, lon, accuracy_m), 15.0, false).unwrap();
    }
    let mut device = device.reopen();
    let store = &mut device.home.store;
    assert!(!walk::add_fix(store, &fix(40.530_500_1, 117.1315, 4.0), 15.0, false).unwrap(), "the same place");
    walk::add_fix(store, &fix(40.531, 117.131, 4.0), 15.0, false).unwrap();
    let (walk, points) = (walk::required(store).unwrap(), store.walk_points().unwrap());
    let figures = walk::figures(&walk, &points);
    assert_eq!((figures.used, figures.poor), (3, 1));
    assert!(figures.area_m2.unwrap() > 4_000.0 && figures.uncertainty_m2.unwrap() > 0.0);
    walk::finish(store, &mut device.now).unwrap();
    assert!(walk::current(&device.home.store).unwrap().is_none());
    assert_eq!(device.value(site, "boundary")["type"], "Polygon");
}
