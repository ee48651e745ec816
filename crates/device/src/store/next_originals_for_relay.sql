-- Originals to hand to a relay: those that neither the server nor a relay holds, in the same order as to the server.
select f.doc, f.sha256, f.sha256, f.upload_url
from photos f left join docs d on d.id = f.doc
where f.original_sent = 0 and f.original = 1 and f.problem is null
  and not exists (select 1 from relayed_photos r where r.doc = f.doc and r.file = 'original')
  and not exists (select 1 from change_docs t where t.doc = f.doc and t.actor = ?1 and t.seq > ?2)
order by coalesce(d.parent, f.doc) desc, f.doc
limit ?3
