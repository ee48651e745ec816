//! Whether everything kept is whole: chains, signatures, what became of each change, merged registers, photos.

use std::collections::{BTreeMap, BTreeSet};

use domain::change::{Change, GENESIS, link, verify_head};
use domain::document::Document;
use domain::register::Put;
use domain::{DocId, OpId};
use serde::Serialize;

use crate::error::ServerError;
use crate::photos::{PhotoFiles, hash_file};
use crate::server::Server;
use crate::storage::{Chain, Status, Stored, StoredChange, Tx, UploadKind, read};

/// How many rows are read at a time.
const ROWS: usize = 1_000;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable word.
    pub code: &'static str,
    /// What and where.
    pub message: String,
}

/// What was looked at and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Changes.
    pub changes: u64,
    /// Documents.
    pub documents: u64,
    /// Originals and thumbnails.
    pub photos: u64,
    /// What is wrong; empty is good.
    pub findings: Vec<Finding>,
    /// The files among that, for [`Server::repair`].
    #[serde(skip)]
    pub lost: Vec<LostFile>,
}

/// A file that is missing or damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LostFile {
    /// An original, by its content.
    Original([u8; 32]),
    /// The thumbnail of a photo document, with the content it should have.
    Thumbnail(DocId, [u8; 32]),
}

impl Report {
    fn found(&mut self, code: &'static str, message: impl Into<String>) {
        self.findings.push(Finding { code, message: message.into() });
    }
}

impl Server {
    /// Checks everything, on one state of the database.
    ///
    /// # Errors
    /// When the database cannot be read at all.
    pub fn check(&self) -> Result<Report, ServerError> {
        read(self.storage(), |tx| {
            let mut report = Report::default();
            let waits: BTreeMap<OpId, OpId> = tx.waits()?.into_iter().map(|w| (w.op, w.needs)).collect();
            for chain in tx.chains()? {
                check_chain(tx, &chain, &waits, &mut report)?;
                check_signatures(tx, &chain, &mut report)?;
            }
            check_documents(tx, &mut report)?;
            check_photos(tx, self.files(), &mut report)?;
            Ok(report)
        })
    }
}

fn check_chain(tx: &dyn Tx, chain: &Chain, waits: &BTreeMap<OpId, OpId>, report: &mut Report) -> Stored<()> {
    let (mut seq, mut hash) = (0, GENESIS);
    loop {
        let changes = tx.changes_after(chain.actor, seq, ROWS)?;
        let Some(last) = changes.last().map(|c| (c.stamp.op.seq, c.hash)) else { break };
        for change in &changes {
            check_change(chain, seq, &hash, change, waits, report);
            (seq, hash) = (change.stamp.op.seq, change.hash);
        }
        (seq, hash) = last;
    }
    if (seq, hash) != (chain.head, chain.hash) {
        report.found("head", format!("device {} ends at {seq}, its head says {}", chain.actor, chain.head));
    }
    Ok(())
}

fn check_change(
    chain: &Chain,
    previous: u64,
    hash: &[u8; 32],
    stored: &StoredChange,
    waits: &BTreeMap<OpId, OpId>,
    report: &mut Report,
) {
    report.changes += 1;
    let op = stored.stamp.op;
    let name = format!("change {}:{}", op.actor, op.seq);
    if op.seq != previous + 1 || op.actor != chain.actor {
        report.found("gap", format!("{name} follows number {previous}"));
    }
    if link(hash, &stored.body) != stored.hash {
        report.found("hash", format!("{name} does not have the hash of its content"));
    }
    match Change::decode(&stored.body) {
        Ok(change) if change.id() == op && change.author == stored.stamp.author && change.hlc == stored.stamp.hlc => {}
        Ok(_) => report.found("stamp", format!("{name} says another number, author or time than its content")),
        Err(e) => report.found("encoding", format!("{name} cannot be read: {e}")),
    }
    if (stored.status == Status::Waiting) != waits.contains_key(&op) {
        report.found("status", format!("{name} is marked as waiting, or waits, but not both"));
    }
}

fn check_signatures(tx: &dyn Tx, chain: &Chain, report: &mut Report) -> Stored<()> {
    let Some(device) = tx.device_of(chain.actor)? else {
        report.found("device", format!("the chain {} belongs to no device", chain.actor));
        return Ok(());
    };
    let signatures = tx.signatures(chain.actor)?;
    for signed in &signatures {
        let signature = <[u8; 64]>::try_from(signed.signature.as_slice());
        let valid =
            signature.is_ok_and(|s| verify_head(&device.public_key, signed.op.actor, signed.op.seq, &signed.hash, &s));
        if !valid || tx.change_hash(signed.op)? != Some(signed.hash) {
            let name = format!("{}:{}", signed.op.actor, signed.op.seq);
            report.found("signature", format!("the signature at {name} does not fit the device and its chain"));
        }
    }
    if signatures.last().map_or(0, |s| s.op.seq) != chain.head {
        report.found("signature", format!("the head of chain {} is not signed", chain.actor));
    }
    Ok(())
}

fn check_documents(tx: &dyn Tx, report: &mut Report) -> Stored<()> {
    let mut after = None;
    loop {
        let ids = tx.docs_after(after, ROWS)?;
        for &id in &ids {
            report.documents += 1;
            check_document(tx, id, report)?;
        }
        match ids.last() {
            Some(last) => after = Some(*last),
            None => return Ok(()),
        }
    }
}

/// Merges all applied changes of a document again and compares with the registers that are kept.
fn check_document(tx: &dyn Tx, id: DocId, report: &mut Report) -> Stored<()> {
    let Some(head) = tx.doc(id)? else { return Ok(()) };
    let mut document = Document::new(head.key.clone());
    for stored in tx.history(id, u32::MAX)?.iter().filter(|c| c.status == Status::Applied) {
        let Ok(change) = Change::decode(&stored.body) else { continue };
        for (_, path, put) in change.puts().filter(|(key, ..)| key.id == id) {
            document.apply(path, put);
        }
    }
    let merged: BTreeSet<(String, String)> =
        document.registers.iter().flat_map(|(path, r)| r.puts().into_iter().map(|put| line(path, &put))).collect();
    let kept: BTreeSet<(String, String)> = tx.registers(id)?.iter().map(|row| line(&row.path, &row.put)).collect();
    for (path, _) in merged.symmetric_difference(&kept) {
        report.found("register", format!("{path} of {id} is not what its changes add up to"));
    }
    if tx.scopes(id)?.is_empty() {
        report.found("scope", format!("{id} stands in no scope"));
    }
    Ok(())
}

/// A write as comparable text: [`Put`] has no order.
fn line(path: &str, put: &Put) -> (String, String) {
    (path.to_owned(), format!("{put:?}"))
}

fn check_photos(tx: &dyn Tx, files: &PhotoFiles, report: &mut Report) -> Stored<()> {
    let mut originals = BTreeSet::new();
    for (sha256, length) in tx.blobs()? {
        report.photos += 1;
        originals.insert(sha256);
        let path = files.original(&sha256);
        let size = std::fs::metadata(&path).map(|m| m.len()).ok();
        let name = hex::encode(sha256);
        if size.is_none() {
            report.found("photo-missing", format!("the original {name} is not there"));
        } else if size != Some(length) || hash_file(&path).ok() != Some(sha256) {
            report.found("photo-damaged", format!("the original {name} is not what was uploaded"));
        } else {
            continue;
        }
        report.lost.push(LostFile::Original(sha256));
    }
    for (doc, sha256, kind) in tx.holdings()? {
        match kind {
            UploadKind::Original if !originals.contains(&sha256) => {
                report.found("photo-missing", format!("the photo {doc} says an original is held that is not"));
                report.lost.push(LostFile::Original(sha256));
            }
            UploadKind::Original => {}
            UploadKind::Thumbnail => {
                report.photos += 1;
                if hash_file(&files.thumbnail(doc)).ok() != Some(sha256) {
                    report.found("thumbnail-damaged", format!("the thumbnail of {doc} is missing or damaged"));
                    report.lost.push(LostFile::Thumbnail(doc, sha256));
                }
            }
        }
    }
    Ok(())
}
