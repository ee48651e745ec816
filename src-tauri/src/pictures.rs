//! What is known of photos, for the screens.

use device::capture::from_site_m;
use device::store::{Store, Viewed, photos_of};
use device::{Error, Result};
use domain::{DocId, Value};
use rust_decimal::prelude::ToPrimitive;

use crate::ledger;
use crate::position::source_word;
use crate::view::{Custody, PhotoInfo};

/// The photos of a record, in the order they were taken.
pub fn of_record(store: &Store, record: DocId) -> Result<Vec<PhotoInfo>> {
    let seen = store.reader().view(record)?;
    of_viewed(store, record, &seen)
}

/// The same of a record that was read already.
pub fn of_viewed(store: &Store, record: DocId, seen: &Viewed<'_>) -> Result<Vec<PhotoInfo>> {
    let photos = photos_of(&seen.values).into_iter();
    let mut photos = photos.map(|photo| one(store, record, photo, seen)).collect::<Result<Vec<_>>>()?;
    photos.sort_by(|a, b| a.taken_at.cmp(&b.taken_at).then(a.id.cmp(&b.id)));
    Ok(photos)
}

/// One photo; its document may come later than the record that names it.
pub fn one(store: &Store, record: DocId, photo: DocId, of: &Viewed<'_>) -> Result<PhotoInfo> {
    let file = store.photo_file(photo)?;
    let seen = match store.reader().view(photo) {
        Ok(seen) => seen,
        Err(Error::UnknownDocument(_)) => return Ok(unknown(record, photo)),
        Err(error) => return Err(error),
    };
    let values = &seen.values;
    let text = |path: &str| values.get(path).and_then(Value::as_text).filter(|t| !t.is_empty()).map(str::to_owned);
    let number = |path: &str| values.get(path).and_then(Value::as_decimal);
    let position = values.get("position").and_then(Value::as_position);
    Ok(PhotoInfo {
        id: photo.to_string(),
        of: record.to_string(),
        proves: text("proves"),
        stage: text("stage"),
        taken_at: text("taken_at"),
        taken_at_source: text("taken_at_source"),
        lat: position.map(|p| p.at.lat()),
        lon: position.map(|p| p.at.lon()),
        position_source: position.map(|p| source_word(p.source).to_owned()),
        accuracy_m: position.and_then(|p| p.at.accuracy_mm).map(|mm| f64::from(mm) / 1000.0),
        age_s: position.and_then(|p| p.age_s),
        bearing_deg: number("bearing_deg").and_then(|d| d.to_f64()),
        photographer: text("photographer"),
        sha256: text("sha256").unwrap_or_default(),
        size_bytes: number("size_bytes").and_then(|d| d.to_u64()),
        width_px: number("width_px").and_then(|d| d.to_u32()),
        height_px: number("height_px").and_then(|d| d.to_u32()),
        file_name: text("file_name"),
        here: file.as_ref().is_some_and(|f| f.original.is_some()),
        custody: ledger::custody(store.photo_custody(photo)?),
        problem: file.and_then(|f| f.problem),
        from_site_m: from_site_m(values, of),
    })
}

fn unknown(record: DocId, photo: DocId) -> PhotoInfo {
    PhotoInfo {
        id: photo.to_string(),
        of: record.to_string(),
        proves: None,
        stage: None,
        taken_at: None,
        taken_at_source: None,
        lat: None,
        lon: None,
        position_source: None,
        accuracy_m: None,
        age_s: None,
        bearing_deg: None,
        photographer: None,
        sha256: String::new(),
        size_bytes: None,
        width_px: None,
        height_px: None,
        file_name: None,
        here: false,
        custody: Custody::Server,
        problem: None,
        from_site_m: None,
    }
}
