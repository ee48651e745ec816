//! The description of the calls and the server agree, as schemathesis sees it: every answer is documented, has the
//! documented shape, and nothing that breaks the description is taken.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shanxun_tests::{Device, Server, clients, photographs};

/// Calls of each kind for each operation.
const EXAMPLES: &str = "25";
const SEED: &str = "20261123";
const PASSWORD: &str = "a password";

/// A server with a record, a photograph and a supervisor; the file with their ids.
fn a_server(folder: &Path) -> Result<(Server, std::path::PathBuf)> {
    let server = Server::start(&folder.join("server"))?;
    server.add_user("zhou", "supervisor", "all", PASSWORD)?;
    server.add_user("zhang", "inspector", "110118101", PASSWORD)?;
    let device = Device::new(folder, "zhang");
    let picture = folder.join("plot.jpg");
    photographs::take("nature/FreshFlower.jpg", &picture, 40.53, 117.13, "2026:11:23 10:05:00")?;
    let site = device.create(&[
        "new",
        "site",
        "bare-land",
        "--set",
        "name=令公村南",
        "--set",
        "town=110118101",
        "--at",
        "40.53,117.13,4.5",
        "--photo",
        picture.to_str().context("a path in UTF-8")?,
    ])?;
    device.run(&["enrol", "--server", &server.url(), "--code", &server.code("zhang")?])?;
    device.sync()?;
    let shown = device.show(&site)?;
    let ids = folder.join("ids.json");
    std::fs::write(&ids, json!({"documents": [site], "photos": [shown["photos"][0]["sha256"]]}).to_string())?;
    Ok((server, ids))
}

/// Runs schemathesis with further arguments; what it printed is the message when it finds something.
fn schemathesis(folder: &Path, server: &Server, ids: &Path, more: &[&str]) -> Result<()> {
    let mut command = Command::new(clients::python_program("schemathesis")?);
    command
        .current_dir(folder)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", clients::scripts())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SHANXUN_IDS", ids)
        .arg("--config-file")
        .arg(clients::scripts().join("schemathesis.toml"))
        .args(["run", &format!("{}/v1/openapi.json", server.url()), "--continue-on-failure"])
        .args(["--max-examples", EXAMPLES, "--seed", SEED, "--no-color"])
        .args(more);
    let output = command.output().context("cannot start schemathesis")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "schemathesis found something:\n{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{said}");
    assert!(said.contains("Test cases:"), "schemathesis tested nothing:\n{said}");
    Ok(())
}

#[test]
fn schemathesis_finds_nothing_with_a_supervisors_login() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, ids) = a_server(folder.path())?;
    let header = format!("Authorization: Bearer {}", server.login("zhou", PASSWORD)?);
    // Ending the login would leave every later call without one; the run without a login calls it.
    let without =
        ["--exclude-name", "DELETE /v1/sessions", "--exclude-name", "DELETE /v1/console/session", "--header", &header];
    schemathesis(folder.path(), &server, &ids, &without)
}

#[test]
fn schemathesis_finds_nothing_with_a_devices_token() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, ids) = a_server(folder.path())?;
    let body = json!({"code": server.code("zhang")?, "public_key": "00".repeat(32), "install": "7", "label": "x"});
    let answer = reqwest::blocking::Client::new().post(format!("{}/v1/enrol", server.url())).json(&body).send()?;
    let answer: Value = answer.error_for_status()?.json()?;
    let header = format!("Authorization: Bearer {}", answer["token"].as_str().context("a token")?);
    schemathesis(folder.path(), &server, &ids, &["--header", &header])
}

#[test]
fn schemathesis_finds_nothing_without_a_login() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, ids) = a_server(folder.path())?;
    schemathesis(folder.path(), &server, &ids, &[])
}
