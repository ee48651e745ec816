-- Version 2: photo files that a relay holds, by its receipt only. A program of version 1 works without it.
create table relayed_photos (
  doc blob not null,
  file text not null,              -- 'original' or 'thumbnail'
  primary key (doc, file)
) without rowid;
