SELECT DISTINCT doc FROM doc_scopes WHERE scope = ?1 AND doc > ?2 ORDER BY doc LIMIT ?3
