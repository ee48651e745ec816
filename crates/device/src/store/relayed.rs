//! What a relay holds, by its receipts only. It counts for showing where something is and for what to hand over next;
//! what the server has is known from the server alone.

use domain::{ActorId, Seq};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::Store;
use super::meta::{self, Own};
use super::uploads::PendingUpload;
use super::write::Writer;
use crate::error::Result;
use crate::sync::UploadFile;

/// The mark in the single facts.
const RELAYED: &str = "relayed";

/// How far relays hold this device's chain. A mark of another number counts for nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Mark {
    actor: ActorId,
    /// Up to here some relay holds every change that the server has not acknowledged.
    seq: Seq,
    /// The relay that was met last.
    relay: String,
    /// Up to here that relay does.
    there: Seq,
}

impl Store {
    /// Up to where a relay holds this device's changes; 0 if none does.
    ///
    /// # Errors
    /// When the database fails.
    pub fn relayed(&self) -> Result<Seq> {
        mark_of(&self.db, &Own::load(&self.db)?)
    }

    /// Up to where the server or this very relay has them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn relayed_to(&self, relay: &str) -> Result<Seq> {
        let own = Own::load(&self.db)?;
        let there = read(&self.db, &own)?.filter(|mark| mark.relay == relay).map_or(0, |mark| mark.there);
        Ok(there.max(own.acked))
    }

    /// Notes that a relay holds the changes up to a number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_relayed(&mut self, relay: &str, seq: Seq) -> Result<()> {
        let before = self.relayed_to(relay)?;
        self.write(|w| {
            let there = seq.min(w.own.head).max(before);
            let seq = mark_of(w.db, &w.own)?.max(there);
            meta::set(w.db, RELAYED, &Mark { actor: w.own.actor, seq, relay: relay.to_owned(), there })
        })
    }

    /// Files to hand to a relay, in the order of [`Store::next_uploads`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn next_uploads_for_relay(&self, file: UploadFile, limit: usize) -> Result<Vec<PendingUpload>> {
        let own = Own::load(&self.db)?;
        let sql = match file {
            UploadFile::Thumbnail => include_str!("next_thumbnails_for_relay.sql"),
            UploadFile::Original => include_str!("next_originals_for_relay.sql"),
        };
        let upto = mark_of(&self.db, &own)?.max(own.acked);
        self.pending_uploads(sql, file, (own.actor.0, upto, limit))
    }

    /// Writes down a relay's receipt for a photo file.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_photo_relayed(&mut self, upload: &PendingUpload) -> Result<()> {
        let sql = "insert or ignore into relayed_photos (doc, file) values (?1, ?2)";
        let row = (upload.photo.as_bytes(), upload.file.as_str());
        self.write(|w| Ok(w.db.prepare_cached(sql)?.execute(row).map(|_| ())?))
    }

    /// Whether a relay holds a file.
    ///
    /// # Errors
    /// When the database fails.
    pub fn is_photo_relayed(&self, upload: &PendingUpload) -> Result<bool> {
        let sql = "select exists (select 1 from relayed_photos where doc = ?1 and file = ?2)";
        let row = (upload.photo.as_bytes(), upload.file.as_str());
        Ok(self.db.prepare_cached(sql)?.query_row(row, |r| r.get(0))?)
    }

    /// How many records and how many photos a relay holds and the server does not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn on_relay(&self) -> Result<(u32, u32)> {
        let own = Own::load(&self.db)?;
        let records = "select count(*) from (select t.doc, max(t.seq) as last from change_docs t \
                       left join docs d on d.id = t.doc where t.actor = ?1 and coalesce(d.type, '') <> 'photo' \
                       group by t.doc having last > ?2 and last <= ?3)";
        let photos = "select count(*) from photos f join relayed_photos r on r.doc = f.doc and r.file = 'original' \
                      where f.original = 1 and f.original_sent = 0";
        let mark = mark_of(&self.db, &own)?;
        let records = self.db.query_row(records, (own.actor.0, own.acked, mark), |r| r.get(0))?;
        Ok((records, self.db.query_row(photos, [], |r| r.get(0))?))
    }
}

impl Writer<'_> {
    /// The server lost something it had: a relay that passed it on has it no longer either.
    pub(super) fn forget_relayed(&self) -> Result<()> {
        Ok(self.db.execute_batch("delete from relayed_photos; delete from meta where key = 'relayed'")?)
    }
}

fn read(db: &Connection, own: &Own) -> Result<Option<Mark>> {
    Ok(meta::get::<Mark>(db, RELAYED)?.filter(|mark| mark.actor == own.actor))
}

/// Up to where a relay holds the changes of the present number; never above the head.
pub(super) fn mark_of(db: &Connection, own: &Own) -> Result<Seq> {
    Ok(read(db, own)?.map_or(0, |mark| mark.seq.min(own.head)))
}

/// Whether a relay holds a photo's original.
pub(super) fn original_on_relay(db: &Connection, photo: domain::DocId) -> Result<bool> {
    let sql = "select exists (select 1 from relayed_photos where doc = ?1 and file = 'original')";
    Ok(db.prepare_cached(sql)?.query_row([photo.as_bytes()], |r| r.get(0))?)
}
