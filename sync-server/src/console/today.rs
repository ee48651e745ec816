//! Today: what came in, what waits, which devices still hold something.

use std::collections::BTreeMap;

use domain::{DocType, places};
use serde::Serialize;

use crate::accounts::Caller;
use crate::error::ServerError;
use crate::permission::Permission;
use crate::server::Server;
use crate::storage::{Device, Order, Queue, QueueQuery, Stored, SummaryQuery, Tx, read};

const DAY_MS: i64 = 24 * 3_600_000;
/// Most devices that are told one by one.
const DEVICES_MAX: usize = 50;

/// What came in of one kind.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct KindToday {
    /// The kind.
    pub kind: String,
    /// Sites that changed since; the ledger's filter of the last 24 hours shows them.
    pub sites: u64,
    /// Inspections that changed since.
    pub inspections: u64,
    /// All sites.
    pub all: u64,
}

/// What waits in one township.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct TownToday {
    /// Its code; empty for what has no township.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Records with values to decide between.
    pub conflicts: u64,
    /// So many of them with a state in conflict.
    pub contested: u64,
    /// Submitted inspections.
    pub reviews: u64,
    /// Sites past their deadline.
    pub overdue: u64,
}

/// What a queue has in it.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Waiting {
    /// So many.
    pub count: u64,
    /// So many of them with a state in conflict.
    pub contested: u64,
    /// When the one that waits longest last changed, milliseconds since 1970.
    pub oldest_ms: Option<i64>,
}

/// A device in the field.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DeviceToday {
    /// Its number.
    pub actor: u32,
    /// What people call it.
    pub label: String,
    /// Whose it is.
    pub user: String,
    /// Records that were not sent at its last contact.
    pub records: u64,
    /// Photos.
    pub photos: u64,
    /// Its last contact, milliseconds since 1970.
    pub last_seen_ms: Option<i64>,
    /// Its clock less the server's at that time, milliseconds.
    pub clock_offset_ms: Option<i64>,
}

/// The first page.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TodayAnswer {
    /// The server's time, milliseconds since 1970.
    pub now_ms: i64,
    /// Since when something came in, milliseconds since 1970.
    pub since_ms: i64,
    /// What came in, by kind.
    pub kinds: Vec<KindToday>,
    /// Records with values to decide between.
    pub conflicts: Waiting,
    /// Submitted inspections.
    pub reviews: Waiting,
    /// Sites past their deadline.
    pub overdue: Waiting,
    /// What waits, by township; only those where something does.
    pub towns: Vec<TownToday>,
    /// How many devices are enrolled.
    pub devices: u64,
    /// How many of them had something unsent at their last contact.
    pub holding: u64,
    /// Devices: those that hold something first, then those not heard of for longest.
    pub listed: Vec<DeviceToday>,
}

impl Server {
    /// What came in and what waits, within the caller's townships and those asked for.
    ///
    /// # Errors
    /// When the caller may not use the console, or the storage fails.
    pub fn today(&self, caller: &Caller, towns: &[String]) -> Result<TodayAnswer, ServerError> {
        caller.may(Permission::UseConsole)?;
        Ok(read(self.storage(), |tx| self.today_of(tx, caller, towns))?)
    }

    fn today_of(&self, tx: &dyn Tx, caller: &Caller, towns: &[String]) -> Stored<TodayAnswer> {
        let now_ms = self.now_ms();
        let since_ms = now_ms.saturating_sub(DAY_MS);
        let sites = self.forms().forms().into_iter().filter(|form| form.doc_type == DocType::Site);
        let kinds = sites.map(|form| {
            let count = |doc_type, since_ms| came_in(tx, caller, towns, doc_type, &form.kind, since_ms);
            Ok(KindToday {
                kind: form.kind.clone(),
                sites: count(DocType::Site, Some(since_ms))?,
                inspections: count(DocType::Inspection, Some(since_ms))?,
                all: count(DocType::Site, None)?,
            })
        });
        let kinds = kinds.collect::<Stored<_>>()?;
        let mut by_town = BTreeMap::new();
        let mut queue = |queue| self.waiting(tx, caller, towns, queue, &mut by_town);
        let (conflicts, reviews, overdue) = (queue(Queue::Conflicts)?, queue(Queue::Reviews)?, queue(Queue::Overdue)?);
        let mut listed = devices(tx, caller, towns)?;
        let (devices, holding) =
            (listed.len() as u64, listed.iter().filter(|d| d.records + d.photos > 0).count() as u64);
        listed.truncate(DEVICES_MAX);
        let towns = by_town.into_values().collect();
        Ok(TodayAnswer { now_ms, since_ms, kinds, conflicts, reviews, overdue, towns, devices, holding, listed })
    }

    fn waiting(
        &self,
        tx: &dyn Tx,
        caller: &Caller,
        towns: &[String],
        queue: Queue,
        by_town: &mut BTreeMap<String, TownToday>,
    ) -> Stored<Waiting> {
        let query = QueueQuery { towns: towns.to_vec(), ..self.within(caller, QueueQuery::all(queue)) };
        let mut waiting = Waiting::default();
        for found in tx.count_queued(&query)? {
            waiting.count += found.count;
            waiting.contested += found.contested;
            waiting.oldest_ms = Some(waiting.oldest_ms.map_or(found.oldest_ms, |oldest| oldest.min(found.oldest_ms)));
            let row = by_town.entry(found.town.clone()).or_insert_with(|| town(&found.town));
            match queue {
                Queue::Conflicts => (row.conflicts, row.contested) = (found.count, found.contested),
                Queue::Reviews => row.reviews = found.count,
                Queue::Overdue => row.overdue = found.count,
            }
        }
        Ok(waiting)
    }
}

fn town(code: &str) -> TownToday {
    let name = places::town(code).map_or(code, |town| &town.name).to_owned();
    TownToday { code: code.to_owned(), name, ..TownToday::default() }
}

/// How many documents of a kind a ledger shows; all, or those that changed since.
fn came_in(
    tx: &dyn Tx,
    caller: &Caller,
    towns: &[String],
    doc_type: DocType,
    kind: &str,
    since_ms: Option<i64>,
) -> Stored<u64> {
    let query = SummaryQuery {
        scopes: caller.user().scopes(),
        doc_type,
        kind: kind.to_owned(),
        towns: towns.to_vec(),
        states: Vec::new(),
        since_ms,
        search: None,
        order: Order::Updated,
        descending: true,
        limit: 0,
        offset: 0,
    };
    Ok(tx.count_summaries(&query)?.iter().map(|(_, count)| count).sum())
}

/// The devices of people who work in the caller's townships, without desks and without those that were revoked.
fn devices(tx: &dyn Tx, caller: &Caller, towns: &[String]) -> Stored<Vec<DeviceToday>> {
    let mut shown = Vec::new();
    for device in tx.devices()?.into_iter().filter(|device| !device.revoked) {
        let Some(user) = tx.user(device.user)? else { continue };
        let meets = |town: &String| caller.user().has_town(town) && (towns.is_empty() || towns.contains(town));
        let is_mine = match &user.person.towns {
            Some(his) => his.iter().any(meets),
            None => caller.user().person.towns.is_none(),
        };
        if is_mine && tx.desk_in_use(device.first_actor)?.is_none() {
            shown.push(device_shown(device, user.person.name));
        }
    }
    shown.sort_by_key(|device| (device.records + device.photos == 0, device.last_seen_ms));
    Ok(shown)
}

fn device_shown(device: Device, user: String) -> DeviceToday {
    DeviceToday {
        actor: device.first_actor.0,
        label: device.label,
        user,
        records: device.left.records.into(),
        photos: device.left.photos.into(),
        last_seen_ms: device.last_seen_ms,
        clock_offset_ms: device.clock_offset_ms,
    }
}
