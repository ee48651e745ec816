//! Schedules that once failed, as files: a line that says what was found, then the schedule, one event a line.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::schedule::Schedule;

/// A kept schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// What it found.
    pub found: String,
    /// The schedule.
    pub schedule: Schedule,
}

impl Kept {
    /// Every kept schedule of a folder, by name.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn all(folder: &Path) -> Result<Vec<(PathBuf, Self)>> {
        let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        paths.retain(|path| path.extension().is_some_and(|e| e == "seed"));
        paths.sort();
        paths.into_iter().map(|path| Ok((path.clone(), Self::read(&path)?))).collect()
    }

    /// One file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let (first, rest) = text.split_once('\n').context("an empty file")?;
        let schedule = serde_json::from_str(rest).with_context(|| path.display().to_string())?;
        Ok(Self { found: first.trim_start_matches('#').trim().to_owned(), schedule })
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        let json = |value: &dyn erased::Json| value.json();
        let Schedule { seed, people, devices, events } = &self.schedule;
        let mut text =
            format!("# {}\n{{\"seed\": {seed}, \"people\": {}, ", self.found.replace('\n', " "), json(people));
        let events: Vec<String> = events.iter().map(|event| json(event)).collect();
        let _ = write!(text, "\"devices\": {}, \"events\": [\n{}\n]}}\n", json(devices), events.join(",\n"));
        text
    }
}

mod erased {
    //! Any plain data as JSON.

    pub trait Json {
        fn json(&self) -> String;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> String {
            serde_json::to_string(self).expect("plain data always encodes")
        }
    }
}
