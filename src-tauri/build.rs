//! Embeds the configuration, the icons and the permissions of the window. The commands are those that `commands.rs` lists;
//! each is closed to the window until `capabilities/` opens it.

use std::path::Path;

use tauri_build::{AppManifest, Attributes};

const COMMANDS: &str = "src/commands.rs";

fn main() {
    println!("cargo::rerun-if-changed={COMMANDS}");
    let manifest = AppManifest::new().commands(commands(Path::new(COMMANDS)));
    tauri_build::try_build(Attributes::new().app_manifest(manifest)).expect("the configuration is whole");
}

/// The names in the list of `generate_handler!`. They live as long as the build.
fn commands(file: &Path) -> &'static [&'static str] {
    let text: &'static str = std::fs::read_to_string(file).expect("the list of commands can be read").leak();
    let (_, list) = text.split_once("generate_handler![").expect("the list begins");
    let (list, _) = list.split_once(']').expect("the list ends");
    let names = list.split(',').filter_map(|path| path.trim().rsplit_once("::").map(|(_, name)| name));
    names.collect::<Vec<_>>().leak()
}
