//! Desks in SQLite.

use domain::{ActorId, UserId};
use rusqlite::{Connection, params};

use super::SqliteTx;
use super::rows::{actor, array, user_id};
use crate::storage::{Desk, Desks, Stored};

/// Makes the table where it is not there yet.
pub(super) fn create(connection: &Connection) -> Stored<()> {
    Ok(connection.execute_batch(include_str!("desks.sql"))?)
}

impl SqliteTx<'_> {
    /// After a restore numbers of changes at a desk would be given a second time: each user gets a new desk.
    pub(super) fn retire_desks(&self) -> Stored<()> {
        self.run("UPDATE desks SET secret = NULL", [])?;
        Ok(())
    }
}

impl Desks for SqliteTx<'_> {
    fn desk(&self, user: UserId) -> Stored<Option<Desk>> {
        let sql = "SELECT k.user, k.device, k.secret FROM desks k JOIN devices d ON d.first_actor = k.device \
            WHERE k.user = ?1 AND k.secret IS NOT NULL AND d.revoked = 0";
        self.one(sql, params![user.0], |row| {
            Ok(Desk { user: user_id(row, 0)?, device: actor(row, 1)?, secret: array(row, 2)? })
        })
    }

    fn add_desk(&self, desk: &Desk) -> Stored<()> {
        self.run("UPDATE desks SET secret = NULL WHERE user = ?1", params![desk.user.0])?;
        let sql = "INSERT INTO desks (device, user, secret) VALUES (?1, ?2, ?3)";
        self.run(sql, params![desk.device.0, desk.user.0, desk.secret])?;
        Ok(())
    }

    fn desk_in_use(&self, of: ActorId) -> Stored<Option<bool>> {
        let sql = "SELECT k.secret IS NOT NULL FROM desks k JOIN chains c ON c.device = k.device WHERE c.actor = ?1";
        self.one(sql, params![of.0], |row| Ok(row.get(0)?))
    }
}
