-- Version 1. Append only: a later version adds a file of its own.
-- Numbers without a sign (installs, sequence numbers, clocks) are stored bit for bit in signed integers.
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('pos', 0), ('user', 0), ('actor', 0);

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  towns TEXT,               -- separated by spaces; NULL is all
  password TEXT,            -- argon2id
  active INTEGER NOT NULL
) STRICT;

CREATE TABLE devices (
  first_actor INTEGER PRIMARY KEY,
  user INTEGER NOT NULL REFERENCES users (id),
  public_key BLOB NOT NULL,
  install INTEGER NOT NULL,
  token_hash BLOB NOT NULL UNIQUE,
  label TEXT NOT NULL,
  revoked INTEGER NOT NULL,
  enrolled_at_ms INTEGER NOT NULL,
  last_seen_ms INTEGER,
  clock_offset_ms INTEGER,
  left_records INTEGER NOT NULL DEFAULT 0,
  left_photos INTEGER NOT NULL DEFAULT 0,
  left_photo_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE chains (
  actor INTEGER PRIMARY KEY,
  device INTEGER NOT NULL REFERENCES devices (first_actor),
  head INTEGER NOT NULL DEFAULT 0,
  hash BLOB NOT NULL,
  restored INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE served_scopes (
  device INTEGER NOT NULL, scope TEXT NOT NULL, PRIMARY KEY (device, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE codes (
  hash BLOB PRIMARY KEY, user INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, used_by INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  hash BLOB PRIMARY KEY, user INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
  actor INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  status INTEGER NOT NULL,  -- 0 applied, 1 refused, 2 waiting
  code TEXT, zh TEXT, en TEXT,
  pos INTEGER NOT NULL,
  stamp BLOB NOT NULL,
  received_at_ms INTEGER NOT NULL,
  body BLOB NOT NULL,       -- last, so that reading a stamp does not read it
  PRIMARY KEY (actor, seq)
) STRICT;
CREATE INDEX changes_refused ON changes (actor, pos, seq) WHERE status = 1;

CREATE TABLE change_docs (
  doc BLOB NOT NULL, actor INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (doc, actor, seq)
) STRICT, WITHOUT ROWID;

-- Changes with operations that only a later version understands: devices get them with the document's page.
CREATE TABLE unknown_writes (
  doc BLOB NOT NULL, actor INTEGER NOT NULL, seq INTEGER NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY (doc, actor, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE waits (
  actor INTEGER NOT NULL, seq INTEGER NOT NULL,
  needs_actor INTEGER NOT NULL, needs_seq INTEGER NOT NULL,
  PRIMARY KEY (actor, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE signatures (
  actor INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL,
  PRIMARY KEY (actor, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE docs (
  id BLOB PRIMARY KEY,
  type TEXT NOT NULL,
  kind TEXT NOT NULL,
  form_version INTEGER NOT NULL,
  creator INTEGER NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL,
  towns TEXT NOT NULL,
  text TEXT NOT NULL,
  conflicts INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  created_pos INTEGER NOT NULL,
  changed_pos INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX docs_changed ON docs (changed_pos);
CREATE INDEX docs_kind ON docs (type, kind, changed_pos);

-- All registers of a document in one row: postcard of path, surviving write and position of each.
CREATE TABLE registers (doc BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT;

CREATE TABLE state_writes (
  doc BLOB NOT NULL, actor INTEGER NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL, clock BLOB NOT NULL,
  PRIMARY KEY (doc, actor, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE doc_parents (
  doc BLOB NOT NULL, parent BLOB NOT NULL, PRIMARY KEY (doc, parent)
) STRICT, WITHOUT ROWID;
CREATE INDEX doc_parents_children ON doc_parents (parent, doc);

CREATE TABLE doc_scopes (
  doc BLOB NOT NULL,
  scope TEXT NOT NULL,
  changed INTEGER NOT NULL,
  entered INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  PRIMARY KEY (doc, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX doc_scopes_changed ON doc_scopes (scope, changed, doc, entered, gone);

CREATE TABLE photos_named (
  doc BLOB NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (doc, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX photos_named_content ON photos_named (sha256, doc);
CREATE TABLE holdings (
  doc BLOB NOT NULL, kind TEXT NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (doc, kind, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX holdings_content ON holdings (sha256, kind, doc);
CREATE TABLE blobs (
  sha256 BLOB PRIMARY KEY, length INTEGER NOT NULL, mime TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  user INTEGER NOT NULL,
  doc BLOB NOT NULL,
  kind TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  length INTEGER NOT NULL,
  mime TEXT NOT NULL,
  done INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_expiry ON uploads (expires_at_ms);
CREATE INDEX uploads_unfinished ON uploads (user, doc, kind) WHERE done = 0;
