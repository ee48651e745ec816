//! Who is calling: users, enrolment, device tokens, console sessions.

use argon2::password_hash::{Output, PasswordHash, PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use domain::sync::Person;
use domain::{ActorId, Role, UserId};
use sha2::{Digest, Sha256};

use crate::error::ServerError;
use crate::limits::{
    ENROL_CODE_VALID_MS, FAILURES_MAX, LABEL_BYTES_MAX, LOGIN_FAILURES_PER_ADDRESS_MAX, NAME_BYTES_MAX,
    NUMBERS_PER_DEVICE_MAX, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, SESSION_VALID_MS, TOKEN_FAILURES_PER_ADDRESS_MAX,
};
use crate::permission::{Means, Permission, is_allowed};
use crate::server::Server;
use crate::storage::{Code, Device, Session, User, read, write};

/// The letters of codes: none that are read for another.
const CODE_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH: usize = 12;

/// Who calls, as far as was proven.
#[derive(Clone, Debug)]
pub struct Caller {
    user: User,
    device: Option<Device>,
}

impl Caller {
    /// The user, as he was when the call came in.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The device, if a device calls.
    ///
    /// # Errors
    /// `forbidden` for a console session.
    pub fn device(&self) -> Result<&Device, ServerError> {
        self.device.as_ref().ok_or(ServerError::Forbidden)
    }

    /// Checks the table of permissions.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn may(&self, permission: Permission) -> Result<(), ServerError> {
        let means = if self.device.is_some() { Means::Device } else { Means::Session };
        if is_allowed(permission, self.user.role(), means) { Ok(()) } else { Err(ServerError::Forbidden) }
    }
}

/// What a device says to be enrolled.
#[derive(Clone, Debug)]
pub struct Enrol {
    /// The code it was given.
    pub code: String,
    /// Verifies its signatures.
    pub public_key: [u8; 32],
    /// The random number of its store.
    pub install: u64,
    /// What people call it.
    pub label: String,
}

/// What an enrolled device gets.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// Its number.
    pub actor: ActorId,
    /// Proves from now on who it is.
    pub token: String,
    /// Its user.
    pub user: Person,
}

/// A console login.
#[derive(Clone, Debug)]
pub struct Login {
    /// Proves from now on who it is.
    pub token: String,
    /// The user.
    pub user: Person,
    /// Until when, milliseconds since 1970.
    pub expires_at_ms: i64,
}

/// A user to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The townships; `None` is all.
    pub towns: Option<Vec<String>>,
    /// For the console; without one there is no login there.
    pub password: Option<String>,
}

fn hash_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Server {
    /// Finds out who holds a token.
    ///
    /// # Errors
    /// `unauthorized`, `revoked` or `user-inactive`.
    pub fn authenticate(&self, token: &str) -> Result<Caller, ServerError> {
        let hash = hash_of(token);
        let now = self.now_ms();
        read(self.storage(), |tx| {
            let device = tx.device_by_token(&hash)?;
            if device.as_ref().is_some_and(|d| d.revoked) {
                return Err(ServerError::Revoked);
            }
            let session = tx.session(&hash)?.filter(|s| s.expires_at_ms > now);
            let id = device.as_ref().map(|d| d.user).or(session.map(|s| s.user));
            let user = tx.user(id.ok_or(ServerError::Unauthorized)?)?.ok_or(ServerError::Unauthorized)?;
            if user.active { Ok(Caller { user, device }) } else { Err(ServerError::Inactive) }
        })
    }

    /// As [`Server::authenticate`], and slows down an address that tries tokens nobody has. A token that somebody has
    /// counts whatever others behind the same address do: it cannot be guessed, and must not be locked out by them.
    ///
    /// # Errors
    /// As [`Server::authenticate`], and `too-many-tries`.
    pub fn authenticate_from(&self, from: &str, token: &str) -> Result<Caller, ServerError> {
        let result = self.authenticate(token);
        if matches!(result, Err(ServerError::Unauthorized)) {
            let (key, now) = (format!("token {from}"), self.now_ms());
            self.guard().check(&key, TOKEN_FAILURES_PER_ADDRESS_MAX, now)?;
            self.guard().failed(&key, now);
        }
        result
    }

    /// Adds a user.
    ///
    /// # Errors
    /// When the name is taken or something cannot be.
    pub fn add_user(&self, new: &NewUser) -> Result<UserId, ServerError> {
        check_name(&new.name)?;
        new.towns.iter().flatten().try_for_each(|town| check_town(town))?;
        let password = new.password.as_deref().map(|p| self.hash_password(p)).transpose()?;
        let person = Person { id: UserId(0), name: new.name.clone(), role: new.role, towns: new.towns.clone() };
        let user = User { person, password, active: true };
        write(self.storage(), |tx| match tx.user_named(&new.name)? {
            Some(_) => Err(ServerError::Exists(new.name.clone())),
            None => Ok(tx.add_user(&user)?),
        })
    }

    /// Makes an enrolment code for a user; it is told only here.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn make_code(&self, name: &str) -> Result<String, ServerError> {
        let random: [u8; CODE_LENGTH] = self.environment().random();
        let letters = random.map(|byte| char::from(CODE_LETTERS[usize::from(byte) % CODE_LETTERS.len()]));
        let plain: String = letters.iter().collect();
        let expires_at_ms = self.now_ms().saturating_add(ENROL_CODE_VALID_MS);
        write(self.storage(), |tx| {
            let user = tx.user_named(name)?.filter(|u| u.active).ok_or_else(|| no_user(name))?;
            Ok::<_, ServerError>(
                tx.add_code(&hash_of(&plain), &Code { user: user.person.id, expires_at_ms, used_by: None })?,
            )
        })?;
        Ok(letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
    }

    /// Enrols a device; `from` is where the call came from, to slow down guessing. The same device may ask again with
    /// the same code, as the first answer may have been lost.
    ///
    /// # Errors
    /// When the code is not valid, or after too many tries.
    pub fn enrol(&self, from: &str, request: &Enrol) -> Result<Enrolled, ServerError> {
        let (key, now) = (format!("enrol {from}"), self.now_ms());
        self.guard().check(&key, FAILURES_MAX, now)?;
        let result = self.enrol_with_code(request, now);
        match &result {
            Err(ServerError::CodeUnknown) => self.guard().failed(&key, now),
            Ok(_) => self.guard().succeeded(&key),
            Err(_) => {}
        }
        result
    }

    fn enrol_with_code(&self, request: &Enrol, now: i64) -> Result<Enrolled, ServerError> {
        let hash = hash_of(&plain_code(&request.code));
        let token = self.token();
        write(self.storage(), |tx| {
            let code = tx.code(&hash)?.ok_or(ServerError::CodeUnknown)?;
            let user = tx.user(code.user)?.filter(|u| u.active).ok_or(ServerError::Inactive)?;
            if code.expires_at_ms <= now {
                return Err(ServerError::CodeExpired);
            }
            let actor = match code.used_by {
                None => tx.add_device(&device_of(request, &user, now), &hash_of(&token))?,
                Some(first) => {
                    let known = tx.device_of(first)?.filter(|d| !d.revoked).ok_or(ServerError::CodeUsed)?;
                    if (known.public_key, known.install) != (request.public_key, request.install) {
                        return Err(ServerError::CodeUsed);
                    }
                    tx.set_token(first, &hash_of(&token))?;
                    first
                }
            };
            tx.use_code(&hash, actor)?;
            Ok(Enrolled { actor, token: token.clone(), user: user.person })
        })
    }

    /// Gives a device another number: its store was restored from a copy.
    ///
    /// # Errors
    /// When the caller is no device, or took too many numbers.
    pub fn renumber(&self, caller: &Caller) -> Result<ActorId, ServerError> {
        caller.may(Permission::Renumber)?;
        let device = caller.device()?.first_actor;
        write(self.storage(), |tx| {
            let taken = tx.chains()?.iter().filter(|chain| chain.device == device).count();
            // Every number is one more value that can stand in a field, and one more entry of its clock.
            if taken >= NUMBERS_PER_DEVICE_MAX {
                return Err(ServerError::TooManyNumbers);
            }
            Ok(tx.add_chain(device)?)
        })
    }

    /// Logs a user in with a password.
    ///
    /// # Errors
    /// When name or password is wrong, or after too many tries.
    pub fn log_in(&self, from: &str, name: &str, password: &str) -> Result<Login, ServerError> {
        let (key, address, now) = (format!("login {from} {name}"), format!("login {from}"), self.now_ms());
        // What nobody can be called is not remembered, and costs no check.
        let is_possible = name.len() <= NAME_BYTES_MAX && password.len() <= PASSWORD_BYTES_MAX;
        self.guard().check(&address, LOGIN_FAILURES_PER_ADDRESS_MAX, now)?;
        if !is_possible {
            self.guard().failed(&address, now);
            return Err(ServerError::Login);
        }
        self.guard().check(&key, FAILURES_MAX, now)?;
        let user = read(self.storage(), |tx| tx.user_named(name))?.filter(|u| u.active);
        let stored = user.as_ref().and_then(|u| u.password.as_deref());
        // A hash is computed in any case, so that the time does not tell which names exist.
        let is_right = self.turns().with_scratch(|memory| verify_password(stored.unwrap_or(NOBODY), password, memory));
        let is_right = is_right && stored.is_some();
        let Some(user) = user.filter(|_| is_right) else {
            self.guard().failed(&key, now);
            self.guard().failed(&address, now);
            return Err(ServerError::Login);
        };
        self.guard().succeeded(&key);
        let (token, expires_at_ms) = (self.token(), now.saturating_add(SESSION_VALID_MS));
        let session = Session { user: user.person.id, expires_at_ms };
        write(self.storage(), |tx| tx.add_session(&hash_of(&token), &session))?;
        Ok(Login { token, user: user.person, expires_at_ms })
    }

    /// Ends a login.
    ///
    /// # Errors
    /// When the caller is no login.
    pub fn log_out(&self, caller: &Caller, token: &str) -> Result<(), ServerError> {
        caller.may(Permission::EndSession)?;
        Ok(write(self.storage(), |tx| tx.end_session(&hash_of(token)))?)
    }

    /// Until when a login counts, milliseconds since 1970.
    ///
    /// # Errors
    /// `unauthorized` when it is none, or no longer.
    pub(crate) fn expiry_of(&self, token: &str) -> Result<i64, ServerError> {
        let session = read(self.storage(), |tx| tx.session(&hash_of(token)))?;
        session.map(|s| s.expires_at_ms).ok_or(ServerError::Unauthorized)
    }

    /// All users.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn users(&self) -> Result<Vec<User>, ServerError> {
        Ok(read(self.storage(), |tx| tx.users())?)
    }

    /// All devices.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn devices(&self) -> Result<Vec<Device>, ServerError> {
        Ok(read(self.storage(), |tx| tx.devices())?)
    }

    /// Ends a device's right to anything; its changes stay.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn revoke(&self, actor: ActorId) -> Result<(), ServerError> {
        write(self.storage(), |tx| {
            let device = tx.device_of(actor)?.ok_or(ServerError::NotFound)?;
            Ok(tx.update_device(&Device { revoked: true, ..device })?)
        })
    }

    fn token(&self) -> String {
        hex::encode(self.environment().random::<32>())
    }

    fn hash_password(&self, password: &str) -> Result<String, ServerError> {
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len()) {
            let en = format!("a password has {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes");
            return Err(ServerError::invalid(
                format!("密码应为 {PASSWORD_BYTES_MIN} 到 {PASSWORD_BYTES_MAX} 字节"),
                en,
            ));
        }
        let salt = SaltString::encode_b64(&self.environment().random::<16>()).map_err(|_| ServerError::Internal)?;
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|_| ServerError::Internal)?;
        Ok(hash.to_string())
    }
}

/// The hash of a password that nobody has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn verify_password(stored: &str, password: &str, memory: &mut Vec<Block>) -> bool {
    let hash =
        PasswordHash::new(stored).ok().and_then(|known| Some((hash_like(&known, password, memory)?, known.hash?)));
    // Outputs are compared in constant time.
    hash.is_some_and(|(got, expected)| got == expected)
}

/// Hashes a password as a stored one was, in memory that is given.
fn hash_like(known: &PasswordHash<'_>, password: &str, memory: &mut Vec<Block>) -> Option<Output> {
    let params = Params::try_from(known).ok()?;
    let version = known.version.and_then(|v| Version::try_from(v).ok()).unwrap_or_default();
    let mut salt = [0; 64];
    let salt = known.salt?.decode_b64(&mut salt).ok()?;
    let mut got = vec![0; known.hash?.len()];
    memory.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(Algorithm::try_from(known.algorithm).ok()?, version, params);
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut got, memory.as_mut_slice()).ok()?;
    Output::new(&got).ok()
}

/// A code as it was made, however it was typed.
fn plain_code(typed: &str) -> String {
    let letters = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
    letters
        .map(|c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            'U' => 'V',
            other => other,
        })
        .collect()
}

fn device_of(request: &Enrol, user: &User, now: i64) -> Device {
    let label: String = request.label.chars().filter(|c| !c.is_control()).take(LABEL_BYTES_MAX / 4).collect();
    Device {
        first_actor: ActorId::SERVER, // the storage gives the number
        user: user.person.id,
        public_key: request.public_key,
        install: request.install,
        label,
        revoked: false,
        enrolled_at_ms: now,
        last_seen_ms: None,
        clock_offset_ms: None,
        left: domain::sync::Left::default(),
    }
}

fn no_user(name: &str) -> ServerError {
    ServerError::invalid(
        format!("没有用户“{name}”，请先用 user add 添加"),
        format!("there is no user '{name}'; add one with 'user add'"),
    )
}

fn check_name(name: &str) -> Result<(), ServerError> {
    let plain = !name.trim().is_empty() && name.trim() == name && !name.chars().any(char::is_control);
    if plain && name.len() <= NAME_BYTES_MAX {
        return Ok(());
    }
    let en = format!("a name is 1 to {NAME_BYTES_MAX} bytes, without blanks at its ends");
    Err(ServerError::invalid(format!("用户名应为 1 到 {NAME_BYTES_MAX} 字节，首尾无空格"), en))
}

/// A township's code is nine digits.
///
/// # Errors
/// When it is not.
pub fn check_town(town: &str) -> Result<(), ServerError> {
    if town.len() == 9 && town.chars().all(|c| c.is_ascii_digit()) {
        return Ok(());
    }
    Err(ServerError::invalid(
        format!("“{town}”不是 9 位乡镇代码"),
        format!("'{town}' is not a township code of nine digits (or write 'all')"),
    ))
}
