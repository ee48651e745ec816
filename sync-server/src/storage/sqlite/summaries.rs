//! Summaries of documents in SQLite.

use rusqlite::{Connection, Row, params};

use super::SqliteTx;
use super::found::Found;
use super::rows::{doc_id, number, word};
use crate::storage::{Order, Stored, Summaries, Summary, SummaryQuery};

/// Makes the tables where they are not there yet, or from before there was a scope: summaries are made again then.
pub(super) fn create(connection: &Connection) -> Stored<()> {
    let columns = "SELECT count(*), total(name = 'scope') FROM pragma_table_info('summaries')";
    let (columns, scopes): (u32, f64) = connection.query_row(columns, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let make = include_str!("summaries.sql");
    if columns > 0 && scopes < 1.0 {
        let renew = format!("BEGIN IMMEDIATE; DROP TABLE summaries; {make}; COMMIT");
        return Ok(connection.execute_batch(&renew)?);
    }
    Ok(connection.execute_batch(make)?)
}

fn summary(row: &Row<'_>) -> Stored<Summary> {
    Ok(Summary {
        doc: doc_id(row, 0)?,
        doc_type: word(row, 1)?,
        kind: row.get(2)?,
        town: row.get(3)?,
        title: row.get(4)?,
        state: row.get(5)?,
        contested: row.get(6)?,
        conflicts: row.get(7)?,
        deleted: row.get(8)?,
        columns: row.get(9)?,
        updated_at_ms: row.get(10)?,
    })
}

/// The order of a ledger; the id makes it one order, so that no row is on two pages.
fn order(query: &SummaryQuery) -> &'static str {
    match (query.order, query.descending) {
        (Order::Updated, false) => "s.updated_at_ms, s.doc",
        (Order::Updated, true) => "s.updated_at_ms DESC, s.doc DESC",
        (Order::Title, false) => "s.title, s.doc",
        (Order::Title, true) => "s.title DESC, s.doc DESC",
        (Order::Town, false) => "s.town, s.title, s.doc",
        (Order::Town, true) => "s.town DESC, s.title DESC, s.doc DESC",
        (Order::State, false) => "s.state, s.updated_at_ms, s.doc",
        (Order::State, true) => "s.state DESC, s.updated_at_ms DESC, s.doc DESC",
    }
}

/// The rows of a kind, among those that were found; ?3 is the set, ?4 a text that is looked for in each row.
fn rows_of(found: &Found) -> String {
    let within = if found.rows.is_some() { "AND found(?3, s.rowid)" } else { "AND ?3 IS NULL" };
    let with = "AND (?4 IS NULL OR EXISTS (SELECT 1 FROM docs d WHERE d.id = s.doc AND instr(d.text, ?4) > 0))";
    format!("FROM summaries s WHERE s.type = ?1 AND s.kind = ?2 AND s.deleted = 0 {within} {with}")
}

impl Summaries for SqliteTx<'_> {
    fn set_summary(&self, s: &Summary) -> Stored<()> {
        let sql = "INSERT OR REPLACE INTO summaries (doc, type, kind, town, title, state, contested, conflicts, deleted, \
            columns, updated_at_ms, scope) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
            CASE WHEN count(*) = 1 THEN min(scope) ELSE '' END FROM doc_scopes WHERE doc = ?1 AND gone = 0";
        let doc_type = s.doc_type.as_str();
        let (id, at) = (s.doc.as_bytes(), s.updated_at_ms);
        self.run(
            sql,
            params![id, doc_type, s.kind, s.town, s.title, s.state, s.contested, s.conflicts, s.deleted, s.columns, at],
        )?;
        Ok(())
    }

    fn find_summaries(&self, query: &SummaryQuery) -> Stored<Vec<Summary>> {
        let found = self.found(query, &query.states)?;
        // Both are numbers, so they may stand in the statement.
        let (limit, offset) = (query.limit, query.offset);
        let sql = format!(
            "SELECT s.doc, s.type, s.kind, s.town, s.title, s.state, s.contested, s.conflicts, s.deleted, s.columns, \
             s.updated_at_ms {} ORDER BY {} LIMIT {limit} OFFSET {offset}",
            rows_of(&found),
            order(query)
        );
        self.all(&sql, params![query.doc_type.as_str(), query.kind, found.rows, found.unread], summary)
    }

    fn count_summaries(&self, query: &SummaryQuery) -> Stored<Vec<(String, u64)>> {
        let found = self.found(query, &[])?;
        let sql = format!("SELECT s.state, count(*) {} GROUP BY s.state ORDER BY s.state", rows_of(&found));
        let unread: Option<String> = None;
        let values = params![query.doc_type.as_str(), query.kind, found.rows, unread];
        self.all(&sql, values, |row| Ok((row.get(0)?, number(row, 1)?)))
    }
}
