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
  updated_at_ms INTEGER NOT NULL,
  scope TEXT NOT NULL DEFAULT ''    -- where it stands in one scope only, that one; else doc_scopes says
) STRICT;
CREATE INDEX IF NOT EXISTS summaries_updated ON summaries (type, kind, deleted, updated_at_ms, doc);
CREATE INDEX IF NOT EXISTS summaries_title ON summaries (type, kind, deleted, title, doc);
CREATE INDEX IF NOT EXISTS summaries_town ON summaries (type, kind, deleted, town, title, doc);
CREATE INDEX IF NOT EXISTS summaries_state ON summaries (type, kind, deleted, state, updated_at_ms, doc);
CREATE INDEX IF NOT EXISTS summaries_scope ON summaries (type, kind, deleted, scope);

-- Single characters and pairs: the rows whose text has them, a batch of rows at a time (domain::grams).
CREATE TABLE IF NOT EXISTS summary_batches (upto INTEGER PRIMARY KEY) STRICT;   -- the last row of the batch
CREATE TABLE IF NOT EXISTS summary_grams (
  upto INTEGER NOT NULL, gram INTEGER NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (upto, gram)
) STRICT, WITHOUT ROWID;
