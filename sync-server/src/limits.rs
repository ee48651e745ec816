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
/// Failed logins from one address, whatever the names, before it is locked out: many share one address behind a router.
pub const LOGIN_FAILURES_PER_ADDRESS_MAX: u32 = 50;
/// Tokens nobody has from one address before it is told to slow down; those somebody has still count.
pub const TOKEN_FAILURES_PER_ADDRESS_MAX: u32 = 100;
/// Passwords checked at once: each check takes 19 MiB of memory and a core.
pub const LOGINS_AT_ONCE: usize = 2;
/// Most numbers of one device: it takes one each time it is restored from a copy.
pub const NUMBERS_PER_DEVICE_MAX: usize = 64;
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

/// Sync requests of one device at once: one, and one more as the first may hang in a dead connection.
pub const SYNCS_PER_DEVICE_MAX: usize = 2;
/// Pieces of photos of one device at once.
pub const PIECES_PER_DEVICE_MAX: usize = 4;
/// Sync requests unpacked and answered at once, over all devices; each may take some hundred MiB at worst.
pub const SYNCS_AT_ONCE: usize = 4;
/// Most connections at once; more wait until one ends. Below the 1,024 open files of a usual system.
pub const CONNECTIONS_MAX: usize = 800;

/// Documents of one list if the caller does not say.
pub const LIST_ROWS_DEFAULT: u32 = 100;
/// Most documents of one list.
pub const LIST_ROWS_MAX: u32 = 500;
/// Most changes of one history.
pub const HISTORY_ROWS_MAX: u32 = 5_000;
/// Longest search text, characters.
pub const SEARCH_CHARS_MAX: usize = 100;
/// How much of a document's text is searched, bytes.
pub const SEARCH_TEXT_BYTES_MAX: usize = 4 * 1024;

/// Connections that read.
pub const READERS: usize = 3;
/// How long one process waits for another's write, as when a command runs beside the server.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long any call but a photo's may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long one piece of a photo may take; what arrived counts, and the client continues with the next piece.
pub const PIECE_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How long a client may take to send the head of a request, and how long a connection may lie idle.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an upload may send nothing.
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// How much of a piece that is refused is still read, so that its sender sees the answer.
pub const DRAIN_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How long.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a call waits for another that writes the same upload to put away what it received.
pub const LOCK_WAIT: Duration = Duration::from_secs(5);
/// How long requests may take to finish after the signal to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// How often expired uploads, codes and sessions are cleared away.
pub const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Most batches that wait in a relay.
pub const SPOOL_BATCHES_MAX: u64 = 50_000;
/// Most batches that wait in a relay and came from one address.
pub const SPOOL_BATCHES_PER_ADDRESS_MAX: u64 = 10_000;
/// Most bytes of batches that wait in a relay.
pub const SPOOL_TEXT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Most photo files in a relay that came from one address, unfinished ones included.
pub const SPOOL_PHOTOS_PER_ADDRESS_MAX: u64 = 5_000;
/// Most announced bytes of photo files in a relay.
pub const SPOOL_PHOTO_BYTES_MAX: u64 = 128 * 1024 * 1024 * 1024;
/// Most batches, and most photos, that a relay remembers as refused for good.
pub const ASIDE_ROWS_MAX: u64 = 1_000;
/// Largest refused batch whose content a relay keeps, bytes.
pub const ASIDE_BODY_BYTES_MAX: u64 = 64 * 1024;
/// How long a photo waits in a relay for its record to be known at the central server, milliseconds.
pub const SPOOL_PHOTO_WAITS_MS: i64 = 30 * 24 * 3600 * 1000;
/// How often a relay looks for the link while something waits.
pub const LINK_PROBE_EVERY: Duration = Duration::from_secs(3);
/// How often a relay tries again what waits although there is a link.
pub const SPOOL_RETRY_EVERY: Duration = Duration::from_secs(30);
/// How long a relay waits for a connection to the central server.
pub const LINK_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an unused connection to the central server is trusted.
pub const LINK_IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a relay waits for an answer to a sync; less than devices wait for theirs.
pub const LINK_SYNC_TIMEOUT: Duration = Duration::from_secs(90);
/// Bytes of one piece of a photo that a relay passes on: what a cut may cost.
pub const LINK_PHOTO_PIECE_BYTES: usize = 256 * 1024;
/// How long one such piece may take.
pub const LINK_CHUNK_TIMEOUT: Duration = Duration::from_secs(180);
/// Most fields of one decision at a desk.
pub const DECISION_WRITES_MAX: usize = 50;
/// Most remarks of one decision.
pub const DECISION_REMARKS_MAX: usize = 50;
/// Longest reason, remark or value of a decision, characters.
pub const DECISION_TEXT_CHARS_MAX: usize = 2_000;
/// Most townships or states of one filter of the console.
pub const FILTER_WORDS_MAX: usize = 100;
