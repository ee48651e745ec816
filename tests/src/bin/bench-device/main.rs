//! `bench-device`: a device as `shanxun` is one, in the steps of the benchmark, so that they can be timed beside those of
//! other libraries. Everything goes through the device library: forms, validation, signatures, encryption, search.

mod crowd;
mod floor;
mod look;
mod pictures;
mod workload;

use std::path::Path;

use anyhow::{Result, bail};
use device::store::Store;
use device::sync::{self, HttpTransport, PhotoMode, SyncOptions};
use device::{Home, Key, Now};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["enrol", home, url, code] => enrol(home, url, code),
        ["create", home, file] => workload::create(&mut open(home)?.store, Path::new(file)),
        ["edit", home, file] => workload::edit(&mut open(home)?.store, Path::new(file)),
        ["sync", home] => synced(&mut open(home)?.store, PhotoMode::All).map(|report| println!("{report}")),
        ["dump", home] => workload::dump(&open(home)?).map(|line| println!("{line}")),
        ["look", home, rounds] => look::run(&open(home)?, rounds.parse()?),
        ["floor", file, folder] => floor::run(Path::new(file), Path::new(folder)),
        ["crowd", url, codes, file, form, folder] => {
            crowd::run(url, Path::new(codes), Path::new(file), Path::new(form), Path::new(folder))
        }
        ["intake", folder, pictures @ ..] => pictures::intake(Path::new(folder), pictures),
        ["attach", home, pictures @ ..] => pictures::attach(&mut open(home)?.store, pictures),
        ["put", folder, pictures @ ..] => pictures::put(Path::new(folder), pictures),
        other => bail!("no such step: {other:?}"),
    }
}

fn open(home: &str) -> Result<Home> {
    open_at(Path::new(home))
}

fn open_at(home: &Path) -> Result<Home> {
    Ok(Home::open(home, &Key::Stored, &[], &mut Now::system())?)
}

fn enrol(home: &str, url: &str, code: &str) -> Result<()> {
    sync::enrol(&mut open(home)?.store, url, code, "bench")?;
    Ok(())
}

/// One sync; what it did as JSON.
fn synced(store: &mut Store, photos: PhotoMode) -> Result<String> {
    let Some((server, token)) = store.server()? else { bail!("the device is not enrolled") };
    let mut transport = HttpTransport::new(&server, &token)?;
    let report =
        sync::run(store, &mut transport, &|| Now::system().wall, SyncOptions { photos, ..SyncOptions::default() })?;
    Ok(serde_json::to_string(&report)?)
}
