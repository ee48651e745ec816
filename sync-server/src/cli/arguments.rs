//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::Role;

/// Where a server listens if nothing else is said.
pub const LISTEN: &str = "127.0.0.1:8787";

/// The server of Shanxun 山巡: takes in and hands out inspection records and photos.
#[derive(Parser)]
#[command(name = "sync-server", version, arg_required_else_help = true)]
pub struct Cli {
    /// The folder of everything the server keeps.
    #[arg(long, global = true, value_name = "DIR", env = "SHANXUN_DATA", default_value = "shanxun-data")]
    pub data: PathBuf,
    /// Print one JSON object on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve devices until the process is asked to stop.
    Serve(Serve),
    /// Users.
    #[command(subcommand)]
    User(UserCommand),
    /// Make a code that enrols one device of a user; valid for 24 hours.
    Enrol {
        /// The user's name.
        name: String,
        /// Where devices reach the server, if not where it listens.
        #[arg(long)]
        url: Option<String>,
    },
    /// Devices.
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Write everything into one file, while the server may be running.
    Backup {
        /// A new tar file.
        file: PathBuf,
    },
    /// Bring a backup back; what the folder holds is moved aside.
    Restore {
        /// The tar file.
        file: PathBuf,
    },
    /// A relay.
    #[command(subcommand)]
    Relay(RelayCommand),
    /// Check chains, signatures, registers and photos; status 1 and a list if anything is wrong.
    Check {
        /// Give up photo files that are missing or damaged: devices that still have them send them again.
        #[arg(long)]
        repair: bool,
    },
}

#[derive(Args)]
pub struct Serve {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = LISTEN)]
    pub listen: SocketAddr,
    /// A folder of form files over those that ship; `forms` in the data folder if it is there.
    #[arg(long, value_name = "DIR")]
    pub forms: Option<PathBuf>,
    /// Be a relay of the central server at this address: pass everything on, and keep what devices hand over while
    /// there is no link.
    #[arg(long, value_name = "URL", conflicts_with = "forms")]
    pub upstream: Option<String>,
    /// A code of the central server that enrols this relay; needed at its first start, with the link.
    #[arg(long, value_name = "CODE", requires = "upstream")]
    pub upstream_code: Option<String>,
    /// How to write the log to standard error; what is in it, RUST_LOG says.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a user.
    Add(AddUser),
    /// List all users.
    List,
}

#[derive(Args)]
pub struct AddUser {
    /// The name.
    pub name: String,
    /// inspector, dust-team, supervisor or admin.
    #[arg(long)]
    pub role: Role,
    /// Township codes of nine digits, separated by commas; or 'all'.
    #[arg(long = "town", value_name = "CODE9,…|all", required = true, value_delimiter = ',')]
    pub towns: Vec<String>,
    /// Read a password for the console from the first line of standard input.
    #[arg(long)]
    pub password_stdin: bool,
}

#[derive(Subcommand)]
pub enum DeviceCommand {
    /// List all devices, when they last synced and what they still hold alone.
    List,
    /// End a device's right to anything; its changes stay.
    Revoke {
        /// Its number.
        number: u32,
    },
}

#[derive(Subcommand)]
pub enum RelayCommand {
    /// What waits for a link, and what the central server refused for good.
    Status,
}
