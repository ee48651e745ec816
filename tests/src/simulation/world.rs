//! Everything of one run: people, devices, the server, and what was ever stored there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use device::Now;
use device::sync::EnrolAnswer;
use domain::change::{Change, Hash};
use domain::clock::WallTime;
use domain::register::Register;
use domain::{ActorId, DocId, OpId, Role, Seq, UserId};
use sync_server::accounts::{Enrol, NewUser};
use sync_server::storage::sqlite::Sqlite;
use sync_server::storage::write;

use super::broken::{Broken, Held, Invariant, unexpected};
use super::dice::Dice;
use super::oracle::{Oracle, SaveId};
use super::phone::Phone;
use super::relay::RelaySide;
use super::schedule::{Event, Schedule, TOWNS};
use super::server::ServerSide;

const START_MS: i64 = 1_795_000_000_000;
/// Between two events.
const STEP_MS: i64 = 7_000;

/// A user, as the server was told last.
#[derive(Clone, Debug)]
pub struct Person {
    /// His number.
    pub id: UserId,
    /// What he may do.
    pub role: Role,
    /// Where; `None` is everywhere.
    pub towns: Option<Vec<String>>,
}

/// A change that was stored on the server at some time.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Its link of the chain.
    pub hash: Hash,
    /// The save it is.
    pub save: SaveId,
}

struct Backup {
    storage: Sqlite,
    people: Vec<Person>,
    revoked: Vec<bool>,
    enrolled: Vec<bool>,
}

/// One run.
pub struct World {
    /// The users.
    pub people: Vec<Person>,
    /// Who works with each device.
    pub owners: Vec<usize>,
    /// The server.
    pub server: ServerSide,
    /// The relay; there is one.
    pub relay: RelaySide,
    /// The devices; one that is just syncing or used is away.
    pub phones: Vec<Option<Phone>>,
    /// What was saved.
    pub oracle: Oracle,
    /// Everything the server ever stored.
    pub published: BTreeMap<OpId, Published>,
    /// Every request that was sent, with its device and token.
    pub sent: Vec<(usize, String, Vec<u8>)>,
    /// Devices without a link, as bits.
    pub partition: u8,
    /// How often the server was restored.
    pub restores: u32,
    heads: BTreeMap<ActorId, Seq>,
    backups: Vec<Backup>,
    enrolled: Vec<bool>,
    revoked: Vec<bool>,
    time_ms: i64,
    server_offset_ms: i64,
    server_clock: Arc<AtomicI64>,
    used_ms: BTreeSet<i64>,
    dice: Dice,
    values: u64,
}

impl World {
    /// The world in which a schedule begins.
    pub fn new(schedule: &Schedule) -> Held<Self> {
        let server_clock = Arc::new(AtomicI64::new(START_MS));
        let server = ServerSide::new(schedule.seed, Arc::clone(&server_clock))?;
        let relay = server.relay(schedule.seed)?;
        let mut world = Self {
            relay,
            people: Vec::new(),
            owners: schedule.devices.iter().map(|person| person % schedule.people.len()).collect(),
            server,
            phones: Vec::new(),
            oracle: Oracle::default(),
            published: BTreeMap::new(),
            sent: Vec::new(),
            partition: 0,
            restores: 0,
            heads: BTreeMap::new(),
            backups: Vec::new(),
            enrolled: vec![false; schedule.devices.len()],
            revoked: vec![false; schedule.devices.len()],
            time_ms: START_MS,
            server_offset_ms: 0,
            server_clock,
            used_ms: BTreeSet::new(),
            dice: Dice::new(schedule.seed ^ 0x0DD5),
            values: 0,
        };
        for (number, person) in schedule.people.iter().enumerate() {
            let towns = names_of(person.towns.as_deref());
            let new = NewUser { name: name_of(number), role: person.role, towns: towns.clone(), password: None };
            let id = world.server.server.add_user(&new).map_err(unexpected("a new user"))?;
            world.people.push(Person { id, role: person.role, towns });
        }
        for owner in world.owners.clone() {
            let phone = Phone::new(owner, &mut world.now(0))?;
            world.phones.push(Some(phone));
        }
        Ok(world)
    }

    /// One event.
    pub fn step(&mut self, event: &Event) -> Held {
        self.time_ms += STEP_MS;
        self.server_clock.store(self.time_ms + self.server_offset_ms, Ordering::SeqCst);
        let count = self.phones.len();
        match event {
            Event::Capture(device, what) => self.capture(device % count, what),
            Event::Sync(sync) => self.sync(sync),
            Event::PassOn(fates) => self.pass_on(fates),
            Event::Straggler(pick) => self.straggler(*pick),
            Event::Partition(devices) => {
                self.partition = *devices;
                Ok(())
            }
            Event::Restart(device) => self.with_phone(device % count, Self::restart),
            Event::Copy(device) if self.enrolled[device % count] => self.with_phone(device % count, |_, p| p.copy()),
            Event::Copy(_) => Ok(()),
            Event::PutBack(device) => self.put_back(device % count),
            Event::Clock(device, offset_ms) => self.with_phone(device % count, |_, phone| {
                phone.offset_ms = *offset_ms;
                Ok(())
            }),
            Event::ServerClock(offset_ms) => {
                self.server_offset_ms = *offset_ms;
                Ok(())
            }
            Event::Backup => self.back_up(),
            Event::Restore(pick) => self.restore(*pick),
            Event::ServerRestart => self.server.restart(),
            Event::Forms(set) => self.server.restart_with(*set),
            Event::Towns(person, towns) => {
                let person = person % self.people.len();
                self.people[person].towns = names_of(towns.as_deref());
                self.tell_person(person)
            }
            Event::Role(person, role) => {
                let person = person % self.people.len();
                self.people[person].role = *role;
                self.tell_person(person)
            }
            Event::Revoke(device) => self.revoke(device % count),
            Event::Enrol(device, lost) => self.enrol(device % count, *lost),
        }
    }

    /// A moment on a clock that is so many milliseconds off; no two are the same.
    pub fn now(&mut self, offset_ms: i64) -> Now {
        let mut unix_ms = self.time_ms + offset_ms;
        while !self.used_ms.insert(unix_ms) {
            unix_ms += 1;
        }
        let mut seed = [0; 32];
        self.dice.fill(&mut seed);
        Now::new(WallTime { unix_ms, offset_min: 480, ..WallTime::default() }, seed)
    }

    /// A text nobody wrote before.
    pub fn next_value(&mut self) -> String {
        self.values += 1;
        format!("v{}", self.values)
    }

    /// The registers of a document on a device.
    pub fn registers(&self, phone: &Phone, doc: DocId) -> Held<BTreeMap<String, Register>> {
        let loaded = phone.store.reader().load(doc).map_err(unexpected("a document"))?;
        Ok(loaded.document.registers)
    }

    /// The save behind a write, as a device names it: its own chain first, because a device that was put back uses
    /// numbers again until it hears of it.
    pub fn save_of(&self, phone: &Phone, op: OpId) -> Held<SaveId> {
        let known = phone.own.get(&op).copied().or_else(|| self.published.get(&op).map(|p| p.save));
        known.ok_or_else(|| {
            let what = format!("a device has the write {}:{}, which nobody made", op.actor, op.seq);
            Broken::new(Invariant::NothingLostNothingFalse, what)
        })
    }

    /// Notes what the server stored since the last look.
    pub fn observe(&mut self) -> Held {
        for chain in self.server.read(|tx| tx.chains())? {
            let known = self.heads.get(&chain.actor).copied().unwrap_or(0);
            if chain.head <= known {
                continue;
            }
            for stored in self.server.read(|tx| tx.changes_after(chain.actor, known, usize::MAX))? {
                let change = Change::decode(&stored.body).map_err(unexpected("a stored change"))?;
                let save = self.oracle.at(change.wall.unix_ms);
                let made = || Broken::new(Invariant::NothingLostNothingFalse, "the server has a change nobody made");
                let new = Published { hash: stored.hash, save: save.ok_or_else(made)? };
                let before = self.published.insert(change.id(), new);
                if before.is_some_and(|before| before.hash != new.hash) {
                    let what = format!("{}:{} stands for two contents", change.actor, change.seq);
                    return Err(Broken::new(Invariant::OneContentPerNumber, what));
                }
            }
            self.heads.insert(chain.actor, chain.head);
        }
        Ok(())
    }

    /// Whether a device was enrolled and may sync.
    pub fn may_sync(&self, device: usize) -> bool {
        self.enrolled[device] && !self.revoked[device]
    }

    /// Whether a device was revoked.
    pub fn is_revoked(&self, device: usize) -> bool {
        self.revoked[device]
    }

    pub(super) fn with_phone(&mut self, device: usize, act: impl FnOnce(&mut Self, &mut Phone) -> Held) -> Held {
        let Some(mut phone) = self.phones[device].take() else { return Ok(()) };
        let done = act(self, &mut phone);
        self.phones[device] = Some(phone);
        done
    }

    fn restart(&mut self, phone: &mut Phone) -> Held {
        let before = self.digest_of(phone)?;
        phone.restart(&self.oracle)?;
        self.check_saved(phone)?;
        if self.digest_of(phone)? == before {
            return Ok(());
        }
        Err(Broken::new(Invariant::SavedStays, "a device shows something else after a restart"))
    }

    pub(super) fn check_saved(&self, phone: &Phone) -> Held {
        let published = |save| self.published.iter().find(|(_, p)| p.save == save).map(|(op, _)| *op);
        phone.check_saved(&self.oracle, published)
    }

    /// A home is put back, unless the server lost changes that would then be nowhere any more.
    fn put_back(&mut self, device: usize) -> Held {
        self.with_phone(device, |world, phone| {
            for (op, published) in world.published_by(device) {
                let on_server = world.server.read(|tx| tx.change_hash(op))?.is_some();
                if !on_server && !phone.copy_holds(op, published.save, &world.oracle) {
                    return Ok(());
                }
            }
            phone.put_back(&world.oracle)
        })
    }

    fn published_by(&self, device: usize) -> Vec<(OpId, Published)> {
        let by = |p: &Published| self.oracle.save(p.save).device == device;
        self.published.iter().filter(|(_, p)| by(p)).map(|(op, p)| (*op, *p)).collect()
    }

    fn back_up(&mut self) -> Held {
        let (people, revoked, enrolled) = (self.people.clone(), self.revoked.clone(), self.enrolled.clone());
        self.backups.push(Backup { storage: self.server.copy()?, people, revoked, enrolled });
        Ok(())
    }

    /// The server is restored, unless that would take changes of which no author has them any more, or devices.
    fn restore(&mut self, pick: usize) -> Held {
        if self.backups.is_empty() {
            return Ok(());
        }
        let backup = &self.backups[pick % self.backups.len()];
        if backup.enrolled != self.enrolled || !self.survives(backup)? {
            return Ok(());
        }
        self.server.restore(&backup.storage)?;
        self.people.clone_from(&backup.people);
        self.revoked.clone_from(&backup.revoked);
        self.restores += 1;
        self.heads.clear();
        self.observe()
    }

    fn survives(&self, backup: &Backup) -> Held<bool> {
        use sync_server::storage::{StorageError, read};
        for (op, published) in &self.published {
            let there = read(&backup.storage, |tx| tx.change_hash(*op));
            let there = there.map_err(|e: StorageError| unexpected("a backup")(e))?.is_some();
            let device = self.oracle.save(published.save).device;
            let author = self.phones[device].as_ref();
            let held = author.is_some_and(|phone| phone.holds(*op, published.save, &self.oracle));
            if !there && (!held || backup.revoked[device]) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn tell_person(&mut self, person: usize) -> Held {
        let now = &self.people[person];
        let told = write(self.server.server.storage(), |tx| {
            let Some(mut user) = tx.user(now.id)? else { return Ok(()) };
            (user.person.role, user.person.towns) = (now.role, now.towns.clone());
            tx.update_user(&user)
        });
        told.map_err(|e: sync_server::storage::StorageError| unexpected("a user is changed")(e))
    }

    /// A device is revoked, unless a restored server still waits for changes that others have seen of it.
    fn revoke(&mut self, device: usize) -> Held {
        if !self.may_sync(device) {
            return Ok(());
        }
        for (op, _) in self.published_by(device) {
            if self.server.read(|tx| tx.change_hash(op))?.is_none() {
                return Ok(());
            }
        }
        let key = self.phones[device].as_ref().map(|phone| phone.store.device_key()).transpose();
        let Some(key) = key.map_err(unexpected("a key"))? else { return Ok(()) };
        let public = key.verifying_key().to_bytes();
        let devices = self.server.server.devices().map_err(unexpected("the devices"))?;
        let Some(known) = devices.into_iter().find(|known| known.public_key == public) else { return Ok(()) };
        self.server.server.revoke(known.first_actor).map_err(unexpected("a device is revoked"))?;
        self.revoked[device] = true;
        Ok(())
    }

    pub(super) fn enrol(&mut self, device: usize, answer_lost: bool) -> Held {
        if self.enrolled[device] {
            return Ok(());
        }
        self.with_phone(device, |world, phone| {
            let server = &world.server.server;
            let code = server.make_code(&name_of(phone.person)).map_err(unexpected("a code"))?;
            let public_key = phone.store.device_key().map_err(unexpected("a key"))?.verifying_key().to_bytes();
            let install = phone.store.install().map_err(unexpected("an install number"))?;
            let request = Enrol { code, public_key, install, label: format!("device {device}") };
            if answer_lost {
                server.enrol("simulation", &request).map_err(unexpected("an enrolment"))?;
            }
            let enrolled = server.enrol("simulation", &request).map_err(unexpected("an enrolment"))?;
            let answer = EnrolAnswer { actor: enrolled.actor, token: enrolled.token, user: enrolled.user };
            phone.store.claim("http://simulation", &answer).map_err(unexpected("a claim"))?;
            phone.read_chain(&world.oracle)?;
            world.enrolled[device] = true;
            world.check_saved(phone)
        })
    }
}

fn name_of(person: usize) -> String {
    format!("user {person}")
}

fn names_of(towns: Option<&[usize]>) -> Option<Vec<String>> {
    towns.map(|towns| towns.iter().map(|town| TOWNS[town % TOWNS.len()].to_owned()).collect())
}
