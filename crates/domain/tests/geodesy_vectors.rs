//! Areas, distances and datums against vectors computed with other libraries.
#![allow(clippy::unwrap_used)]

use domain::Vertex;
use domain::datum::*;
use domain::geodesy::*;
use proptest::prelude::*;
use rust_decimal_macros::dec;
use serde_json::Value as Json;

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn areas() -> Json {
    json(include_str!("vectors/area_vectors.json"))
}

fn vertex(pair: &Json) -> Vertex {
    Vertex::from_degrees(pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap()).unwrap()
}

fn ring(pairs: &[(f64, f64)]) -> Vec<Vertex> {
    pairs.iter().map(|&(lon, lat)| Vertex::from_degrees(lon, lat).unwrap()).collect()
}

fn close(a: f64, b: f64, by: f64) {
    assert!((a - b).abs() <= by, "{a} and {b} differ by more than {by}");
}

#[test]
fn areas_and_perimeters_agree() {
    for v in areas()["polygons"].as_array().unwrap() {
        let mut corners: Vec<Vertex> = v["ring_lonlat"].as_array().unwrap().iter().map(vertex).collect();
        for _ in 0..2 {
            close(area_m2(std::slice::from_ref(&corners)), v["geodesic_m2"].as_f64().unwrap(), 1e-3);
            close(perimeter_m(&corners), v["perimeter_m"].as_f64().unwrap(), 1e-3);
            corners.reverse();
        }
        check_polygon(&[corners.clone()]).unwrap();
        let mu = mu_of(measure(&[corners]).area_m2);
        assert!((mu - v["mu"].to_string().parse::<rust_decimal::Decimal>().unwrap()).abs() <= dec!(0.0001));
    }
}

#[test]
fn distances_and_bearings_agree() {
    for v in areas()["distances"].as_array().unwrap() {
        let (a, b) = (vertex(&v["a"]), vertex(&v["b"]));
        close(distance_m(&a, &b), v["geodesic_m"].as_f64().unwrap(), 1e-3);
        close(bearing_deg(&a, &b), v["azi1"].as_f64().unwrap(), 1e-5);
        assert!(bearing_deg(&b, &a) > 180.0);
    }
}

fn square() -> Vec<Vertex> {
    ring(&[(116.84, 40.37), (116.841, 40.37), (116.841, 40.371), (116.84, 40.371)])
}

fn hole() -> Vec<Vertex> {
    ring(&[(116.8402, 40.3702), (116.8402, 40.3704), (116.8404, 40.3704), (116.8404, 40.3702)])
}

#[test]
fn holes_are_taken_off_whatever_their_direction() {
    let whole = area_m2(&[square()]);
    let hole_m2 = area_m2(&[hole()]);
    close(area_m2(&[square(), hole()]), whole - hole_m2, 1e-6);
    let mut turned = hole();
    turned.reverse();
    close(area_m2(&[square(), turned]), whole - hole_m2, 1e-6);
    assert_eq!(measure(&[]).area_m2, dec!(0));
    assert_eq!(measure(&[ring(&[(116.84, 40.37), (116.85, 40.37)])]).area_m2, dec!(0));
}

#[test]
fn distance_to_a_plot_is_zero_inside_and_true_outside() {
    let plot = [square()];
    let at = |lon, lat| Vertex::from_degrees(lon, lat).unwrap();
    assert_eq!(distance_to_polygon_m(&plot, &at(116.8405, 40.3705)), Some(0.0));
    assert_eq!(distance_to_polygon_m(&plot, &at(116.84, 40.3705)), Some(0.0), "on the boundary");
    let south = at(116.8405, 40.3696);
    close(distance_to_polygon_m(&plot, &south).unwrap(), distance_m(&south, &at(116.8405, 40.37)), 1e-3);
    let corner = at(116.8415, 40.3715);
    close(distance_to_polygon_m(&plot, &corner).unwrap(), distance_m(&corner, &at(116.841, 40.371)), 1e-3);
    let in_hole = at(116.8403, 40.3703);
    assert!(!contains(&[square(), hole()], &in_hole));
    assert!(distance_to_polygon_m(&[square(), hole()], &in_hole).unwrap() > 5.0);
    assert_eq!(distance_to_polygon_m(&[], &south), None);
}

#[test]
fn uncertainty_follows_the_corners() {
    let mut walked = square();
    assert_eq!(measure(&[walked.clone()]).uncertainty_m2, None);
    for v in &mut walked {
        v.accuracy_mm = Some(3000);
    }
    // Each corner of an a × b rectangle sees a chord of its diagonal: σ_A = σ·√(a² + b²).
    let diagonal = distance_m(&walked[0], &walked[2]);
    close(area_uncertainty_m2(&[walked.clone()]).unwrap(), 3.0 * diagonal, 0.05);
    walked[0].accuracy_mm = None;
    close(area_uncertainty_m2(&[walked]).unwrap(), 3.0 * diagonal, 0.05);
}

#[test]
fn shapes_that_cross_themselves_are_refused() {
    let bow = ring(&[(116.84, 40.37), (116.841, 40.371), (116.841, 40.37), (116.84, 40.371)]);
    assert_eq!(check_polygon(&[bow]), Err(PolygonProblem::Crossing { first: 0, second: 2 }));
    let spike = ring(&[(116.84, 40.37), (116.842, 40.37), (116.841, 40.37), (116.841, 40.371)]);
    assert!(matches!(check_polygon(&[spike]), Err(PolygonProblem::Crossing { .. })));
    let flat = ring(&[(116.84, 40.37), (116.841, 40.37), (116.84, 40.37)]);
    assert_eq!(check_polygon(&[flat]), Err(PolygonProblem::TooFewCorners { ring: 0, corners: 2 }));
    assert_eq!(check_polygon(&[]), Err(PolygonProblem::TooFewCorners { ring: 0, corners: 0 }));
    let mut repeated = square();
    repeated.insert(1, repeated[0]);
    assert_eq!(check_polygon(&[repeated]), Ok(()));
    let straight = ring(&[(116.84, 40.37), (116.8405, 40.37), (116.841, 40.37), (116.8405, 40.371)]);
    assert_eq!(check_polygon(&[straight]), Ok(()));
    assert_eq!(check_polygon(&[square(), hole()]), Ok(()));
    let crossing_hole = ring(&[(116.8395, 40.3702), (116.8405, 40.3702), (116.8405, 40.3704)]);
    assert!(matches!(check_polygon(&[square(), crossing_hole]), Err(PolygonProblem::Crossing { .. })));
    let touching = ring(&[(116.84, 40.37), (116.8405, 40.3702), (116.8405, 40.3704)]);
    assert_eq!(check_polygon(&[square(), touching]), Ok(()));
}

#[test]
fn corners_off_the_globe_do_no_harm() {
    let at = |lon_ndeg, lat_ndeg| Vertex { lon_ndeg, lat_ndeg, accuracy_mm: Some(u32::MAX) };
    let wild = [vec![at(i64::MIN, i64::MAX), at(i64::MAX, i64::MIN), at(0, i64::MAX), at(i64::MAX, 7)]];
    let _ = (measure(&wild), check_polygon(&wild), contains(&wild, &wild[0][0]));
    let _ = (distance_to_polygon_m(&wild, &at(0, 0)), bearing_deg(&wild[0][0], &wild[0][1]));
}

fn lonlat(pair: &Json) -> LonLat {
    LonLat::new(pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap())
}

fn same(a: LonLat, b: LonLat, by: f64) {
    close(a.lon, b.lon, by);
    close(a.lat, b.lat, by);
}

#[test]
fn datums_agree_both_ways() {
    for v in json(include_str!("vectors/coord_vectors.json"))["vectors"].as_array().unwrap() {
        let (wgs, gcj, bd) = (lonlat(&v["wgs"]), lonlat(&v["gcj_gcoord"]), lonlat(&v["bd_gcoord"]));
        same(wgs84_to_gcj02(wgs), gcj, 1e-9);
        same(gcj02_to_bd09(gcj), bd, 1e-9);
        same(wgs84_to_bd09(wgs), bd, 1e-9);
        same(gcj02_to_wgs84(gcj), wgs, 1e-9);
        same(bd09_to_gcj02(bd), gcj, 1e-9);
        same(bd09_to_wgs84(bd), wgs, 1e-9);
        same(bd09_to_wgs84(bd), lonlat(&v["inv_gcoord"]), 2e-7);
        same(convert(bd, Datum::Bd09, Datum::Gcj02), gcj, 1e-9);
    }
    assert_eq!(Datum::from_name("CGCS2000"), Some(Datum::Wgs84));
    assert!(wgs84_to_bd09(LonLat::new(f64::NAN, 40.0)).lon.is_nan());
}

/// A star round a centre: any radii give a ring that does not cross itself.
fn star() -> impl Strategy<Value = Vec<Vertex>> {
    prop::collection::vec(0.0005f64..0.005, 3..40).prop_map(|radii| {
        let count = radii.len() as f64;
        let corner = |(at, r): (usize, &f64)| {
            let angle = at as f64 / count * std::f64::consts::TAU;
            Vertex::from_degrees(117.0 + r * angle.cos(), 40.5 + r * angle.sin()).unwrap()
        };
        radii.iter().enumerate().map(corner).collect()
    })
}

proptest! {
    #[test]
    fn area_does_not_depend_on_start_or_direction(corners in star(), by in 0usize..40) {
        let area = area_m2(std::slice::from_ref(&corners));
        let mut other = corners.clone();
        other.rotate_left(by % corners.len());
        prop_assert!((area_m2(&[other.clone()]) - area).abs() < 1e-3);
        other.reverse();
        prop_assert!((area_m2(&[other.clone()]) - area).abs() < 1e-3);
        prop_assert_eq!(check_polygon(&[other]), Ok(()));
    }

    #[test]
    fn inside_means_no_distance(corners in star(), lon in 116.99f64..117.01, lat in 40.49f64..40.51) {
        let v = Vertex::from_degrees(lon, lat).unwrap();
        let distance = distance_to_polygon_m(std::slice::from_ref(&corners), &v).unwrap();
        prop_assert_eq!(contains(&[corners], &v), distance == 0.0);
    }

    #[test]
    fn datums_come_back(lon in 73.0f64..136.0, lat in 4.0f64..54.0) {
        let p = LonLat::new(lon, lat);
        same(gcj02_to_wgs84(wgs84_to_gcj02(p)), p, 1e-8);
        same(bd09_to_wgs84(wgs84_to_bd09(p)), p, 1e-8);
        same(bd09_to_gcj02(gcj02_to_bd09(p)), p, 1e-8);
    }

    #[test]
    fn nothing_panics_on_any_shape(points in prop::collection::vec((-180.0f64..=180.0, -90.0f64..=90.0), 0..12)) {
        let shape = [ring(&points)];
        let _ = (measure(&shape), check_polygon(&shape));
        let v = Vertex::from_degrees(0.0, 90.0).unwrap();
        let _ = (distance_to_polygon_m(&shape, &v), bearing_deg(&v, &v));
    }
}
