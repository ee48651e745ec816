//! Every limit of the server in one place (`docs/operations.md` lists them). Units stand last in the names.

use std::time::Duration;

/// Largest JSON request body, bytes.
pub const JSON_BODY_BYTES_MAX: usize = 16 * 1024;
/// Where a page of merged state is cut, unpacked bytes; one large document may exceed it.
pub const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A page is expected to hold no more documents than its bytes divided by this.
pub const DOC_BYTES_LEAST: usize = 512;
/// Documents that the smallest page may hold.
pub const PAGE_DOCS_MIN: usize = 64;
/// Most documents of one page.
pub const PAGE_DOCS_MAX: usize = 10_000;
/// Changes of one device that may wait, unapplied, before its next batch is no longer acknowledged.
pub const WAITING_MAX: usize = 10_000;
/// Most batches in one sync request.
pub const BATCHES_MAX: usize = 64;
/// Most refusals in one answer; the rest follows when the device sends again.
pub const REFUSED_MAX: usize = 5_000;
/// Most documents whose place in the ledger one moved document may change.
pub const RESCOPE_MAX: usize = 200_000;

/// Chains of parents are no longer than this (a photo of an inspection of a site is 2).
pub const PARENTS_DEPTH_MAX: usize = 4;
/// Most photos and inspections that are looked at to judge one move.
pub const EVIDENCE_DOCS_MAX: usize = 2_000;

/// How long an enrolment code is valid, milliseconds.
pub const ENROL_CODE_VALID_MS: i64 = 24 * 3600 * 1000;
/// How long a console session lasts, milliseconds.
pub const SESSION_VALID_MS: i64 = 12 * 3600 * 1000;
/// Failed codes or passwords from one address for one name before it is locked out.
pub const FAILURES_MAX: u32 = 5;
/// How long a lock-out lasts, and how long failures are remembered, milliseconds.
pub const LOCK_OUT_MS: i64 = 15 * 60 * 1000;
/// Most addresses remembered for failures.
pub const FAILURE_ENTRIES_MAX: usize = 10_000;
/// Longest name of a user, bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// Shortest password, bytes.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// Longest password, bytes.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Longest label of a device, bytes.
pub const LABEL_BYTES_MAX: usize = 128;
/// A device's report is rewritten at most this often when nothing else is written, milliseconds.
pub const SEEN_EVERY_MS: i64 = 60 * 1000;

/// Largest original of a photo, bytes.
pub const PHOTO_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Largest thumbnail, bytes.
pub const THUMBNAIL_BYTES_MAX: u64 = 512 * 1024;
/// Largest piece that carries a checksum: it is verified in memory before any of it counts, bytes.
pub const CHECKED_PIECE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How much of a piece without a checksum is written before it is made durable, bytes.
pub const SYNC_EVERY_BYTES: u64 = 256 * 1024;
/// How long an unfinished upload is kept, milliseconds.
pub const UPLOAD_VALID_MS: i64 = 7 * 24 * 3600 * 1000;
/// Most open uploads of one user.
pub const UPLOADS_PER_USER_MAX: u64 = 500;
/// Longest `Upload-Metadata`, bytes.
pub const METADATA_BYTES_MAX: usize = 4 * 1024;

/// Documents of one list if the caller does not say.
pub const LIST_ROWS_DEFAULT: u32 = 100;
/// Most documents of one list.
pub const LIST_ROWS_MAX: u32 = 500;
/// Most changes of one history.
pub const HISTORY_ROWS_MAX: u32 = 5_000;
/// Longest search text, bytes.
pub const SEARCH_BYTES_MAX: usize = 200;
/// How much of a document's text is searched, bytes.
pub const SEARCH_TEXT_BYTES_MAX: usize = 4 * 1024;

/// Connections that read.
pub const READERS: usize = 3;
/// How long one process waits for another's write, as when a command runs beside the server.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long any call but a photo's may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an upload may send nothing.
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long requests may take to finish after the signal to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// How often expired uploads, codes and sessions are cleared away.
pub const SWEEP_EVERY: Duration = Duration::from_secs(3600);
