INSERT INTO changes (actor, seq, hash, status, code, zh, en, pos, stamp, received_at_ms, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
