//! The real store, planner and server over a link that loses, repeats and breaks, with devices that are stopped, and
//! restored from old copies. An oracle that remembers what each write had seen says what must be left in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use device::store::{DocEdit, Edit, Set, Store};
use device::sync::{
    EnrolAnswer, Forms, PhotoMode, SyncOptions, Transport, TransportError, UploadBegin, UploadStart, run,
};
use device::{Key, Now};
use domain::change::DocKey;
use domain::clock::WallTime;
use domain::forms::Catalogue;
use domain::sync::{SyncRequest, SyncResponse};
use domain::{ActorId, DocId, DocType, Role, Value};
use proptest::prelude::*;
use sync_server::accounts::{Caller, Enrol, NewUser};
use sync_server::environment::Environment;
use sync_server::{Config, Server};

const DEVICES: usize = 3;
const DOCS: usize = 2;
const PATHS: [&str; 3] = ["note", "address", "responsible_unit"];
const TOWN: &str = "110118107";

#[derive(Clone, Debug)]
enum Event {
    Write {
        device: usize,
        doc: usize,
        path: usize,
    },
    Sync {
        device: usize,
        fault: Fault,
    },
    /// The process ends and starts again.
    Restart {
        device: usize,
    },
    /// Somebody copies the home.
    Copy {
        device: usize,
    },
    /// The home is put back from the copy: what it wrote since is gone from it.
    PutBack {
        device: usize,
    },
}

/// What happens to the link during one sync, counted in round trips.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    RequestsLostFrom(u32),
    AnswerLostOnce(u32),
    AnswersLostFrom(u32),
    Twice,
}

fn event() -> impl Strategy<Value = Event> {
    let device = 0..DEVICES;
    let fault = prop_oneof![
        4 => Just(Fault::None),
        1 => (0..3u32).prop_map(Fault::RequestsLostFrom),
        1 => (0..3u32).prop_map(Fault::AnswerLostOnce),
        2 => (0..3u32).prop_map(Fault::AnswersLostFrom),
        1 => Just(Fault::Twice),
    ];
    prop_oneof![
        6 => (device.clone(), 0..DOCS, 0..PATHS.len()).prop_map(|(device, doc, path)| Event::Write { device, doc, path }),
        5 => (device.clone(), fault).prop_map(|(device, fault)| Event::Sync { device, fault }),
        1 => device.clone().prop_map(|device| Event::Restart { device }),
        1 => device.clone().prop_map(|device| Event::Copy { device }),
        1 => device.prop_map(|device| Event::PutBack { device }),
    ]
}

/// A link to a server in this process.
struct Link<'a> {
    server: &'a Server,
    caller: Caller,
    fault: Fault,
    trips: u32,
}

impl Link<'_> {
    fn ask(&self, request: &SyncRequest) -> Result<SyncResponse, TransportError> {
        // Through the wire format, as over a real link.
        let request: SyncRequest = domain::sync::open(&domain::sync::seal(request)).expect("a request reads back");
        let answer = self.server.sync(&self.caller, &request);
        let answer = answer.map_err(|e| TransportError::Protocol(format!("{e:?}")))?;
        Ok(domain::sync::open(&domain::sync::seal(&answer)).expect("an answer reads back"))
    }
}

fn lost() -> TransportError {
    TransportError::Offline("lost on purpose".into())
}

impl Transport for Link<'_> {
    fn sync(&mut self, request: &SyncRequest) -> Result<SyncResponse, TransportError> {
        let trip = self.trips;
        self.trips += 1;
        match self.fault {
            Fault::RequestsLostFrom(n) if trip >= n => Err(lost()),
            Fault::AnswerLostOnce(n) if trip == n => self.ask(request).and(Err(lost())),
            Fault::AnswersLostFrom(n) if trip >= n => self.ask(request).and(Err(lost())),
            Fault::Twice => self.ask(request).and_then(|_| self.ask(request)),
            _ => self.ask(request),
        }
    }

    fn renumber(&mut self) -> Result<ActorId, TransportError> {
        self.server.renumber(&self.caller).map_err(|e| TransportError::Protocol(format!("{e:?}")))
    }

    fn forms(&mut self) -> Result<Forms, TransportError> {
        Err(TransportError::Protocol("both sides have the embedded forms".into()))
    }

    fn upload_begin(&mut self, _: &UploadBegin) -> Result<UploadStart, TransportError> {
        Err(lost())
    }

    fn upload_offset(&mut self, _: &str) -> Result<Option<u64>, TransportError> {
        Err(lost())
    }

    fn upload_chunk(&mut self, _: &str, _: u64, _: &[u8]) -> Result<u64, TransportError> {
        Err(lost())
    }

    fn bytes(&self) -> (u64, u64) {
        (0, 0)
    }
}

/// One write as the oracle knows it: by its value, which is unique, because its number may change.
struct Written {
    device: usize,
    /// The writes of the same register it had seen, direct and indirect.
    seen: BTreeSet<String>,
    /// How many writes its device had made when it was made; for what a copy did not have.
    turn: u64,
}

struct World {
    folder: tempfile::TempDir,
    server: Server,
    callers: Vec<String>,
    stores: Vec<Option<Store>>,
    copies: BTreeMap<usize, u64>,
    docs: Vec<DocKey>,
    written: BTreeMap<(usize, usize, String), Written>,
    /// Values that were only on a device that was put back.
    gone: BTreeSet<String>,
    turn: u64,
    clock: Arc<AtomicI64>,
    random: u64,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(AtomicI64::new(1_795_000_000_000));
        let drawn = AtomicU64::new(1);
        let time = Arc::clone(&clock);
        let environment = Environment::new(
            move || time.load(Ordering::SeqCst),
            move |bytes| {
                let seed = drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                bytes.iter_mut().enumerate().for_each(|(i, b)| *b = seed[i % 8] ^ u8::try_from(i / 8).unwrap_or(0));
            },
        );
        let forms = Catalogue::embedded().clone();
        let data = folder.path().join("server");
        let server = Server::in_memory(Config { data, forms, environment }).expect("a server");
        let mut world = Self {
            folder,
            server,
            callers: Vec::new(),
            stores: Vec::new(),
            copies: BTreeMap::new(),
            docs: Vec::new(),
            written: BTreeMap::new(),
            gone: BTreeSet::new(),
            turn: 0,
            clock,
            random: 0,
        };
        (0..DEVICES).for_each(|device| world.enrol(device));
        world.make_sites();
        world
    }

    fn now(&mut self) -> Now {
        self.random += 1;
        let unix_ms = self.clock.fetch_add(1_000, Ordering::SeqCst);
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.random.to_be_bytes());
        Now::new(WallTime { unix_ms, offset_min: 480, ..WallTime::default() }, seed)
    }

    fn home(&self, device: usize) -> PathBuf {
        self.folder.path().join(format!("device-{device}"))
    }

    fn open(&mut self, device: usize) {
        let (home, mut now) = (self.home(device), self.now());
        std::fs::create_dir_all(&home).expect("a home");
        let store = Store::open(&home, &Key::Stored, Arc::new(Catalogue::embedded().clone()), &mut now);
        self.stores[device] = Some(store.expect("a store opens"));
    }

    fn enrol(&mut self, device: usize) {
        self.stores.push(None);
        self.open(device);
        let name = format!("user {device}");
        let towns = Some(vec![TOWN.to_owned()]);
        let user = NewUser { name: name.clone(), role: Role::Inspector, towns, password: None };
        self.server.add_user(&user).expect("a user");
        let code = self.server.make_code(&name).expect("a code");
        let store = self.stores[device].as_mut().expect("open");
        let public_key = store.device_key().expect("a key").verifying_key().to_bytes();
        let install = store.install().expect("an install number");
        let enrol = Enrol { code, public_key, install, label: name };
        let enrolled = self.server.enrol("test", &enrol).expect("enrolled");
        let answer = EnrolAnswer { actor: enrolled.actor, token: enrolled.token.clone(), user: enrolled.user };
        store.claim("http://memory", &answer).expect("claimed");
        self.callers.push(enrolled.token);
    }

    /// The sites everybody edits, known to everybody from the start.
    fn make_sites(&mut self) {
        for n in 0..DOCS {
            let key = DocKey {
                id: DocId::new(1_795_000_000_000, [u8::try_from(n).expect("few"); 10]),
                doc_type: DocType::Site,
                kind: "bare-land".into(),
            };
            let sets = [("name", "地块"), ("town", TOWN), ("state", "to-verify")];
            let sets = sets.map(|(path, value)| Set::new(path, Value::text(value))).to_vec();
            self.save(0, key.clone(), sets);
            self.docs.push(key);
        }
        (0..DEVICES).for_each(|device| self.sync(device, Fault::None));
    }

    fn save(&mut self, device: usize, key: DocKey, sets: Vec<Set>) {
        let now = self.now();
        let store = self.stores[device].as_mut().expect("open");
        store.save(&Edit { docs: vec![DocEdit { key, sets }], at: None }, &now).expect("a save");
    }

    /// The surviving values of one register on one device.
    fn values(&self, device: usize, doc: usize, path: &str) -> BTreeSet<String> {
        let store = self.stores[device].as_ref().expect("open");
        let loaded = store.reader().load(self.docs[doc].id).expect("the site is here");
        let register = loaded.document.registers.get(path);
        let puts = register.map(domain::register::Register::puts).unwrap_or_default();
        puts.into_iter().filter_map(|p| p.value.as_text().map(str::to_owned)).collect()
    }

    fn write(&mut self, device: usize, doc: usize, path: usize) {
        self.turn += 1;
        let value = format!("v{}", self.turn);
        let direct = self.values(device, doc, PATHS[path]);
        let indirect = direct.iter().flat_map(|v| self.written[&(doc, path, v.clone())].seen.iter().cloned());
        let seen: BTreeSet<String> = indirect.chain(direct.iter().cloned()).collect();
        self.save(device, self.docs[doc].clone(), vec![Set::new(PATHS[path], Value::text(value.clone()))]);
        self.written.insert((doc, path, value), Written { device, seen, turn: self.turn });
    }

    fn sync(&mut self, device: usize, fault: Fault) {
        let caller = self.server.authenticate(&self.callers[device]).expect("a known device");
        let wall = self.now().wall;
        let mut link = Link { server: &self.server, caller, fault, trips: 0 };
        let store = self.stores[device].as_mut().expect("open");
        let result = run(store, &mut link, &|| wall, SyncOptions { photos: PhotoMode::None, ..SyncOptions::default() });
        let broken_on_purpose = !matches!(fault, Fault::None | Fault::Twice | Fault::AnswerLostOnce(_));
        match result {
            Ok(report) => assert!(report.refused.is_empty() && report.waiting == 0, "{report:?}"),
            Err(error) => assert!(broken_on_purpose, "{fault:?}: {error:?}"),
        }
    }

    fn restart(&mut self, device: usize) {
        self.stores[device] = None;
        self.open(device);
    }

    fn copy(&mut self, device: usize) {
        self.stores[device] = None;
        copy_folder(&self.home(device), &self.home(device).with_extension("copy"));
        self.open(device);
        self.copies.insert(device, self.turn);
    }

    fn put_back(&mut self, device: usize) {
        let Some(&since) = self.copies.get(&device) else { return };
        self.stores[device] = None;
        copy_folder(&self.home(device).with_extension("copy"), &self.home(device));
        self.open(device);
        // What it wrote since the copy lives on only where it had been sent.
        let on_server: BTreeSet<String> = (0..DOCS).flat_map(|doc| self.ever_on_server(doc)).collect();
        let lost = self
            .written
            .iter()
            .filter(|((_, _, value), w)| w.device == device && w.turn > since && !on_server.contains(value));
        self.gone.extend(lost.map(|((_, _, value), _)| value.clone()).collect::<Vec<_>>());
    }

    /// Every value of a document that reached the server at some time.
    fn ever_on_server(&self, doc: usize) -> Vec<String> {
        let id = self.docs[doc].id;
        let stored = sync_server::storage::read(self.server.storage(), |tx| tx.history(id, 10_000));
        let changes: Vec<_> = stored.map_err(|e: sync_server::storage::StorageError| e).expect("a history");
        let decode = |body: &[u8]| domain::change::Change::decode(body).expect("a stored change reads back");
        let values = changes.iter().flat_map(|c| {
            decode(&c.body).puts().filter_map(|(_, _, put)| put.value.as_text().map(str::to_owned)).collect::<Vec<_>>()
        });
        values.collect()
    }

    fn step(&mut self, event: &Event) {
        match *event {
            Event::Write { device, doc, path } => self.write(device, doc, path),
            Event::Sync { device, fault } => self.sync(device, fault),
            Event::Restart { device } => self.restart(device),
            Event::Copy { device } => self.copy(device),
            Event::PutBack { device } => self.put_back(device),
        }
    }

    fn settle(&mut self) {
        for _ in 0..2 {
            (0..DEVICES).for_each(|device| self.sync(device, Fault::None));
        }
    }

    fn expected(&self, doc: usize, path: usize) -> BTreeSet<String> {
        let here = |d: usize, p: usize, v: &String| d == doc && p == path && !self.gone.contains(v);
        let live: Vec<_> = self.written.iter().filter(|((d, p, v), _)| here(*d, *p, v)).collect();
        let seen: BTreeSet<&String> = live.iter().flat_map(|(_, w)| &w.seen).collect();
        live.iter().map(|((_, _, v), _)| v.clone()).filter(|v| !seen.contains(v)).collect()
    }

    fn check(&self) {
        for doc in 0..DOCS {
            for (path, name) in PATHS.iter().enumerate() {
                for device in 0..DEVICES {
                    assert_eq!(
                        self.values(device, doc, name),
                        self.expected(doc, path),
                        "{name} of site {doc} on device {device}"
                    );
                }
            }
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a home") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_acknowledged_is_lost_and_everybody_agrees(events in prop::collection::vec(event(), 1..40)) {
        let mut world = World::new();
        events.iter().for_each(|event| world.step(event));
        world.settle();
        world.check();
    }
}
