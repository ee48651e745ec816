//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use device::{Error, Key, Now, Result};
use domain::datum::Datum;

/// Field inspections without a network: records, photos, search, sync. 山巡：离线优先的现场检查。
#[derive(Debug, Parser)]
#[command(name = "shanxun", version, propagate_version = true, subcommand_required = true)]
pub struct Cli {
    /// The folder of this device: database, key, photos, forms
    #[arg(long, global = true, env = "SHANXUN_HOME", default_value = "shanxun-home", value_name = "DIR")]
    pub home: PathBuf,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// A key file elsewhere: 64 hexadecimal digits, or a passphrase. Without it: SHANXUN_PASSPHRASE, else HOME/key
    #[arg(long, global = true, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Another folder of form files; may be given several times
    #[arg(long, global = true, value_name = "DIR")]
    pub forms: Vec<PathBuf>,
    /// Language of messages: en or zh
    #[arg(long, global = true, env = "LANG", default_value = "en", value_name = "LANG")]
    pub lang: String,
    /// Use this time instead of the clock, for tests and demos (RFC 3339)
    #[arg(long, global = true, env = "SHANXUN_NOW", value_name = "TIME", hide_env_values = true)]
    pub now: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The moment: the given one, else that of the clock.
    pub fn now(&self) -> Result<Now> {
        let Some(text) = self.now.as_deref().filter(|t| !t.is_empty()) else { return Ok(Now::system()) };
        let time = chrono::DateTime::parse_from_rfc3339(text).map_err(|e| Error::Request {
            code: "bad-time",
            zh: format!("“{text}”不是 RFC 3339 时间"),
            en: format!("'{text}' is not a time like 2026-11-23T10:05:00+08:00: {e}"),
        })?;
        Ok(Now::at_wall(&time))
    }

    /// Where the key comes from.
    pub fn key(&self) -> Key {
        if let Some(file) = &self.key_file {
            return Key::File(file.clone());
        }
        match std::env::var("SHANXUN_PASSPHRASE") {
            Ok(text) if !text.is_empty() => Key::Passphrase(text),
            _ => Key::Stored,
        }
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enrol this device at a server with a code; what was recorded before is kept and claimed
    Enrol(Enrol),
    /// Send what is new here, get what others wrote
    Sync(Sync),
    /// Make a record: new site KIND, new inspection KIND --site ID, new task - --site ID
    New(New),
    /// Write fields: set ID path=value…; an empty value empties the field
    Set(SetFields),
    /// Add photos to a record
    Photo(Photo),
    /// Move a record to another state
    Move(Move),
    /// Delete a record; `restore` brings it back
    Delete {
        /// The record
        id: String,
    },
    /// Bring a deleted record back
    Restore {
        /// The record
        id: String,
    },
    /// Hang a remark on a field (supervisors)
    Remark(Remark),
    /// Decide a conflict: one of the values shown, or another one
    Resolve(Resolve),
    /// Carry out many lines of JSON: {"new":"site","kind":…,"set":{…}} or {"id":…,"set":{…}}
    Batch {
        /// The file, or - for standard input
        file: PathBuf,
    },
    /// Take over an existing ledger
    Import(Import),
    /// Write the records into a file for others
    Export(Export),
    /// One record with everything known about it
    Show {
        /// The record
        id: String,
    },
    /// Find records
    List(List),
    /// What a record still lacks, and its verdicts against the limits
    Check {
        /// The record
        id: String,
    },
    /// Every field with several concurrent values
    Conflicts,
    /// Who changed a record, when: from the server if it can be reached, else what this device knows
    History {
        /// The record
        id: String,
        /// Do not ask the server
        #[arg(long)]
        local: bool,
    },
    /// What is where: records and photos left on this device
    Status,
    /// Check chains, key, database and photos; exit status 1 if anything is wrong
    Verify,
    /// Pack everything of this device into one encrypted file, also where nothing else opens any more
    Rescue(Rescue),
}

/// Arguments of `rescue`. The passphrase comes from `SHANXUN_RESCUE_PASSPHRASE`, else it is asked for.
#[derive(Debug, Args)]
pub struct Rescue {
    /// The archive to write, or to unpack with --into
    pub file: PathBuf,
    /// Unpack the archive into this new folder, which is a device's home then
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
}

/// Arguments of `enrol`.
#[derive(Debug, Args)]
pub struct Enrol {
    /// The server's address
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// The code the administrator gave; valid for 24 hours
    #[arg(long)]
    pub code: String,
    /// What people call this device
    #[arg(long, default_value = "shanxun")]
    pub label: String,
}

/// How much of the photos to send.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Photos {
    /// Thumbnails, then originals
    All,
    /// Thumbnails only, for a metered link
    Thumbnails,
    /// Text only
    None,
}

/// Arguments of `sync`.
#[derive(Debug, Args)]
pub struct Sync {
    /// How much of the photos to send
    #[arg(long, value_enum, default_value = "all")]
    pub photos: Photos,
    /// Go this way to the same server, this time only: a relay, or another address of it
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
}

/// What may be given with a new record or a photo.
#[derive(Debug, Args)]
pub struct Pictures {
    /// A photo; may be given several times
    #[arg(long = "photo", value_name = "FILE")]
    pub photos: Vec<PathBuf>,
    /// What the photos prove
    #[arg(long, value_name = "TEXT")]
    pub proves: Option<String>,
    /// When in the treatment they were taken: before, during or after
    #[arg(long)]
    pub stage: Option<String>,
    /// Where you stand
    #[arg(long, value_name = "LAT,LON[,ACCURACY_M]", allow_hyphen_values = true)]
    pub at: Option<String>,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub struct New {
    /// site, inspection, task or patrol
    #[arg(value_name = "TYPE")]
    pub doc_type: String,
    /// bare-land, voc, noise, outfall …; - where the type has none
    #[arg(default_value = "-")]
    pub kind: String,
    /// The site, for an inspection or a task
    #[arg(long, value_name = "ID")]
    pub site: Option<String>,
    /// A field; may be given several times
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Photos and position
    #[command(flatten)]
    pub pictures: Pictures,
}

/// Arguments of `set`.
#[derive(Debug, Args)]
pub struct SetFields {
    /// The record
    pub id: String,
    /// Fields
    #[arg(required = true, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Where you stand
    #[arg(long, value_name = "LAT,LON[,ACCURACY_M]", allow_hyphen_values = true)]
    pub at: Option<String>,
}

/// Arguments of `photo`.
#[derive(Debug, Args)]
pub struct Photo {
    /// The record
    pub id: String,
    /// The photos
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What they prove
    #[arg(long, value_name = "TEXT")]
    pub proves: Option<String>,
    /// When in the treatment they were taken: before, during or after
    #[arg(long)]
    pub stage: Option<String>,
    /// Where you stand
    #[arg(long, value_name = "LAT,LON[,ACCURACY_M]", allow_hyphen_values = true)]
    pub at: Option<String>,
}

/// Arguments of `move`.
#[derive(Debug, Args)]
pub struct Move {
    /// The record
    pub id: String,
    /// The state
    pub state: String,
    /// A note that goes with it
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// Arguments of `remark`.
#[derive(Debug, Args)]
pub struct Remark {
    /// The record
    pub id: String,
    /// The field
    pub path: String,
    /// What to say
    pub text: String,
    /// It must be mended before the record can be approved
    #[arg(long)]
    pub must: bool,
}

/// Arguments of `resolve`.
#[derive(Debug, Args)]
pub struct Resolve {
    /// The record
    pub id: String,
    /// The field
    pub path: String,
    /// Keep this value, counted from 0 as `show` lists them
    #[arg(long, value_name = "INDEX", required_unless_present = "value", conflicts_with = "value")]
    pub keep: Option<usize>,
    /// Write another value
    #[arg(long)]
    pub value: Option<String>,
    /// The writes that were on screen, as `show` names them (`op`); without it those that are here now
    #[arg(long, value_name = "OP,…", value_delimiter = ',')]
    pub seen: Vec<String>,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// bare-land, voc, noise, outfall …
    pub kind: String,
    /// A .csv or .xlsx file with Chinese or English headings
    pub file: PathBuf,
    /// The datum of its coordinates where the headings do not say it: wgs84, gcj02 or bd09
    #[arg(long, default_value = "wgs84")]
    pub datum: String,
    /// The sheet of a workbook
    #[arg(long)]
    pub sheet: Option<String>,
    /// Take lines whose cells are not all understood, and write what those hold into the note
    #[arg(long)]
    pub unread_to_note: bool,
    /// Only report what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// The datum a person named.
pub fn datum(name: &str) -> Result<Datum> {
    match name.to_ascii_lowercase().replace('-', "").as_str() {
        "wgs84" => Ok(Datum::Wgs84),
        "gcj02" => Ok(Datum::Gcj02),
        "bd09" => Ok(Datum::Bd09),
        other => Err(Error::Request {
            code: "unknown-datum",
            zh: format!("没有坐标系“{other}”，可用：wgs84、gcj02、bd09"),
            en: format!("there is no datum '{other}'; use wgs84, gcj02 or bd09"),
        }),
    }
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// csv, xlsx, geojson or gpkg
    #[arg(long)]
    pub format: String,
    /// Only this type
    #[arg(long = "type", value_name = "TYPE")]
    pub doc_type: Option<String>,
    /// Only this kind
    #[arg(long)]
    pub kind: Option<String>,
    /// Language of headings and choices
    #[arg(long, value_enum, default_value = "zh")]
    pub headings: Headings,
    /// The datum of the coordinates in the file: wgs84, gcj02 or bd09; what is stored stays WGS-84
    #[arg(long, default_value = "wgs84")]
    pub datum: String,
    /// GeoJSON: name properties by their headings instead of their paths
    #[arg(long)]
    pub labels: bool,
    /// The file to write
    pub file: PathBuf,
}

/// Language of headings.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Headings {
    /// Chinese
    Zh,
    /// English
    En,
}

/// Arguments of `list`. Photos are listed only when their type is asked for.
#[derive(Debug, Args)]
pub struct List {
    /// site, inspection, photo, task or patrol
    #[arg(long = "type", value_name = "TYPE")]
    pub doc_type: Option<String>,
    /// bare-land, voc, noise, outfall …
    #[arg(long)]
    pub kind: Option<String>,
    /// Only this state
    #[arg(long)]
    pub state: Option<String>,
    /// Only this township (9 digits)
    #[arg(long)]
    pub town: Option<String>,
    /// Only the inspections, tasks of this site
    #[arg(long, value_name = "ID")]
    pub site: Option<String>,
    /// Any part of a name, address, code, text or id
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Within so many kilometres, nearest first
    #[arg(long, value_name = "LAT,LON,KM", allow_hyphen_values = true)]
    pub near: Option<String>,
    /// Only records with an open conflict
    #[arg(long)]
    pub conflicts: bool,
    /// Only deleted records
    #[arg(long)]
    pub deleted: bool,
    /// How many rows
    #[arg(long, default_value_t = device::store::LIST_LIMIT_DEFAULT)]
    pub limit: usize,
    /// How many rows to pass over
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
}
