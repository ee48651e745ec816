//! The supervisors' console: logins that a browser keeps, and what its pages show.

mod session;

pub use session::{ConsoleSession, csrf_of};
