//! Capturing: what a person does with records. Each function reads texts by the form, decides, and saves in one
//! transaction; nothing here waits for a network, a login or a fix.

mod batch;
mod carry;
mod check;
mod edit;
mod fill;
mod given;
mod history;
mod leave;
mod moving;
mod new;
mod photo;
mod resolve;
mod show;
mod sign;
mod verify;

pub use batch::{LineResult, batch, create_all};
pub use carry::{Earlier, copy_last_visit, last_visit};
pub use check::{Checked, check};
pub use edit::{remark, set, set_deleted};
pub use fill::{add_row, correct, fill, is_submitted, remove_row};
pub use given::{Given, parse_id, read_at, read_path_value};
pub use history::{HistoryEntry, history, with_servers};
pub use leave::{Leaving, Line, Weight, distance_to_site_m, from_site_m, leaving};
pub use moving::{MoveOption, move_options, move_to};
pub use new::{NewDoc, create, create_as};
pub use photo::{Added, Picture, add_photos, add_photos_open, take_in, take_in_bytes};
pub use resolve::{Choice, resolve};
pub use show::{Candidate, Conflict, PhotoShown, RefusedShown, Shown, conflicts, show};
pub use sign::{IMAGE_BYTES_MAX, Signature, refuse_signature, sign};
pub use verify::{Fault, verify};
