SELECT EXISTS (
  SELECT 1 FROM holdings h
  WHERE h.doc = ?1 AND h.kind = ?2
    AND (?2 <> 'original' OR EXISTS (SELECT 1 FROM photos_named n WHERE n.doc = h.doc AND n.sha256 = h.sha256)))
