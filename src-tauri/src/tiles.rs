//! Base maps for the screens: `tiles://localhost/<map>/<z>/<x>/<y>` gives a tile, `tiles://localhost/<map>` the file
//! itself by range. Only files of the home's own folder, never a network.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use device::maps;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Manager, UriSchemeContext, UriSchemeResponder, Wry};

use crate::host::Host;

/// The scheme the screens' security policy allows for maps, and nothing else.
pub const SCHEME: &str = "tiles";
/// Most bytes of one range.
const RANGE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Answers with a tile or a part of the file; 204 where the map has no such tile.
#[expect(clippy::needless_pass_by_value, reason = "the shape tauri asks for")]
pub fn answer(context: UriSchemeContext<'_, Wry>, request: Request<Vec<u8>>, responder: UriSchemeResponder) {
    let home = context.app_handle().state::<Host>().dir();
    std::thread::spawn(move || responder.respond(respond(&home, &request)));
}

fn respond(home: &Path, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        [map, z, x, y] => {
            let number = |text: &str| text.split('.').next().unwrap_or_default().parse::<u32>().ok();
            let (Some(z), Some(x), Some(y)) = (number(z), number(x), number(y)) else {
                return empty(StatusCode::NOT_FOUND);
            };
            match maps::tile(home, map, z, x, y) {
                Ok(Some(tile)) => respond_with(StatusCode::OK, tile, None),
                Ok(None) => empty(StatusCode::NO_CONTENT),
                Err(_) => empty(StatusCode::NOT_FOUND),
            }
        }
        [map] => {
            let wanted = request.headers().get(header::RANGE).and_then(|h| h.to_str().ok());
            maps::path_of(home, map)
                .ok()
                .and_then(|file| part(&file, wanted).ok())
                .unwrap_or_else(|| empty(StatusCode::NOT_FOUND))
        }
        _ => empty(StatusCode::NOT_FOUND),
    }
}

/// A part of a file, as asked for by `bytes=first-last`; without one its beginning.
fn part(file: &Path, wanted: Option<&str>) -> std::io::Result<Response<Vec<u8>>> {
    let mut file = File::open(file)?;
    let size = file.metadata()?.len();
    let bounds = wanted.and_then(|w| w.strip_prefix("bytes=")?.split_once('-'));
    let first: u64 = bounds.and_then(|(first, _)| first.parse().ok()).unwrap_or(0);
    let last: u64 = bounds.and_then(|(_, last)| last.parse().ok()).unwrap_or(u64::MAX);
    if first >= size {
        return Ok(empty(StatusCode::RANGE_NOT_SATISFIABLE));
    }
    let length = (last.min(size - 1).saturating_sub(first) + 1).min(RANGE_BYTES_MAX);
    file.seek(SeekFrom::Start(first))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    let range = format!("bytes {first}-{}/{size}", first + bytes.len() as u64 - 1);
    Ok(respond_with(StatusCode::PARTIAL_CONTENT, bytes, Some(range)))
}

fn empty(status: StatusCode) -> Response<Vec<u8>> {
    respond_with(status, Vec::new(), None)
}

fn respond_with(status: StatusCode, bytes: Vec<u8>, range: Option<String>) -> Response<Vec<u8>> {
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(header::ACCESS_CONTROL_EXPOSE_HEADERS, "content-range");
    if let Some(range) = range {
        response = response.header(header::CONTENT_RANGE, range);
    }
    response.body(bytes).expect("a status and plain headers make a response")
}
