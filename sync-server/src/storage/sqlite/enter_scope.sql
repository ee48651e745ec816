INSERT INTO doc_scopes (doc, scope, changed, entered, gone) VALUES (?1, ?2, ?3, ?3, 0)
ON CONFLICT (doc, scope) DO UPDATE SET
  entered = CASE WHEN gone = 1 THEN excluded.entered ELSE entered END,
  changed = excluded.changed,
  gone = 0
