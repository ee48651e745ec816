//! What only this device keeps and nobody else is told: settings, where the person was, how the last sync ended.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Store, meta};
use crate::error::{Error, Result};

/// Something this device keeps for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// What a person set.
    Settings,
    /// Where the person was when the window was last looked at.
    Place,
    /// How the last sync ended.
    LastSync,
    /// The walk under way.
    Walk,
    /// Which base maps are shifted.
    Maps,
}

impl Local {
    fn key(self) -> &'static str {
        match self {
            Self::Settings => "local/settings",
            Self::Place => "local/place",
            Self::LastSync => "local/last-sync",
            Self::Walk => "local/walk",
            Self::Maps => "local/maps",
        }
    }
}

impl Store {
    /// Reads what was kept; JSON, so that a later program may know more members.
    ///
    /// # Errors
    /// When the database fails, or what it holds does not read back.
    pub fn local<T: DeserializeOwned>(&self, what: Local) -> Result<Option<T>> {
        let text: Option<String> = meta::get(&self.db, what.key())?;
        text.map(|t| serde_json::from_str(&t).map_err(|e| Error::damaged(format!("{}: {e}", what.key())))).transpose()
    }

    /// Keeps something; `None` forgets it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_local<T: Serialize>(&mut self, what: Local, value: Option<&T>) -> Result<()> {
        let text = value.map(|v| serde_json::to_string(v).expect("plain data in memory always encodes"));
        self.write(|w| match &text {
            Some(text) => meta::set(w.db, what.key(), text),
            None => Ok(w.db.execute("delete from meta where key = ?1", [what.key()]).map(drop)?),
        })
    }
}
