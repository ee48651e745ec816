//! What the disk and SQLite alone take for the same rows: a plain, unencrypted table of 26 columns, one transaction.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use serde_json::{Value as Json, json};

fn column(value: &Json) -> Sql {
    match value {
        Json::Number(n) => n.as_i64().map_or_else(|| Sql::Real(n.as_f64().unwrap_or_default()), Sql::Integer),
        Json::String(text) => Sql::Text(text.clone()),
        _ => Sql::Null,
    }
}

/// Inserts every line of a file; prints the seconds. Reading the file and its JSON is not part of it.
pub fn run(file: &Path, folder: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file)?;
    let rows = text.lines().map(|line| {
        let json: Json = serde_json::from_str(line)?;
        let fields = json.as_object().context("a document")?;
        Ok(fields.iter().filter(|(name, _)| *name != "position").map(|(_, v)| column(v)).collect::<Vec<Sql>>())
    });
    let rows: Vec<Vec<Sql>> = rows.collect::<Result<_>>()?;
    let columns = rows.first().map_or(0, Vec::len);
    std::fs::create_dir_all(folder)?;
    let mut db = Connection::open(folder.join("floor.db"))?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    let names: Vec<String> = (0..columns).map(|n| format!("c{n}")).collect();
    db.execute_batch(&format!("CREATE TABLE docs ({})", names.join(", ")))?;
    let sql = format!("INSERT INTO docs VALUES ({})", vec!["?"; columns].join(", "));
    let started = Instant::now();
    let transaction = db.transaction()?;
    for row in &rows {
        transaction.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(row))?;
    }
    transaction.commit()?;
    println!("{}", json!({"rows": rows.len(), "s": started.elapsed().as_secs_f64()}));
    Ok(())
}
