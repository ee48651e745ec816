//! Embeds the configuration, the icons and the permissions of the window.

fn main() {
    tauri_build::build();
}
