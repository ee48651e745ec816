//! Finds the programs under test beside this one, and runs them.

use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// The path of a program of this workspace, built by the same `cargo` call as this one.
///
/// # Errors
/// When it was not built.
pub fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("this program's own path")?;
    // Tests lie in target/<profile>/deps, programs one folder above.
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.with_context(|| format!("{name} is not built; run `cargo build --bins` first"))
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started or does not end with 0; the error shows both outputs.
pub fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    bail!("{command:?} ended with {}\nstdout: {out}\nstderr: {err}", output.status)
}
