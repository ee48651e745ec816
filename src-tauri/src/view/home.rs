//! The first screen: what is to be done today, and where everything is.

use serde::Serialize;

use super::{Custody, KindCount, Label, Remark, State};

/// A record on the first screen.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Its state.
    pub state: Option<State>,
    /// How far it has come.
    pub custody: Custody,
    /// Its township.
    pub town: Option<Label>,
    /// The latest write, RFC 3339.
    pub updated: String,
    /// Until when, `YYYY-MM-DD`.
    pub due: Option<String>,
    /// Whether that is over.
    pub overdue: bool,
    /// Its site.
    pub site: Option<String>,
    /// Remarks that are open.
    pub remarks: Vec<Remark>,
    /// How many things hold submitting up.
    pub errors: u32,
}

/// Counts of one sort by where the safest copy is.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Where {
    /// All.
    pub all: u32,
    /// The server gave a receipt.
    pub server: u32,
    /// A relay gave one.
    pub relay: u32,
    /// On this device only.
    pub device: u32,
}

/// The custody card.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CustodyCard {
    /// Records.
    pub records: Where,
    /// Photos, by their originals.
    pub photos: Where,
    /// Bytes of the originals that are not on the server.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_left: u64,
    /// When the oldest change that waits was made, RFC 3339.
    pub waiting_since: Option<String>,
    /// When everything last went through, RFC 3339.
    pub last_sync_at: Option<String>,
    /// The code of what stopped the last sync: `offline`, `unauthorised` …; `not-enrolled` before enrolment.
    pub why: Option<String>,
    /// The same as a sentence.
    pub says: Option<Label>,
}

/// The first screen.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Today {
    /// Who works here, once enrolled.
    pub user: Option<String>,
    /// Open tasks, the next due first.
    pub tasks: Vec<Card>,
    /// Drafts, the last written first.
    pub drafts: Vec<Card>,
    /// Records that came back, with their remarks.
    pub returned: Vec<Card>,
    /// Records in conflict.
    pub conflicts: u32,
    /// Own changes the server refused.
    pub refused: u32,
    /// Where everything is.
    pub custody: CustodyCard,
    /// The kinds, with how many sites each has.
    pub kinds: Vec<KindCount>,
    /// Where the person was when the app was last closed, as the screens noted it.
    pub place: Option<String>,
}
