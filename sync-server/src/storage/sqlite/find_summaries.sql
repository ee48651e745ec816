FROM summaries s
WHERE s.type = ?1 AND s.kind = ?2 AND s.deleted = 0
  AND (?3 IS NULL OR s.town IN (SELECT value FROM json_each(?3)))
  AND (?4 IS NULL OR s.state IN (SELECT value FROM json_each(?4)))
  AND (?5 IS NULL OR s.updated_at_ms >= ?5)
  AND (?6 IS NULL OR EXISTS (SELECT 1 FROM docs d WHERE d.id = s.doc AND instr(d.text, ?6) > 0))
  -- One pass over the index of those scopes; asked row by row, a million rows take three times as long.
  AND (?7 IS NULL OR s.doc IN (
    SELECT o.doc FROM doc_scopes o WHERE o.gone = 0 AND o.scope IN (SELECT value FROM json_each(?7))))
