//! The supervisors' console: logins that a browser keeps, and what its pages show.

pub mod catalogue;
pub mod changes;
pub mod conflicts;
pub mod decisions;
pub mod facts;
pub mod ledger;
pub mod queue;
pub mod record;
mod session;
mod summary;
pub mod today;

pub use session::{ConsoleSession, csrf_of};
pub use summary::summary_of;
