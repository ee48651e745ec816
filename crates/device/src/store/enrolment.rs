//! Who this device is to a server: key, number, user, token, forms.

use std::sync::Arc;

use domain::change::Hash;
use domain::forms::Catalogue;
use domain::sync::Person;
use domain::{ActorId, Role, UserId};
use ed25519_dalek::SigningKey;
use rusqlite::Connection;

use super::meta::{self, Own};
use super::{Store, write_whole};
use crate::error::{AtPath, Error, Result};
use crate::sync::{EnrolAnswer, FormFile};

/// The digest of the server's forms this device took, for the question whether there are newer ones.
const FORMS: &str = "forms";

impl Store {
    /// The key that signs this device's chain.
    ///
    /// # Errors
    /// When the database fails.
    pub fn device_key(&self) -> Result<SigningKey> {
        device_key(&self.db)
    }

    /// The random number of this store.
    ///
    /// # Errors
    /// When the database fails.
    pub fn install(&self) -> Result<u64> {
        meta::get(&self.db, meta::INSTALL)?.ok_or_else(|| Error::damaged("the install number is missing"))
    }

    /// Who works with this device; `None` before enrolment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn user(&self) -> Result<Option<Person>> {
        meta::get(&self.db, meta::USER)
    }

    /// What the user may do; an inspector before enrolment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn role(&self) -> Result<Role> {
        Ok(self.user()?.map_or(Role::Inspector, |p| p.role))
    }

    /// The server's address and this device's secret for it; `None` before enrolment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn server(&self) -> Result<Option<(String, String)>> {
        let (server, token) = (meta::get(&self.db, meta::SERVER)?, meta::get(&self.db, meta::TOKEN)?);
        Ok(server.zip(token))
    }

    /// Uses another way to the same server: a relay, or a new address.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_server(&mut self, server: &str) -> Result<()> {
        self.write(|w| meta::set(w.db, meta::SERVER, &server))
    }

    /// Refuses to be enrolled elsewhere. At the same server a device may enrol again (it was revoked by mistake, or its
    /// login was lost): what it has not sent goes on under the new number.
    ///
    /// # Errors
    /// `already-enrolled`, with the server it is enrolled at.
    pub fn check_may_enrol(&self, at: &str) -> Result<()> {
        let own = Own::load(&self.db)?;
        let Some((server, _)) = self.server()?.filter(|_| own.actor != ActorId::PROVISIONAL) else { return Ok(()) };
        if same_server(&server, at) {
            return Ok(());
        }
        let name = self.user()?.map(|p| p.name).unwrap_or_default();
        Err(Error::request(
            "already-enrolled",
            format!("本机已在 {server} 以“{name}”登记。换人或换服务器请使用新的数据文件夹（--home）。"),
            format!("this device is enrolled at {server} as '{name}'. For another user or server use a new --home"),
        ))
    }

    /// Becomes the device the server enrolled: everything written before is numbered anew under its number and in the
    /// user's name, as nobody has seen it yet. Gives how many changes that were.
    ///
    /// # Errors
    /// When the device belongs to somebody else already, or the database fails; nothing is changed then.
    pub fn claim(&mut self, server: &str, answer: &EnrolAnswer) -> Result<u64> {
        self.write(|w| {
            let user = answer.user.id;
            check_same_person(w.own.user, answer)?;
            let author = |author: UserId| if author == UserId(0) { user } else { author };
            let common = if w.own.actor == ActorId::PROVISIONAL { 0 } else { w.own.acked };
            let claimed = w.rewrite(common, answer.actor, author)?;
            w.own.user = user;
            meta::set(w.db, meta::SERVER, &server)?;
            meta::set(w.db, meta::TOKEN, &answer.token)?;
            meta::set(w.db, meta::USER, &answer.user)?;
            Ok(claimed)
        })
    }

    /// Takes the user as the server knows it now: name, role and townships may change.
    ///
    /// # Errors
    /// When the database fails.
    pub fn take_person(&mut self, person: &Person) -> Result<()> {
        if self.user()?.as_ref() == Some(person) {
            return Ok(());
        }
        self.write(|w| meta::set(w.db, meta::USER, person))
    }

    /// The forms in use.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The digest of the forms this device got from the server, or of those it came with.
    #[must_use]
    pub fn forms_digest(&self) -> Hash {
        let taken: Option<Hash> = meta::get(&self.db, FORMS).ok().flatten();
        taken.unwrap_or_else(|| digest_of(&self.catalogue))
    }

    /// Takes the server's forms: checked first, then kept in the home, used at once.
    ///
    /// # Errors
    /// When they are no forms, or cannot be written.
    pub fn take_forms(&mut self, files: &[FormFile]) -> Result<()> {
        let texts = || files.iter().map(|f| (f.name.clone(), f.text.clone()));
        let theirs = Catalogue::load(texts()).map_err(|e| forms_error(&e))?;
        let together = Catalogue::with_files(Catalogue::embedded(), texts()).map_err(|e| forms_error(&e))?;
        if self.lock.is_some() {
            self.keep_forms(files)?;
        }
        self.catalogue = Arc::new(together);
        self.write(|w| meta::set(w.db, FORMS, &digest_of(&theirs)))
    }

    fn keep_forms(&self, files: &[FormFile]) -> Result<()> {
        let folder = self.dir.join("forms");
        std::fs::create_dir_all(&folder).at(&folder)?;
        for file in files {
            let name: String = file.name.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect();
            let path = folder.join(name.trim_start_matches('.'));
            if path.extension().is_some_and(|e| e == "toml") {
                write_whole(&path, file.text.as_bytes())?;
            }
        }
        Ok(())
    }
}

pub(super) fn device_key(db: &Connection) -> Result<SigningKey> {
    let seed: Option<[u8; 32]> = meta::get(db, meta::DEVICE_KEY)?;
    seed.map(|s| SigningKey::from_bytes(&s)).ok_or_else(|| Error::damaged("the device's key is missing"))
}

fn same_server(one: &str, other: &str) -> bool {
    one.trim().trim_end_matches('/').eq_ignore_ascii_case(other.trim().trim_end_matches('/'))
}

/// What one person recorded is never sent in the name of another.
fn check_same_person(owner: UserId, answer: &EnrolAnswer) -> Result<()> {
    if owner == UserId(0) || owner == answer.user.id {
        return Ok(());
    }
    let name = &answer.user.name;
    Err(Error::request(
        "other-user",
        format!("登记码属于“{name}”，本机的记录属于另一人。换人请使用新的数据文件夹（--home）。"),
        format!("the code is for '{name}', the records of this device are somebody else's. Use a new --home"),
    ))
}

fn digest_of(catalogue: &Catalogue) -> Hash {
    let mut out = [0; 32];
    // The catalogue gives 64 hexadecimal digits; anything else counts as no forms at all.
    let _ = hex::decode_to_slice(catalogue.digest(), &mut out);
    out
}

/// Every fault of a set of forms in one error.
pub(crate) fn forms_error(errors: &[domain::forms::FormError]) -> Error {
    Error::Forms(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}
