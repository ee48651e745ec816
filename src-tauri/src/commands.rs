//! What the screens may ask, declared once. Each runs off the main thread, so that a slow disk never freezes the window.

mod device;
mod fill;
mod look;
mod photos;
mod place;

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
        look::today,
        look::site_page,
        look::history,
        look::remember,
        look::conflicts,
        look::resolve,
        look::refusals,
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
        fill::leave_list,
        fill::noise_series,
        photos::noise_file,
        photos::photos,
        photos::add_photo,
        device::start,
        device::unlock,
        device::open_demo,
        device::settings,
        device::save_settings,
        device::read_code,
        device::read_qr,
        device::enrol,
        device::sync_state,
        device::sync_now,
        device::storage,
        device::free_originals,
        device::self_check,
        device::export_ledger,
        device::rescue,
        device::pick_file,
        device::base_maps,
        device::import_map,
        device::set_map_datum,
        device::remove_map,
        place::position,
        place::watch_position,
        place::device_fix,
        place::start_average,
        place::use_position,
        place::walk,
        place::start_walk,
        place::start_patrol,
        place::mark_point,
        place::pause_walk,
        place::undo_walk,
        place::finish_walk,
        place::discard_walk,
        place::map_sites,
        place::outline,
        place::shift,
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that fails here has said enough
mod tests {
    #[test]
    fn the_window_may_ask_every_command_and_no_other() {
        let (_, list) = include_str!("commands.rs").split_once("generate_handler![").unwrap();
        let (list, _) = list.split_once(']').unwrap();
        let mut listed: Vec<String> = list
            .split(',')
            .filter_map(|path| path.trim().rsplit_once("::"))
            .map(|(_, name)| format!("allow-{}", name.replace('_', "-")))
            .collect();
        let capability: serde_json::Value = serde_json::from_str(include_str!("../capabilities/main.json")).unwrap();
        let permissions = capability["permissions"].as_array().unwrap().iter().filter_map(|p| p.as_str());
        let mut opened: Vec<String> = permissions.filter(|p| !p.contains(':')).map(str::to_owned).collect();
        listed.sort();
        opened.sort();
        assert_eq!(opened, listed);
    }
}
