//! What a measured value is worth against its limit: the verdict, and everything needed to defend it later.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::limits::Limit;

/// The outcome of holding one measured value against one limit.
///
/// The order is that of severity, mildest first, so that `max` of several verdicts is the one to show for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The limit is met; meeting it exactly is meeting it.
    Compliant,
    /// No limit is set, or none applies: nothing can be said.
    NotJudged,
    /// A limit applies, but this measurement cannot decide (background too close, detection limit above the limit).
    CannotBeJudged,
    /// The limit is exceeded, or a minimum is not reached.
    Exceeds,
    /// The measurement itself is not valid (calibration drift).
    Void,
}

impl Verdict {
    /// All of them, mildest first.
    pub const ALL: [Self; 5] = [Self::Compliant, Self::NotJudged, Self::CannotBeJudged, Self::Exceeds, Self::Void];

    /// The id used in records, exports and scripts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::NotJudged => "not-judged",
            Self::CannotBeJudged => "cannot-be-judged",
            Self::Exceeds => "exceeds",
            Self::Void => "void",
        }
    }

    /// The Chinese label.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Compliant => "达标",
            Self::NotJudged => "未评价",
            Self::CannotBeJudged => "无法评价",
            Self::Exceeds => "超标",
            Self::Void => "作废",
        }
    }

    /// The verdict with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.as_str() == id)
    }
}

/// How a value is held against its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// The value may reach the limit.
    AtMost,
    /// The value must stay under the limit (HJ 2026 writes "below").
    Below,
    /// The value must reach the limit.
    AtLeast,
    /// The value lies between two limits, both included (pH).
    Range,
}

impl Operator {
    /// The sign to print before the limit.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::AtMost => "≤",
            Self::Below => "<",
            Self::AtLeast => "≥",
            Self::Range => "~",
        }
    }
}

/// How sure we are of a fact we ship.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// From memory or hearsay: ships empty.
    #[default]
    Unverified,
    /// One secondary source: ships empty.
    Low,
    /// A transcript, or two independent secondary sources.
    Medium,
    /// Read in the standard's own text.
    High,
}

impl Confidence {
    /// Whether a value of this confidence may be shipped as a value.
    #[must_use]
    pub fn may_ship(self) -> bool {
        self >= Self::Medium
    }
}

/// Why a verdict is what it is, in a code for programs and a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCode {
    /// The limit's row exists but ships empty; an administrator can fill it.
    LimitNotSet,
    /// No standard sets a limit for this case on this date.
    NoRule,
    /// Something needed to choose the limit was not given.
    MissingInput,
    /// The value is given in another unit than the limit.
    UnitMismatch,
    /// Below the detection limit, and the detection limit is above the limit.
    DetectionLimitTooHigh,
    /// The background is less than 3 dB below the measured level.
    BackgroundTooClose,
    /// The excess was found without a background measurement (a caveat, not a refusal).
    BackgroundNotMeasured,
    /// The meter drifted more than allowed between the calibrations.
    CalibrationDrift,
    /// Wind, rain, snow or lightning during the measurement.
    Weather,
    /// Judged by an instant sample under a standard whose rule for those was not verified (a caveat).
    InstantSample,
    /// More points were checked than the rule for spot checks covers.
    OutsideRule,
}

impl ReasonCode {
    /// The code in records and scripts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LimitNotSet => "limit-not-set",
            Self::NoRule => "no-rule",
            Self::MissingInput => "missing-input",
            Self::UnitMismatch => "unit-mismatch",
            Self::DetectionLimitTooHigh => "detection-limit-too-high",
            Self::BackgroundTooClose => "background-too-close",
            Self::BackgroundNotMeasured => "background-not-measured",
            Self::CalibrationDrift => "calibration-drift",
            Self::Weather => "weather",
            Self::InstantSample => "instant-sample",
            Self::OutsideRule => "outside-rule",
        }
    }
}

/// Why a verdict is what it is; on a judged value it is a caveat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// For programs.
    pub code: ReasonCode,
    /// For people, Chinese; says what to do where something can be done.
    pub zh: String,
    /// For people, English.
    pub en: String,
}

impl Reason {
    /// A reason from its code and its two sentences.
    pub fn new(code: ReasonCode, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }

    /// The limit's row is there but empty.
    #[must_use]
    pub fn limit_not_set() -> Self {
        Self::new(ReasonCode::LimitNotSet, "未评价：限值未设定", "not judged: limit not set")
    }

    /// No row covers the case.
    #[must_use]
    pub fn no_rule() -> Self {
        Self::new(
            ReasonCode::NoRule,
            "未评价：该日期、该情形没有适用的限值",
            "not judged: no limit applies to this case on this date",
        )
    }

    /// An input is missing; its name in both languages.
    #[must_use]
    pub fn missing(zh: &str, en: &str) -> Self {
        Self::new(ReasonCode::MissingInput, format!("未评价：缺少{zh}"), format!("not judged: {en} is missing"))
    }
}

/// One verdict with its evidence: an old record keeps this whole, so that it never depends on today's limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The outcome.
    pub verdict: Verdict,
    /// The value that was compared, after correction and rounding, in `unit`.
    pub value: Option<Decimal>,
    /// The limit (the upper one of a range), in `unit`.
    pub limit: Option<Decimal>,
    /// The lower limit of a range, in `unit`.
    pub limit_min: Option<Decimal>,
    /// How they are compared.
    pub operator: Operator,
    /// The unit of value and limit.
    pub unit: String,
    /// The standard, with its year.
    pub standard: String,
    /// The table in it, if any.
    pub table: String,
    /// The clause in it, if any.
    pub clause: String,
    /// How sure the limit is.
    pub confidence: Confidence,
    /// What is not settled about the limit.
    pub doubt: Option<String>,
    /// The row of the limits (`forms/limits.toml`).
    pub limit_id: Option<String>,
    /// Why it could not be judged, or a caveat.
    pub reason: Option<Reason>,
}

impl Judgement {
    /// A judgement with no limit behind it.
    #[must_use]
    pub fn without_limit(verdict: Verdict, value: Option<Decimal>, reason: Reason) -> Self {
        Self {
            verdict,
            value,
            limit: None,
            limit_min: None,
            operator: Operator::AtMost,
            unit: String::new(),
            standard: String::new(),
            table: String::new(),
            clause: String::new(),
            confidence: Confidence::Unverified,
            doubt: None,
            limit_id: None,
            reason: Some(reason),
        }
    }

    /// Nothing can be said, and why.
    #[must_use]
    pub fn not_judged(value: Option<Decimal>, reason: Reason) -> Self {
        Self::without_limit(Verdict::NotJudged, value, reason)
    }

    /// A given verdict under a given limit.
    #[must_use]
    pub fn under(limit: &Limit, value: Option<Decimal>, verdict: Verdict, reason: Option<Reason>) -> Self {
        Self {
            verdict,
            value,
            limit: limit.value(),
            limit_min: if limit.operator() == Operator::Range { limit.min } else { None },
            operator: limit.operator(),
            unit: limit.unit.clone(),
            standard: limit.standard.clone(),
            table: limit.table.clone(),
            clause: limit.clause.clone(),
            confidence: limit.confidence,
            doubt: limit.doubt.clone(),
            limit_id: Some(limit.id.clone()),
            reason,
        }
    }

    /// Holds a value against a limit; a limit that is not set gives `not-judged`.
    #[must_use]
    pub fn compare(limit: &Limit, value: Decimal) -> Self {
        match limit.is_met_by(value) {
            Some(true) => Self::under(limit, Some(value), Verdict::Compliant, None),
            Some(false) => Self::under(limit, Some(value), Verdict::Exceeds, None),
            None => Self::under(limit, Some(value), Verdict::NotJudged, Some(Reason::limit_not_set())),
        }
    }

    /// The same with a caveat or reason.
    #[must_use]
    pub fn with_reason(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }
}
