//! Users, their devices, enrolment codes and console sessions.

use domain::sync::{Left, Person, Scope, own_scope};
use domain::{ActorId, Role, UserId};

use super::Stored;

/// A SHA-256 of a secret; the secret itself is never stored.
pub type SecretHash = [u8; 32];

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Number, name, role and townships.
    pub person: Person,
    /// The password as an argon2id string; without one there is no console login.
    pub password: Option<String>,
    /// Whether the user may still do anything.
    pub active: bool,
}

impl User {
    /// The scopes this user may see; `None` is every one.
    #[must_use]
    pub fn scopes(&self) -> Option<Vec<Scope>> {
        let own = std::iter::once(own_scope(self.person.id));
        self.person.towns.as_ref().map(|towns| own.chain(towns.iter().cloned()).collect())
    }

    /// Whether any of a document's scopes is one this user may see.
    #[must_use]
    pub fn sees(&self, scopes: &[Scope]) -> bool {
        self.scopes().is_none_or(|mine| scopes.iter().any(|scope| mine.contains(scope)))
    }

    /// Whether a township is among the user's.
    #[must_use]
    pub fn has_town(&self, town: &str) -> bool {
        self.person.towns.as_ref().is_none_or(|towns| towns.iter().any(|t| t == town))
    }

    /// What the user may do.
    #[must_use]
    pub fn role(&self) -> Role {
        self.person.role
    }
}

/// An enrolled device: one store with one key. Its number is that of its first chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The number it was enrolled under.
    pub first_actor: ActorId,
    /// Whose it is.
    pub user: UserId,
    /// Verifies its signatures.
    pub public_key: [u8; 32],
    /// The random number of its store.
    pub install: u64,
    /// What people call it.
    pub label: String,
    /// Revoked devices are answered nothing.
    pub revoked: bool,
    /// When it was enrolled, milliseconds since 1970.
    pub enrolled_at_ms: i64,
    /// When it last synced, milliseconds since 1970.
    pub last_seen_ms: Option<i64>,
    /// Its wall clock less the server's at that time, milliseconds.
    pub clock_offset_ms: Option<i64>,
    /// What it said it still holds alone.
    pub left: Left,
}

/// An enrolment code that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// For whom.
    pub user: UserId,
    /// Until when, milliseconds since 1970.
    pub expires_at_ms: i64,
    /// The device that used it.
    pub used_by: Option<ActorId>,
}

/// A console login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user: UserId,
    /// Until when, milliseconds since 1970.
    pub expires_at_ms: i64,
}

/// Users, devices, codes and sessions.
pub trait Accounts {
    /// Adds a user; the number is given here.
    fn add_user(&self, user: &User) -> Stored<UserId>;
    /// One user.
    fn user(&self, id: UserId) -> Stored<Option<User>>;
    /// One user by name.
    fn user_named(&self, name: &str) -> Stored<Option<User>>;
    /// All of them, by number.
    fn users(&self) -> Stored<Vec<User>>;
    /// Replaces a user's role, townships, password and activity.
    fn update_user(&self, user: &User) -> Stored<()>;

    /// Adds a device with its first chain; numbers are never given twice.
    fn add_device(&self, device: &Device, token: &SecretHash) -> Stored<ActorId>;
    /// Gives a device another chain.
    fn add_chain(&self, device: ActorId) -> Stored<ActorId>;
    /// Whether a number was ever given, if only by a history that a restore lost.
    fn was_given(&self, actor: ActorId) -> Stored<bool>;
    /// A number that a lost history gave goes back to its device.
    fn adopt_chain(&self, actor: ActorId, device: ActorId) -> Stored<()>;
    /// Replaces a device's token.
    fn set_token(&self, device: ActorId, token: &SecretHash) -> Stored<()>;
    /// The device with that token.
    fn device_by_token(&self, token: &SecretHash) -> Stored<Option<Device>>;
    /// The device that writes under a number.
    fn device_of(&self, actor: ActorId) -> Stored<Option<Device>>;
    /// All of them.
    fn devices(&self) -> Stored<Vec<Device>>;
    /// Writes what a device reported and whether it is revoked.
    fn update_device(&self, device: &Device) -> Stored<()>;
    /// The scopes a device was ever sent.
    fn served_scopes(&self, device: ActorId) -> Stored<Vec<Scope>>;
    /// Adds to them, or takes from them.
    fn set_served(&self, device: ActorId, scope: &str, served: bool) -> Stored<()>;

    /// Keeps an enrolment code.
    fn add_code(&self, hash: &SecretHash, code: &Code) -> Stored<()>;
    /// The code with that hash.
    fn code(&self, hash: &SecretHash) -> Stored<Option<Code>>;
    /// Marks a code as used.
    fn use_code(&self, hash: &SecretHash, device: ActorId) -> Stored<()>;

    /// Keeps a login.
    fn add_session(&self, hash: &SecretHash, session: &Session) -> Stored<()>;
    /// The login with that hash.
    fn session(&self, hash: &SecretHash) -> Stored<Option<Session>>;
    /// Ends a login.
    fn end_session(&self, hash: &SecretHash) -> Stored<()>;
    /// Forgets codes and logins that ended before a time.
    fn sweep_secrets(&self, before_ms: i64) -> Stored<()>;
}
