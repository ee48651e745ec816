//! The verdict of one measuring point: each point alone, day and night apart.

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use super::level::checked;
use super::{
    Background, Burst, Hours, Levels, NoiseError, Period, Place, Room, SourceType, ZoneClass, background, calibration,
    leq_limit, levels, whole_db,
};
use crate::judgement::{Judgement, Reason, ReasonCode, Verdict};
use crate::limits::{Limit, Limits, Lookup};

/// What was measured at one point.
#[derive(Clone, Copy, Debug)]
pub struct PointInput<'a> {
    /// What makes the sound.
    pub source: SourceType,
    /// The functional zone; construction needs none.
    pub zone: Option<ZoneClass>,
    /// Where the microphone stood.
    pub place: Place,
    /// For sound carried by the structure: the room's use; table 2 then replaces the general indoor rule.
    pub room: Option<Room>,
    /// When it began, with the local offset; gives the period and chooses the edition of the standard.
    pub at: DateTime<FixedOffset>,
    /// The series, dB(A), samples of equal duration; may be empty if `leq_db` is given.
    pub samples_db: &'a [Decimal],
    /// The meter's own Leq, dB(A); counts before the series.
    pub leq_db: Option<Decimal>,
    /// Leq of the background, dB(A).
    pub background_db: Option<Decimal>,
    /// Highest level, dB(A); the highest sample if not given.
    pub lmax_db: Option<Decimal>,
    /// How peaks came.
    pub burst: Burst,
    /// The meter's reading at the calibrator before and after, dB.
    pub calibration_db: Option<(Decimal, Decimal)>,
}

impl<'a> PointInput<'a> {
    /// A point with nothing measured yet.
    #[must_use]
    pub fn new(source: SourceType, zone: Option<ZoneClass>, at: DateTime<FixedOffset>) -> Self {
        Self {
            source,
            zone,
            place: Place::default(),
            room: None,
            at,
            samples_db: &[],
            leq_db: None,
            background_db: None,
            lmax_db: None,
            burst: Burst::default(),
            calibration_db: None,
        }
    }

    /// The day that chooses the edition of the standard: the local one.
    fn on(&self) -> NaiveDate {
        self.at.date_naive()
    }
}

/// What one point comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PointResult {
    /// Day or night.
    pub period: Period,
    /// Leq as measured, dB(A), at most four decimals.
    pub leq_db: Decimal,
    /// Percentiles and the rest, if a series was given.
    pub levels: Option<Levels>,
    /// Leq without the background, before the final rounding; `None` if no correction was due or none was possible.
    pub corrected_db: Option<Decimal>,
    /// The limit of the Leq here, dB(A).
    pub limit_db: Option<Decimal>,
    /// The verdict on the Leq; its value is the corrected level in whole dB.
    pub judgement: Judgement,
    /// The verdict on the maximum level, where a standard has one.
    pub lmax_judgement: Option<Judgement>,
    /// The worst of both.
    pub verdict: Verdict,
}

/// Judges one point: calibration, Leq from the series, background correction, one rounding to whole dB, comparison,
/// and the cap of the maximum level.
///
/// # Errors
/// Neither a series nor a Leq; a level outside 0–200 dB.
pub fn judge_point(input: &PointInput<'_>, limits: &Limits) -> Result<PointResult, NoiseError> {
    let series = if input.samples_db.is_empty() { None } else { Some(levels(input.samples_db)?) };
    let leq_db = checked(input.leq_db.or(series.map(|s| s.leq_db)).ok_or(NoiseError::NoSamples)?)?;
    let background_db = input.background_db.filter(|_| input.source.corrects_background()).map(checked).transpose()?;
    let lmax_db = input.lmax_db.map(checked).transpose()?.or(series.map(|s| s.lmax_db));
    let period = Hours::from_limits(limits, input.on()).period(input.at);

    let effect = background_db.map(|b| background(leq_db, b));
    let limit = place_limit(input, period, limits);
    let (mut judgement, mut lmax_judgement) = match &limit {
        Ok(limit) => {
            (judge_leq(input, leq_db, effect, limit, limits), judge_lmax(input, period, lmax_db, limit, limits))
        }
        Err(reason) => (Judgement::not_judged(Some(whole_db(leq_db)), reason.clone()), None),
    };
    if let Some(void) = void_by_calibration(input, limits) {
        let (verdict, reason) = (void.verdict, void.reason);
        for judged in std::iter::once(&mut judgement).chain(lmax_judgement.as_mut()) {
            (judged.verdict, judged.reason) = (verdict, reason.clone());
        }
    }
    let verdict = lmax_judgement.as_ref().map_or(judgement.verdict, |l| l.verdict.max(judgement.verdict));
    Ok(PointResult {
        period,
        leq_db,
        levels: series,
        corrected_db: effect.and_then(|e| e.corrected(leq_db)),
        limit_db: limit.ok().and_then(|l| l.max),
        judgement,
        lmax_judgement,
        verdict,
    })
}

fn void_by_calibration(input: &PointInput<'_>, limits: &Limits) -> Option<Judgement> {
    let (before, after) = input.calibration_db?;
    Some(calibration(before, after, input.on(), limits)).filter(|c| c.verdict == Verdict::Void)
}

/// The limit where the microphone stood: the class's, 10 dB lower indoors, or table 2 for sound in the structure.
fn place_limit(input: &PointInput<'_>, period: Period, limits: &Limits) -> Result<Limit, Reason> {
    let on = input.on();
    if input.zone.is_none() && input.source != SourceType::Construction {
        return Err(Reason::missing("声环境功能区类别", "the class of the functional zone"));
    }
    if let Some((room, zone)) = input.room.zip(input.zone).filter(|_| input.place == Place::Indoor) {
        let class = input.source.class_key(zone);
        let source = input.source.limit_key();
        let keys = [("source", source), ("class", class), ("room", room.as_str()), ("period", period.as_str())];
        let found = limits.find("noise.structure", &keys, on);
        return found.limit().cloned().ok_or_else(Reason::no_rule);
    }
    let general = leq_limit(input.source, input.zone, period, on, limits);
    let mut limit = general.limit().cloned().ok_or_else(Reason::no_rule)?;
    if input.place == Place::Indoor {
        lower_for_indoors(&mut limit, limits.find("noise.indoor-offset", &[("source", input.source.limit_key())], on));
    }
    Ok(limit)
}

/// Lowers the limit by the offset; without a known offset there is no limit indoors.
fn lower_for_indoors(limit: &mut Limit, offset: Lookup<'_>) {
    limit.max = limit.max.zip(offset.value()).and_then(|(max, by)| max.checked_sub(by));
    let Some(row) = offset.limit() else { return };
    limit.clause.clone_from(&row.clause);
    limit.confidence = limit.confidence.min(row.confidence);
    limit.doubt = row.doubt.clone().or(limit.doubt.take());
}

fn judge_leq(
    input: &PointInput<'_>,
    leq_db: Decimal,
    effect: Option<Background>,
    limit: &Limit,
    limits: &Limits,
) -> Judgement {
    let Some(effect) = effect else {
        let judged = Judgement::compare(limit, whole_db(leq_db));
        let unsure = judged.verdict == Verdict::Exceeds && input.source.corrects_background();
        return if unsure { judged.with_reason(background_not_measured()) } else { judged };
    };
    match effect.corrected(leq_db) {
        Some(corrected) => Judgement::compare(limit, whole_db(corrected)),
        None => judge_close_background(leq_db, limit, input.on(), limits),
    }
}

/// Less than 3 dB above the background: cannot be judged, unless the administrator has set the figure of HJ 706-2014,
/// table 2, and the measured level is above the limit by no more than it.
fn judge_close_background(leq_db: Decimal, limit: &Limit, on: NaiveDate, limits: &Limits) -> Judgement {
    let measured = whole_db(leq_db);
    let Some(max) = limit.max else { return Judgement::compare(limit, measured) };
    let allowed = limits.find("noise.setting", &[("item", "below-3-db-over-limit")], on).value();
    let over = leq_db.checked_sub(max).map(whole_db);
    let verdict = match allowed.zip(over) {
        Some((allowed, over)) if over <= allowed => Verdict::Compliant,
        _ => Verdict::CannotBeJudged,
    };
    Judgement::under(limit, Some(measured), verdict, Some(background_too_close()))
}

fn background_too_close() -> Reason {
    Reason::new(
        ReasonCode::BackgroundTooClose,
        "测量值与背景值相差小于 3 dB，未作修正；请降低背景噪声后重新测量",
        "less than 3 dB above the background, not corrected; lower the background and measure again",
    )
}

fn background_not_measured() -> Reason {
    Reason::new(
        ReasonCode::BackgroundNotMeasured,
        "未测背景值，按实测值比较；请补测背景噪声",
        "compared as measured, without a background; measure the background too",
    )
}

/// The cap of the maximum level, where the standard has one; compared directly, no background correction, whole dB.
fn judge_lmax(
    input: &PointInput<'_>,
    period: Period,
    lmax_db: Option<Decimal>,
    limit: &Limit,
    limits: &Limits,
) -> Option<Judgement> {
    // Construction caps every night maximum; the other standards only peaks that were noted as such.
    if input.burst == Burst::None && (input.source != SourceType::Construction || input.lmax_db.is_none()) {
        return None;
    }
    let keys = [
        ("source", input.source.limit_key()),
        ("period", period.as_str()),
        ("place", input.place.as_str()),
        ("burst", input.burst.as_str()),
    ];
    let over = limits.find("noise.lmax-over", &keys, input.on());
    let mut cap = over.limit()?.clone();
    cap.max = limit.max.zip(cap.max).and_then(|(limit, over)| limit.checked_add(over));
    Some(match lmax_db {
        Some(lmax) => Judgement::compare(&cap, whole_db(lmax)),
        None => {
            Judgement::under(&cap, None, Verdict::NotJudged, Some(Reason::missing("最大声级", "the maximum level")))
        }
    })
}
