-- Few documents of many wait for somebody: each queue has an index of just those.
CREATE INDEX IF NOT EXISTS docs_conflicts ON docs (changed_pos) WHERE conflicts > 0 AND deleted = 0;
CREATE INDEX IF NOT EXISTS docs_submitted ON docs (changed_pos) WHERE type = 'inspection' AND state = 'submitted' AND deleted = 0;
CREATE INDEX IF NOT EXISTS summaries_deadline ON summaries (columns ->> '$.deadline') WHERE columns ->> '$.deadline' IS NOT NULL;
