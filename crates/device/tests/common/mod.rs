//! Homes for tests: a device in a temporary folder, and pages as a server would send them.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::path::{Path, PathBuf};

use device::capture::{self, Given, NewDoc};
use device::{Home, Key, Now, Result};
use domain::change::DocKey;
use domain::clock::{Hlc, WallTime};
use domain::register::{Clock, Put};
use domain::sync::{DeviceInfo, DocState, Page, PageBuilder, Person, Stamp};
use domain::{ActorId, DocId, DocType, OpId, Role, UserId, Value};

/// 2026-11-23 10:00 in Beijing.
pub const TEN_O_CLOCK_MS: i64 = 1_795_399_200_000;

/// A device in a folder of its own; time stands still unless the test moves it.
pub struct Device {
    pub folder: tempfile::TempDir,
    pub home: Home,
    pub now: Now,
}

impl Default for Device {
    fn default() -> Self {
        Self::new()
    }
}

impl Device {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut now = at(TEN_O_CLOCK_MS);
        let home = Home::open(folder.path(), &Key::Stored, &[], &mut now).unwrap();
        Self { folder, home, now }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The same home opened again, as after a restart.
    pub fn reopen(mut self) -> Self {
        drop(self.home);
        self.home = Home::open(self.folder.path(), &Key::Stored, &[], &mut self.now).unwrap();
        self
    }

    pub fn new_doc(
        &mut self,
        doc_type: DocType,
        kind: &str,
        site: Option<DocId>,
        set: &[(&str, &str)],
    ) -> Result<DocId> {
        let doc = NewDoc { doc_type, kind: kind.into(), site, given: given(set) };
        let now = &mut self.now;
        self.home.store.write(|w| capture::create(w, now, &doc))
    }

    pub fn site(&mut self, kind: &str, name: &str) -> DocId {
        self.new_doc(DocType::Site, kind, None, &[("name", name), ("town", "110118101")]).unwrap()
    }

    pub fn set(&mut self, id: DocId, set: &[(&str, &str)]) -> Result<()> {
        let given = given(set);
        let now = &mut self.now;
        self.home.store.write(|w| capture::set(w, now, id, &given).map(|_| ()))
    }

    pub fn value(&self, id: DocId, path: &str) -> serde_json::Value {
        self.home.show(id).unwrap().values.get(path).cloned().unwrap_or_default()
    }

    /// Later by so many seconds.
    pub fn wait(&mut self, seconds: i64) {
        self.now.wall.unix_ms += seconds * 1000;
    }

    pub fn apply(&mut self, page: &Page) {
        let wall = self.now.wall;
        self.home.store.apply_page(page, &wall).unwrap();
    }

    pub fn enrol(&mut self, actor: u32, user: Person) -> u64 {
        let answer = device::sync::EnrolAnswer { actor: ActorId(actor), token: "t".into(), user };
        self.home.store.claim("http://server", &answer).unwrap()
    }

    /// Changes the database behind the library's back, as somebody with the key could.
    pub fn tamper(&self, sql: &str) {
        let key = std::fs::read_to_string(self.path().join("key")).unwrap();
        let db = rusqlite::Connection::open(self.path().join("device.db")).unwrap();
        db.pragma_update(None, "key", format!("x'{}'", key.trim())).unwrap();
        db.execute_batch(sql).unwrap();
    }

    pub fn search(&self, text: &str) -> Vec<String> {
        let query = device::store::ListQuery { search: Some(text.into()), ..Default::default() };
        self.home.list(&query).unwrap().rows.into_iter().map(|r| r.title).collect()
    }
}

pub fn at(unix_ms: i64) -> Now {
    let wall = WallTime { unix_ms, offset_min: 480, ..WallTime::default() };
    Now::new(wall, [u8::try_from(unix_ms % 251).unwrap(); 32])
}

pub fn given(set: &[(&str, &str)]) -> Given {
    Given { set: set.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect(), ..Given::default() }
}

pub fn person(id: u32, name: &str) -> Person {
    Person { id: UserId(id), name: name.into(), role: Role::Inspector, towns: None }
}

/// Another device as its writes come from the server.
pub struct Remote {
    pub actor: ActorId,
    pub user: Person,
    pub seq: u64,
    pub unix_ms: i64,
}

impl Remote {
    pub fn new(actor: u32, name: &str) -> Self {
        Self { actor: ActorId(actor), user: person(actor + 100, name), seq: 0, unix_ms: TEN_O_CLOCK_MS }
    }

    /// One write that has seen `seen`.
    pub fn put(&mut self, value: Value, seen: &Clock) -> Put {
        self.seq += 1;
        self.unix_ms += 1000;
        let op = OpId { actor: self.actor, seq: self.seq };
        Put { op, hlc: Hlc::from_unix_ms(self.unix_ms), clock: seen.clone().with(op), value }
    }

    /// A page with one document.
    pub fn page(&self, key: &DocKey, whole: bool, puts: Vec<(String, Put)>) -> Page {
        self.page_of(vec![DocState { whole, ..self.state(key, puts) }])
    }

    pub fn state(&self, key: &DocKey, puts: Vec<(String, Put)>) -> DocState {
        DocState { key: key.clone(), form_version: 1, whole: false, held: None, puts, unknown: Vec::new() }
    }

    pub fn page_of(&self, docs: Vec<DocState>) -> Page {
        let mut builder = PageBuilder::default();
        for doc in docs {
            let hlcs: std::collections::HashMap<OpId, Hlc> = doc.puts.iter().map(|(_, p)| (p.op, p.hlc)).collect();
            builder.add(doc, |op| Stamp {
                op,
                author: self.user.id,
                hlc: hlcs.get(&op).copied().unwrap_or_default(),
                wall: WallTime { unix_ms: self.unix_ms, offset_min: 480, ..WallTime::default() },
                at: None,
            });
        }
        let device = DeviceInfo { actor: self.actor, user: self.user.id, label: "tablet".into() };
        builder.finish([("110118101".to_owned(), 7)].into(), false, vec![self.user.clone()], vec![device])
    }
}

pub fn key(id: DocId, doc_type: DocType, kind: &str) -> DocKey {
    DocKey { id, doc_type, kind: kind.into() }
}

/// A small JPEG on the disk.
pub fn photo(folder: &Path, name: &str, shade: u8) -> PathBuf {
    let path = folder.join(name);
    image::RgbImage::from_pixel(64, 48, image::Rgb([shade, 120, 60])).save(&path).unwrap();
    path
}
