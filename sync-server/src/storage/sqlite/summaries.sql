-- What ledgers show of documents. It can be made again from them, so a database from before it is given one.
CREATE TABLE IF NOT EXISTS summaries (
  doc BLOB PRIMARY KEY,
  type TEXT NOT NULL,
  kind TEXT NOT NULL,
  town TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL,
  contested INTEGER NOT NULL,
  conflicts INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  columns TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS summaries_updated ON summaries (type, kind, deleted, updated_at_ms, doc);
CREATE INDEX IF NOT EXISTS summaries_title ON summaries (type, kind, deleted, title, doc);
CREATE INDEX IF NOT EXISTS summaries_town ON summaries (type, kind, deleted, town, title, doc);
CREATE INDEX IF NOT EXISTS summaries_state ON summaries (type, kind, deleted, state, updated_at_ms, doc);
