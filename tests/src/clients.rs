//! Programs of others: where they are installed, and how they are run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::programs::run;

/// The folder of the scripts that use other people's programs.
#[must_use]
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// A program of the Python environment that `make setup` makes.
///
/// # Errors
/// When it is not there.
pub fn python_program(name: &str) -> Result<PathBuf> {
    let home = std::env::var("HOME").context("HOME is not set")?;
    let found = Path::new(&home).join(".cache/shanxun/venv/bin").join(name);
    ensure!(found.is_file(), "{} is missing: run `make setup`", found.display());
    Ok(found)
}

/// A call of one of our Python scripts.
///
/// # Errors
/// When the environment is not there.
pub fn python(script: &str) -> Result<Command> {
    let mut command = Command::new(python_program("python")?);
    command.arg(scripts().join(script));
    Ok(command)
}

/// A call of one of our Node scripts.
///
/// # Errors
/// When its packages are not there.
pub fn node(script: &str) -> Result<Command> {
    let packages = scripts().join("node_modules");
    ensure!(packages.is_dir(), "{} is missing: run `make setup`", packages.display());
    let mut command = Command::new("node");
    command.arg(scripts().join(script));
    Ok(command)
}

/// Runs a script to its end; the JSON of the last line it printed.
///
/// # Errors
/// When it fails or prints no JSON.
pub fn json_of(command: &mut Command) -> Result<Value> {
    let output = run(command)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().next_back().unwrap_or_default();
    serde_json::from_str(last).with_context(|| format!("no JSON: {text}"))
}
