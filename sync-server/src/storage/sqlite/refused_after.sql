WHERE c.actor = ?1 AND c.status = 1 AND (c.seq > ?2 OR c.pos > ?3)
ORDER BY c.pos, c.seq
LIMIT ?4
