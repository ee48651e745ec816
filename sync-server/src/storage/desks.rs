//! Desks: the devices that the server itself is, one for each user who decides something at the console.

use domain::{ActorId, UserId};

use super::Stored;

/// A desk that is in use.
#[derive(Clone, PartialEq, Eq)]
pub struct Desk {
    /// Whose.
    pub user: UserId,
    /// The device, by its first number.
    pub device: ActorId,
    /// Signs what is written at it.
    pub secret: [u8; 32],
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("user", &self.user).field("device", &self.device).finish_non_exhaustive()
    }
}

/// Desks.
pub trait Desks {
    /// A user's desk, if one is in use.
    fn desk(&self, user: UserId) -> Stored<Option<Desk>>;
    /// Adds one; what the user had before is no longer in use.
    fn add_desk(&self, desk: &Desk) -> Stored<()>;
    /// Whether a number is one of a desk, and if so whether that is still in use.
    fn desk_in_use(&self, actor: ActorId) -> Stored<Option<bool>>;
}
