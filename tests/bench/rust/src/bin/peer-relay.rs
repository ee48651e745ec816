//! `peer-relay PORT FILE`: keeps what devices send in the order it came, gives each what the others sent.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use bench_peers::{ENTRIES_MAX, Entry, Page, open_database, pack, unpack};
use rusqlite::{Connection, params};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS log (
  pos INTEGER PRIMARY KEY, actor INTEGER NOT NULL, n INTEGER NOT NULL, doc BLOB NOT NULL, change BLOB NOT NULL,
  UNIQUE (actor, n))";

type Shared = Arc<Mutex<Connection>>;

#[derive(serde::Deserialize)]
struct Asked {
    actor: u32,
    #[serde(default)]
    first: i64,
    #[serde(default)]
    after: i64,
}

fn take(db: &Connection, asked: &Asked, body: &[u8]) -> Result<()> {
    let entries: Vec<Entry> = unpack(body)?;
    let transaction = db.unchecked_transaction()?;
    for (n, entry) in (asked.first..).zip(&entries) {
        let sql = "INSERT OR IGNORE INTO log (actor, n, doc, change) VALUES (?1, ?2, ?3, ?4)";
        db.prepare_cached(sql)?.execute(params![asked.actor, n, entry.doc, entry.change])?;
    }
    Ok(transaction.commit()?)
}

fn give(db: &Connection, asked: &Asked) -> Result<Vec<u8>> {
    let sql = "SELECT pos, doc, change FROM log WHERE pos > ?1 AND actor <> ?2 ORDER BY pos LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![asked.after, asked.actor, i64::try_from(ENTRIES_MAX)?], |r| {
        Ok((r.get::<_, i64>(0)?, Entry { doc: r.get(1)?, change: r.get(2)? }))
    })?;
    let (places, entries): (Vec<i64>, Vec<Entry>) = rows.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let more = entries.len() == ENTRIES_MAX;
    let end = || db.query_row("SELECT coalesce(max(pos), 0) FROM log", [], |r| r.get(0));
    let next = match places.last().filter(|_| more) {
        Some(&last) => last,
        None => end()?,
    };
    pack(&Page { entries, next, more })
}

async fn push(State(db): State<Shared>, Query(asked): Query<Asked>, body: Bytes) -> StatusCode {
    let db = db.lock().unwrap_or_else(PoisonError::into_inner);
    take(&db, &asked, &body).map_or(StatusCode::BAD_REQUEST, |()| StatusCode::NO_CONTENT)
}

async fn pull(State(db): State<Shared>, Query(asked): Query<Asked>) -> Result<Vec<u8>, StatusCode> {
    let db = db.lock().unwrap_or_else(PoisonError::into_inner);
    give(&db, &asked).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (port, file) = args.next().zip(args.next()).context("a port and a file")?;
    let db = open_database(&file)?;
    db.execute_batch(TABLE)?;
    let app = Router::new().route("/push", post(push)).route("/pull", get(pull));
    let app = app.layer(DefaultBodyLimit::disable()).with_state(Arc::new(Mutex::new(db)));
    axum::serve(tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?, app).await?;
    Ok(())
}
