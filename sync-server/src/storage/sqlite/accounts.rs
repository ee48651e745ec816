//! Users, devices, codes and sessions in SQLite.

use domain::sync::{Left, Person, Scope};
use domain::{ActorId, UserId};
use rusqlite::{Row, params};

use super::SqliteTx;
use super::rows::{actor, array, corrupt, number, user_id, word};
use crate::storage::{Accounts, Code, Device, Session, Stored, User};

const USER: &str = "SELECT id, name, role, towns, password, active FROM users";
const DEVICE: &str = "SELECT d.first_actor, d.user, d.public_key, d.install, d.label, d.revoked, d.enrolled_at_ms, \
    d.last_seen_ms, d.clock_offset_ms, d.left_records, d.left_photos, d.left_photo_bytes FROM devices d";

fn user(row: &Row<'_>) -> Stored<User> {
    let towns: Option<String> = row.get(3)?;
    let towns = towns.map(|t| t.split_whitespace().map(str::to_owned).collect());
    let person = Person { id: user_id(row, 0)?, name: row.get(1)?, role: word(row, 2)?, towns };
    Ok(User { person, password: row.get(4)?, active: row.get(5)? })
}

fn device(row: &Row<'_>) -> Stored<Device> {
    Ok(Device {
        first_actor: actor(row, 0)?,
        user: user_id(row, 1)?,
        public_key: array(row, 2)?,
        install: number(row, 3)?,
        label: row.get(4)?,
        revoked: row.get(5)?,
        enrolled_at_ms: row.get(6)?,
        last_seen_ms: row.get(7)?,
        clock_offset_ms: row.get(8)?,
        left: Left { records: row.get(9)?, photos: row.get(10)?, photo_bytes: number(row, 11)? },
    })
}

fn towns(user: &User) -> Option<String> {
    user.person.towns.as_ref().map(|towns| towns.join(" "))
}

impl SqliteTx<'_> {
    fn next_actor(&self) -> Stored<ActorId> {
        let next = u32::try_from(self.count("actor")?).map_err(corrupt)?;
        Ok(ActorId(next))
    }
}

impl Accounts for SqliteTx<'_> {
    fn add_user(&self, user: &User) -> Stored<UserId> {
        let id = UserId(u32::try_from(self.count("user")?).map_err(corrupt)?);
        let sql = "INSERT INTO users (id, name, role, towns, password, active) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let p = &user.person;
        self.run(sql, params![id.0, p.name, p.role.as_str(), towns(user), user.password, user.active])?;
        Ok(id)
    }

    fn user(&self, id: UserId) -> Stored<Option<User>> {
        self.one(&format!("{USER} WHERE id = ?1"), params![id.0], user)
    }

    fn user_named(&self, name: &str) -> Stored<Option<User>> {
        self.one(&format!("{USER} WHERE name = ?1"), params![name], user)
    }

    fn users(&self) -> Stored<Vec<User>> {
        self.all(&format!("{USER} ORDER BY id"), [], user)
    }

    fn update_user(&self, user: &User) -> Stored<()> {
        let sql = "UPDATE users SET role = ?2, towns = ?3, password = ?4, active = ?5 WHERE id = ?1";
        let p = &user.person;
        self.run(sql, params![p.id.0, p.role.as_str(), towns(user), user.password, user.active])?;
        Ok(())
    }

    fn add_device(&self, device: &Device, token: &[u8; 32]) -> Stored<ActorId> {
        let first = self.next_actor()?;
        let sql = "INSERT INTO devices (first_actor, user, public_key, install, token_hash, label, revoked, enrolled_at_ms) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let d = device;
        let install = d.install.cast_signed();
        self.run(sql, params![first.0, d.user.0, d.public_key, install, token, d.label, d.revoked, d.enrolled_at_ms])?;
        self.insert_chain(first, first)?;
        Ok(first)
    }

    fn add_chain(&self, device: ActorId) -> Stored<ActorId> {
        let next = self.next_actor()?;
        self.insert_chain(next, device)?;
        Ok(next)
    }

    fn was_given(&self, actor: ActorId) -> Stored<bool> {
        let sql = "SELECT value >= ?1 FROM counters WHERE name = 'actor'";
        Ok(actor != ActorId::SERVER && self.one(sql, params![actor.0], |row| Ok(row.get(0)?))?.unwrap_or(false))
    }

    fn adopt_chain(&self, actor: ActorId, device: ActorId) -> Stored<()> {
        self.insert_chain(actor, device)
    }

    fn set_token(&self, device: ActorId, token: &[u8; 32]) -> Stored<()> {
        self.run("UPDATE devices SET token_hash = ?2 WHERE first_actor = ?1", params![device.0, token])?;
        Ok(())
    }

    fn device_by_token(&self, token: &[u8; 32]) -> Stored<Option<Device>> {
        self.one(&format!("{DEVICE} WHERE d.token_hash = ?1"), params![token], device)
    }

    fn device_of(&self, of: ActorId) -> Stored<Option<Device>> {
        let sql = format!("{DEVICE} JOIN chains c ON c.device = d.first_actor WHERE c.actor = ?1");
        self.one(&sql, params![of.0], device)
    }

    fn devices(&self) -> Stored<Vec<Device>> {
        self.all(&format!("{DEVICE} ORDER BY d.first_actor"), [], device)
    }

    fn update_device(&self, device: &Device) -> Stored<()> {
        let sql = "UPDATE devices SET revoked = ?2, last_seen_ms = ?3, clock_offset_ms = ?4, left_records = ?5, \
            left_photos = ?6, left_photo_bytes = ?7 WHERE first_actor = ?1";
        let (d, left) = (device, &device.left);
        let bytes = left.photo_bytes.cast_signed();
        let first = d.first_actor.0;
        self.run(sql, params![first, d.revoked, d.last_seen_ms, d.clock_offset_ms, left.records, left.photos, bytes])?;
        Ok(())
    }

    fn served_scopes(&self, device: ActorId) -> Stored<Vec<Scope>> {
        let sql = "SELECT scope FROM served_scopes WHERE device = ?1 ORDER BY scope";
        self.all(sql, params![device.0], |row| Ok(row.get(0)?))
    }

    fn set_served(&self, device: ActorId, scope: &str, served: bool) -> Stored<()> {
        let sql = if served {
            "INSERT OR IGNORE INTO served_scopes (device, scope) VALUES (?1, ?2)"
        } else {
            "DELETE FROM served_scopes WHERE device = ?1 AND scope = ?2"
        };
        self.run(sql, params![device.0, scope])?;
        Ok(())
    }

    fn add_code(&self, hash: &[u8; 32], code: &Code) -> Stored<()> {
        let sql = "INSERT INTO codes (hash, user, expires_at_ms, used_by) VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, params![hash, code.user.0, code.expires_at_ms, code.used_by.map(|a| a.0)])?;
        Ok(())
    }

    fn code(&self, hash: &[u8; 32]) -> Stored<Option<Code>> {
        self.one("SELECT user, expires_at_ms, used_by FROM codes WHERE hash = ?1", params![hash], |row| {
            let used_by: Option<u32> = row.get(2)?;
            Ok(Code { user: user_id(row, 0)?, expires_at_ms: row.get(1)?, used_by: used_by.map(ActorId) })
        })
    }

    fn use_code(&self, hash: &[u8; 32], device: ActorId) -> Stored<()> {
        self.run("UPDATE codes SET used_by = ?2 WHERE hash = ?1", params![hash, device.0])?;
        Ok(())
    }

    fn add_session(&self, hash: &[u8; 32], session: &Session) -> Stored<()> {
        let sql = "INSERT INTO sessions (hash, user, expires_at_ms) VALUES (?1, ?2, ?3)";
        self.run(sql, params![hash, session.user.0, session.expires_at_ms])?;
        Ok(())
    }

    fn session(&self, hash: &[u8; 32]) -> Stored<Option<Session>> {
        self.one("SELECT user, expires_at_ms FROM sessions WHERE hash = ?1", params![hash], |row| {
            Ok(Session { user: user_id(row, 0)?, expires_at_ms: row.get(1)? })
        })
    }

    fn end_session(&self, hash: &[u8; 32]) -> Stored<()> {
        self.run("DELETE FROM sessions WHERE hash = ?1", params![hash])?;
        Ok(())
    }

    fn sweep_secrets(&self, before_ms: i64) -> Stored<()> {
        self.run("DELETE FROM codes WHERE expires_at_ms < ?1", params![before_ms])?;
        self.run("DELETE FROM sessions WHERE expires_at_ms < ?1", params![before_ms])?;
        Ok(())
    }
}
