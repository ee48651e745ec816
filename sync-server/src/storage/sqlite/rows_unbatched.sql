-- The rows with a text among those that are in no batch yet.
SELECT s.rowid FROM summaries s JOIN docs d ON d.id = s.doc
WHERE s.rowid > ?1 AND instr(d.text, ?2) > 0
