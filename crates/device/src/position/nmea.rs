//! A file or a stream of NMEA 0183 sentences, as receivers and other apps record them.

use ::nmea::sentences::FixType;
use ::nmea::{Nmea, SentenceType};
use domain::value::PositionSource;

use super::ERROR_PER_HDOP_M;
use super::fix::{Fix, Heard};

/// Metres a second of one knot.
const KNOT_MPS: f64 = 1852.0 / 3600.0;

/// Reads sentences one by one.
#[derive(Debug, Default)]
pub struct Reader {
    state: Nmea,
}

impl Reader {
    /// What a sentence says. A fix is told with each GGA, which has place, quality and HDOP together; a sentence that is
    /// damaged (its checksum tells) says nothing.
    pub fn sentence(&mut self, text: &str, now_ms: i64) -> Option<Heard> {
        match self.state.parse(text.trim()).ok()? {
            SentenceType::GGA => Some(self.fix(now_ms)),
            _ => None,
        }
    }

    fn fix(&self, now_ms: i64) -> Heard {
        let state = &self.state;
        match state.fix_type {
            None | Some(FixType::Invalid) => return Heard::NoFix,
            Some(FixType::Simulation) => return Heard::Mocked,
            Some(_) => {}
        }
        let (Some(lat), Some(lon)) = (state.latitude, state.longitude) else { return Heard::NoFix };
        let accuracy_m = state.hdop.map(|h| f64::from(h) * ERROR_PER_HDOP_M);
        match Fix::new(lat, lon, accuracy_m, PositionSource::Gnss, now_ms) {
            None => Heard::NoFix,
            Some(fix) => Heard::Fix(Fix {
                taken_at: state.fix_date.zip(state.fix_time).map(|(day, time)| format!("{day}T{time}Z")),
                height_m: state.altitude.zip(state.geoid_separation).map(|(sea, geoid)| f64::from(sea + geoid)),
                speed_mps: state.speed_over_ground.map(|knots| f64::from(knots) * KNOT_MPS),
                heading_deg: state.true_course.map(f64::from),
                ..fix
            }),
        }
    }
}
