  AND (?1 IS NULL OR d.kind = ?1)
  AND (?2 IS NULL OR EXISTS (SELECT 1 FROM doc_scopes o
    WHERE o.doc = d.id AND o.gone = 0 AND o.scope IN (SELECT value FROM json_each(?2))))
  AND (?3 IS NULL OR EXISTS (SELECT 1 FROM doc_scopes o
    WHERE o.doc = d.id AND o.gone = 0 AND o.scope IN (SELECT value FROM json_each(?3))))
  AND (?4 IS NULL OR d.updated_at_ms >= ?4)
  AND (?5 IS NULL OR instr(d.text, ?5) > 0)
