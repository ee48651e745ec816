//! Coordinates as ledgers hold them: decimal degrees or degrees, minutes and seconds, in any datum.

use domain::datum::{Datum, LonLat, convert};
use serde_json::json;

use super::Reason;
use super::number::half_width;
use super::table::Cell;

/// A position as the text the form reads, turned into WGS-84.
pub(super) fn text(lon: f64, lat: f64, datum: Datum) -> Result<String, Reason> {
    if lon.abs() > 180.0 || lat.abs() > 90.0 || (lon == 0.0 && lat == 0.0) {
        let en = format!("longitude {lon} and latitude {lat} are no position");
        return Err(Reason::new(format!("经度 {lon}、纬度 {lat} 不是有效坐标"), en));
    }
    let p = convert(LonLat::new(lon, lat), datum, Datum::Wgs84);
    let nano = |degrees: f64| (degrees * 1e9).round() / 1e9;
    Ok(json!({"type": "Point", "coordinates": [nano(p.lon), nano(p.lat)], "source": "import"}).to_string())
}

/// One coordinate in degrees.
pub(super) fn degrees(cell: &Cell) -> Result<f64, Reason> {
    let read = match cell {
        Cell::Number(number) => Some(*number),
        other => dms(&half_width(&other.display())),
    };
    read.filter(|d| d.is_finite()).ok_or_else(|| not_a_coordinate(cell))
}

/// Both in one cell; in China longitude is always the larger, so their order does not matter.
pub(super) fn both(cell: &Cell) -> Result<(f64, f64), Reason> {
    let text = half_width(&cell.display());
    let parts: Vec<&str> = text.split([',', ';', '、', ' ']).filter(|p| !p.is_empty()).collect();
    match parts.as_slice() {
        [a, b] => match (dms(a), dms(b)) {
            (Some(a), Some(b)) => Ok((a.max(b), a.min(b))),
            _ => Err(not_a_coordinate(cell)),
        },
        _ => Err(not_a_coordinate(cell)),
    }
}

fn not_a_coordinate(cell: &Cell) -> Reason {
    let text = cell.display();
    Reason::new(
        format!("“{text}”不是坐标，请写成 116.843"),
        format!("'{text}' is not a coordinate; write it as 116.843"),
    )
}

/// `116.843`, `116°50′35″`, `116度50分35.2秒`, with or without a letter for the hemisphere.
fn dms(text: &str) -> Option<f64> {
    let south_or_west = text.contains(['S', 's', 'W', 'w']);
    let plain = text.replace(['E', 'N', 'S', 'W', 'e', 'n', 's', 'w'], "").replace("东经", "").replace("北纬", "");
    let parts: Vec<&str> = plain
        .split(['°', '度', '′', '\'', '’', '分', '″', '"', '”', '秒'])
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    let numbers: Vec<f64> = parts.iter().map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let value = match numbers.as_slice() {
        [d] => *d,
        [d, m] if (0.0..60.0).contains(m) => d + m / 60.0,
        [d, m, s] if (0.0..60.0).contains(m) && (0.0..60.0).contains(s) => d + m / 60.0 + s / 3600.0,
        _ => return None,
    };
    Some(if south_or_west { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_however_they_are_written() {
        for text in ["116.5", "116°30′", "116度30分0秒", "E116°30'00\"", "东经116.5", "１１６．５"] {
            assert_eq!(degrees(&Cell::Text(text.into())), Ok(116.5), "{text}");
        }
        assert_eq!(both(&Cell::Text("40.25，116.5".into())), Ok((116.5, 40.25)));
        assert!(degrees(&Cell::Text("116°99′".into())).is_err());
    }
}
