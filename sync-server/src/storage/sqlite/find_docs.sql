WHERE (?1 IS NULL OR EXISTS (
    SELECT 1 FROM doc_scopes s
    WHERE s.doc = docs.id AND s.gone = 0 AND s.scope IN (SELECT value FROM json_each(?1))))
  AND deleted = 0
  AND (?2 IS NULL OR type = ?2)
  AND (?3 IS NULL OR kind = ?3)
  AND (?4 IS NULL OR instr(' ' || towns || ' ', ' ' || ?4 || ' ') > 0)
  AND (?5 IS NULL OR state = ?5)
  AND (?6 IS NULL OR instr(text, ?6) > 0)
