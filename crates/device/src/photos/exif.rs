//! What the camera wrote into a photo. Never in the way of taking it: what cannot be read is said and left out.

use std::io::Cursor;

use chrono::{FixedOffset, NaiveDate, NaiveDateTime};
use domain::value::{Position, PositionSource};
use exif::{DateTime, Exif, In, Rational, Reader, SRational, Tag, Value};
use rust_decimal::Decimal;

/// When a photo was taken, by the camera's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenAt {
    /// RFC 3339 if the camera wrote its offset, else the same without offset (`2026-11-23T10:05:00`).
    pub text: String,
    /// Whether the offset is known.
    pub has_offset: bool,
}

/// What the camera wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExifFacts {
    /// When it was taken, by the camera's clock.
    pub taken_at: Option<TakenAt>,
    /// When the satellites gave the position (UTC, RFC 3339); shows a camera clock that is wrong.
    pub fix_at: Option<String>,
    /// Where, WGS-84. Its height is left out: cameras differ on whether theirs is above the sea or the ellipsoid.
    pub position: Option<Position>,
    /// Height as the camera wrote it, metres, of unsaid reference.
    pub altitude_m: Option<Decimal>,
    /// Where the camera looked, degrees clockwise from north.
    pub bearing_deg: Option<Decimal>,
    /// Whether that north is the magnetic one.
    pub bearing_magnetic: bool,
    /// Who made the camera.
    pub make: Option<String>,
    /// Which camera.
    pub model: Option<String>,
    /// How the picture must be turned: 1 to 8 as in EXIF; 1 if not said.
    pub orientation: u8,
    /// What was wrong in it, as sentences.
    pub problems: Vec<String>,
}

/// Reads the EXIF of a JPEG, PNG or WebP; without any, everything is empty.
#[must_use]
pub fn read(bytes: &[u8]) -> ExifFacts {
    let mut facts = ExifFacts { orientation: 1, ..ExifFacts::default() };
    let mut ignored = Vec::new();
    let parsed = Reader::new()
        .continue_on_error(true)
        .read_from_container(&mut Cursor::new(bytes))
        .or_else(|e| e.distill_partial_result(|errors| ignored = errors));
    facts.problems.extend(ignored.iter().map(|e| format!("a part of the EXIF is damaged: {e}")));
    match parsed {
        Ok(exif) => facts.fill(&Tags(&exif)),
        Err(exif::Error::NotFound(_)) => {}
        Err(e) => facts.problems.push(format!("the EXIF is damaged and was left out: {e}")),
    }
    facts
}

impl ExifFacts {
    fn fill(&mut self, tags: &Tags) {
        self.orientation = match tags.number(Tag::Orientation) {
            None => 1,
            Some(n @ 1..=8) => u8::try_from(n).unwrap_or(1),
            Some(n) => {
                self.problems.push(format!("the orientation {n} does not exist; the photo was not turned"));
                1
            }
        };
        self.make = tags.text(Tag::Make);
        self.model = tags.text(Tag::Model);
        self.altitude_m = self.noted(altitude(tags));
        self.bearing_deg = self.noted(bearing(tags));
        self.bearing_magnetic = tags.text(Tag::GPSImgDirectionRef).is_some_and(|r| r.starts_with('M'));
        self.position = self.noted(position(tags));
        self.fix_at = self.noted(fix_time(tags));
        self.taken_at = self.noted(taken_at(tags));
    }

    /// The value, or none and the problem noted.
    fn noted<T>(&mut self, read: Result<Option<T>, String>) -> Option<T> {
        read.unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })
    }
}

/// The fields of the picture itself, not those of the thumbnail that the camera put in.
struct Tags<'a>(&'a Exif);

impl Tags<'_> {
    fn value(&self, tag: Tag) -> Option<&Value> {
        self.0.get_field(tag, In::PRIMARY).map(|f| &f.value)
    }

    fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        match self.value(tag)? {
            Value::Ascii(parts) => parts.first().map(Vec::as_slice),
            _ => None,
        }
    }

    fn text(&self, tag: Tag) -> Option<String> {
        let text = String::from_utf8_lossy(self.bytes(tag)?);
        let clean: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
        let clean = clean.trim();
        (!clean.is_empty()).then(|| clean.to_owned())
    }

    fn number(&self, tag: Tag) -> Option<u32> {
        self.value(tag)?.get_uint(0)
    }

    fn rationals(&self, tag: Tag) -> Option<Vec<Rational>> {
        match self.value(tag)? {
            Value::Rational(all) => Some(all.clone()),
            // Some cameras write signed numbers where unsigned ones belong.
            Value::SRational(all) => all.iter().map(unsigned).collect(),
            _ => None,
        }
    }

    fn rational(&self, tag: Tag) -> Option<Rational> {
        self.rationals(tag)?.first().copied()
    }
}

fn unsigned(r: &SRational) -> Option<Rational> {
    let (num, denom) = (i64::from(r.num), i64::from(r.denom));
    let (num, denom) = if denom < 0 { (-num, -denom) } else { (num, denom) };
    Some(Rational { num: u32::try_from(num).ok()?, denom: u32::try_from(denom).ok()? })
}

/// The number; `None` where the denominator is zero, which cameras write for "unknown".
fn amount(r: Rational) -> Option<f64> {
    (r.denom != 0).then(|| f64::from(r.num) / f64::from(r.denom))
}

fn decimal(r: Rational) -> Option<Decimal> {
    Decimal::from(r.num).checked_div(Decimal::from(r.denom)).map(|d| d.round_dp(2).normalize())
}

fn position(tags: &Tags) -> Result<Option<Position>, String> {
    let (Some(lat), Some(lon)) = (tags.rationals(Tag::GPSLatitude), tags.rationals(Tag::GPSLongitude)) else {
        return Ok(None);
    };
    if tags.text(Tag::GPSStatus).is_some_and(|s| s.starts_with('V')) {
        return Err("the camera marked its position as void; it was left out".into());
    }
    check_datum(tags)?;
    let lat =
        degrees(&lat, tags.text(Tag::GPSLatitudeRef), ('N', 'S'), 90.0).map_err(|why| left_out("latitude", &why))?;
    let lon =
        degrees(&lon, tags.text(Tag::GPSLongitudeRef), ('E', 'W'), 180.0).map_err(|why| left_out("longitude", &why))?;
    // Cameras without a fix write 0, 0; no inspection takes place in the Gulf of Guinea.
    if lat.abs() < 1e-6 && lon.abs() < 1e-6 {
        return Err("the camera wrote the position 0, 0, which means that it had none".into());
    }
    let mut position = Position::from_degrees(lon, lat).ok_or("the position is outside the globe; it was left out")?;
    position.source = PositionSource::Exif;
    position.at.accuracy_mm = tags.rational(Tag::GPSHPositioningError).and_then(amount).and_then(to_mm);
    Ok(Some(position))
}

fn left_out(what: &str, why: &str) -> String {
    format!("the {what} {why}; the position was left out")
}

/// A position in another datum must not be passed on as WGS-84: it would be off by hundreds of metres.
fn check_datum(tags: &Tags) -> Result<(), String> {
    let Some(datum) = tags.text(Tag::GPSMapDatum) else { return Ok(()) };
    let plain: String = datum.to_ascii_uppercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let same =
        plain.is_empty() || ["WGS84", "WGS1984", "CGCS2000", "EPSG4326"].iter().any(|known| plain.contains(known));
    if same { Ok(()) } else { Err(format!("the position is in '{datum}' and not in WGS-84; it was left out")) }
}

fn to_mm(metres: f64) -> Option<u32> {
    let mm = (metres * 1000.0).round();
    // A camera that claims 0 m does not know.
    (mm >= 1.0 && mm <= f64::from(u32::MAX)).then_some(mm as u32)
}

/// Degrees, minutes and seconds with their hemisphere.
fn degrees(dms: &[Rational], reference: Option<String>, (plus, minus): (char, char), most: f64) -> Result<f64, String> {
    let sign = match reference.and_then(|r| r.chars().next()).map(|c| c.to_ascii_uppercase()) {
        Some(c) if c == plus => 1.0,
        Some(c) if c == minus => -1.0,
        _ => return Err(format!("does not say whether it is {plus} or {minus}")),
    };
    let mut total = 0.0;
    for (part, unit) in dms.iter().zip([1.0, 60.0, 3600.0]) {
        let amount = match amount(*part) {
            None if unit > 1.0 && part.num == 0 => 0.0, // 0/0 seconds: written by phones that give decimal minutes
            None => return Err("has a zero denominator".into()),
            Some(amount) if unit > 1.0 && amount >= 60.0 => return Err(format!("has {amount} minutes or seconds")),
            Some(amount) => amount,
        };
        total += amount / unit;
    }
    if dms.is_empty() || total > most {
        return Err(format!("is {total} degrees, the most is {most}"));
    }
    Ok(sign * total)
}

fn altitude(tags: &Tags) -> Result<Option<Decimal>, String> {
    let Some(raw) = tags.rational(Tag::GPSAltitude) else { return Ok(None) };
    let metres = decimal(raw).ok_or("the altitude has a zero denominator; it was left out")?;
    if metres > Decimal::from(20_000) {
        return Err(format!("the altitude of {metres} m cannot be; it was left out"));
    }
    let below = tags.number(Tag::GPSAltitudeRef).is_some_and(|r| r % 2 == 1);
    Ok(Some(if below { -metres } else { metres }))
}

fn bearing(tags: &Tags) -> Result<Option<Decimal>, String> {
    let Some(raw) = tags.rational(Tag::GPSImgDirection) else { return Ok(None) };
    let bearing = decimal(raw).ok_or("the bearing has a zero denominator; it was left out")?;
    let full = Decimal::from(360);
    if bearing > full {
        return Err(format!("the bearing of {bearing} degrees cannot be; it was left out"));
    }
    Ok(Some(bearing % full))
}

fn taken_at(tags: &Tags) -> Result<Option<TakenAt>, String> {
    let original = tags.bytes(Tag::DateTimeOriginal).map(|raw| (raw, Tag::OffsetTimeOriginal));
    let digitised = tags.bytes(Tag::DateTimeDigitized).map(|raw| (raw, Tag::OffsetTimeDigitized));
    // `DateTime` is when the file was last changed, which says nothing about the shutter.
    let Some((raw, offset)) = original.or(digitised) else { return Ok(None) };
    let mut time = match DateTime::from_ascii(raw) {
        Ok(time) if time.year == 0 => return Ok(None), // 0000:00:00: the camera's clock was never set
        Ok(time) => time,
        Err(exif::Error::BlankValue(_)) => return Ok(None),
        Err(_) => return Err(unreadable_time(raw)),
    };
    let local = naive(&time).ok_or_else(|| unreadable_time(raw))?;
    let text = local.format("%Y-%m-%dT%H:%M:%S").to_string();
    let known = tags.bytes(offset).is_some_and(|raw| time.parse_offset(raw).is_ok());
    let offset =
        known.then_some(time.offset).flatten().and_then(|minutes| FixedOffset::east_opt(i32::from(minutes) * 60));
    Ok(Some(match offset.and_then(|o| local.and_local_timezone(o).single()) {
        Some(time) => TakenAt { text: time.to_rfc3339(), has_offset: true },
        None => TakenAt { text, has_offset: false },
    }))
}

fn unreadable_time(raw: &[u8]) -> String {
    let shown: String = String::from_utf8_lossy(raw).chars().filter(|c| !c.is_control()).take(40).collect();
    format!("the camera's time '{shown}' cannot be read; it was left out")
}

fn naive(time: &DateTime) -> Option<NaiveDateTime> {
    let day = NaiveDate::from_ymd_opt(i32::from(time.year), u32::from(time.month), u32::from(time.day))?;
    day.and_hms_opt(u32::from(time.hour), u32::from(time.minute), u32::from(time.second))
}

fn fix_time(tags: &Tags) -> Result<Option<String>, String> {
    let (Some(day), Some(clock)) = (tags.text(Tag::GPSDateStamp), tags.rationals(Tag::GPSTimeStamp)) else {
        return Ok(None);
    };
    let failed = || format!("the time of the satellite fix ({day}) cannot be read; it was left out");
    let day_read = NaiveDate::parse_from_str(&day.replace('-', ":"), "%Y:%m:%d").map_err(|_| failed())?;
    let whole = |at: usize| clock.get(at).copied().and_then(amount).map(|f| f.floor() as u32);
    let (Some(hour), Some(minute), Some(second)) = (whole(0), whole(1), whole(2)) else { return Err(failed()) };
    let time = day_read.and_hms_opt(hour, minute, second.min(59)).ok_or_else(failed)?;
    Ok(Some(time.format("%Y-%m-%dT%H:%M:%SZ").to_string()))
}
