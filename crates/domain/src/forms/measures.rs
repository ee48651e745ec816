//! The functions that measure and judge, as expressions call them: thin wraps of the domain's own modules. Those that
//! need a limit are called on the variable `limits`, which knows the day of the record.

use std::sync::Arc;

use chrono::NaiveDate;
use rhai::{Array, Dynamic, INT, ImmutableString, Map};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::expression::{Language, to_decimal};
use super::functions::{day, district_offset, function, member, moment, or_nothing, series, shape, text};
use crate::judgement::{Judgement, Reason};
use crate::limits::Limits;
use crate::noise::{self, Burst, Place, PointInput, PointResult, Room, SourceType, ZoneClass};
use crate::value::{Value, Vertex};
use crate::{credit_code, geodesy, places, voc, water};

/// The limits of the day of a record.
#[derive(Clone, Debug)]
pub(super) struct Bench {
    pub limits: Arc<Limits>,
    pub on: Option<NaiveDate>,
}

impl Bench {
    /// Judges a value that may be missing, on the day of the record: nothing without a value, and a judgement that
    /// says so without a day.
    fn judge(&self, value: &Dynamic, how: impl FnOnce(Decimal, NaiveDate, &Limits) -> Judgement) -> Dynamic {
        let Some(value) = to_decimal(value) else { return Dynamic::UNIT };
        let judgement = match self.on {
            Some(on) => how(value, on, &self.limits),
            None => {
                Judgement::not_judged(Some(value), Reason::missing("检查开始时间", "the time the inspection began"))
            }
        };
        Dynamic::from(judgement)
    }
}

/// The judgement in a result, if it is one.
pub(super) fn judgement_in(result: &Dynamic) -> Option<Judgement> {
    if let Some(judgement) = result.read_lock::<Judgement>() {
        return Some(judgement.clone());
    }
    result.read_lock::<PointResult>().map(|point| point.judgement.clone())
}

/// The verdict a result is stored as: that of a judgement, or the graver of the two of a noise point.
pub(super) fn verdict_in(result: &Dynamic) -> Option<&'static str> {
    if let Some(judgement) = result.read_lock::<Judgement>() {
        return Some(judgement.verdict.as_str());
    }
    result.read_lock::<PointResult>().map(|point| point.verdict.as_str())
}

pub(super) fn register(language: &mut Language) {
    geometry(language);
    registers(language);
    levels(language);
    noise_points(language);
    voc_limits(language);
    water_limits(language);
    any_limits(language);
}

fn geometry(language: &mut Language) {
    function!(language, "area_m2", |area: Dynamic| or_nothing(
        rings(&area).map(|r| geodesy::kept(geodesy::area_m2(&r)))
    ));
    function!(language, "area_uncertainty_m2", |area: Dynamic| or_nothing(
        rings(&area).and_then(|r| geodesy::area_uncertainty_m2(&r)).map(geodesy::kept)
    ));
    function!(language, "mu", |area_m2: Dynamic| or_nothing(to_decimal(&area_m2).map(geodesy::mu_of)));
    function!(language, "length_m", |line: Dynamic| or_nothing(
        line_of(&line).map(|l| geodesy::kept(geodesy::length_m(&l)))
    ));
    function!(language, "within", |rows: Dynamic, metres: Dynamic, shape: Dynamic| within(&rows, &metres, &shape));
    function!(language, "in_district", |point: Dynamic| vertex(&point)
        .map_or(Dynamic::UNIT, |v| Dynamic::from_bool(places::in_district(&v, OUTLINE_DOUBT_M))));
}

/// What is not known of the district's outline, metres.
const OUTLINE_DOUBT_M: f64 = 600.0;

fn rings(area: &Dynamic) -> Option<Vec<Vec<Vertex>>> {
    match &*shape(area)? {
        Value::Polygon(rings) => Some(rings.clone()),
        _ => None,
    }
}

fn line_of(line: &Dynamic) -> Option<Vec<Vertex>> {
    match &*shape(line)? {
        Value::Line(line) => Some(line.clone()),
        _ => None,
    }
}

fn vertex(point: &Dynamic) -> Option<Vertex> {
    shape(point)?.as_position().map(|p| p.at)
}

/// The rows whose `position` lies within so many metres of a shape (inside it counts as at it).
fn within(rows: &Dynamic, metres: &Dynamic, place: &Dynamic) -> Array {
    let metres = to_decimal(metres).and_then(|m| m.to_f64()).unwrap_or(0.0);
    let (Some(place), Ok(rows)) = (shape(place), rows.as_array_ref()) else { return Array::new() };
    let near = |row: &&Dynamic| {
        vertex(&member(row, "position")).is_some_and(|v| distance_m(&place, &v).is_some_and(|d| d <= metres))
    };
    rows.iter().filter(near).cloned().collect()
}

fn distance_m(place: &Value, v: &Vertex) -> Option<f64> {
    match place {
        Value::Point(p) => Some(geodesy::distance_m(&p.at, v)),
        Value::Polygon(rings) => geodesy::distance_to_polygon_m(rings, v),
        _ => None,
    }
}

/// What is looked up in registers of the administration.
fn registers(language: &mut Language) {
    function!(language, "credit_code_ok", |code: Dynamic| text(&code)
        .map_or(Dynamic::UNIT, |t| Dynamic::from_bool(credit_code::check(&t).is_ok())));
    function!(language, "town_known", |code: Dynamic| text(&code)
        .map_or(Dynamic::UNIT, |t| Dynamic::from_bool(places::town(&t).is_some())));
    function!(language, "village_known", |code: Dynamic| text(&code)
        .map_or(Dynamic::UNIT, |t| Dynamic::from_bool(places::village(&t).is_some())));
    function!(language, "village_in", |village: Dynamic, town: Dynamic| match (text(&village), text(&town)) {
        (Some(village), Some(town)) => Dynamic::from_bool(village.starts_with(&town)),
        _ => Dynamic::UNIT,
    });
}

fn levels(language: &mut Language) {
    function!(language, "leq", |samples: Dynamic| or_nothing(series(&samples).and_then(|s| noise::leq(&s).ok())));
    function!(language, "lmax", |samples: Dynamic| or_nothing(series(&samples).and_then(|s| noise::lmax(&s).ok())));
    function!(language, "l_n", |samples: Dynamic, n: INT| or_nothing(
        series(&samples).and_then(|s| noise::l_n(&s, u32::try_from(n).ok()?).ok())
    ));
    function!(language, "levels_ok", |samples: Dynamic| series(&samples)
        .map_or(Dynamic::UNIT, |s| Dynamic::from_bool(noise::leq(&s).is_ok())));
    function!(language, "background_corrected", |leq_db: Dynamic, background_db: Dynamic| or_nothing(
        to_decimal(&leq_db).zip(to_decimal(&background_db)).and_then(|(l, b)| noise::background(l, b).corrected(l))
    ));
}

fn noise_points(language: &mut Language) {
    function!(language, "noise_standard", |bench: Bench, source: Dynamic| {
        let source = text(&source).and_then(|t| SourceType::from_id(&t));
        let standard = source.zip(bench.on).and_then(|(s, on)| noise::standard_for(s, on, &bench.limits));
        standard.map_or(Dynamic::UNIT, |s| Dynamic::from(s.to_owned()))
    });
    function!(language, "period", |bench: Bench, at: Dynamic| {
        let at = text(&at).and_then(|t| moment(&t)).map(|t| t.with_timezone(&district_offset()));
        at.map_or(Dynamic::UNIT, |at| {
            let hours = noise::Hours::from_limits(&bench.limits, at.date_naive());
            Dynamic::from(hours.period(at).as_str().to_owned())
        })
    });
    function!(language, "calibration", |bench: Bench, before: Dynamic, after: Dynamic| {
        let Some(after) = to_decimal(&after) else { return Dynamic::UNIT };
        bench.judge(&before, |before, on, limits| noise::calibration(before, after, on, limits))
    });
    function!(language, "weather_ok", |bench: Bench, wind_mps: Dynamic, rain: Dynamic| {
        let rain = rain.as_bool().unwrap_or(false);
        bench.on.is_none_or(|on| noise::weather_problem(to_decimal(&wind_mps), rain, on, &bench.limits).is_none())
    });
    function!(language, "noise_point", |bench: Bench, point: Map| noise_point(&bench, &Dynamic::from_map(point))
        .map_or(Dynamic::UNIT, Dynamic::from));
    function!(language, "part", |point: Dynamic, name: ImmutableString| point_part(&point, &name));
    function!(language, "verdict_of", |result: Dynamic| verdict_in(&result)
        .map(|v| v.to_owned())
        .or_else(|| text(&result))
        .map_or(Dynamic::UNIT, Dynamic::from));
}

/// One of the results of a measuring point.
fn point_part(point: &Dynamic, name: &str) -> Dynamic {
    let Some(point) = point.read_lock::<PointResult>() else { return Dynamic::UNIT };
    match name {
        "corrected_db" => or_nothing(point.corrected_db),
        "limit_db" => or_nothing(point.limit_db),
        "lmax" => point.lmax_judgement.clone().map_or(Dynamic::UNIT, Dynamic::from),
        _ => Dynamic::UNIT,
    }
}

fn noise_point(bench: &Bench, point: &Dynamic) -> Option<PointResult> {
    let get = |name: &str| member(point, name);
    let word = |name: &str| text(&get(name));
    let number = |name: &str| to_decimal(&get(name));
    let source = SourceType::from_id(&word("source")?)?;
    let at = moment(&word("at")?)?.with_timezone(&district_offset());
    let samples = series(&get("samples")).unwrap_or_default();
    let input = PointInput {
        place: word("place").and_then(|p| Place::from_id(&p)).unwrap_or_default(),
        room: word("room").and_then(|r| [Room::A, Room::B].into_iter().find(|room| room.as_str() == r)),
        samples_db: &samples,
        leq_db: number("leq"),
        background_db: number("background"),
        lmax_db: number("lmax"),
        burst: word("burst").and_then(|b| Burst::from_id(&b)).unwrap_or_default(),
        calibration_db: number("before").zip(number("after")),
        ..PointInput::new(source, word("zone").and_then(|z| ZoneClass::from_id(&z)), at)
    };
    // The form's own rules say what is wrong with a level that is none.
    noise::judge_point(&input, &bench.limits).ok()
}

fn voc_limits(language: &mut Language) {
    function!(language, "nmhc", |bench: Bench, value: Dynamic, kind: Dynamic, key_region: bool| {
        let Some(kind) = text(&kind).and_then(|k| voc::NmhcKind::from_id(&k)) else { return Dynamic::UNIT };
        bench.judge(&value, |value, on, limits| voc::judge_nmhc(value, kind, key_region, on, limits))
    });
    function!(language, "leak", |bench: Bench, value: Dynamic, medium: Dynamic, key_region: bool| {
        let Some(medium) = text(&medium).and_then(|m| voc::LeakMedium::from_id(&m)) else { return Dynamic::UNIT };
        bench.judge(&value, |value, on, limits| voc::judge_leak(value, medium, key_region, on, limits))
    });
    function!(language, "product", |bench: Bench, value: Dynamic, category: Dynamic, unit: Dynamic| {
        let (Some(category), unit) = (text(&category), text(&unit).unwrap_or_default()) else { return Dynamic::UNIT };
        bench.judge(&value, |value, on, limits| voc::judge_product(&category, value, &unit, on, limits))
    });
    function!(language, "carbon", |bench: Bench, value: Dynamic, item: ImmutableString, kind: Dynamic| {
        let kind = text(&kind).unwrap_or_default();
        bench.judge(&value, |value, on, limits| voc::judge_carbon(&item, &kind, value, on, limits))
    });
    function!(language, "spot_check", |bench: Bench, points: Dynamic, leaks: Dynamic| {
        let Some(points) = to_decimal(&points).and_then(|p| p.to_u32()) else { return Dynamic::UNIT };
        bench.judge(&leaks, |leaks, on, limits| {
            voc::judge_spot_check(points, leaks.to_u32().unwrap_or(u32::MAX), on, limits)
        })
    });
    function!(language, "category_known", |bench: Bench, category: Dynamic| {
        let Some(category) = text(&category) else { return Dynamic::UNIT };
        Dynamic::from_bool(bench.limits.topic("voc.product").any(|l| l.key("category") == category))
    });
}

fn water_limits(language: &mut Language) {
    function!(language, "discharge", |bench: Bench, reading: Map| discharge(&bench, &Dynamic::from_map(reading)));
    function!(language, "surface", |bench: Bench, reading: Map| surface(&bench, &Dynamic::from_map(reading)));
    function!(language, "parameter_known", |name: Dynamic| text(&name)
        .map_or(Dynamic::UNIT, |t| Dynamic::from_bool(water::parameter(&t).is_some())));
}

fn discharge(bench: &Bench, reading: &Dynamic) -> Dynamic {
    let get = |name: &str| member(reading, name);
    let Some(parameter) = text(&get("parameter")) else { return Dynamic::UNIT };
    let sampled_on = text(&get("at")).and_then(|t| day(&t));
    Bench { on: sampled_on.or(bench.on), ..bench.clone() }.judge(&get("value"), |value, on, limits| {
        let reading = water::Reading {
            parameter: &parameter,
            value,
            below_lod: get("below_lod").as_bool().unwrap_or(false),
            on,
            water_temp_c: to_decimal(&get("water_temp_c")),
            instant_sample: get("instant").as_bool().unwrap_or(true),
        };
        water::judge_reading(&text(&get("standard")).unwrap_or_default(), &reading, limits)
    })
}

fn surface(bench: &Bench, reading: &Dynamic) -> Dynamic {
    let get = |name: &str| member(reading, name);
    let target = text(&get("target")).and_then(|t| water::WaterClass::from_id(&t));
    let Some(parameter) = text(&get("parameter")) else { return Dynamic::UNIT };
    let below_lod = get("below_lod").as_bool().unwrap_or(false);
    let lake = get("lake").as_bool().unwrap_or(false);
    let body = if lake { water::WaterBody::Lake } else { water::WaterBody::River };
    let sampled_on = text(&get("at")).and_then(|t| day(&t));
    Bench { on: sampled_on.or(bench.on), ..bench.clone() }.judge(&get("value"), |value, on, limits| match target {
        None => Judgement::not_judged(Some(value), Reason::missing("水质目标", "the class the water must keep")),
        Some(target) => {
            let reading = water::SurfaceReading { parameter: &parameter, value, below_lod };
            water::judge_surface(&reading, target, body, on, limits)
        }
    })
}

/// Any limit by its topic and keys: what a form brings along is judged by these.
fn any_limits(language: &mut Language) {
    function!(language, "judge", |bench: Bench, topic: ImmutableString, keys: Map, value: Dynamic| {
        let keys = keys_of(&keys);
        bench.judge(&value, |value, on, limits| limits.find(&topic, &borrowed(&keys), on).judge(value))
    });
    function!(language, "limit", |bench: Bench, topic: ImmutableString, keys: Map| {
        let keys = keys_of(&keys);
        or_nothing(bench.on.and_then(|on| bench.limits.find(&topic, &borrowed(&keys), on).value()))
    });
}

fn keys_of(keys: &Map) -> Vec<(String, String)> {
    keys.iter().filter_map(|(k, v)| Some((k.to_string(), text(v)?))).collect()
}

fn borrowed(keys: &[(String, String)]) -> Vec<(&str, &str)> {
    keys.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
}
