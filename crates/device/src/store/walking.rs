//! The points of a walk under way, each on the disk before the next comes.

use rusqlite::OptionalExtension;

use super::{Store, meta};
use crate::error::Result;
use crate::position::walk::Point;

impl Store {
    /// The points so far, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub fn walk_points(&self) -> Result<Vec<Point>> {
        let mut statement = self.db.prepare_cached("select at, used from walk_points order by n")?;
        let mut rows = statement.query([])?;
        let mut points = Vec::new();
        while let Some(row) = rows.next()? {
            let at: Vec<u8> = row.get(0)?;
            points.push(Point { at: meta::decode(&at, "a point of a walk")?, used: row.get(1)? });
        }
        Ok(points)
    }

    /// Adds a point.
    ///
    /// # Errors
    /// When the database fails.
    pub fn add_walk_point(&mut self, point: Point) -> Result<()> {
        let sql = "insert into walk_points (at, used) values (?1, ?2)";
        self.write(|w| Ok(w.db.prepare_cached(sql)?.execute((meta::encode(&point.at), point.used)).map(drop)?))
    }

    /// Takes the last point out; says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn undo_walk_point(&mut self) -> Result<bool> {
        self.write(|w| {
            let last: Option<i64> =
                w.db.query_row("select max(n) from walk_points", [], |r| r.get(0)).optional()?.flatten();
            let Some(last) = last else { return Ok(false) };
            w.db.execute("delete from walk_points where n = ?1", [last])?;
            Ok(true)
        })
    }

    /// Forgets all points.
    ///
    /// # Errors
    /// When the database fails.
    pub fn clear_walk_points(&mut self) -> Result<()> {
        self.write(|w| Ok(w.db.execute("delete from walk_points", []).map(drop)?))
    }
}
