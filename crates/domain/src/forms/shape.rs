//! Positions, lines and areas from text (GeoJSON in WGS-84 degrees, or `LAT,LON[,ACCURACY_M]`), and what makes an area
//! valid.

use serde::Deserialize;

use super::read::Fault;
use crate::geodesy;
use crate::value::{Position, PositionSource, VERTICES_MAX, Vertex};

/// GeoJSON with our members beside the coordinates, and a feature's geometry.
#[derive(Deserialize)]
struct GeoJson {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: serde_json::Value,
    geometry: Option<Box<GeoJson>>,
    accuracy_m: Option<f64>,
    #[serde(default)]
    source: PositionSource,
    age_s: Option<u32>,
    height_m: Option<f64>,
    #[serde(default)]
    accuracies_m: Vec<Option<f64>>,
}

fn fault(zh: impl Into<String>, en: impl Into<String>) -> Fault {
    Fault::new("geometry", zh, en)
}

fn parse(text: &str, kind: &str) -> Result<GeoJson, Fault> {
    let json: GeoJson = serde_json::from_str(text)
        .map_err(|e| fault(format!("不是有效的 GeoJSON：{e}"), format!("not GeoJSON of type {kind}: {e}")))?;
    let json = match json.geometry {
        Some(inner) if json.kind == "Feature" => *inner,
        _ => json,
    };
    if json.kind == kind {
        return Ok(json);
    }
    Err(fault(
        format!("这里需要 GeoJSON {kind}，收到的是 {}", json.kind),
        format!("GeoJSON of type {kind} is due, not {}", json.kind),
    ))
}

/// A position from `LAT,LON[,ACCURACY_M]` or a GeoJSON point.
pub(super) fn read_point(text: &str) -> Result<Position, Fault> {
    if !text.starts_with('{') {
        return read_pair(text);
    }
    let json = parse(text, "Point")?;
    let mut at = vertex(&json.coordinates)?;
    at.accuracy_mm = json.accuracy_m.map(millimetres).transpose()?;
    let height_cm = json.height_m.map(|m| (m * 100.0).round()).filter(|cm| cm.abs() < 1e9);
    #[expect(clippy::cast_possible_truncation, reason = "a height below a thousand million centimetres fits")]
    let height_cm = height_cm.map(|cm| cm as i32);
    Ok(Position { at, source: json.source, age_s: json.age_s, height_cm })
}

fn read_pair(text: &str) -> Result<Position, Fault> {
    let numbers: Option<Vec<f64>> = text.split([',', '，']).map(|part| part.trim().parse().ok()).collect();
    let (lat, lon, accuracy_m) = match numbers.as_deref() {
        Some([lat, lon]) => (*lat, *lon, None),
        Some([lat, lon, accuracy_m]) => (*lat, *lon, Some(*accuracy_m)),
        _ => {
            let zh = format!("“{text}”不是坐标，请写成 纬度,经度[,精度米]，如 40.37,116.84,5");
            return Err(fault(
                zh,
                format!("'{text}' is not a position; write LAT,LON[,ACCURACY_M], such as 40.37,116.84,5"),
            ));
        }
    };
    let mut position = Position::from_degrees(lon, lat).ok_or_else(|| outside(lon, lat))?;
    position.source = PositionSource::Manual;
    position.at.accuracy_mm = accuracy_m.map(millimetres).transpose()?;
    Ok(position)
}

fn outside(lon: f64, lat: f64) -> Fault {
    fault(
        format!("坐标超出范围：纬度 {lat}，经度 {lon}（先纬度后经度；GeoJSON 中先经度）"),
        format!("outside the globe: latitude {lat}, longitude {lon} (LAT,LON in text; longitude first in GeoJSON)"),
    )
}

fn vertex(pair: &serde_json::Value) -> Result<Vertex, Fault> {
    let numbers = pair.as_array().map(|a| a.iter().map(serde_json::Value::as_f64).collect::<Vec<_>>());
    match numbers.as_deref() {
        Some([Some(lon), Some(lat), ..]) => Vertex::from_degrees(*lon, *lat).ok_or_else(|| outside(*lon, *lat)),
        _ => Err(fault(
            format!("坐标应为 [经度, 纬度]，收到 {pair}"),
            format!("a corner is [longitude, latitude], not {pair}"),
        )),
    }
}

fn millimetres(accuracy_m: f64) -> Result<u32, Fault> {
    let mm = (accuracy_m * 1000.0).round();
    if !(0.0..=f64::from(u32::MAX)).contains(&mm) {
        let zh = format!("精度 {accuracy_m} 米无效");
        return Err(fault(zh, format!("an accuracy of {accuracy_m} m is not possible")));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was just checked")]
    Ok(mm as u32)
}

fn vertices(coordinates: &serde_json::Value) -> Result<Vec<Vertex>, Fault> {
    let Some(list) = coordinates.as_array() else {
        return Err(fault("坐标应为列表", "coordinates must be a list"));
    };
    if list.len() > VERTICES_MAX + 1 {
        return Err(fault(
            format!("顶点过多（{}），最多 {VERTICES_MAX}", list.len()),
            format!("{} corners; the most is {VERTICES_MAX}", list.len()),
        ));
    }
    list.iter().map(vertex).collect()
}

/// A line from a GeoJSON line string.
pub(super) fn read_line(text: &str) -> Result<Vec<Vertex>, Fault> {
    let json = parse(text, "LineString")?;
    let mut line = vertices(&json.coordinates)?;
    set_accuracies(&json.accuracies_m, &mut [&mut line], false)?;
    check_line(&line)?;
    Ok(line)
}

/// The rings of a GeoJSON polygon; a ring that ends where it began is stored without the last corner.
pub(super) fn read_polygon(text: &str) -> Result<Vec<Vec<Vertex>>, Fault> {
    let json = parse(text, "Polygon")?;
    let rings = json.coordinates.as_array().ok_or_else(|| fault("多边形没有坐标", "the polygon has no coordinates"))?;
    let mut rings = rings.iter().map(vertices).collect::<Result<Vec<_>, _>>()?;
    let closed = json.accuracies_m.len() == rings.iter().map(Vec::len).sum::<usize>();
    if closed {
        set_accuracies(&json.accuracies_m, &mut rings.iter_mut().collect::<Vec<_>>(), true)?;
    }
    for ring in &mut rings {
        let ends_where_it_began = ring.len() > 1 && ring.first().map(place) == ring.last().map(place);
        if ends_where_it_began {
            ring.pop();
        }
    }
    if !closed {
        set_accuracies(&json.accuracies_m, &mut rings.iter_mut().collect::<Vec<_>>(), false)?;
    }
    check_polygon(&rings)?;
    Ok(rings)
}

fn set_accuracies(
    accuracies_m: &[Option<f64>],
    rings: &mut [&mut Vec<Vertex>],
    known_to_fit: bool,
) -> Result<(), Fault> {
    let corners: usize = rings.iter().map(|r| r.len()).sum();
    if accuracies_m.is_empty() {
        return Ok(());
    }
    if accuracies_m.len() != corners && !known_to_fit {
        let (given, zh) =
            (accuracies_m.len(), format!("accuracies_m 有 {} 个值，顶点有 {corners} 个", accuracies_m.len()));
        return Err(fault(zh, format!("accuracies_m has {given} values for {corners} corners")));
    }
    for (vertex, accuracy_m) in rings.iter_mut().flat_map(|r| r.iter_mut()).zip(accuracies_m) {
        vertex.accuracy_mm = accuracy_m.map(millimetres).transpose()?;
    }
    Ok(())
}

/// A line has at least two corners.
pub(super) fn check_line(line: &[Vertex]) -> Result<(), Fault> {
    if line.len() < 2 {
        return Err(fault("线至少需要 2 个点", "a line needs at least 2 corners"));
    }
    Ok(())
}

/// An area has rings of at least three different corners, none of which cross themselves or each other.
pub(super) fn check_polygon(rings: &[Vec<Vertex>]) -> Result<(), Fault> {
    if rings.is_empty() {
        return Err(fault("多边形没有边界", "the polygon has no ring"));
    }
    geodesy::check_polygon(rings).map_err(|problem| fault(problem.zh(), problem.to_string()))
}

fn place(v: &Vertex) -> (i64, i64) {
    (v.lon_ndeg, v.lat_ndeg)
}
