//! Console logins: the token stays in a cookie that scripts cannot read, a second word proves the console's own page.

use domain::sync::Person;
use sha2::{Digest, Sha256};

use crate::accounts::Caller;
use crate::error::ServerError;
use crate::permission::{Means, Permission, is_allowed};
use crate::server::Server;

/// A login as the console's page learns of it.
#[derive(Clone, Debug)]
pub struct ConsoleSession {
    /// The user.
    pub user: Person,
    /// What calls that change something carry in `X-CSRF-Token`.
    pub csrf: String,
    /// Until when, milliseconds since 1970.
    pub expires_at_ms: i64,
}

/// The word for `X-CSRF-Token` that belongs to a login: only who may read an answer of this server learns it, and the
/// token cannot be computed from it.
#[must_use]
pub fn csrf_of(token: &str) -> String {
    hex::encode(Sha256::new().chain_update("shanxun console csrf ").chain_update(token).finalize())
}

impl Server {
    /// Logs a user in at the console; the token is for the cookie only.
    ///
    /// # Errors
    /// As [`Server::log_in`], and `console-role` for a user who works with the field app.
    pub fn log_in_to_console(
        &self,
        from: &str,
        name: &str,
        password: &str,
    ) -> Result<(String, ConsoleSession), ServerError> {
        let login = self.log_in(from, name, password)?;
        if !is_allowed(Permission::UseConsole, login.user.role, Means::Session) {
            self.log_out(&self.authenticate(&login.token)?, &login.token)?;
            return Err(ServerError::ConsoleRole);
        }
        let csrf = csrf_of(&login.token);
        Ok((login.token, ConsoleSession { user: login.user, csrf, expires_at_ms: login.expires_at_ms }))
    }

    /// The login of a call, for a page that was opened or loaded again.
    ///
    /// # Errors
    /// When the caller may not use the console.
    pub fn console_session(&self, caller: &Caller, token: &str) -> Result<ConsoleSession, ServerError> {
        caller.may(Permission::UseConsole)?;
        let expires_at_ms = self.expiry_of(token)?;
        Ok(ConsoleSession { user: caller.user().person.clone(), csrf: csrf_of(token), expires_at_ms })
    }
}
