//! A device round a library: snapshots and an outbox in SQLite, nothing else.

use anyhow::{Result, ensure};
use rusqlite::{Connection, OptionalExtension, params};

use crate::engine::Engine;
use crate::workload::Write;
use crate::{ENTRIES_MAX, Entry, Page, open_database, pack, unpack};

const TABLES: &str = "
  CREATE TABLE IF NOT EXISTS docs (id BLOB PRIMARY KEY, snapshot BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, doc BLOB NOT NULL, change BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;";

pub struct Device {
    db: Connection,
    engine: Box<dyn Engine>,
    actor: u32,
}

impl Device {
    pub fn open(folder: &str, actor: u32, engine: Box<dyn Engine>) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let db = open_database(&format!("{folder}/device.db"))?;
        db.execute_batch(TABLES)?;
        Ok(Self { db, engine, actor })
    }

    fn fact(&self, name: &str) -> Result<i64> {
        let found = self.db.query_row("SELECT value FROM facts WHERE name = ?1", [name], |r| r.get(0)).optional()?;
        Ok(found.unwrap_or(0))
    }

    fn set_fact(&self, name: &str, value: i64) -> Result<()> {
        self.db.execute("INSERT OR REPLACE INTO facts VALUES (?1, ?2)", params![name, value])?;
        Ok(())
    }

    fn snapshot(&self, doc: &[u8; 16]) -> Result<Option<Vec<u8>>> {
        let mut statement = self.db.prepare_cached("SELECT snapshot FROM docs WHERE id = ?1")?;
        Ok(statement.query_row([doc], |r| r.get(0)).optional()?)
    }

    fn keep(&self, doc: &[u8; 16], snapshot: &[u8]) -> Result<()> {
        self.db.prepare_cached("INSERT OR REPLACE INTO docs VALUES (?1, ?2)")?.execute(params![doc, snapshot])?;
        Ok(())
    }

    /// All writes in one transaction.
    pub fn write(&self, writes: &[Write]) -> Result<()> {
        let transaction = self.db.unchecked_transaction()?;
        let mut number = self.fact("made")?;
        for write in writes {
            number += 1;
            let before = self.snapshot(&write.doc)?;
            let (after, change) = self.engine.write(before.as_deref(), &write.fields, self.actor)?;
            self.keep(&write.doc, &after)?;
            let sql = "INSERT INTO outbox VALUES (?1, ?2, ?3)";
            self.db.prepare_cached(sql)?.execute(params![number, write.doc, change])?;
        }
        self.set_fact("made", number)?;
        Ok(transaction.commit()?)
    }

    pub fn sync(&self, url: &str) -> Result<()> {
        let client = reqwest::blocking::Client::builder().timeout(None).build()?;
        while let Some((first, last, entries)) = self.unsent()? {
            let address = format!("{url}/push?actor={}&first={first}", self.actor);
            let answer = client.post(address).body(pack(&entries)?).send()?;
            ensure!(answer.status().is_success(), "push: {}", answer.status());
            self.db.execute("DELETE FROM outbox WHERE n <= ?1", [last])?;
        }
        loop {
            let address = format!("{url}/pull?actor={}&after={}", self.actor, self.fact("cursor")?);
            let page: Page = unpack(&client.get(address).send()?.error_for_status()?.bytes()?)?;
            let transaction = self.db.unchecked_transaction()?;
            for entry in &page.entries {
                let before = self.snapshot(&entry.doc)?;
                self.keep(&entry.doc, &self.engine.merge(before.as_deref(), &entry.change)?)?;
            }
            self.set_fact("cursor", page.next)?;
            transaction.commit()?;
            if !page.more {
                return Ok(());
            }
        }
    }

    fn unsent(&self) -> Result<Option<(i64, i64, Vec<Entry>)>> {
        let mut statement = self.db.prepare_cached("SELECT n, doc, change FROM outbox ORDER BY n LIMIT ?1")?;
        let rows = statement.query_map([i64::try_from(ENTRIES_MAX)?], |r| {
            Ok((r.get::<_, i64>(0)?, Entry { doc: r.get(1)?, change: r.get(2)? }))
        })?;
        let (numbers, entries): (Vec<i64>, Vec<Entry>) = rows.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        Ok(numbers.first().zip(numbers.last()).map(|(&first, &last)| (first, last, entries)))
    }

    /// What it holds in one line: documents, fields with several values, a digest of all values.
    pub fn dump(&self) -> Result<String> {
        let mut statement = self.db.prepare("SELECT snapshot FROM docs ORDER BY id")?;
        let mut rows = statement.query([])?;
        let (mut docs, mut conflicts, mut digest) = (0, 0, 0xcbf2_9ce4_8422_2325_u64);
        while let Some(row) = rows.next()? {
            docs += 1;
            for mut values in self.engine.read(&row.get::<_, Vec<u8>>(0)?)? {
                conflicts += u32::from(values.len() > 1);
                values.sort();
                let bytes = values.iter().flat_map(|v| v.bytes().chain([0xff]));
                digest = bytes.fold(digest, |d, b| (d ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
            }
        }
        Ok(format!("docs={docs} conflicts={conflicts} digest={digest:016x}"))
    }
}
