//! Water: readings at an outfall against the discharge standard in force, and in a water body against its class.

pub mod discharge;
pub mod parameter;
pub mod surface;

use rust_decimal::Decimal;

use crate::judgement::{Judgement, Operator, Reason, ReasonCode, Verdict};
use crate::limits::{Limit, Lookup};

pub use discharge::{
    DischargeStandard, Reading, Season, direct_discharge_standard, discharge_standards, judge_reading, rural_standard,
    season,
};
pub use parameter::{PARAMETERS, Parameter, parameter};
pub use surface::{
    SurfaceReading, SurfaceResult, WaterBody, WaterClass, class_of, exceedance_multiple, judge_surface, surface_class,
};

/// Holds a result against a limit; `below_lod` says that the value is the detection limit and the result lies below it.
///
/// Below detection a maximum is met if the detection limit is not above it; otherwise the method cannot decide.
pub(crate) fn judge_result(lookup: Lookup<'_>, value: Decimal, below_lod: bool) -> Judgement {
    match lookup {
        Lookup::Found(limit) if below_lod => below_detection(limit, value),
        other => other.judge(value),
    }
}

fn below_detection(limit: &Limit, detection_limit: Decimal) -> Judgement {
    let decided = match limit.operator() {
        Operator::AtMost | Operator::Below => {
            limit.max.filter(|max| detection_limit <= *max).map(|_| Verdict::Compliant)
        }
        Operator::AtLeast => limit.min.filter(|min| detection_limit <= *min).map(|_| Verdict::Exceeds),
        Operator::Range => None,
    };
    match decided {
        Some(verdict) => Judgement::under(limit, Some(detection_limit), verdict, None),
        None => {
            Judgement::under(limit, Some(detection_limit), Verdict::CannotBeJudged, Some(detection_limit_too_high()))
        }
    }
}

fn detection_limit_too_high() -> Reason {
    Reason::new(
        ReasonCode::DetectionLimitTooHigh,
        "结果低于检出限，而检出限高于限值，无法评价；请换用检出限更低的方法",
        "below the detection limit, which is above the limit: use a method with a lower detection limit",
    )
}
