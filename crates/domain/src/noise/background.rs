//! Taking the background out of a measured level (GB 12348-2008, 5.7, table 4).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use super::whole_db;

/// What the background does to a measured level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Background {
    /// More than 10 dB below: the level stands as measured.
    Negligible,
    /// 3 to 10 dB below: the level is lowered by this many dB (1, 2 or 3).
    Lower(u32),
    /// Less than 3 dB below: no correction is possible; lower the background and measure again.
    TooClose,
}

impl Background {
    /// The level without the background, dB, not rounded; `None` if it cannot be had.
    #[must_use]
    pub fn corrected(self, measured_db: Decimal) -> Option<Decimal> {
        match self {
            Self::Negligible => Some(measured_db),
            Self::Lower(by_db) => measured_db.checked_sub(Decimal::from(by_db)),
            Self::TooClose => None,
        }
    }
}

/// Which correction the difference between measured level and background (both dB) asks for.
///
/// The difference is rounded to whole dB, half to even, before the table is read. Two readings are open, and the ones
/// taken are: above 10.0 there is no correction even where the difference rounds to 10 (5.7.1 says "more than 10");
/// 2.6 to 2.9 round to 3 and are corrected by 3 (rounding first, as HJ 706 is remembered to say).
#[must_use]
pub fn background(measured_db: Decimal, background_db: Decimal) -> Background {
    let Some(difference) = measured_db.checked_sub(background_db) else { return Background::TooClose };
    if difference > Decimal::TEN {
        return Background::Negligible;
    }
    match whole_db(difference).to_i64() {
        Some(3) => Background::Lower(3),
        Some(4..=5) => Background::Lower(2),
        Some(6..=10) => Background::Lower(1),
        _ => Background::TooClose,
    }
}
