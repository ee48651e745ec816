//! A device: a home of its own and the `shanxun` program, one process a command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::programs::program;

/// One device.
pub struct Device {
    /// What people call it.
    pub name: String,
    home: PathBuf,
    now: Option<String>,
    through: Vec<String>,
}

impl Device {
    /// A device with a fresh home below `folder`.
    #[must_use]
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), home: folder.join(name), now: None, through: Vec::new() }
    }

    /// Its home.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// What its wall clock shows from now on (RFC 3339).
    pub fn set_clock(&mut self, rfc3339: &str) {
        self.now = Some(rfc3339.to_owned());
    }

    /// Runs the program from now on with these words before it, as in a network namespace.
    pub fn run_through(&mut self, words: Vec<String>) {
        self.through = words;
    }

    /// Runs a subcommand and gives the raw output.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn output(&self, args: &[&str]) -> Result<Output> {
        let program = program("shanxun")?;
        let mut command = match self.through.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.args(args).arg("--home").arg(&self.home).arg("--json");
        if let Some(now) = &self.now {
            command.env("SHANXUN_NOW", now);
        }
        command.output().context("cannot start shanxun")
    }

    /// Runs a subcommand that must succeed; its JSON.
    ///
    /// # Errors
    /// When it does not end with 0.
    pub fn run(&self, args: &[&str]) -> Result<Value> {
        let output = self.output(args)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!(
                "{}: shanxun {args:?} ended with {}: {text}{}",
                self.name,
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("shanxun {args:?} printed no JSON: {text}"))
    }

    /// Runs a subcommand that must be refused (exit 1); the error's code.
    ///
    /// # Errors
    /// When it succeeds or ends otherwise.
    pub fn refuse(&self, args: &[&str]) -> Result<String> {
        let output = self.output(args)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.code() != Some(1) {
            bail!("{}: shanxun {args:?} should end with 1, ended with {}: {text}", self.name, output.status);
        }
        let error: Value = serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))?;
        Ok(error["error"]["code"].as_str().with_context(|| format!("no code: {text}"))?.to_owned())
    }

    /// Runs `new …` and gives the new id.
    ///
    /// # Errors
    /// When it fails.
    pub fn create(&self, args: &[&str]) -> Result<String> {
        let made = self.run(args)?;
        Ok(made["id"].as_str().with_context(|| format!("new gives an id: {made}"))?.to_owned())
    }

    /// `show ID`.
    ///
    /// # Errors
    /// When it fails.
    pub fn show(&self, id: &str) -> Result<Value> {
        self.run(&["show", id])
    }

    /// `sync` with everything.
    ///
    /// # Errors
    /// When it fails.
    pub fn sync(&self) -> Result<Value> {
        self.run(&["sync"])
    }
}
