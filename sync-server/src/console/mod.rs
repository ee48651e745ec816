//! The supervisors' console: logins that a browser keeps, and what its pages show.

pub mod catalogue;
pub mod changes;
pub mod facts;
pub mod ledger;
pub mod record;
mod session;
mod summary;

pub use session::{ConsoleSession, csrf_of};
pub use summary::summary_of;
