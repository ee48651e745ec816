//! The command line: reads it, calls one function, prints the outcome.

mod administer;
mod arguments;
mod relaying;
mod serving;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};

use self::arguments::{Cli, Command, DeviceCommand, RelayCommand, UserCommand};
use crate::error::ServerError;

/// What a command gives: an outcome for programs and one for people.
pub struct Outcome {
    /// For `--json`; nothing is printed for null.
    json: Value,
    /// For people.
    text: String,
    /// Whether everything is as it should be.
    is_good: bool,
}

impl Outcome {
    fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), is_good: true }
    }
}

/// Runs the command line: 0 done, 1 cannot be met, 2 usage.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, arguments.iter().any(|a| a == "--json")),
    };
    let json = cli.json;
    match run(cli) {
        Ok(outcome) => {
            match (json, outcome.json.is_null()) {
                (true, false) => print(&outcome.json.to_string()),
                (false, _) if !outcome.text.is_empty() => print(&outcome.text),
                _ => {}
            }
            if outcome.is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            failed(&error, json);
            ExitCode::FAILURE
        }
    }
}

/// One line on standard output; that nobody reads it is no fault.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn run(cli: Cli) -> Result<Outcome, ServerError> {
    let data = cli.data;
    match cli.command {
        Command::Serve(serve) => serving::serve(&data, &serve, cli.json),
        Command::User(UserCommand::Add(add)) => administer::add_user(&data, &add),
        Command::User(UserCommand::List) => administer::list_users(&data),
        Command::Enrol { name, url } => administer::enrol(&data, &name, url),
        Command::Device(DeviceCommand::List) => administer::list_devices(&data),
        Command::Device(DeviceCommand::Revoke { number }) => administer::revoke(&data, number),
        Command::Backup { file } => administer::back_up(&data, &file),
        Command::Restore { file } => administer::restore(&data, &file),
        Command::Check { repair } => administer::check(&data, repair),
        Command::Relay(RelayCommand::Status) => relaying::status(&data),
    }
}

fn usage(error: &clap::Error, json: bool) -> ExitCode {
    if json && error.use_stderr() {
        print(&json!({"error": {"code": "usage", "message": error.to_string()}}).to_string());
        return ExitCode::from(2);
    }
    // Help and version go to standard output with status 0; printing can only fail if nobody reads.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

fn failed(error: &ServerError, json: bool) {
    if json {
        let (code, message, zh) = (error.code(), error.to_string(), error.message_zh());
        print(&json!({"error": {"code": code, "message": message, "message_zh": zh}}).to_string());
    } else {
        eprintln!("sync-server: {error}");
    }
}
