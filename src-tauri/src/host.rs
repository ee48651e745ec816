//! The device's home behind the window: opened at the first question, so that a home that cannot be opened is an error on
//! the screen, with a way to try again, and not a program that does not start.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use device::{Home, Key, Now};
// Commands run on the window's own runtime; the device library blocks, and brings runtimes of its own for the network.
use tokio::task::block_in_place;

use crate::error::ApiError;

/// Names another home than the platform's folder.
const HOME_VARIABLE: &str = "SHANXUN_HOME";
/// The demo's home lies within the home of the device.
const DEMO: &str = "demo";

/// The folder of this device.
pub fn home_dir(platform: PathBuf) -> PathBuf {
    std::env::var_os(HOME_VARIABLE).filter(|v| !v.is_empty()).map_or(platform, PathBuf::from)
}

/// The home, once somebody asked for it.
pub struct Host {
    base: PathBuf,
    inner: Mutex<Inner>,
    /// Called after every save, so that what was saved is sent.
    saved: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

struct Inner {
    demo: bool,
    passphrase: Option<String>,
    home: Option<Home>,
}

/// How a home stands before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is there yet.
    New,
    /// It needs a passphrase.
    Locked,
    /// It can be opened.
    Open,
}

impl Host {
    /// A home that is not opened yet.
    pub fn new(base: PathBuf) -> Self {
        let inner = Inner { demo: false, passphrase: None, home: None };
        Self { base, inner: Mutex::new(inner), saved: OnceLock::new() }
    }

    /// Names what is called after every save.
    pub fn on_save(&self, act: impl Fn() + Send + Sync + 'static) {
        // Only the first counts; there is one program around this home.
        let _ = self.saved.set(Box::new(act));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A question that panicked changed nothing here: the home is a database handle, and its transactions roll back.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dir_of(&self, inner: &Inner) -> PathBuf {
        if inner.demo { self.base.join(DEMO) } else { self.base.clone() }
    }

    /// The folder of the home in use.
    pub fn dir(&self) -> PathBuf {
        self.dir_of(&self.inner())
    }

    /// Whether the demo is in use.
    pub fn is_demo(&self) -> bool {
        self.inner().demo
    }

    /// How the home stands.
    pub fn standing(&self) -> Standing {
        let inner = self.inner();
        let dir = self.dir_of(&inner);
        match inner.home {
            Some(_) => Standing::Open,
            None if !dir.join("device.db").exists() => Standing::New,
            None if inner.passphrase.is_none() && !dir.join("key").exists() => Standing::Locked,
            None => Standing::Open,
        }
    }

    /// Takes the passphrase of the home, if it opens it.
    pub fn unlock(&self, passphrase: &str) -> Result<(), ApiError> {
        let mut inner = self.inner();
        let key = Key::Passphrase(passphrase.to_owned());
        inner.home = Some(Home::open(&self.dir_of(&inner), &key, &[], &mut Now::system())?);
        inner.passphrase = Some(passphrase.to_owned());
        Ok(())
    }

    /// Changes to the demo's home, or back.
    pub fn use_demo(&self, demo: bool) {
        let mut inner = self.inner();
        (inner.demo, inner.home) = (demo, None);
    }

    /// Closes the home; the next question opens it again, with the forms that came meanwhile.
    pub fn close(&self) {
        self.inner().home = None;
    }

    /// Opens the home once more.
    pub fn open_another(&self) -> Result<Home, ApiError> {
        let (dir, key) = {
            let inner = self.inner();
            (self.dir_of(&inner), key_of(&inner))
        };
        Ok(Home::open(&dir, &key, &[], &mut Now::system())?)
    }

    /// Asks the home, opening it first if need be.
    pub fn with<T>(&self, ask: impl FnOnce(&mut Home) -> device::Result<T>) -> Result<T, ApiError> {
        let mut inner = self.inner();
        if inner.home.is_none() {
            let opened = Home::open(&self.dir_of(&inner), &key_of(&inner), &[], &mut Now::system())?;
            inner.home = Some(opened);
        }
        let home = inner.home.as_mut().expect("it was opened just now");
        Ok(block_in_place(|| ask(home))?)
    }

    /// Asks the home on a connection of its own, for work that takes longer than a person waits.
    pub fn with_another<T>(&self, ask: impl FnOnce(&mut Home) -> device::Result<T>) -> Result<T, ApiError> {
        let mut home = self.open_another()?;
        Ok(block_in_place(|| ask(&mut home))?)
    }

    /// Asks the home to save something, and lets it be sent.
    pub fn change<T>(&self, ask: impl FnOnce(&mut Home) -> device::Result<T>) -> Result<T, ApiError> {
        let answer = self.with(ask)?;
        self.saved.get().into_iter().for_each(|act| act());
        Ok(answer)
    }
}

fn key_of(inner: &Inner) -> Key {
    inner.passphrase.clone().filter(|_| !inner.demo).map_or(Key::Stored, Key::Passphrase)
}
