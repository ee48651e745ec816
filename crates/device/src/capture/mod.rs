//! Capturing: what a person does with records. Each function reads texts by the form, decides, and saves in one
//! transaction; nothing here waits for a network, a login or a fix.

mod batch;
mod check;
mod edit;
mod given;
mod history;
mod moving;
mod new;
mod photo;
mod resolve;
mod show;
mod verify;

pub use batch::{LineResult, batch, create_all};
pub use check::{Checked, check};
pub use edit::{remark, set, set_deleted};
pub use given::{Given, parse_id, read_at, read_path_value};
pub use history::{HistoryEntry, history, with_servers};
pub use moving::move_to;
pub use new::{NewDoc, create, create_as};
pub use photo::{Added, Picture, add_photos, take_in};
pub use resolve::{Choice, resolve};
pub use show::{Candidate, Conflict, PhotoShown, RefusedShown, Shown, conflicts, show};
pub use verify::{Fault, verify};
