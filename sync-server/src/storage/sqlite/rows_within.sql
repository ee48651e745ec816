-- The rows of a kind in some scopes; those that do not stand in just one say so in doc_scopes only.
SELECT s.rowid FROM summaries s
WHERE s.type = ?1 AND s.kind = ?2 AND s.deleted = 0 AND s.scope IN (SELECT value FROM json_each(?3))
UNION ALL
SELECT s.rowid FROM summaries s
WHERE s.type = ?1 AND s.kind = ?2 AND s.deleted = 0 AND s.scope = ''
  AND EXISTS (SELECT 1 FROM doc_scopes o
    WHERE o.doc = s.doc AND o.gone = 0 AND o.scope IN (SELECT value FROM json_each(?3)))
