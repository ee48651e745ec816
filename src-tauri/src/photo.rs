//! Pictures for the screens: `photo://localhost/<id of the photo>/<copy>`, answered from the device's own files.

use device::capture::parse_id;
use device::photos::stamp;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Manager, UriSchemeContext, UriSchemeResponder, Wry};

use crate::host::Host;

/// The scheme the screens' security policy allows for pictures, and nothing else.
pub const SCHEME: &str = "photo";

/// Answers with the copy asked for, or with 404 where this device has none.
#[expect(clippy::needless_pass_by_value, reason = "the shape tauri asks for")]
pub fn answer(context: UriSchemeContext<'_, Wry>, request: Request<Vec<u8>>, responder: UriSchemeResponder) {
    let app = context.app_handle().clone();
    let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
    std::thread::spawn(move || {
        let (id, copy) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_matches('/'), "thumbnail"));
        let bytes = read(&app.state::<Host>(), id, copy);
        responder.respond(response(bytes));
    });
}

/// The paths come from the store, never from the address. What goes wrong here is a grey box on the screen.
fn read(host: &Host, id: &str, copy: &str) -> Option<Vec<u8>> {
    let id = parse_id(id).ok()?;
    let file = host.with(|home| home.store.photo_file(id)).ok()??;
    match copy {
        "view" => std::fs::read(file.view).ok(),
        "original" => std::fs::read(file.original?).ok(),
        "stamped" => {
            let lines = host.with(|home| stamp::lines(&home.store, id)).ok()?;
            // Drawing takes a while: nobody else waits for it.
            stamp::stamped(&file.view, &lines).ok()
        }
        _ => std::fs::read(file.thumbnail).ok(),
    }
}

fn response(bytes: Option<Vec<u8>>) -> Response<Vec<u8>> {
    let status = if bytes.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let kind = match bytes.as_deref() {
        Some([0x89, b'P', ..]) => "image/png",
        Some([b'R', b'I', ..]) => "image/webp",
        _ => "image/jpeg",
    };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        // The screens live at another scheme, and a fetch of theirs is a question from elsewhere.
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .body(bytes.unwrap_or_default())
        .expect("a status and plain headers make a response")
}
