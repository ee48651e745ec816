//! Devices and servers for tests: every option has a default, so what a test says is what it is about.
#![allow(dead_code)]

pub mod http;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::change::{Change, DocKey, DocWrites, GENESIS, Hash, Op, sign_head};
use domain::clock::{Hlc, WallTime};
use domain::document::Document;
use domain::forms::Catalogue;
use domain::register::Clock;
use domain::sync::batch::chain;
use domain::sync::{Batch, Cursors, Left, Refused, Standing, SyncRequest, SyncResponse};
use domain::{ActorId, DocId, DocType, OpId, Role, Seq, UserId, Value};
use ed25519_dalek::SigningKey;
use sync_server::{Caller, Config, Enrol, Environment, NewUser, Server, ServerError};

/// The two townships of the tests.
pub const NORTH: &str = "110118101";
pub const SOUTH: &str = "110118103";

/// A clock that stands until it is moved.
#[derive(Clone)]
pub struct TestClock(pub Arc<AtomicI64>);

impl TestClock {
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// A server in memory, with its clock.
pub struct Site {
    pub server: Arc<Server>,
    pub clock: TestClock,
    pub data: tempfile::TempDir,
}

pub fn environment() -> (Environment, TestClock) {
    environment_from(1)
}

/// Another seed gives other random numbers.
pub fn environment_from(seed: u64) -> (Environment, TestClock) {
    let clock = TestClock(Arc::new(AtomicI64::new(1_795_437_000_000)));
    let (time, counter) = (clock.clone(), AtomicU64::new(seed));
    let random = move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            // splitmix64: different every time, the same in every run.
            let mut z = counter.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    };
    (Environment::new(move || time.0.load(Ordering::SeqCst), random), clock)
}

impl Site {
    pub fn new() -> Self {
        let (environment, clock) = environment();
        let data = tempfile::tempdir().expect("a folder");
        let config = Config { data: data.path().into(), forms: Catalogue::embedded().clone(), environment };
        Self { server: Arc::new(Server::in_memory(config).expect("a server")), clock, data }
    }

    pub fn on_disk() -> Self {
        let (environment, clock) = environment();
        let data = tempfile::tempdir().expect("a folder");
        let config = Config { data: data.path().into(), forms: Catalogue::embedded().clone(), environment };
        Self { server: Arc::new(Server::open(config).expect("a server")), clock, data }
    }

    pub fn user(&self, name: &str, role: Role, towns: Option<&[&str]>) -> UserId {
        let towns = towns.map(|t| t.iter().map(|&t| t.to_owned()).collect());
        let password = Some(format!("password of {name}"));
        self.server.add_user(&NewUser { name: name.into(), role, towns, password }).expect("added")
    }

    /// A device of a user that is made on the way.
    pub fn device(&self, name: &str, role: Role, towns: Option<&[&str]>) -> Device {
        self.user(name, role, towns);
        self.device_for(name)
    }

    pub fn device_for(&self, name: &str) -> Device {
        let code = self.server.make_code(name).expect("a code");
        Device::enrol(&self.server, &code)
    }

    pub fn inspector(&self, name: &str, town: &str) -> Device {
        self.device(name, Role::Inspector, Some(&[town]))
    }
}

/// A device: its chain, its documents, what it was told.
pub struct Device {
    pub server: Arc<Server>,
    pub key: SigningKey,
    pub install: u64,
    pub actor: ActorId,
    pub user: UserId,
    pub token: String,
    pub changes: Vec<Change>,
    pub hashes: Vec<Hash>,
    pub acked: Seq,
    pub epoch: Option<[u8; 16]>,
    pub cursors: Cursors,
    pub docs: BTreeMap<DocId, Document>,
    pub held: BTreeMap<DocId, bool>,
    pub gone: Vec<DocId>,
    pub refused: BTreeMap<Seq, Refused>,
    pub waiting: Vec<(Seq, OpId)>,
    next_doc: u64,
}

impl Device {
    pub fn enrol(server: &Arc<Server>, code: &str) -> Self {
        let seed: u64 = code.bytes().fold(7, |a, b| a.wrapping_mul(31).wrapping_add(u64::from(b)));
        let mut secret = [0; 32];
        secret[..8].copy_from_slice(&seed.to_le_bytes());
        let key = SigningKey::from_bytes(&secret);
        let public_key = key.verifying_key().to_bytes();
        let request = Enrol { code: code.into(), public_key, install: seed, label: "test".into() };
        let enrolled = server.enrol("test", &request).expect("enrolled");
        Self {
            server: server.clone(),
            key,
            install: seed,
            actor: enrolled.actor,
            user: enrolled.user.id,
            token: enrolled.token,
            changes: Vec::new(),
            hashes: Vec::new(),
            acked: 0,
            epoch: None,
            cursors: Cursors::new(),
            docs: BTreeMap::new(),
            held: BTreeMap::new(),
            gone: Vec::new(),
            refused: BTreeMap::new(),
            waiting: Vec::new(),
            next_doc: 0,
        }
    }

    pub fn caller(&self) -> Caller {
        self.server.authenticate(&self.token).expect("authenticated")
    }

    pub fn new_id(&mut self) -> DocId {
        self.next_doc += 1;
        let mut random = [0; 10];
        random[..4].copy_from_slice(&self.actor.0.to_le_bytes());
        random[4..8].copy_from_slice(&(self.next_doc as u32).to_le_bytes());
        DocId::new(1_795_437_000_000 + self.next_doc, random)
    }

    /// A save of several documents at once.
    pub fn save(&mut self, docs: &[(&DocKey, &[(&str, Value)])]) -> Seq {
        let seq = self.changes.len() as Seq + 1;
        let hlc = Hlc::from_unix_ms(1_795_437_000_000 + seq as i64);
        let writes = docs.iter().map(|(key, values)| DocWrites {
            doc: (*key).clone(),
            form_version: 1,
            ops: values
                .iter()
                .map(|(path, value)| Op::Put {
                    path: (*path).into(),
                    context: self.context(key.id, path),
                    value: value.clone(),
                })
                .collect(),
        });
        let wall = WallTime { unix_ms: hlc.unix_ms(), ..WallTime::default() };
        let docs = writes.collect();
        let change = Change { actor: self.actor, seq, author: self.user, hlc, wall, at: None, docs };
        self.push_change(change)
    }

    pub fn push_change(&mut self, change: Change) -> Seq {
        for (key, path, put) in change.puts() {
            let fresh = || Document::new(key.clone());
            self.docs.entry(key.id).or_insert_with(fresh).apply(path, put);
        }
        let previous = self.hashes.last().copied().unwrap_or(GENESIS);
        self.hashes.push(change.hash(&previous));
        let seq = change.seq;
        self.changes.push(change);
        seq
    }

    pub fn context(&self, id: DocId, path: &str) -> Clock {
        self.docs.get(&id).and_then(|d| d.registers.get(path)).map(|r| r.context()).unwrap_or_default()
    }

    pub fn set(&mut self, key: &DocKey, values: &[(&str, Value)]) -> Seq {
        self.save(&[(key, values)])
    }

    pub fn new_site(&mut self, kind: &str, town: &str) -> DocKey {
        let key = DocKey { id: self.new_id(), doc_type: DocType::Site, kind: kind.into() };
        self.set(&key, &[("name", text("a plot")), ("town", text(town)), ("state", text(initial(kind)))]);
        key
    }

    pub fn new_doc(&mut self, doc_type: DocType, kind: &str, values: &[(&str, Value)]) -> DocKey {
        let key = DocKey { id: self.new_id(), doc_type, kind: kind.into() };
        self.set(&key, values);
        key
    }

    pub fn batch(&self, from: Seq) -> Option<Batch> {
        let at = usize::try_from(from).expect("small");
        let changes = &self.changes[at..];
        let last = changes.last()?;
        let hash = self.hashes.last()?;
        Some(Batch::pack(changes, sign_head(&self.key, self.actor, last.seq, hash)))
    }

    pub fn request(&self) -> SyncRequest {
        let acked = usize::try_from(self.acked).expect("small");
        SyncRequest {
            actor: self.actor,
            install: self.install,
            epoch: self.epoch,
            head: self.changes.len() as Seq,
            acked: acked.checked_sub(1).map(|at| (self.acked, self.hashes[at])),
            push: self.batch(self.acked).into_iter().collect(),
            pull: Some(self.cursors.clone()),
            keeps_own: false,
            page_bytes: u32::MAX,
            left: Left::default(),
            forms: 0,
            user: 0,
            now: WallTime::default(),
        }
    }

    pub fn send(&self, request: &SyncRequest) -> Result<SyncResponse, ServerError> {
        self.server.sync(&self.caller(), request)
    }

    /// Syncs until there is no more; gives the last answer.
    pub fn sync(&mut self) -> SyncResponse {
        loop {
            let answer = self.send(&self.request()).expect("answered");
            let more = answer.page.as_ref().is_some_and(|page| page.more);
            self.take(&answer);
            if !more {
                return answer;
            }
        }
    }

    pub fn take(&mut self, answer: &SyncResponse) {
        self.epoch = Some(answer.epoch);
        if let Standing::Acked { head, .. } = answer.standing {
            self.acked = head;
        }
        self.refused.extend(answer.refused.iter().map(|r| (r.seq, r.clone())));
        self.waiting = answer.waiting.clone();
        let Some(page) = &answer.page else { return };
        for state in page.docs().expect("a sound page") {
            let id = state.key.id;
            if state.whole {
                self.docs.remove(&id);
            }
            let doc = self.docs.entry(id).or_insert_with(|| Document::new(state.key.clone()));
            for (path, put) in state.puts {
                doc.apply(&path, put);
            }
            self.held.extend(state.held.map(|held| (id, held)));
        }
        for id in &page.gone {
            self.docs.remove(id);
        }
        self.gone.extend(&page.gone);
        self.cursors = page.cursors.clone();
    }

    /// A photo record of a new site that names these bytes.
    pub fn new_photo(&mut self, town: &str, bytes: &[u8]) -> DocKey {
        let plot = self.new_site("bare-land", town);
        let hash = http::sha256_hex(bytes);
        let values = [("of", text(&plot.id.to_string())), ("proves", text("dust")), ("sha256", text(&hash))];
        let photo = self.new_doc(DocType::Photo, "-", &values);
        self.set(&plot, &[(&format!("photos/{}", photo.id), Value::Bool(true))]);
        photo
    }

    pub fn texts(&self, id: DocId, path: &str) -> Vec<String> {
        let register = self.docs.get(&id).and_then(|d| d.registers.get(path));
        let puts = register.map(|r| r.candidates()).unwrap_or_default();
        puts.iter().filter_map(|p| p.value.as_text().map(str::to_owned)).collect()
    }

    pub fn has(&self, id: DocId) -> bool {
        self.docs.get(&id).is_some_and(|d| !d.registers.is_empty())
    }

    pub fn code_of(&self, seq: Seq) -> Option<&'static str> {
        self.refused.get(&seq).map(|r| r.code.as_str())
    }
}

pub fn text(t: &str) -> Value {
    Value::text(t)
}

/// The first state of a site of a kind.
pub fn initial(kind: &str) -> &'static str {
    match kind {
        "bare-land" => "to-verify",
        "outfall" => "surveyed",
        _ => "in-order",
    }
}

/// Hashes as a device computes them, for tests that forge.
pub fn hashes(changes: &[Change]) -> Vec<Hash> {
    chain(GENESIS, changes)
}
