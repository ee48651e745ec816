//! Printing: one JSON document with `--json`, else text for people. A closed pipe is not an error.

use std::io::Write;
use std::process::ExitCode;

use device::{Error, Result};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Where results go.
#[derive(Debug)]
pub struct Out {
    /// Whether JSON is wanted.
    pub json: bool,
    /// Whether messages are Chinese.
    pub zh: bool,
}

impl Out {
    /// From the options given.
    pub fn new(json: bool, lang: &str) -> Self {
        Self { json, zh: lang.starts_with("zh") }
    }

    /// One of two languages.
    pub fn say<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.zh { zh } else { en }
    }

    /// The result: as JSON, or as the given text.
    pub fn result<T: Serialize>(&self, value: &T, text: impl FnOnce() -> String) -> Result<ExitCode> {
        let line = if self.json { encode(value)? } else { text() };
        self.line(&line)?;
        Ok(ExitCode::SUCCESS)
    }

    /// One line on standard output, on its way when this returns.
    pub fn line(&self, line: &str) -> Result<()> {
        let mut stdout = std::io::stdout().lock();
        let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
        match written {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|source| Error::Io { path: "standard output".into(), source }),
        }
    }

    /// An error, where programs and people look for it.
    pub fn error(&self, error: &Error) {
        if self.json {
            // With nowhere left to print to, the exit status still tells.
            let _ = self.line(&json!({ "error": error_json(error, self.zh) }).to_string());
        } else {
            eprintln!("shanxun: {}", message(error, self.zh));
        }
    }
}

/// `{code, message}` with what a move still lacks.
pub fn error_json(error: &Error, zh: bool) -> Json {
    let mut out = json!({ "code": error.code(), "message": message(error, zh) });
    if let Error::Move(reason) = error {
        out["missing"] = json!(reason.missing);
    }
    out
}

fn message(error: &Error, zh: bool) -> String {
    if zh { error.zh() } else { error.to_string() }
}

/// A value as JSON on one line.
pub fn encode<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Damaged(e.to_string()))
}

/// The line for a fault of the program itself.
pub fn panicked() -> ExitCode {
    let message = "internal error. What was reported as saved is safe; please report what you did";
    if wants_json() {
        println!("{}", json!({ "error": { "code": "internal", "message": message } }));
    } else {
        eprintln!("shanxun: {message}");
    }
    ExitCode::from(1)
}

fn wants_json() -> bool {
    std::env::args().any(|a| a == "--json")
}

/// A usage error: 2, and JSON if that was asked for. Help and version are no errors.
pub fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || !wants_json() {
        // With nowhere left to print to, the exit status still tells.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    let message = error.to_string();
    println!("{}", json!({ "error": { "code": "usage", "message": message.trim() } }));
    ExitCode::from(2)
}
