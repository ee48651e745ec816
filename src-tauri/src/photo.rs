//! Thumbnails for the screens: `photo://localhost/<id of the photo>`, answered from the device's own copies.

use device::capture::parse_id;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Manager, UriSchemeContext, UriSchemeResponder, Wry};

use crate::host::Host;

/// The scheme the screens' security policy allows for pictures, and nothing else.
pub const SCHEME: &str = "photo";

/// Answers with the thumbnail, or with 404 where this device has none.
#[expect(clippy::needless_pass_by_value, reason = "the shape tauri asks for")]
pub fn answer(context: UriSchemeContext<'_, Wry>, request: Request<Vec<u8>>, responder: UriSchemeResponder) {
    let app = context.app_handle().clone();
    let id = request.uri().path().trim_start_matches('/').to_owned();
    std::thread::spawn(move || {
        let bytes = read(&app.state::<Host>(), &id);
        responder.respond(response(bytes));
    });
}

/// The path comes from the store, never from the address. What goes wrong here is a grey box on the screen.
fn read(host: &Host, id: &str) -> Option<Vec<u8>> {
    let file = host.with(|home| home.store.photo_file(parse_id(id)?)).ok()??;
    std::fs::read(file.thumbnail).ok()
}

fn response(bytes: Option<Vec<u8>>) -> Response<Vec<u8>> {
    let status = if bytes.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "image/jpeg")
        .body(bytes.unwrap_or_default())
        .expect("a status and one header make a response")
}
