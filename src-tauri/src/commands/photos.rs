//! Pictures and files that come as bytes: the description in a header, the bytes beside it.

use device::capture::{self, Given, parse_id, take_in_bytes};
use device::{Error, Now, series};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::de::DeserializeOwned;
use tauri::State;
use tauri::ipc::{InvokeBody, Request};

use super::Answer;
use super::fill::series_view;
use crate::host::Host;
use crate::pictures;
use crate::position::Receiver;
use crate::view::{AddedPhoto, NoiseSeries, PhotoInfo, Shot};

/// The header that describes the bytes: JSON, percent-encoded, as headers are ASCII.
const ABOUT: &str = "about";

fn bad(en: &str) -> Error {
    Error::Request { code: "bad-request", zh: "未收到文件内容，请重试".to_owned(), en: en.to_owned() }
}

/// The bytes of a call.
pub fn bytes<'a>(request: &'a Request<'_>) -> device::Result<&'a [u8]> {
    match request.body() {
        InvokeBody::Raw(bytes) => Ok(bytes),
        InvokeBody::Json(_) => Err(bad("the call has no bytes")),
    }
}

/// What the call says about its bytes.
fn about<T: DeserializeOwned>(request: &Request<'_>) -> device::Result<T> {
    let header = request.headers().get(ABOUT).and_then(|h| h.to_str().ok()).ok_or_else(|| bad("no description"))?;
    let text = percent_encoding::percent_decode_str(header).decode_utf8().map_err(|e| bad(&e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| bad(&e.to_string()))
}

/// The photos of a record.
#[tauri::command(async)]
pub fn photos(host: State<'_, Host>, record: &str) -> Answer<Vec<PhotoInfo>> {
    host.with(|home| pictures::of_record(&home.store, parse_id(record)?))
}

/// Takes a picture in: its original is on the disk before the record says it has one.
#[tauri::command(async)]
pub fn add_photo(host: State<'_, Host>, receiver: State<'_, Receiver>, request: Request<'_>) -> Answer<AddedPhoto> {
    let shot: Shot = about(&request)?;
    let taken_now = shot.origin == "camera";
    let at = if taken_now { receiver.here() } else { None };
    host.change(|home| {
        let record = parse_id(&shot.record)?;
        let taken = take_in_bytes(&home.store.photos_dir(), bytes(&request)?, &shot.file_name)?;
        let user = home.store.user()?.map(|p| p.name);
        let picture = capture::Picture {
            proves: shot.proves.clone(),
            stage: shot.stage.clone(),
            taken_now,
            bearing_deg: shot.bearing_deg.and_then(Decimal::from_f64).map(|d| d.round_dp(1)),
            photographer: shot.photographer.clone().or(user),
            ..taken
        };
        let given = Given { photos: vec![picture], at, ..Given::default() };
        let mut now = Now::system();
        let added = home.store.write(|w| capture::add_photos_open(w, &mut now, record, &given))?;
        let added = added.into_iter().next().ok_or_else(|| bad("nothing was added"))?;
        let seen = home.store.reader().view(record)?;
        let photo = pictures::one(&home.store, record, added.id, &seen)?;
        Ok(AddedPhoto { id: added.id.to_string(), known: added.known, photo })
    })
}

/// Reads the file of a meter.
#[tauri::command(async)]
pub fn noise_file(request: Request<'_>) -> Answer<NoiseSeries> {
    Ok(series_view(series::read_file(bytes(&request)?)?))
}
