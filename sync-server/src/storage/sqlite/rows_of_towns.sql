-- The rows of a kind in some townships, as displayed.
SELECT rowid FROM summaries WHERE type = ?1 AND kind = ?2 AND deleted = 0 AND town IN (SELECT value FROM json_each(?3))
