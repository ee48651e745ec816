//! Where the device is: fixes of a receiver, held against an accuracy gate, averaged, walked into shapes. Deciding is
//! pure; only `gpsd` and `nmea` read from outside.

mod fix;
pub mod gpsd;
pub mod nmea;
mod tracker;
pub mod walk;

pub use fix::{Fix, Heard};
pub use tracker::{Average, Tracker, Use, is_good};

/// Metres of position error for each unit of HDOP where a receiver gives nothing better; that of an open sky with a
/// single-frequency receiver, 68 %.
const ERROR_PER_HDOP_M: f64 = 5.0;
