-- Desks of users. A desk without a secret is no longer in use: nothing is ever written at it again.
CREATE TABLE IF NOT EXISTS desks (
  device INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  secret BLOB
) STRICT;
