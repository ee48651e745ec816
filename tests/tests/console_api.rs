//! The console's client is made from the server's own description of its calls.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use shanxun_tests::Server;

#[test]
fn the_consoles_copy_of_the_description_is_the_servers() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(&folder.path().join("server"))?;
    let now: Value = reqwest::blocking::get(format!("{}/v1/openapi.json", server.url()))?.json()?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/console/src/api/openapi.json");
    if std::env::var_os("SHANXUN_WRITE_TYPES").is_some() {
        std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(&now)?))?;
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).context("the console's copy")?)?;
    assert!(kept == now, "the calls changed: run 'make console-types' and look at what differs");
    Ok(())
}
