//! Merged documents, registers and scopes in SQLite.

use domain::change::DocKey;
use domain::sync::Scope;
use domain::{DocId, OpId, Seq};
use rusqlite::{Row, params};

use super::SqliteTx;
use super::rows::{corrupt, doc_id, limit, number, op, pack, packed, user_id, word};
use crate::storage::{DocHead, DocQuery, Documents, Pos, RegisterRow, ScopeRow, StateWrite, Stored};

const HEAD: &str = "SELECT id, type, kind, form_version, creator, title, state, towns, text, conflicts, deleted, \
    created_pos, changed_pos, updated_at_ms FROM docs";

pub(super) fn head(row: &Row<'_>) -> Stored<DocHead> {
    Ok(DocHead {
        key: DocKey { id: doc_id(row, 0)?, doc_type: word(row, 1)?, kind: row.get(2)? },
        form_version: row.get(3)?,
        creator: user_id(row, 4)?,
        title: row.get(5)?,
        state: row.get(6)?,
        towns: row.get(7)?,
        text: row.get(8)?,
        conflicts: row.get(9)?,
        deleted: row.get(10)?,
        created_pos: number(row, 11)?,
        changed_pos: number(row, 12)?,
        updated_at_ms: row.get(13)?,
    })
}

fn scope_row(row: &Row<'_>) -> Stored<ScopeRow> {
    Ok(ScopeRow { doc: doc_id(row, 0)?, changed: number(row, 1)?, entered: number(row, 2)?, gone: row.get(3)? })
}

impl SqliteTx<'_> {
    fn leave_scopes(&self, doc: DocId, staying: &[Scope], pos: Pos) -> Stored<()> {
        for left in self.scopes(doc)?.iter().filter(|scope| !staying.contains(scope)) {
            let sql = "UPDATE doc_scopes SET gone = 1, changed = ?3 WHERE doc = ?1 AND scope = ?2";
            self.run(sql, params![doc.as_bytes(), left, pos.cast_signed()])?;
        }
        Ok(())
    }
}

impl Documents for SqliteTx<'_> {
    fn doc(&self, id: DocId) -> Stored<Option<DocHead>> {
        self.one(&format!("{HEAD} WHERE id = ?1"), params![id.as_bytes()], head)
    }

    fn doc_key(&self, id: DocId) -> Stored<Option<(DocKey, u32)>> {
        let sql = "SELECT id, type, kind, form_version FROM docs WHERE id = ?1";
        self.one(sql, params![id.as_bytes()], |row| {
            let key = DocKey { id: doc_id(row, 0)?, doc_type: word(row, 1)?, kind: row.get(2)? };
            Ok((key, row.get(3)?))
        })
    }

    fn set_doc(&self, d: &DocHead) -> Stored<()> {
        let (created, changed) = (d.created_pos.cast_signed(), d.changed_pos.cast_signed());
        let values = params![
            d.key.id.as_bytes(),
            d.key.doc_type.as_str(),
            d.key.kind,
            d.form_version,
            d.creator.0,
            d.title,
            d.state,
            d.towns,
            d.text,
            d.conflicts,
            d.deleted,
            created,
            changed,
            d.updated_at_ms
        ];
        self.run(include_str!("set_doc.sql"), values)?;
        Ok(())
    }

    fn docs_after(&self, after: Option<DocId>, rows: usize) -> Stored<Vec<DocId>> {
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        self.all("SELECT id FROM docs WHERE id > ?1 ORDER BY id LIMIT ?2", params![after, limit(rows)], |r| {
            doc_id(r, 0)
        })
    }

    fn find_docs(&self, q: &DocQuery) -> Stored<(Vec<DocHead>, u64)> {
        let scopes = q.scopes.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)?;
        let search = q.search.as_ref().map(|text| text.to_lowercase());
        let doc_type = q.doc_type.map(domain::DocType::as_str);
        let filter = params![scopes, doc_type, q.kind, q.town, q.state, search];
        let count = format!("SELECT count(*) FROM docs {}", include_str!("find_docs.sql"));
        let total = self.one(&count, filter, |row| number(row, 0))?.unwrap_or(0);
        let page = format!("{HEAD} {} ORDER BY changed_pos DESC LIMIT ?7 OFFSET ?8", include_str!("find_docs.sql"));
        let values = params![scopes, doc_type, q.kind, q.town, q.state, search, q.limit, q.offset];
        Ok((self.all(&page, values, head)?, total))
    }

    fn registers(&self, doc: DocId) -> Stored<Vec<RegisterRow>> {
        let sql = "SELECT body FROM registers WHERE doc = ?1";
        Ok(self.one(sql, params![doc.as_bytes()], |row| packed(row, 0))?.unwrap_or_default())
    }

    fn set_registers(&self, doc: DocId, rows: &[RegisterRow]) -> Stored<()> {
        let sql = "INSERT OR REPLACE INTO registers (doc, body) VALUES (?1, ?2)";
        self.run(sql, params![doc.as_bytes(), pack(&rows)?])?;
        Ok(())
    }

    fn add_unknown_write(&self, doc: DocId, op: OpId, pos: Pos) -> Stored<()> {
        let sql = "INSERT OR IGNORE INTO unknown_writes (doc, actor, seq, pos) VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, params![doc.as_bytes(), op.actor.0, op.seq.cast_signed(), pos.cast_signed()])?;
        Ok(())
    }

    fn unknown_writes(&self, doc: DocId) -> Stored<Vec<(OpId, Pos)>> {
        let sql = "SELECT actor, seq, pos FROM unknown_writes WHERE doc = ?1 ORDER BY pos, actor, seq";
        self.all(sql, params![doc.as_bytes()], |row| Ok((op(row, 0)?, number(row, 2)?)))
    }

    fn add_state_write(&self, doc: DocId, write: &StateWrite) -> Stored<()> {
        let sql = "INSERT OR IGNORE INTO state_writes (doc, actor, seq, state, clock) VALUES (?1, ?2, ?3, ?4, ?5)";
        let (actor, seq) = (write.op.actor.0, write.op.seq.cast_signed());
        self.run(sql, params![doc.as_bytes(), actor, seq, write.state, pack(&write.clock)?])?;
        Ok(())
    }

    fn state_writes(&self, doc: DocId) -> Stored<Vec<StateWrite>> {
        let sql = "SELECT actor, seq, state, clock FROM state_writes WHERE doc = ?1 ORDER BY actor, seq";
        self.all(sql, params![doc.as_bytes()], |row| {
            Ok(StateWrite { op: op(row, 0)?, state: row.get(2)?, clock: packed(row, 3)? })
        })
    }

    fn set_parents(&self, doc: DocId, parents: &[DocId]) -> Stored<()> {
        self.run("DELETE FROM doc_parents WHERE doc = ?1", params![doc.as_bytes()])?;
        for parent in parents {
            let sql = "INSERT OR IGNORE INTO doc_parents (doc, parent) VALUES (?1, ?2)";
            self.run(sql, params![doc.as_bytes(), parent.as_bytes()])?;
        }
        Ok(())
    }

    fn children(&self, doc: DocId, rows: usize) -> Stored<Vec<DocId>> {
        let sql = "SELECT doc FROM doc_parents WHERE parent = ?1 ORDER BY doc LIMIT ?2";
        self.all(sql, params![doc.as_bytes(), limit(rows)], |row| doc_id(row, 0))
    }

    fn scopes(&self, doc: DocId) -> Stored<Vec<Scope>> {
        let sql = "SELECT scope FROM doc_scopes WHERE doc = ?1 AND gone = 0 ORDER BY scope";
        self.all(sql, params![doc.as_bytes()], |row| Ok(row.get(0)?))
    }

    fn set_scopes(&self, doc: DocId, scopes: &[Scope], pos: Pos) -> Stored<()> {
        self.leave_scopes(doc, scopes, pos)?;
        for scope in scopes {
            self.run(include_str!("enter_scope.sql"), params![doc.as_bytes(), scope, pos.cast_signed()])?;
        }
        self.note_scope(doc)
    }

    fn touch(&self, doc: DocId, pos: Pos) -> Stored<()> {
        self.run("UPDATE docs SET changed_pos = ?2 WHERE id = ?1", params![doc.as_bytes(), pos.cast_signed()])?;
        let sql = "UPDATE doc_scopes SET changed = ?2 WHERE doc = ?1 AND gone = 0";
        self.run(sql, params![doc.as_bytes(), pos.cast_signed()])?;
        Ok(())
    }

    fn changed(&self, scope: Option<&str>, after: Pos, rows: usize) -> Stored<Vec<ScopeRow>> {
        let (after, rows) = (after.cast_signed(), limit(rows));
        match scope {
            Some(scope) => {
                let sql = "SELECT doc, changed, entered, gone FROM doc_scopes WHERE scope = ?1 AND changed > ?2 \
                    ORDER BY changed LIMIT ?3";
                self.all(sql, params![scope, after, rows], scope_row)
            }
            None => {
                let sql = "SELECT id, changed_pos, created_pos, 0 FROM docs WHERE changed_pos > ?1 \
                    ORDER BY changed_pos LIMIT ?2";
                self.all(sql, params![after, rows], scope_row)
            }
        }
    }

    fn ever_in(&self, scope: Option<&str>, after: Option<DocId>, rows: usize) -> Stored<Vec<DocId>> {
        let Some(scope) = scope else { return self.docs_after(after, rows) };
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let sql = include_str!("ever_in.sql");
        self.all(sql, params![scope, after, limit(rows)], |row| doc_id(row, 0))
    }

    fn counts(&self) -> Stored<(Seq, u64)> {
        let sql = "SELECT (SELECT count(*) FROM waits), (SELECT count(*) FROM docs)";
        Ok(self.one(sql, [], |row| Ok((number(row, 0)?, number(row, 1)?)))?.unwrap_or_default())
    }
}
