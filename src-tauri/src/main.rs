//! The window on desktops; phones start at the same [`shanxun_app::run`].
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    shanxun_app::run();
}
