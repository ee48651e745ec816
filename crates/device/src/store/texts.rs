//! The texts documents are found by, and the two indexes of them. The trigram index serves words of three characters and
//! more: a save brings its few texts in at once; thousands, as a first start brings, would take longer than everything
//! else together, so they are brought in by and by while people search. The index of single characters and pairs serves
//! the rest: a batch of texts at a time, which is quick; the last few are looked through.

use domain::grams::{BATCH_MAX, Batch, Bits, Gram, are_all_of, of_word};
use rusqlite::{Connection, OptionalExtension};

use super::Store;
use super::write::Turn;
use crate::error::Result;

/// Most texts that one transaction brings into the trigram index at its end.
const AT_ONCE_MAX: usize = 64;
/// How many texts one search brings into the trigram index after it has answered.
const PER_SEARCH: usize = 100;
/// From how many texts on a batch is made of them. What waits is looked through by every search.
const BATCH_MIN: i64 = 1024;
/// Most texts of a batch, for the memory it takes: about 2 KB each.
const BATCH_TEXTS_MAX: usize = 5_000;
const _: () = assert!(BATCH_TEXTS_MAX <= BATCH_MAX);

/// The trigram index has this very text.
const INDEXED: i64 = 0;
/// The trigram index has none of this document.
const ABSENT: i64 = 1;

/// Sets the text of a document that has the number `n`; gives the number it has then, and whether the text is another
/// now. What the batches say of a number holds for ever, so another text has another number. `known` is false if the
/// document surely has none yet.
pub(super) fn put(db: &Connection, n: i64, text: &str, known: bool) -> Result<(i64, bool)> {
    let n = match if known { before(db, n)? } else { None } {
        Some((old, _)) if old == text => return Ok((n, false)),
        Some(_) => renumber(db, n)?,
        None => n,
    };
    let sql = "insert into docs_words (n, text, stale) values (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute((n, text, ABSENT))?;
    Ok((n, true))
}

/// Gives a document the next number, under which the indexes know nothing yet.
fn renumber(db: &Connection, n: i64) -> Result<i64> {
    forget(db, n)?;
    db.prepare_cached("delete from docs_near where n = ?1")?.execute([n])?;
    let next = next_number(db)?;
    db.prepare_cached("update docs set n = ?2 where n = ?1")?.execute((n, next))?;
    Ok(next)
}

/// A number that no document has, and none had that is in a batch.
pub(super) fn next_number(db: &Connection) -> Result<i64> {
    let last: i64 = db.prepare_cached("select coalesce(max(n), 0) from docs")?.query_row([], |r| r.get(0))?;
    Ok(last.max(in_batches_up_to(db)?) + 1)
}

fn in_batches_up_to(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("select coalesce(max(upto), 0) from docs_batches")?.query_row([], |r| r.get(0))?)
}

fn before(db: &Connection, n: i64) -> Result<Option<(String, i64)>> {
    let mut statement = db.prepare_cached("select text, stale from docs_words where n = ?1")?;
    Ok(statement.query_row([n], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
}

/// Takes the text of a document out.
pub(super) fn forget(db: &Connection, n: i64) -> Result<()> {
    if before(db, n)?.is_some_and(|(_, stale)| stale == INDEXED) {
        db.prepare_cached("delete from docs_text where rowid = ?1")?.execute([n])?;
    }
    db.prepare_cached("delete from docs_words where n = ?1")?.execute([n])?;
    Ok(())
}

/// Brings the texts of a transaction into the trigram index, if they are few, and makes a batch, if enough wait.
pub(super) fn bring_in(db: &Connection, texts: &[i64]) -> Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    if texts.len() <= AT_ONCE_MAX {
        let mut stale = Vec::with_capacity(texts.len());
        for &n in texts {
            if let Some((text, ABSENT)) = before(db, n)? {
                stale.push((n, text));
            }
        }
        into_trigrams(db, stale)?;
    }
    let last: i64 = db.prepare_cached("select coalesce(max(n), 0) from docs_words")?.query_row([], |r| r.get(0))?;
    if last - in_batches_up_to(db)? >= BATCH_MIN { into_batches(db) } else { Ok(()) }
}

/// The index stores what it has gathered whenever another statement comes between, so it is written in one go.
fn into_trigrams(db: &Connection, mut stale: Vec<(i64, String)>) -> Result<()> {
    // A document may have been touched twice.
    stale.sort();
    stale.dedup();
    for (n, text) in &stale {
        db.prepare_cached("insert into docs_text (rowid, text) values (?1, ?2)")?.execute((n, text))?;
    }
    for (n, _) in &stale {
        db.prepare_cached("update docs_words set stale = 0 where n = ?1")?.execute([n])?;
    }
    Ok(())
}

/// Makes batches of all texts that are in none.
pub(super) fn into_batches(db: &Connection) -> Result<()> {
    loop {
        let mut batch = Batch::default();
        let mut statement = db.prepare_cached("select n, text from docs_words where n > ?1 order by n limit ?2")?;
        let mut rows = statement.query((in_batches_up_to(db)?, BATCH_TEXTS_MAX))?;
        while let Some(row) = rows.next()? {
            batch.add(row.get(0)?, row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
        }
        let Some(upto) = batch.last() else { return Ok(()) };
        db.prepare_cached("insert into docs_batches (upto) values (?1)")?.execute([upto])?;
        let mut put = db.prepare_cached("insert into docs_grams (upto, gram, docs) values (?1, ?2, ?3)")?;
        batch.store(|gram, docs| put.execute((upto, gram, docs)).map(drop))?;
    }
}

/// The numbers of the documents whose text has this word.
pub(super) fn with_word(db: &Connection, word: &str) -> Result<Bits> {
    let mut found = in_batches(db, word)?;
    if !are_all_of(word) {
        found = with_phrase(db, word, found)?;
    }
    let sql = "select n from docs_words where n > ?1 and instr(text, ?2) > 0";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query((in_batches_up_to(db)?, word))?;
    while let Some(row) = rows.next()? {
        found.add(row.get(0)?);
    }
    Ok(found)
}

/// The documents of all batches that have every gram of a word.
fn in_batches(db: &Connection, word: &str) -> Result<Bits> {
    let mut found: Option<Bits> = None;
    for gram in of_word(word) {
        let has = with_gram(db, gram)?;
        match &mut found {
            Some(found) => found.keep(&has),
            None => found = Some(has),
        }
    }
    Ok(found.unwrap_or_default())
}

fn with_gram(db: &Connection, gram: Gram) -> Result<Bits> {
    let sql = "select g.docs from docs_batches b cross join docs_grams g on g.upto = b.upto and g.gram = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([gram])?;
    let mut bits = Bits::default();
    while let Some(row) = rows.next()? {
        bits.add_packed(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    Ok(bits)
}

/// Those that have the whole word: by the trigram index, and what that does not have yet of `maybe` by the text.
fn with_phrase(db: &Connection, word: &str, maybe: Bits) -> Result<Bits> {
    let phrase = format!("\"{}\"", word.replace('"', "\"\""));
    let sql = "select rowid from docs_text where docs_text match ?1 \
        union all select n from docs_words where stale > 0 and found(?2, n) and instr(text, ?3) > 0";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query((phrase, maybe.into_bytes(), word))?;
    let mut found = Bits::default();
    while let Some(row) = rows.next()? {
        found.add(row.get(0)?);
    }
    Ok(found)
}

impl Store {
    /// Brings some more texts into the trigram index. Does nothing while somebody writes: a search waits for nobody.
    pub(super) fn bring_in_more(&self) -> Result<()> {
        let turn = match &self.lock {
            Some(lock) if lock.try_lock().is_err() => return Ok(()),
            lock => lock.as_ref().map(Turn),
        };
        let done = self.bring_in_some();
        drop(turn);
        done
    }

    fn bring_in_some(&self) -> Result<()> {
        let sql = "select w.n, w.text from docs_words w where w.stale > 0 limit ?1";
        let tx = self.db.unchecked_transaction()?;
        let stale: Vec<(i64, String)> = {
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([PER_SEARCH], |r| Ok((r.get(0)?, r.get(1)?)))?;
            rows.collect::<std::result::Result<_, _>>()?
        };
        if !stale.is_empty() {
            into_trigrams(&tx, stale)?;
        }
        Ok(tx.commit()?)
    }
}
