//! WGS-84, GCJ-02 and BD-09, both ways, for display and hand-over only: what is stored is WGS-84.
//!
//! GCJ-02 is a shift by trigonometric terms on the Krasovsky ellipsoid; BD-09 a second shift on top. Points outside the
//! box round China are not shifted by the first. CGCS2000 counts as WGS-84 (centimetres to decimetres apart).

use std::f64::consts::PI;

/// Semi-major axis of the Krasovsky ellipsoid, m.
const AXIS_M: f64 = 6_378_245.0;
/// Square of its first eccentricity.
const ECCENTRICITY2: f64 = 0.006_693_421_622_965_943;
/// Angle factor of BD-09.
const BD_PI: f64 = PI * 3000.0 / 180.0;
/// Inverses stop when the way back is this close, degrees (a tenth of a millimetre).
const CLOSE_DEG: f64 = 1e-10;
/// Steps of an inverse at most; each brings it about 200 times closer, so five are usual.
const STEPS_MAX: usize = 30;

/// A position in degrees, in the coordinate system the function names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LonLat {
    /// Longitude, degrees, east positive.
    pub lon: f64,
    /// Latitude, degrees, north positive.
    pub lat: f64,
}

impl LonLat {
    /// From degrees.
    #[must_use]
    pub fn new(lon: f64, lat: f64) -> Self {
        Self { lon, lat }
    }
}

/// A coordinate system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datum {
    /// GPS and BeiDou receivers; CGCS2000 too.
    Wgs84,
    /// Maps of Gaode and Tencent.
    Gcj02,
    /// Maps of Baidu.
    Bd09,
}

impl Datum {
    /// The datum of this name (`WGS-84`, `CGCS2000`, `GCJ-02`, `BD-09`), without regard to case and hyphen.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().replace('-', "").as_str() {
            "wgs84" | "cgcs2000" => Some(Self::Wgs84),
            "gcj02" => Some(Self::Gcj02),
            "bd09" => Some(Self::Bd09),
            _ => None,
        }
    }
}

/// A position turned from one datum into another; what is not finite stays as it is.
#[must_use]
pub fn convert(p: LonLat, from: Datum, to: Datum) -> LonLat {
    let wgs84 = match from {
        _ if from == to => return p,
        Datum::Wgs84 => p,
        Datum::Gcj02 => gcj02_to_wgs84(p),
        Datum::Bd09 => gcj02_to_wgs84(bd09_to_gcj02(p)),
    };
    match to {
        Datum::Wgs84 => wgs84,
        Datum::Gcj02 => wgs84_to_gcj02(wgs84),
        Datum::Bd09 => gcj02_to_bd09(wgs84_to_gcj02(wgs84)),
    }
}

/// Whether a point is inside the box in which GCJ-02 is shifted (72.004–137.8347 E, 0.8293–55.8271 N).
#[must_use]
pub fn is_shifted(p: LonLat) -> bool {
    (72.004..=137.8347).contains(&p.lon) && (0.8293..=55.8271).contains(&p.lat)
}

/// WGS-84 to GCJ-02.
#[must_use]
pub fn wgs84_to_gcj02(p: LonLat) -> LonLat {
    if !is_shifted(p) {
        return p;
    }
    let (x, y) = (p.lon - 105.0, p.lat - 35.0);
    let (east_m, north_m) = (shift_east_m(x, y), shift_north_m(x, y));
    let phi = p.lat.to_radians();
    let m = 1.0 - ECCENTRICITY2 * phi.sin().powi(2);
    let metres_per_lat_deg = AXIS_M * (1.0 - ECCENTRICITY2) / (m * m.sqrt()) * PI / 180.0;
    let metres_per_lon_deg = AXIS_M / m.sqrt() * phi.cos() * PI / 180.0;
    LonLat::new(p.lon + east_m / metres_per_lon_deg, p.lat + north_m / metres_per_lat_deg)
}

/// The two terms of wave length 1/3 and 1 degree that both shifts share.
fn common_m(x: f64) -> f64 {
    (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0
}

fn shift_east_m(x: f64, y: f64) -> f64 {
    let slow = (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0;
    let slower = (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * x.abs().sqrt() + common_m(x) + slow + slower
}

fn shift_north_m(x: f64, y: f64) -> f64 {
    let slow = (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0;
    let slower = (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * x.abs().sqrt() + common_m(x) + slow + slower
}

/// GCJ-02 to WGS-84, to better than 1e-9 degrees; just outside the box the shift breaks off and there is no exact way back.
#[must_use]
pub fn gcj02_to_wgs84(p: LonLat) -> LonLat {
    if is_shifted(p) { inverse(p, wgs84_to_gcj02) } else { p }
}

/// GCJ-02 to BD-09.
#[must_use]
pub fn gcj02_to_bd09(p: LonLat) -> LonLat {
    let radius = p.lon.hypot(p.lat) + 0.000_02 * (p.lat * BD_PI).sin();
    let angle = p.lat.atan2(p.lon) + 0.000_003 * (p.lon * BD_PI).cos();
    LonLat::new(radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006)
}

/// BD-09 to GCJ-02, to better than 1e-9 degrees.
#[must_use]
pub fn bd09_to_gcj02(p: LonLat) -> LonLat {
    inverse(p, gcj02_to_bd09)
}

/// WGS-84 to BD-09.
#[must_use]
pub fn wgs84_to_bd09(p: LonLat) -> LonLat {
    gcj02_to_bd09(wgs84_to_gcj02(p))
}

/// BD-09 to WGS-84.
#[must_use]
pub fn bd09_to_wgs84(p: LonLat) -> LonLat {
    gcj02_to_wgs84(bd09_to_gcj02(p))
}

/// The point that `forward` takes to `target`: the guess is moved by what the way back misses, until it misses nothing.
fn inverse(target: LonLat, forward: fn(LonLat) -> LonLat) -> LonLat {
    let mut guess = target;
    for _ in 0..STEPS_MAX {
        let reached = forward(guess);
        let miss = LonLat::new(reached.lon - target.lon, reached.lat - target.lat);
        guess = LonLat::new(guess.lon - miss.lon, guess.lat - miss.lat);
        if miss.lon.abs() < CLOSE_DEG && miss.lat.abs() < CLOSE_DEG {
            break;
        }
    }
    guess
}
