-- Writes a materialised document over what was there; gives its number in the indexes.
insert into docs (n, id, type, kind, form_version, title, state, town, site, parent, photos, conflicts, deleted, updated, lat, lon)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
on conflict (id) do update set
  form_version = max(form_version, excluded.form_version),
  title = excluded.title, state = excluded.state, town = excluded.town, site = excluded.site,
  parent = excluded.parent, photos = excluded.photos, conflicts = excluded.conflicts,
  deleted = excluded.deleted, updated = excluded.updated, lat = excluded.lat, lon = excluded.lon
returning n
