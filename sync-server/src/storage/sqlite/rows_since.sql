-- The rows of a kind that changed since.
SELECT rowid FROM summaries WHERE type = ?1 AND kind = ?2 AND deleted = 0 AND updated_at_ms >= ?3
