//! The device's home behind the window: opened at the first question, so that a home that cannot be opened is an error on
//! the screen, with a way to try again, and not a program that does not start.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use device::{Home, Key, Now};

use crate::error::ApiError;

/// Names another home than the platform's folder.
const HOME_VARIABLE: &str = "SHANXUN_HOME";

/// The folder of this device.
pub fn home_dir(platform: PathBuf) -> PathBuf {
    std::env::var_os(HOME_VARIABLE).filter(|v| !v.is_empty()).map_or(platform, PathBuf::from)
}

/// The home, once somebody asked for it.
pub struct Host {
    dir: PathBuf,
    home: Mutex<Option<Home>>,
}

impl Host {
    /// A home that is not opened yet.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, home: Mutex::new(None) }
    }

    /// Asks the home, opening it first if need be.
    pub fn with<T>(&self, ask: impl FnOnce(&mut Home) -> device::Result<T>) -> Result<T, ApiError> {
        // A question that panicked changed nothing here: the home is a database handle, and its transactions roll back.
        let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match &mut *home {
            Some(home) => ask(home),
            None => {
                let opened = Home::open(&self.dir, &Key::Stored, &[], &mut Now::system())?;
                ask(home.insert(opened))
            }
        };
        Ok(answer?)
    }
}
