//! The server of a run: the real one over a database in memory, with its backups and its power cuts.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use device::sync::TransportError;
use domain::forms::Catalogue;
use sync_server::accounts::Caller;
use sync_server::environment::Environment;
use sync_server::storage::sqlite::Sqlite;
use sync_server::storage::{Stored, Tx, read};
use sync_server::{Config, Server, ServerError, begin_new_epoch};

use super::broken::{Held, unexpected};
use super::dice::Dice;
use super::relay::RelaySide;

/// The sets of forms a server may start with: those that ship, and two that bring later versions of one of them.
const FORM_SETS: usize = 3;

static SECOND: LazyLock<Catalogue> = LazyLock::new(|| later(Catalogue::embedded(), 2, "sim_note"));
static THIRD: LazyLock<Catalogue> = LazyLock::new(|| later(&SECOND, 3, "sim_other"));

fn forms(set: usize) -> &'static Catalogue {
    match set {
        0 => Catalogue::embedded(),
        1 => &SECOND,
        _ => &THIRD,
    }
}

fn later(base: &Catalogue, version: u32, field: &str) -> Catalogue {
    let shipped = base.files().iter().find(|file| file.name == "bare-land.toml").expect("a form that ships");
    let added = format!(r#"fields = [{{ id = "{field}", type = "text", zh = "附注", en = "Extra" }},"#);
    let text = shipped.text.replacen("version = 1", &format!("version = {version}"), 1);
    let text = text.replacen("fields = [", &added, 1);
    Catalogue::with_files(base, [("bare-land.toml", text)]).expect("a form with one more field")
}

thread_local! {
    /// Empty tables, made once a thread.
    static EMPTY: Sqlite = Sqlite::in_memory().expect("a database in memory");
}

/// A server that can die and be restored.
pub struct ServerSide {
    /// The running server.
    pub server: Server,
    storage: Arc<Sqlite>,
    environment: Environment,
    forms: usize,
    dies: Arc<AtomicBool>,
}

impl ServerSide {
    /// A new server; `clock` is its wall clock.
    pub fn new(seed: u64, clock: Arc<AtomicI64>) -> Held<Self> {
        let dice = Mutex::new(Dice::new(seed ^ 0x5E27));
        let environment = Environment::new(
            move || clock.load(Ordering::SeqCst),
            move |bytes| dice.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes),
        );
        let storage = EMPTY.with(Sqlite::copy_in_memory).map_err(unexpected("a database for the server"))?;
        Self::over(storage, environment, 0)
    }

    /// A relay that is enrolled here.
    pub fn relay(&self, seed: u64) -> Held<RelaySide> {
        RelaySide::new(&self.server, &self.environment, seed)
    }

    fn over(storage: Sqlite, environment: Environment, forms: usize) -> Held<Self> {
        let storage = Arc::new(storage);
        let config = Config {
            data: std::path::PathBuf::new(),
            forms: self::forms(forms).clone(),
            environment: environment.clone(),
        };
        let server = Server::with_storage(storage.clone(), config).map_err(unexpected("a server over its database"))?;
        Ok(Self { server, storage, environment, forms, dies: Arc::default() })
    }

    /// Everything that is committed.
    pub fn copy(&self) -> Held<Sqlite> {
        self.storage.copy_in_memory().map_err(unexpected("a copy of the server's database"))
    }

    /// Its process ends and starts again on what is committed.
    pub fn restart(&mut self) -> Held {
        *self = Self::over(self.copy()?, self.environment.clone(), self.forms)?;
        Ok(())
    }

    /// The same with another set of forms.
    pub fn restart_with(&mut self, forms: usize) -> Held {
        self.forms = forms % FORM_SETS;
        self.restart()
    }

    /// It is restored from a backup, as the command does it.
    pub fn restore(&mut self, backup: &Sqlite) -> Held {
        let storage = backup.copy_in_memory().map_err(unexpected("a copy of the backup"))?;
        begin_new_epoch(&storage, &self.environment).map_err(unexpected("a new history"))?;
        *self = Self::over(storage, self.environment.clone(), self.forms)?;
        Ok(())
    }

    /// Its power goes instead of the next commit.
    pub fn die_at_next_commit(&mut self) -> Held {
        let dies = Arc::clone(&self.dies);
        dies.store(true, Ordering::SeqCst);
        let hook = move || dies.load(Ordering::SeqCst);
        self.storage.fail_commits(hook).map_err(unexpected("a power cut"))
    }

    /// Reads its database.
    pub fn read<T>(&self, job: impl FnOnce(&dyn Tx) -> Stored<T>) -> Held<T> {
        read(self.storage.as_ref(), job).map_err(unexpected("the server's database"))
    }

    /// Who holds a token, as every call asks first.
    pub fn caller(&self, token: &str) -> Result<Caller, TransportError> {
        self.server.authenticate(token).map_err(refusal)
    }
}

/// A fault of the server as a device hears of it over HTTP.
#[allow(clippy::needless_pass_by_value, reason = "it is the shape map_err wants")]
pub fn refusal(error: ServerError) -> TransportError {
    let (code, message) = (error.code().to_owned(), error.to_string());
    match error.status() {
        401 => TransportError::Unauthorised { code, message },
        status => TransportError::Refused { status, code, message },
    }
}
