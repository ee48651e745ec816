-- The device's database, version 2. Everything a save writes is in one transaction of this file.

-- Single facts: install, actor, head, acked, epoch, server, token, user, hlc, device_key …
create table meta (key text primary key, value blob not null) without rowid;

-- Own changes, in order; kept after they are acknowledged, because a server may be restored from a backup.
create table changes (
  actor integer not null,
  seq integer not null,
  hash blob not null,
  body blob not null,              -- canonical bytes of domain::change::Change
  primary key (actor, seq)
) without rowid;
create table change_docs (         -- which documents an own change touched: custody of a record
  doc blob not null, actor integer not null, seq integer not null,
  primary key (doc, actor, seq)
) without rowid;

-- The head of each of this device's chains as the server last acknowledged it, signed: covers every change before it.
create table signed_heads (
  actor integer primary key,
  seq integer not null,
  hash blob not null,
  signature blob not null
);

-- Own changes the server refused: content stays readable with its reason until the person dismisses it.
create table refused (
  actor integer not null, seq integer not null,
  code text not null, zh text not null, en text not null,
  primary key (actor, seq)
) without rowid;

-- The merged registers of each document: postcard of path and surviving writes (domain::register::Put).
create table registers (doc blob primary key, body blob not null);

-- Operations of a later version that came with pages: kept for the program that knows them.
create table unknown_ops (
  doc blob not null, actor integer not null, seq integer not null, place integer not null,
  tag integer not null, body blob not null,
  primary key (doc, actor, seq, place)
) without rowid;

-- Who made the writes that others made (own ones are in changes).
create table stamps (
  actor integer not null, seq integer not null,
  author integer not null, hlc integer not null,
  wall blob not null,              -- postcard of domain::clock::WallTime
  at blob,                         -- postcard of domain::value::Position
  primary key (actor, seq)
) without rowid;
create table people (id integer primary key, name text not null, role text not null, towns text);
create table devices (actor integer primary key, user integer not null, label text not null);

-- The materialised documents: what lists, search and the map read. Rebuilt from registers whenever one changes.
create table docs (
  n integer primary key,           -- a small number for the indexes of texts and places; another with another text
  id blob not null unique,
  type text not null,
  kind text not null,
  form_version integer not null,
  title text not null default '',
  state text not null default '',
  town text not null default '',
  site blob,                       -- the site of an inspection or a task
  parent blob,                     -- the document a photo belongs to
  photos text not null default '',       -- the ids of a record's photos, separated by spaces
  conflicts integer not null default 0,  -- how many paths have more than one value
  deleted integer not null default 0,
  updated integer not null default 0,    -- hybrid time of the latest write
  lat real, lon real,
  on_server integer not null default 0   -- photos: the server said it holds the original
);
create index docs_by_type on docs (type, kind, deleted, updated desc);
create index docs_by_updated on docs (deleted, updated desc);
create index docs_by_site on docs (site) where site is not null;
create index docs_by_parent on docs (parent) where parent is not null;
create index docs_in_conflict on docs (conflicts) where conflicts > 0;
create virtual table docs_text using fts5 (text, content='', contentless_delete=1, tokenize='trigram');
create table docs_words (          -- the texts
  n integer primary key, text text not null,
  stale integer not null           -- 0 docs_text has this text, 1 it has none of it
);
create index docs_words_stale on docs_words (stale) where stale > 0;
create virtual table docs_near using rtree (n, lat_min, lat_max, lon_min, lon_max);

-- Single characters and pairs: which texts have them, a batch of texts at a time (domain::grams).
create table docs_batches (upto integer primary key);    -- the last number of the batch
create table docs_grams (
  upto integer not null, gram integer not null, docs blob not null,
  primary key (upto, gram)
) without rowid;

-- Photo files of this device: originals and what was made of them.
create table photos (
  doc blob primary key,            -- the photo document
  sha256 text not null,
  size_bytes integer not null,
  original integer not null,       -- 1 while the original file is here
  thumbnail_sha256 text,
  thumbnail_sent integer not null default 0,
  original_sent integer not null default 0,   -- by receipt only
  upload_url text,                 -- of an upload that was begun
  thumbnail_url text,
  problem text                     -- why it cannot be sent, for the person
);
create index photos_by_content on photos (sha256);
create index photos_unsent on photos (original_sent) where original_sent = 0;

-- Photo files that a relay holds, by its receipt only.
create table relayed_photos (
  doc blob not null,
  file text not null,              -- 'original' or 'thumbnail'
  primary key (doc, file)
) without rowid;

-- How far each scope has been read.
create table cursors (scope text primary key, pos integer not null) without rowid;

-- The points of the walk under way, as they come.
create table walk_points (
  n integer primary key autoincrement,
  at blob not null,                -- postcard of domain::value::Vertex
  used integer not null            -- 0 for a poor fix
);
