//! What a record is and what is right: forms, limits, merge, workflow, protocol.
//!
//! No I/O, no clock reads, no async: time, ids and randomness enter as arguments, so the device, the server and the
//! simulator run the same code.

pub mod credit_code;
pub mod datum;
pub mod forms;
pub mod geodesy;
pub mod grams;
pub mod ids;
pub mod judgement;
pub mod lifecycle;
pub mod limits;
pub mod noise;
pub mod places;
pub mod value;

pub use ids::{ActorId, DocId, DocType, OpId, Role, Seq, UserId};
pub use value::{Number, Position, PositionSource, Value, Values, Vertex};

pub mod change;
pub mod clock;
pub mod display;
pub mod document;
pub mod register;
pub mod sync;
pub mod voc;
pub mod water;
