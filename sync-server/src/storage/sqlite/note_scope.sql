UPDATE summaries SET scope = o.scope
FROM (SELECT CASE WHEN count(*) = 1 THEN min(scope) ELSE '' END AS scope FROM doc_scopes WHERE doc = ?1 AND gone = 0) o
WHERE doc = ?1 AND summaries.scope <> o.scope
