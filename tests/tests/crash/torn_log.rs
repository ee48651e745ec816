//! The write-ahead logs of both databases cut and flipped anywhere past the last checkpoint: what opens is a state that
//! was committed, never half a save; what does not open says so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, ensure};
use device::capture::{self, Given, NewDoc, verify};
use device::store::Store;
use device::{Key, Now};
use domain::DocType;
use domain::forms::Catalogue;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use shanxun_tests::crash::{Dice, kills};
use sync_server::{Config, Environment, NewUser, Server};

const LOG_HEAD_BYTES: usize = 32;
const FRAME_HEAD_BYTES: usize = 24;
const SAVES: usize = 8;

/// A database with the states it was in after each commit.
struct Recorded {
    name: &'static str,
    main: Vec<u8>,
    log: Vec<u8>,
    /// The key file's content, for a device.
    key: Option<String>,
    states: Vec<[u8; 32]>,
}

/// A log as a row of frames.
struct Frames {
    /// Bytes of one frame.
    step: usize,
    /// The numbers of the frames that end a commit.
    commits: Vec<usize>,
    count: usize,
}

impl Frames {
    fn of(log: &[u8]) -> Self {
        let word = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().expect("four bytes"));
        let step = FRAME_HEAD_BYTES + word(8) as usize;
        let count = (log.len() - LOG_HEAD_BYTES) / step;
        let is_commit = |frame: &usize| word(LOG_HEAD_BYTES + frame * step + 4) != 0;
        Self { step, commits: (0..count).filter(is_commit).collect(), count }
    }

    /// Whether a frame is also cut and flipped within: all of them in a long run, else every few and all round a commit.
    fn is_chosen(&self, frame: usize) -> bool {
        let near_commit = self.commits.iter().any(|&last| frame.abs_diff(last) <= 1);
        near_commit || frame.is_multiple_of((self.count / kills(20).max(1)).clamp(1, 16))
    }

    /// How many commits are whole before a byte.
    fn whole_before(&self, at: usize) -> usize {
        self.commits.iter().filter(|&&last| LOG_HEAD_BYTES + (last + 1) * self.step <= at).count()
    }

    /// How many commits end before the frame that holds a byte.
    fn sound_before(&self, at: usize) -> usize {
        if at < LOG_HEAD_BYTES {
            return 0;
        }
        let frame = (at - LOG_HEAD_BYTES) / self.step;
        self.commits.iter().filter(|&&last| last < frame).count()
    }
}

fn connect(file: &Path, key: Option<&str>) -> Result<Connection> {
    let db = Connection::open(file)?;
    if let Some(key) = key {
        db.pragma_update(None, "key", format!("x'{key}'"))?;
    }
    Ok(db)
}

/// Everything in a database as one hash.
fn state(db: &Connection) -> Result<[u8; 32]> {
    let sql = "select name from sqlite_master where type = 'table' and sql not like 'create virtual%' order by name";
    let tables: Vec<String> = db.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut hash = Sha256::new();
    for table in tables {
        let mut statement = db.prepare(&format!("select * from \"{table}\""))?;
        let columns = statement.column_count();
        let mut lines = BTreeSet::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let cells = (0..columns).map(|at| Ok(format!("{:?}", row.get_ref(at)?)));
            lines.insert(cells.collect::<rusqlite::Result<Vec<_>>>()?.join("|"));
        }
        hash.update(format!("{table}: {lines:?}"));
    }
    Ok(hash.finalize().into())
}

fn catalogue() -> Arc<Catalogue> {
    static ONCE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    ONCE.get_or_init(|| Arc::new(Catalogue::embedded().clone())).clone()
}

/// A folder that need not survive anything: in memory where there is such a place.
fn quick_folder() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? })
}

fn record_device() -> Result<Recorded> {
    let folder = quick_folder()?;
    let mut now = Now::system();
    let mut store = Store::open(folder.path(), &Key::Stored, catalogue(), &mut now)?;
    let key = std::fs::read_to_string(folder.path().join("key"))?;
    let watch = connect(&folder.path().join("device.db"), Some(&key))?;
    let mut states = vec![state(&watch)?];
    let mut site = None;
    for n in 0..SAVES {
        let set = vec![("name".into(), format!("地块 {n}")), ("note".into(), "x".repeat(n * 900))];
        let given = Given { set, ..Given::default() };
        match site {
            Some(id) if n % 2 == 1 => store.write(|w| capture::set(w, &mut now, id, &given).map(|_| ()))?,
            _ => {
                let new = NewDoc { doc_type: DocType::Site, kind: "bare-land".into(), site: None, given };
                site = Some(store.write(|w| capture::create(w, &mut now, &new))?);
            }
        }
        states.push(state(&watch)?);
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).with_context(|| name.to_owned());
    Ok(Recorded { name: "device", main: read("device.db")?, log: read("device.db-wal")?, key: Some(key), states })
}

fn record_server() -> Result<Recorded> {
    let folder = quick_folder()?;
    let server = open_server(folder.path())?;
    let watch = connect(&folder.path().join("server.db"), None)?;
    let mut states = vec![state(&watch)?];
    for n in 0..SAVES {
        let name = format!("user-{n}");
        server.add_user(&NewUser { name: name.clone(), role: domain::Role::Inspector, towns: None, password: None })?;
        states.push(state(&watch)?);
        server.make_code(&name)?;
        states.push(state(&watch)?);
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).with_context(|| name.to_owned());
    Ok(Recorded { name: "server", main: read("server.db")?, log: read("server.db-wal")?, key: None, states })
}

fn open_server(data: &Path) -> Result<Server, sync_server::ServerError> {
    let forms = Catalogue::embedded().clone();
    Server::open(Config { data: data.into(), forms, environment: Environment::system() })
}

/// Opens a copy with the product; the state it shows, or the code of its refusal.
fn open_copy(recorded: &Recorded, main: &[u8], log: &[u8], whole_check: bool) -> Result<Result<[u8; 32], String>> {
    let folder = quick_folder()?;
    let file: PathBuf = folder.path().join(format!("{}.db", recorded.name));
    std::fs::write(&file, main)?;
    std::fs::write(file.with_extension("db-wal"), log)?;
    if let Some(key) = &recorded.key {
        std::fs::write(folder.path().join("key"), key)?;
        let store = match Store::open(folder.path(), &Key::Stored, catalogue(), &mut Now::system()) {
            Ok(store) => store,
            Err(error) => return Ok(Err(error.code().to_owned())),
        };
        if whole_check {
            let faults = verify(&store)?;
            ensure!(faults.is_empty(), "{faults:?}");
        }
    } else {
        let server = match open_server(folder.path()) {
            Ok(server) => server,
            Err(error) => return Ok(Err(error.code().to_owned())),
        };
        if whole_check {
            let findings = server.check()?.findings;
            ensure!(findings.is_empty(), "{findings:?}");
        }
    }
    Ok(Ok(state(&connect(&file, recorded.key.as_deref())?)?))
}

/// Whether this is the state after so many commits. The first of a server's log gives it its name: without it the
/// server begins with another.
fn is_after(recorded: &Recorded, frames: &Frames, commits: usize, state: [u8; 32]) -> bool {
    let unnamed = frames.commits.len() + 1 - recorded.states.len();
    commits.checked_sub(unnamed).is_none_or(|at| recorded.states[at] == state)
}

fn cut(recorded: &Recorded, dice: &mut Dice) -> Result<usize> {
    let frames = Frames::of(&recorded.log);
    let mut tried = 0;
    for frame in 0..=frames.count {
        let boundary = LOG_HEAD_BYTES + frame * frames.step;
        let inside = boundary + 1 + dice.below(frames.step as u64 - 1) as usize;
        for at in [boundary, boundary + 1, boundary + FRAME_HEAD_BYTES, inside]
            .into_iter()
            .filter(|&at| at <= recorded.log.len())
        {
            let opened = open_copy(recorded, &recorded.main, &recorded.log[..at], frame % 8 == 0)?;
            let state = opened.map_err(|code| anyhow::anyhow!("cut at {at}: refused with {code}"))?;
            let commits = frames.whole_before(at);
            ensure!(is_after(recorded, &frames, commits, state), "cut at {at}: not the state after {commits} commits");
            tried += 1;
        }
    }
    // Within the head of the log there is no commit yet.
    for at in 0..LOG_HEAD_BYTES {
        let opened = open_copy(recorded, &recorded.main, &recorded.log[..at], false)?;
        ensure!(opened.clone().is_ok_and(|state| is_after(recorded, &frames, 0, state)), "cut at {at}: {opened:?}");
        tried += 1;
    }
    Ok(tried)
}

fn flip(recorded: &Recorded, dice: &mut Dice) -> Result<usize> {
    let frames = Frames::of(&recorded.log);
    let mut places: Vec<usize> = (0..LOG_HEAD_BYTES).collect();
    for frame in (0..frames.count).filter(|&frame| frames.is_chosen(frame)) {
        let start = LOG_HEAD_BYTES + frame * frames.step;
        let mut inside = |from: usize, to: usize| start + from + dice.below((to - from) as u64) as usize;
        places.extend([
            inside(0, 8),
            inside(8, 16),
            inside(16, FRAME_HEAD_BYTES),
            inside(FRAME_HEAD_BYTES, frames.step),
        ]);
    }
    for &at in &places {
        let mut log = recorded.log.clone();
        log[at] ^= 1 << dice.below(8);
        let commits = frames.sound_before(at);
        match open_copy(recorded, &recorded.main, &log, false)? {
            Ok(state) => {
                ensure!(
                    is_after(recorded, &frames, commits, state),
                    "flip at {at}: not the state after {commits} commits"
                );
            }
            // Only the head of the log says how to read it at all.
            Err(code) => ensure!(at < LOG_HEAD_BYTES && is_clear(&code), "flip at {at}: refused with {code}"),
        }
    }
    Ok(places.len())
}

fn is_clear(code: &str) -> bool {
    ["wrong-key", "database-unusable", "damaged", "database", "data-damaged", "storage"].contains(&code)
}

/// A checkpoint that was interrupted: some pages of the log are in the main file already, one of them only half.
fn tear_checkpoint(recorded: &Recorded, dice: &mut Dice) -> Result<usize> {
    let frames = Frames::of(&recorded.log);
    let page = frames.step - FRAME_HEAD_BYTES;
    let rounds = kills(30);
    for _ in 0..rounds {
        let mut main = recorded.main.clone();
        for _ in 0..dice.below(frames.count as u64 + 1) {
            let start = LOG_HEAD_BYTES + dice.below(frames.count as u64) as usize * frames.step;
            let number = u32::from_be_bytes(recorded.log[start..start + 4].try_into()?) as usize;
            let bytes = if dice.below(4) == 0 { dice.below(page as u64) as usize } else { page };
            main.resize(main.len().max(number * page), 0);
            let content = &recorded.log[start + FRAME_HEAD_BYTES..][..bytes];
            main[(number - 1) * page..][..bytes].copy_from_slice(content);
        }
        let opened = open_copy(recorded, &main, &recorded.log, true)?;
        let last = *recorded.states.last().context("states")?;
        ensure!(opened == Ok(last), "a torn checkpoint gives {opened:?}");
    }
    Ok(rounds)
}

#[test]
fn a_device_opens_a_cut_or_flipped_log_as_it_was_after_a_save() -> Result<()> {
    let mut dice = Dice::of_environment("device log");
    let recorded = record_device()?;
    let (cuts, flips) = (cut(&recorded, &mut dice)?, flip(&recorded, &mut dice)?);
    let torn = tear_checkpoint(&recorded, &mut dice)?;
    println!("{} states, {cuts} cuts, {flips} flips, {torn} torn checkpoints", recorded.states.len());
    Ok(())
}

#[test]
fn a_server_opens_a_cut_or_flipped_log_as_it_was_after_a_commit() -> Result<()> {
    let mut dice = Dice::of_environment("server log");
    let recorded = record_server()?;
    let (cuts, flips) = (cut(&recorded, &mut dice)?, flip(&recorded, &mut dice)?);
    let torn = tear_checkpoint(&recorded, &mut dice)?;
    println!("{} states, {cuts} cuts, {flips} flips, {torn} torn checkpoints", recorded.states.len());
    Ok(())
}
