-- From version 1 to 2: the points of a walk, and the index of single characters and pairs. What the trigram index has of
-- an older text goes.
create table walk_points (n integer primary key autoincrement, at blob not null, used integer not null);
create table docs_batches (upto integer primary key);
create table docs_grams (
  upto integer not null, gram integer not null, docs blob not null,
  primary key (upto, gram)
) without rowid;
delete from docs_text where rowid in (select n from docs_words where stale = 2);
update docs_words set stale = 1 where stale = 2;
-- A version 1 program does not give another number to another text.
update meta set value = cast('2' as blob) where key = 'min_reader';
pragma user_version = 2;
