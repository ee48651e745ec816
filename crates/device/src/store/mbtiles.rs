//! Base maps in MBTiles files: SQLite, not encrypted, only read.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::error::Result;

/// What an MBTiles file says of itself, by name.
///
/// # Errors
/// When it is no such file.
pub fn metadata(file: &Path) -> Result<Vec<(String, String)>> {
    let db = open(file)?;
    let mut statement = db.prepare("select name, value from metadata")?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get::<_, Option<String>>(1)?.unwrap_or_default())))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The smallest and largest zoom of its tiles.
///
/// # Errors
/// When it is no such file.
pub fn zooms(file: &Path) -> Result<(u32, u32)> {
    let sql = "select coalesce(min(zoom_level), 0), coalesce(max(zoom_level), 0) from tiles";
    Ok(open(file)?.query_row(sql, [], |r| Ok((r.get(0)?, r.get(1)?)))?)
}

/// A tile as it is stored; rows are counted from the south in these files.
///
/// # Errors
/// When it is no such file.
pub fn tile(file: &Path, z: u32, x: u32, y: u32) -> Result<Option<Vec<u8>>> {
    let row = 1u32.checked_shl(z).and_then(|n| n.checked_sub(1)).and_then(|last| last.checked_sub(y));
    let Some(row) = row else { return Ok(None) };
    let sql = "select tile_data from tiles where zoom_level = ?1 and tile_column = ?2 and tile_row = ?3";
    Ok(open(file)?.prepare(sql)?.query_row((z, x, row), |r| r.get(0)).optional()?)
}

fn open(file: &Path) -> Result<Connection> {
    Ok(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
}
