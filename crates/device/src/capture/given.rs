//! What a person gives in one go, and reading it by the form.

use domain::forms::Form;
use domain::lifecycle::{LIFECYCLE, LIFECYCLE_SEEN};
use domain::value::PositionSource;
use domain::{DocId, Position, Value, Vertex};

use super::photo::Picture;
use crate::error::{Error, Result};
use crate::store::{Set, check_twice};

/// What a person gives in one save.
#[derive(Debug, Default)]
pub struct Given {
    /// Fields as path and text; an empty text empties the field.
    pub set: Vec<(String, String)>,
    /// Photos, already taken in.
    pub photos: Vec<Picture>,
    /// Where the person stands.
    pub at: Option<Position>,
}

/// Reads an id.
///
/// # Errors
/// `bad-id`.
pub fn parse_id(text: &str) -> Result<DocId> {
    text.parse().map_err(|_| Error::BadId(text.to_owned()))
}

/// Splits `path=value`.
///
/// # Errors
/// `bad-request` without a `=`.
pub fn read_path_value(text: &str) -> Result<(String, String)> {
    let (path, value) = text.split_once('=').filter(|(path, _)| !path.trim().is_empty()).ok_or_else(|| {
        Error::request(
            "bad-request",
            format!("“{text}”不是 字段=值，例如 name=东沟裸地"),
            format!("'{text}' is not path=value, for example name=东沟裸地"),
        )
    })?;
    Ok((path.trim().to_owned(), value.to_owned()))
}

/// Reads `LAT,LON[,ACCURACY_M]` as a fix of this device.
///
/// # Errors
/// `bad-position`.
pub fn read_at(text: &str) -> Result<Position> {
    parse_at(text).ok_or_else(|| {
        Error::request(
            "bad-position",
            format!("“{text}”不是 纬度,经度[,精度米]，例如 40.376,116.843,4.5"),
            format!("'{text}' is not LAT,LON[,ACCURACY_M] in degrees and metres, for example 40.376,116.843,4.5"),
        )
    })
}

fn parse_at(text: &str) -> Option<Position> {
    let numbers: Vec<f64> = text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let (lat, lon, accuracy_m) = match numbers.as_slice() {
        [lat, lon] => (*lat, *lon, None),
        [lat, lon, accuracy_m] => (*lat, *lon, Some(*accuracy_m)),
        _ => return None,
    };
    let mut at = Vertex::from_degrees(lon, lat)?;
    at.accuracy_mm = match accuracy_m {
        None => None,
        Some(m) if (0.0..=1_000_000.0).contains(&m) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within the range just checked"
            )]
            let mm = (m * 1000.0).round() as u32;
            Some(mm)
        }
        Some(_) => return None,
    };
    Some(Position { at, source: PositionSource::Gnss, age_s: None, height_cm: None })
}

/// The fields that other commands write, with the command.
const ELSEWHERE: [(&str, &str); 4] =
    [("state", "move"), ("state_since", "move"), (LIFECYCLE, "delete / restore"), (LIFECYCLE_SEEN, "delete / restore")];

/// Reads texts by the form; the first that does not fit refuses them all.
pub(super) fn read_sets(form: &Form, given: &[(String, String)]) -> Result<Vec<Set>> {
    let mut sets = Vec::with_capacity(given.len());
    for (path, text) in given {
        if let Some((_, command)) = ELSEWHERE.iter().find(|(field, _)| field == path) {
            return Err(Error::field(
                "other-command",
                path,
                format!("请用 {command} 命令办理"),
                format!("is not set directly; use the command {command}"),
            ));
        }
        sets.push(Set::new(path.clone(), form.read(path, text)?));
    }
    check_twice(&sets)?;
    Ok(sets)
}

/// Adds a value nobody gave, if the form has such a field.
pub(super) fn default_to(form: &Form, sets: &mut Vec<Set>, path: &str, value: impl FnOnce() -> Option<Value>) {
    let given = sets.iter().any(|s| s.path == path);
    if !given && form.field(path).is_some() {
        sets.extend(value().map(|v| Set::new(path, v)));
    }
}
