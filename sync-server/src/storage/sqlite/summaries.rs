//! Summaries of documents in SQLite.

use rusqlite::{Connection, Row, ToSql, params};

use super::SqliteTx;
use super::rows::{corrupt, doc_id, number, word};
use crate::storage::{Order, Stored, Summaries, Summary, SummaryQuery};

const FILTER: &str = include_str!("find_summaries.sql");

/// Makes the table where it is not there yet.
pub(super) fn create(connection: &Connection) -> Stored<()> {
    Ok(connection.execute_batch(include_str!("summaries.sql"))?)
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

/// A list as the statements take it: JSON, or nothing for all.
fn list(words: &[String]) -> Stored<Option<String>> {
    if words.is_empty() { Ok(None) } else { serde_json::to_string(words).map(Some).map_err(corrupt) }
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

/// The values of the filter, in the order of its statement.
struct Filter {
    towns: Option<String>,
    states: Option<String>,
    search: Option<String>,
    scopes: Option<String>,
}

impl Filter {
    fn of(query: &SummaryQuery, states: &[String]) -> Stored<Self> {
        let scopes = query.scopes.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)?;
        let search = query.search.as_ref().map(|text| text.to_lowercase());
        Ok(Self { towns: list(&query.towns)?, states: list(states)?, search, scopes })
    }

    fn values<'a>(&'a self, query: &'a SummaryQuery, kind: &'a &'static str) -> [&'a dyn ToSql; 7] {
        [kind, &query.kind, &self.towns, &self.states, &query.since_ms, &self.search, &self.scopes]
    }
}

impl Summaries for SqliteTx<'_> {
    fn set_summary(&self, s: &Summary) -> Stored<()> {
        let sql = "INSERT OR REPLACE INTO summaries (doc, type, kind, town, title, state, contested, conflicts, deleted, \
            columns, updated_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let doc_type = s.doc_type.as_str();
        let (id, at) = (s.doc.as_bytes(), s.updated_at_ms);
        self.run(
            sql,
            params![id, doc_type, s.kind, s.town, s.title, s.state, s.contested, s.conflicts, s.deleted, s.columns, at],
        )?;
        Ok(())
    }

    fn find_summaries(&self, query: &SummaryQuery) -> Stored<Vec<Summary>> {
        let sql = format!(
            "SELECT s.doc, s.type, s.kind, s.town, s.title, s.state, s.contested, s.conflicts, s.deleted, s.columns, \
             s.updated_at_ms {FILTER} ORDER BY {} LIMIT ?8 OFFSET ?9",
            order(query)
        );
        let (filter, kind) = (Filter::of(query, &query.states)?, query.doc_type.as_str());
        let mut values = filter.values(query, &kind).to_vec();
        values.extend([&query.limit as &dyn ToSql, &query.offset]);
        self.all(&sql, values.as_slice(), summary)
    }

    fn count_summaries(&self, query: &SummaryQuery) -> Stored<Vec<(String, u64)>> {
        let sql = format!("SELECT s.state, count(*) {FILTER} GROUP BY s.state ORDER BY s.state");
        let (filter, kind) = (Filter::of(query, &[])?, query.doc_type.as_str());
        self.all(&sql, &filter.values(query, &kind)[..], |row| Ok((row.get(0)?, number(row, 1)?)))
    }
}
