//! What must hold: of every answer, when everything is connected again, and at the end.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use domain::change::Change;
use domain::lifecycle::LIFECYCLE_SEEN;
use domain::register::Put;
use domain::sync::SyncResponse;
use domain::{DocId, OpId};
use sync_server::storage::Status;

use super::broken::{Broken, Held, Invariant, unexpected};
use super::oracle::{Place, SaveId};
use super::phone::Phone;
use super::schedule::Sync;
use super::scope;
use super::world::World;

/// Rounds of syncing after which everything must have reached everybody.
const ROUNDS_MAX: usize = 3;

/// The surviving writes of every register.
pub type Digest = BTreeMap<Place, BTreeMap<OpId, Put>>;

impl World {
    /// Of every answer: only what the user may see.
    pub fn check_answer(&self, device: usize, answer: &SyncResponse) -> Held {
        let Some(page) = &answer.page else { return Ok(()) };
        let docs = page.docs().map_err(unexpected("a page"))?;
        let mut written = BTreeSet::new();
        for doc in docs.iter().filter(|doc| !doc.puts.is_empty()) {
            if !self.may_see(device, doc.key.id)? {
                let what = format!("device {device} is sent {} {}", doc.key.doc_type, doc.key.id);
                return Err(Broken::new(Invariant::NobodySeesTooMuch, what));
            }
            written.extend(doc.puts.iter().map(|(_, put)| put.op));
        }
        match page.stamps().iter().find(|stamp| !written.contains(&stamp.op)) {
            Some(stamp) => {
                let what = format!("device {device} is told of {}:{}", stamp.op.actor, stamp.op.seq);
                Err(Broken::new(Invariant::NobodySeesTooMuch, what))
            }
            None => Ok(()),
        }
    }

    fn may_see(&self, device: usize, doc: DocId) -> Held<bool> {
        let person = &self.people[self.owners[device]];
        let Some(towns) = &person.towns else { return Ok(true) };
        let scopes = self.server.read(|tx| scope::scopes(tx, doc))?;
        Ok(scopes.contains(&format!("u{}", person.id.0)) || towns.iter().any(|town| scopes.contains(town)))
    }

    /// Connects everything, lets everybody sync, and checks everything.
    pub fn settle(&mut self) -> Held {
        self.partition = 0;
        for device in 0..self.phones.len() {
            self.enrol(device, false)?;
        }
        self.pass_on(&[])?;
        for _ in 0..ROUNDS_MAX {
            for device in (0..self.phones.len()).filter(|device| self.may_sync(*device)).collect::<Vec<_>>() {
                self.sync(&Sync { device, bytes: 128 * 1024, ..Sync::default() })?;
            }
        }
        self.check_outboxes()?;
        self.check_published()?;
        self.check_registers()?;
        self.check_devices()?;
        self.check_refusals()?;
        self.check_server()
    }

    fn active(&self) -> impl Iterator<Item = (usize, &Phone)> {
        let phones = self.phones.iter().enumerate().filter_map(|(device, phone)| Some((device, phone.as_ref()?)));
        phones.filter(|(device, _)| self.may_sync(*device))
    }

    fn check_outboxes(&self) -> Held {
        for (device, phone) in self.active() {
            let have = phone.store.have().map_err(unexpected("a head"))?;
            if have.acked != have.head {
                let what = format!("device {device} still holds {} of {}", have.head - have.acked, have.head);
                return Err(Broken::new(Invariant::OutboxesEmpty, what));
            }
        }
        match self.server.read(|tx| tx.waits())?.first() {
            Some(wait) => {
                let what = format!(
                    "{}:{} still waits for {}:{}",
                    wait.op.actor, wait.op.seq, wait.needs.actor, wait.needs.seq
                );
                Err(Broken::new(Invariant::OutboxesEmpty, what))
            }
            None => Ok(()),
        }
    }

    /// Whatever the server ever stored is there, and everything an active device saved was stored.
    fn check_published(&self) -> Held {
        let mut stored = BTreeSet::new();
        for (op, published) in &self.published {
            if self.server.read(|tx| tx.change_hash(*op))? != Some(published.hash) {
                let what = format!("{}:{} (save {}) is not on the server any more", op.actor, op.seq, published.save);
                return Err(Broken::new(Invariant::AcknowledgedIsDurable, what));
            }
            stored.insert(published.save);
        }
        for (device, phone) in self.active() {
            if let Some(save) = phone.saves.difference(&stored).next() {
                let what = format!("save {save} of device {device} never reached the server");
                return Err(Broken::new(Invariant::OutboxesEmpty, what));
            }
        }
        Ok(())
    }

    /// The server's registers are what the oracle expects of the changes that count.
    fn check_registers(&self) -> Held {
        let mut counting: BTreeSet<SaveId> = BTreeSet::new();
        for (op, published) in &self.published {
            let status = self.server.read(|tx| tx.change(*op))?.map(|change| change.status);
            if status == Some(Status::Applied) && !counting.insert(published.save) {
                let what = format!("save {} counts under two numbers", published.save);
                return Err(Broken::new(Invariant::NothingLostNothingFalse, what));
            }
        }
        let expected = self.oracle.expected(&counting);
        let mut there: BTreeMap<Place, BTreeSet<SaveId>> = BTreeMap::new();
        for ((doc, path), puts) in self.server_digest(|_| Ok(true))? {
            let saves = puts.keys().map(|op| self.published[op].save);
            there.insert((doc, path), saves.collect());
        }
        if there == expected {
            return self.check_values();
        }
        let places: BTreeSet<&Place> = there.keys().chain(expected.keys()).collect();
        let wrong = places.into_iter().find(|place| there.get(*place) != expected.get(*place));
        let what = wrong.map(|place| {
            let (here, wanted) = (there.get(place), expected.get(place));
            let seen = |save: &SaveId| format!("{save}={:?}", self.oracle.save(*save).writes[place]);
            let saves: Vec<String> = here.iter().chain(&wanted).flat_map(|s| s.iter()).map(seen).collect();
            format!("{} of {}: the server has {here:?}, expected {wanted:?}: {saves:?}", place.1, place.0)
        });
        Err(Broken::new(Invariant::NothingLostNothingFalse, what.unwrap_or_default()))
    }

    /// Each write holds the value that was saved; what a deletion had seen is said by numbers, and numbers change.
    fn check_values(&self) -> Held {
        for id in self.server.read(|tx| tx.docs_after(None, usize::MAX))? {
            let rows = self.server.read(|tx| tx.registers(id))?;
            for row in rows.into_iter().filter(|row| row.path != LIFECYCLE_SEEN) {
                let save = self.published[&row.put.op].save;
                let wrote = self.oracle.save(save).writes.get(&(id, row.path.clone())).map(|write| &write.value);
                if wrote != Some(&row.put.value) {
                    let what = format!("{} of {id} holds {:?}, save {save} wrote {wrote:?}", row.path, row.put.value);
                    return Err(Broken::new(Invariant::NothingLostNothingFalse, what));
                }
            }
        }
        Ok(())
    }

    /// Every device has of the server's registers what its user may see, and nothing else.
    fn check_devices(&self) -> Held {
        let mut seen_by: BTreeMap<usize, Digest> = BTreeMap::new();
        for (device, phone) in self.active() {
            let here = self.digest_of(phone)?;
            let person = self.owners[device];
            if let Entry::Vacant(unknown) = seen_by.entry(person) {
                unknown.insert(self.server_digest(|doc| self.may_see(device, doc))?);
            }
            let there = &seen_by[&person];
            let places: BTreeSet<&Place> = here.keys().chain(there.keys()).collect();
            if let Some(place) = places.into_iter().find(|place| here.get(*place) != there.get(*place)) {
                let (here, there) = (here.get(place), there.get(place));
                let what = format!("{} of {} on device {device}: {here:?}, on the server: {there:?}", place.1, place.0);
                return Err(Broken::new(Invariant::DevicesAgree, what));
            }
        }
        Ok(())
    }

    /// Of its own changes a device lists exactly those as refused that the server refused.
    fn check_refusals(&self) -> Held {
        for (device, phone) in self.active() {
            for (op, published) in &self.published {
                if self.oracle.save(published.save).device != device || !phone.holds(*op, published.save, &self.oracle)
                {
                    continue;
                }
                let Some(stored) = self.server.read(|tx| tx.change(*op))? else { continue };
                let refused = matches!(stored.status, Status::Refused(_));
                let change = Change::decode(&stored.body).map_err(unexpected("a stored change"))?;
                for doc in &change.docs {
                    let listed = phone.store.refused(doc.doc.id).map_err(unexpected("refusals"))?;
                    let is_listed = listed.iter().any(|r| r.op == *op);
                    if is_listed != refused && !(is_listed && listed.len() > 1) {
                        let what = format!(
                            "{}:{} refused: {refused}, listed on device {device}: {is_listed}",
                            op.actor, op.seq
                        );
                        return Err(Broken::new(Invariant::RefusalsAreListed, what));
                    }
                }
            }
        }
        Ok(())
    }

    fn check_server(&self) -> Held {
        let report = self.server.server.check().map_err(unexpected("the server checks itself"))?;
        match report.findings.first() {
            Some(finding) => Err(Broken::new(Invariant::ServerIsWhole, format!("{finding:?}"))),
            None => Ok(()),
        }
    }

    /// The registers of a device.
    pub fn digest_of(&self, phone: &Phone) -> Held<Digest> {
        let mut digest = Digest::new();
        for key in self.oracle.docs() {
            if phone.store.reader().key(key.id).is_err() {
                continue;
            }
            for (path, register) in self.registers(phone, key.id)? {
                digest.insert((key.id, path), register.puts().into_iter().map(|put| (put.op, put)).collect());
            }
        }
        Ok(digest)
    }

    fn server_digest(&self, wanted: impl Fn(DocId) -> Held<bool>) -> Held<Digest> {
        let mut digest = Digest::new();
        for id in self.server.read(|tx| tx.docs_after(None, usize::MAX))? {
            if !wanted(id)? {
                continue;
            }
            for row in self.server.read(|tx| tx.registers(id))? {
                digest.entry((id, row.path)).or_default().insert(row.put.op, row.put);
            }
        }
        Ok(digest)
    }
}
