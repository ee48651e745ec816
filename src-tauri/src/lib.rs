//! The window: a thin shell round `device`. Commands parse, call one function and convert; nothing is decided here.

mod commands;
mod disputes;
mod error;
mod field;
mod form;
mod host;
mod ledger;
mod photo;
mod pictures;
mod platform;
mod position;
mod record;
mod site;
mod syncing;
mod tiles;
mod today;
#[cfg(test)]
mod types_file;
mod view;

use tauri::Manager;

/// Opens the window and runs until it is closed. Desktops and phones both start here.
///
/// # Panics
/// When the system gives no window; there is nobody to tell then.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            // A second start brings the first window to the front: two windows would be two drafts.
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        }))
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .setup(|app| {
            let dir = host::home_dir(app.path().app_data_dir()?);
            app.manage(host::Host::new(dir));
            app.manage(position::Receiver::default());
            app.manage(syncing::Syncing::default());
            syncing::begin(app.handle());
            Ok(())
        })
        .register_asynchronous_uri_scheme_protocol(photo::SCHEME, photo::answer)
        .register_asynchronous_uri_scheme_protocol(tiles::SCHEME, tiles::answer)
        .invoke_handler(commands::all())
        .run(tauri::generate_context!())
        .expect("a window can be opened");
}
