//! Queues of documents in SQLite.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, ToSql};

use super::SqliteTx;
use super::documents::head;
use super::rows::{corrupt, number};
use crate::storage::{DocHead, Queue, QueueCount, QueueQuery, Queues, Stored};

const FILTER: &str = include_str!("find_queued.sql");
const COLUMNS: &str = "d.id, d.type, d.kind, d.form_version, d.creator, d.title, d.state, d.towns, d.text, d.conflicts, \
    d.deleted, d.created_pos, d.changed_pos, d.updated_at_ms";

/// Makes the indexes where they are not there yet.
pub(super) fn create(connection: &Connection) -> Stored<()> {
    Ok(connection.execute_batch(include_str!("queues.sql"))?)
}

/// The rows of a queue, with the words of its index.
fn rows(queue: Queue) -> &'static str {
    match queue {
        Queue::Conflicts => {
            "FROM docs d LEFT JOIN summaries s ON s.doc = d.id \
             WHERE d.conflicts > 0 AND d.deleted = 0 AND ?6 IS NOT NULL AND ?7 IS NOT NULL"
        }
        Queue::Reviews => {
            "FROM docs d LEFT JOIN summaries s ON s.doc = d.id WHERE d.type = 'inspection' AND d.state = 'submitted' \
             AND d.deleted = 0 AND ?6 IS NOT NULL AND ?7 IS NOT NULL"
        }
        Queue::Overdue => {
            "FROM summaries s JOIN docs d ON d.id = s.doc WHERE s.columns ->> '$.deadline' IS NOT NULL \
             AND s.columns ->> '$.deadline' < ?6 AND s.type = 'site' AND s.deleted = 0 \
             AND s.kind || '/' || s.state IN (SELECT value FROM json_each(?7))"
        }
    }
}

fn order(queue: Queue) -> &'static str {
    match queue {
        Queue::Conflicts => "coalesce(s.contested, 0) DESC, d.changed_pos",
        Queue::Reviews => "d.changed_pos",
        Queue::Overdue => "s.columns ->> '$.deadline', d.changed_pos",
    }
}

fn list(words: &[String]) -> Stored<String> {
    serde_json::to_string(words).map_err(corrupt)
}

/// The values of the statement, in its order.
fn values(query: &QueueQuery) -> Stored<Vec<Sql>> {
    let or_null = |text: Option<String>| text.map_or(Sql::Null, Sql::Text);
    let towns = if query.towns.is_empty() { None } else { Some(list(&query.towns)?) };
    Ok(vec![
        or_null(query.kind.clone()),
        or_null(query.scopes.as_deref().map(list).transpose()?),
        or_null(towns),
        query.since_ms.map_or(Sql::Null, Sql::Integer),
        or_null(query.search.as_ref().map(|text| text.to_lowercase())),
        Sql::Text(query.today.clone()),
        Sql::Text(list(&query.open)?),
    ])
}

impl Queues for SqliteTx<'_> {
    fn queued(&self, query: &QueueQuery) -> Stored<Vec<DocHead>> {
        let (rows, order) = (rows(query.queue), order(query.queue));
        let sql = format!("SELECT {COLUMNS} {rows} {FILTER} ORDER BY {order} LIMIT ?8 OFFSET ?9");
        let mut values = values(query)?;
        values.extend([Sql::Integer(query.limit.into()), Sql::Integer(query.offset.into())]);
        let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        self.all(&sql, values.as_slice(), head)
    }

    fn count_queued(&self, query: &QueueQuery) -> Stored<Vec<QueueCount>> {
        let rows = rows(query.queue);
        let sql = format!(
            "SELECT coalesce(s.town, ''), count(*), sum(coalesce(s.contested, 0)), min(d.updated_at_ms) \
             {rows} {FILTER} GROUP BY coalesce(s.town, '')"
        );
        let values = values(query)?;
        let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        self.all(&sql, values.as_slice(), |row| {
            let (count, contested) = (number(row, 1)?, number(row, 2)?);
            Ok(QueueCount { town: row.get(0)?, count, contested, oldest_ms: row.get(3)? })
        })
    }
}
