INSERT OR REPLACE INTO registers (doc, path, actor, seq, hlc, clock, value, pos)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
