-- A relay's spool, version 1. Everything that waits for a link, in the order it arrived.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  actor INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  body BLOB NOT NULL,           -- postcard of domain::sync::Batch, the device's signature included
  body_sha256 BLOB NOT NULL,    -- of the body as it arrived
  came_from TEXT NOT NULL,      -- the address, for the limits
  arrived_at_ms INTEGER NOT NULL,
  refused TEXT,                 -- the code with which it was refused for good
  refused_at_ms INTEGER,
  UNIQUE (actor, first, last, body_sha256)
) STRICT;
CREATE INDEX batches_waiting ON batches (n) WHERE refused IS NULL;

CREATE TABLE photos (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,      -- the upload's name
  doc BLOB NOT NULL,
  kind TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  length INTEGER NOT NULL,
  mime TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,    -- everything is here and adds up
  url TEXT,                     -- of the upload that was begun at the central server
  next_try_ms INTEGER NOT NULL DEFAULT 0,
  came_from TEXT NOT NULL,
  arrived_at_ms INTEGER NOT NULL,
  refused TEXT,
  refused_at_ms INTEGER,
  UNIQUE (doc, kind, sha256)
) STRICT;
CREATE INDEX photos_waiting ON photos (kind DESC, n) WHERE done = 1 AND refused IS NULL;
