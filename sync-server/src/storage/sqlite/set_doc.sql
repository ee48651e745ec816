INSERT OR REPLACE INTO docs
  (id, type, kind, form_version, creator, title, state, towns, text, conflicts, deleted,
   created_pos, changed_pos, updated_at_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
