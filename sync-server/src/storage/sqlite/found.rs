//! Which rows of the ledgers are asked for, as sets of row numbers: one set for each condition, from an index. A ledger is
//! walked in its own order and asked row by row whether it was found, so that a page and its counts cost the same whatever
//! was asked for.
//!
//! A summary that is written gets a number that no summary had, so what a batch says of a number holds for ever.

use domain::grams::{Batch, Bits, Gram, are_all_of, has, of_word};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, params};

use super::SqliteTx;
use super::rows::corrupt;
use crate::storage::{Stored, SummaryQuery};

/// From how many rows on a batch is made of them. What waits is looked through by every search.
const BATCH_MIN: i64 = 2048;
/// Most rows of a batch, for the memory it takes: about 2 KB each.
const BATCH_ROWS_MAX: i64 = 5_000;
/// Most rows whose text is read to count those with a longer word. Above it, the count is of rows that have all its
/// pairs of characters; the rows of a page are always read.
const READ_MAX: usize = 10_000;

/// What was found.
pub(super) struct Found {
    /// The numbers, as `found` takes them; `None` for all.
    pub rows: Option<Vec<u8>>,
    /// A text that a row of the set may lack, to be looked for in each row that is shown.
    pub unread: Option<String>,
}

/// Teaches a connection `found(set, number)`.
pub(super) fn teach(connection: &Connection) -> Stored<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    Ok(connection.create_scalar_function("found", 2, flags, |context| {
        let set = context.get_raw(0).as_blob()?;
        Ok(has(set, context.get::<i64>(1)?))
    })?)
}

impl SqliteTx<'_> {
    /// What a query finds; `states` are those it is narrowed to.
    pub(super) fn found(&self, query: &SummaryQuery, states: &[String]) -> Stored<Found> {
        let kind = (query.doc_type.as_str(), query.kind.as_str());
        let mut sets = Vec::new();
        if let Some(scopes) = &query.scopes {
            sets.push(self.of_kind(kind, include_str!("rows_within.sql"), scopes)?);
        }
        if !query.towns.is_empty() {
            sets.push(self.of_kind(kind, include_str!("rows_of_towns.sql"), &query.towns)?);
        }
        if !states.is_empty() {
            sets.push(self.of_kind(kind, include_str!("rows_in_states.sql"), states)?);
        }
        if let Some(since_ms) = query.since_ms {
            sets.push(self.numbers(include_str!("rows_since.sql"), params![kind.0, kind.1, since_ms])?);
        }
        let text = query.search.as_ref().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
        let is_read = text.as_ref().is_none_or(|text| are_all_of(text));
        if let Some(text) = &text {
            sets.push(self.with_grams(text)?);
        }
        let mut rows = sets.pop();
        for set in &sets {
            rows.iter_mut().for_each(|rows| rows.keep(set));
        }
        match (rows, text) {
            (Some(rows), Some(text)) if !is_read && rows.count() <= READ_MAX => {
                Ok(Found { rows: Some(self.read(&rows, &text)?.into_bytes()), unread: None })
            }
            (rows, text) => Ok(Found { rows: rows.map(Bits::into_bytes), unread: text.filter(|_| !is_read) }),
        }
    }

    /// The rows of a kind for which a statement finds one of some words.
    fn of_kind(&self, kind: (&str, &str), sql: &str, words: &[String]) -> Stored<Bits> {
        let words = serde_json::to_string(words).map_err(corrupt)?;
        self.numbers(sql, params![kind.0, kind.1, words])
    }

    fn numbers(&self, sql: &str, values: impl rusqlite::Params) -> Stored<Bits> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut bits = Bits::default();
        while let Some(row) = rows.next()? {
            bits.add(row.get(0)?);
        }
        Ok(bits)
    }

    /// The rows with all pairs of a text, and those of no batch that have it.
    fn with_grams(&self, text: &str) -> Stored<Bits> {
        let mut all: Option<Bits> = None;
        for gram in of_word(text) {
            let with = self.with_gram(gram)?;
            match &mut all {
                Some(all) => all.keep(&with),
                None => all = Some(with),
            }
        }
        let mut all = all.unwrap_or_default();
        all.join(&self.numbers(include_str!("rows_unbatched.sql"), params![self.batched_up_to()?, text])?);
        Ok(all)
    }

    fn with_gram(&self, gram: Gram) -> Stored<Bits> {
        let sql = "SELECT g.rows FROM summary_batches b CROSS JOIN summary_grams g ON g.upto = b.upto AND g.gram = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([gram])?;
        let mut bits = Bits::default();
        while let Some(row) = rows.next()? {
            bits.add_packed(row.get_ref(0)?.as_blob().map_err(corrupt)?);
        }
        Ok(bits)
    }

    /// Those whose text, read, has the words.
    fn read(&self, maybe: &Bits, text: &str) -> Stored<Bits> {
        let sql = "SELECT 1 FROM summaries s JOIN docs d ON d.id = s.doc WHERE s.rowid = ?1 AND instr(d.text, ?2) > 0";
        let mut with = Bits::default();
        for number in maybe.numbers() {
            if self.one(sql, params![number, text], |_| Ok(()))?.is_some() {
                with.add(number);
            }
        }
        Ok(with)
    }

    fn batched_up_to(&self) -> Stored<i64> {
        let sql = "SELECT coalesce(max(upto), 0) FROM summary_batches";
        Ok(self.one(sql, [], |row| Ok(row.get(0)?))?.unwrap_or_default())
    }

    /// Makes batches of the rows that are in none, if they are enough.
    pub(super) fn make_batches(&self) -> Stored<()> {
        let sql = "SELECT coalesce(max(rowid), 0) FROM summaries";
        let last: i64 = self.one(sql, [], |row| Ok(row.get(0)?))?.unwrap_or_default();
        let mut upto = self.batched_up_to()?;
        if last - upto < BATCH_MIN {
            return Ok(());
        }
        while upto < last {
            upto = self.make_batch(upto)?;
        }
        Ok(())
    }

    fn make_batch(&self, after: i64) -> Stored<i64> {
        let sql = "SELECT s.rowid, d.text FROM summaries s JOIN docs d ON d.id = s.doc \
            WHERE s.rowid > ?1 ORDER BY s.rowid LIMIT ?2";
        let mut batch = Batch::default();
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![after, BATCH_ROWS_MAX])?;
        while let Some(row) = rows.next()? {
            batch.add(row.get(0)?, row.get_ref(1)?.as_str().map_err(corrupt)?);
        }
        let Some(upto) = batch.last() else { return Ok(i64::MAX) };
        self.run("INSERT INTO summary_batches (upto) VALUES (?1)", [upto])?;
        let put = "INSERT INTO summary_grams (upto, gram, rows) VALUES (?1, ?2, ?3)";
        let mut put = self.connection.prepare_cached(put)?;
        batch.store(|gram, rows| put.execute(params![upto, gram, rows]).map(drop))?;
        Ok(upto)
    }

    /// Notes in which scope the summary of a document stands.
    pub(super) fn note_scope(&self, doc: domain::DocId) -> Stored<()> {
        self.run(include_str!("note_scope.sql"), params![doc.as_bytes()]).map(drop)
    }
}
