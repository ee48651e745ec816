//! What the screens may ask, declared once. Each runs off the main thread, so that a slow disk never freezes the window.

mod fill;
mod look;

use tauri::ipc::Invoke;

use crate::error::ApiError;

type Answer<T> = Result<T, ApiError>;

/// The one list of commands.
pub fn all() -> impl Fn(Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        look::ledger,
        look::record,
        look::counts,
        look::about,
        look::states,
        look::towns,
        fill::create_site,
        fill::create_inspection,
        fill::form,
        fill::set_fields,
        fill::add_row,
        fill::remove_row,
        fill::copy_last_visit,
        fill::move_record,
        fill::delete_record,
        fill::sign,
        fill::refuse_signature,
        fill::correct,
    ]
}
