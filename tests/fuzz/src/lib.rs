//! Fuzz targets: every decoder that faces the network or a file. A target takes any bytes and must come back: no panic,
//! no endless loop, no allocation beyond its limits; where something must hold of what was read, it asserts that.

mod calls;
mod files;
mod forms;
pub mod messages;
pub mod mutate;

use std::path::{Path, PathBuf};

/// One decoder under test.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name of its folders below `corpus` and `crashers`.
    pub name: &'static str,
    /// Reads bytes.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "envelope", run: messages::envelope },
    Target { name: "sync-request", run: messages::sync_request },
    Target { name: "sync-response", run: messages::sync_response },
    Target { name: "change", run: messages::change },
    Target { name: "register", run: messages::register },
    Target { name: "form", run: forms::form },
    Target { name: "expression", run: forms::expression },
    Target { name: "value", run: forms::value },
    Target { name: "geometry", run: forms::geometry },
    Target { name: "picture", run: files::picture },
    Target { name: "exif", run: files::exif },
    Target { name: "table", run: files::table },
    Target { name: "batch-line", run: files::batch_lines },
    Target { name: "backup", run: files::backup },
    Target { name: "arguments", run: forms::arguments },
    Target { name: "http", run: calls::http },
    Target { name: "upload", run: calls::upload },
];

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().copied().find(|target| target.name == name)
}

/// The files of a target's folder below `corpus` or `crashers`, in a stable order.
#[must_use]
pub fn inputs(which: &str, target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(which).join(target);
    let entries = std::fs::read_dir(folder).map(|all| all.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let mut found: Vec<(PathBuf, Vec<u8>)> =
        entries.into_iter().filter_map(|e| Some((e.path(), std::fs::read(e.path()).ok()?))).collect();
    found.sort();
    found
}
