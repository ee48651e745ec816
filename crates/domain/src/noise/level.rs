//! Levels from samples: energy means, percentiles, deviations. Values in dB(A), results to four decimals.

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::root;

/// Decimals kept of everything that goes through a logarithm or a root.
pub const DECIMALS_KEPT: u32 = 4;
/// Lowest level a meter can have shown, dB.
pub const LEVEL_MIN_DB: u32 = 0;
/// Highest level a meter can have shown, dB.
pub const LEVEL_MAX_DB: u32 = 200;

/// Why no level can be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoiseError {
    /// Nothing was measured.
    #[error("no samples: enter at least one level in dB")]
    NoSamples,
    /// A level no meter shows.
    #[error("{0} dB is outside {LEVEL_MIN_DB} to {LEVEL_MAX_DB} dB: check the entry")]
    OutOfRange(Decimal),
    /// Weights (seconds, metres) must be positive and of usable size.
    #[error("the weight {0} is not usable: it must be above 0 and at most 1000000000")]
    BadWeight(Decimal),
}

impl NoiseError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSamples => "no-samples",
            Self::OutOfRange(_) => "level-out-of-range",
            Self::BadWeight(_) => "bad-weight",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NoSamples => "没有采样值：请至少输入一个声级（dB）".into(),
            Self::OutOfRange(db) => format!("{db} dB 超出 {LEVEL_MIN_DB}～{LEVEL_MAX_DB} dB，请检查输入"),
            Self::BadWeight(w) => format!("权重 {w} 无效：应大于 0 且不超过 1000000000"),
        }
    }
}

/// Everything computed from one series, dB(A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Levels {
    /// Equivalent level.
    pub leq_db: Decimal,
    /// Exceeded by 10 % of the samples.
    pub l10_db: Decimal,
    /// Exceeded by half of them.
    pub l50_db: Decimal,
    /// Exceeded by 90 % of them.
    pub l90_db: Decimal,
    /// The highest.
    pub lmax_db: Decimal,
    /// The lowest.
    pub lmin_db: Decimal,
    /// Standard deviation, divisor n − 1 (zero for one sample).
    pub sd_db: Decimal,
}

/// Leq, L10, L50, L90, Lmax, Lmin and deviation of one series.
///
/// # Errors
/// An empty series, or a level outside 0–200 dB.
pub fn levels(samples_db: &[Decimal]) -> Result<Levels, NoiseError> {
    Ok(Levels {
        leq_db: leq(samples_db)?,
        l10_db: l_n(samples_db, 10)?,
        l50_db: l_n(samples_db, 50)?,
        l90_db: l_n(samples_db, 90)?,
        lmax_db: lmax(samples_db)?,
        lmin_db: lmin(samples_db)?,
        sd_db: sd_sample(samples_db)?,
    })
}

/// Refuses a level no meter shows.
pub(super) fn checked(level_db: Decimal) -> Result<Decimal, NoiseError> {
    let usable = level_db >= Decimal::from(LEVEL_MIN_DB) && level_db <= Decimal::from(LEVEL_MAX_DB);
    if usable { Ok(level_db) } else { Err(NoiseError::OutOfRange(level_db)) }
}

fn all_checked(samples_db: &[Decimal]) -> Result<&[Decimal], NoiseError> {
    if samples_db.is_empty() {
        return Err(NoiseError::NoSamples);
    }
    samples_db.iter().try_for_each(|&s| checked(s).map(|_| ()))?;
    Ok(samples_db)
}

/// Energy of a level, relative; a checked level is at most 200 dB, so this is at most 1e20.
fn energy(level_db: Decimal) -> f64 {
    10f64.powf(level_db.to_f64().unwrap_or_default() / 10.0)
}

/// Back from energy to dB, four decimals.
fn level_of(energy: f64) -> Decimal {
    let db =
        Decimal::from_f64(10.0 * energy.log10()).expect("the mean of energies of checked levels is finite and above 0");
    kept(db)
}

fn kept(x: Decimal) -> Decimal {
    x.round_dp_with_strategy(DECIMALS_KEPT, RoundingStrategy::MidpointNearestEven)
}

/// Equivalent level of samples of equal duration: 10·lg of the mean energy (GB 3096-2008, 3.2).
///
/// # Errors
/// An empty series, or a level outside 0–200 dB.
pub fn leq(samples_db: &[Decimal]) -> Result<Decimal, NoiseError> {
    let samples = all_checked(samples_db)?;
    let sum: f64 = samples.iter().copied().map(energy).sum();
    Ok(level_of(sum / samples.len() as f64))
}

/// Equivalent level of parts of unequal duration: pairs of a weight (seconds) and a level.
///
/// # Errors
/// No pairs, a weight that is not above zero, a level outside 0–200 dB.
pub fn weighted_leq(parts: &[(Decimal, Decimal)]) -> Result<Decimal, NoiseError> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for &(weight, level_db) in parts {
        let weight = checked_weight(weight)?.to_f64().unwrap_or_default();
        sum += weight * energy(checked(level_db)?);
        weights += weight;
    }
    if parts.is_empty() { Err(NoiseError::NoSamples) } else { Ok(level_of(sum / weights)) }
}

fn checked_weight(weight: Decimal) -> Result<Decimal, NoiseError> {
    let usable =
        weight > Decimal::ZERO && weight <= Decimal::from(1_000_000_000) && weight.to_f64().is_some_and(|w| w > 0.0);
    if usable { Ok(weight) } else { Err(NoiseError::BadWeight(weight)) }
}

/// The level exceeded by `n` percent of the samples (GB 3096-2008, 3.6).
///
/// The standard does not fix the interpolation: sorted from loud to quiet, this is element ⌈n·N/100⌉, an actual sample.
///
/// # Errors
/// An empty series, or a level outside 0–200 dB.
pub fn l_n(samples_db: &[Decimal], n: u32) -> Result<Decimal, NoiseError> {
    let mut sorted = all_checked(samples_db)?.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let rank = (sorted.len() * n.min(100) as usize).div_ceil(100).max(1);
    Ok(sorted[rank - 1])
}

/// The highest level.
///
/// # Errors
/// An empty series, or a level outside 0–200 dB.
pub fn lmax(samples_db: &[Decimal]) -> Result<Decimal, NoiseError> {
    all_checked(samples_db)?.iter().copied().max().ok_or(NoiseError::NoSamples)
}

/// The lowest level.
///
/// # Errors
/// An empty series, or a level outside 0–200 dB.
pub fn lmin(samples_db: &[Decimal]) -> Result<Decimal, NoiseError> {
    all_checked(samples_db)?.iter().copied().min().ok_or(NoiseError::NoSamples)
}

/// Arithmetic mean: what a grid survey reports, not an energy mean (GB 3096-2008, B.3). Four decimals.
///
/// # Errors
/// An empty series, or a level outside 0–200 dB.
pub fn mean(levels_db: &[Decimal]) -> Result<Decimal, NoiseError> {
    let levels = all_checked(levels_db)?;
    Ok(kept(levels.iter().copied().sum::<Decimal>() / Decimal::from(levels.len())))
}

/// Arithmetic mean weighted by road length: pairs of a length (metres) and a level (GB 3096-2008, B.3). Four decimals.
///
/// # Errors
/// No pairs, a length that is not above zero, a level outside 0–200 dB.
pub fn weighted_mean(roads: &[(Decimal, Decimal)]) -> Result<Decimal, NoiseError> {
    let (mut sum, mut lengths) = (Decimal::ZERO, Decimal::ZERO);
    for &(length, level_db) in roads {
        let length = checked_weight(length)?;
        sum += length * checked(level_db)?;
        lengths += length;
    }
    if roads.is_empty() { Err(NoiseError::NoSamples) } else { Ok(kept(sum / lengths)) }
}

/// Standard deviation with divisor n, dB, four decimals. GB 3096-2008 B.3.1.2 does not say which divisor.
///
/// # Errors
/// An empty series, or a level outside 0–200 dB.
pub fn sd_population(samples_db: &[Decimal]) -> Result<Decimal, NoiseError> {
    deviation(samples_db, samples_db.len())
}

/// Standard deviation with divisor n − 1, dB, four decimals; zero for a single sample. The one to report, labelled.
///
/// # Errors
/// An empty series, or a level outside 0–200 dB.
pub fn sd_sample(samples_db: &[Decimal]) -> Result<Decimal, NoiseError> {
    deviation(samples_db, samples_db.len().saturating_sub(1))
}

fn deviation(samples_db: &[Decimal], divisor: usize) -> Result<Decimal, NoiseError> {
    let samples = all_checked(samples_db)?;
    let mean = samples.iter().copied().sum::<Decimal>() / Decimal::from(samples.len());
    let squares: Decimal = samples.iter().map(|&s| (s - mean) * (s - mean)).sum();
    Ok(kept(root(squares / Decimal::from(divisor.max(1)))))
}

/// Day-night level: the night counts ten decibels more (day 16 h, night 8 h). dB(A), four decimals.
///
/// # Errors
/// A level outside 0–200 dB.
pub fn ldn(ld_db: Decimal, ln_db: Decimal) -> Result<Decimal, NoiseError> {
    let day = 16.0 * energy(checked(ld_db)?);
    let night = 8.0 * 10.0 * energy(checked(ln_db)?);
    Ok(level_of((day + night) / 24.0))
}
