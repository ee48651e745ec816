JOIN change_docs d ON d.actor = c.actor AND d.seq = c.seq
WHERE d.doc = ?1
ORDER BY c.pos = 0, c.pos, c.actor, c.seq
LIMIT ?2
