//! Makes a failing schedule small: leaves out what the same broken promise does not need.

use super::broken::Invariant;
use super::play;
use super::schedule::{Event, Schedule, Sync};

/// The smallest schedule found that breaks the same promise.
#[must_use]
pub fn shrink(schedule: &Schedule, invariant: Invariant) -> Schedule {
    let breaks = |candidate: &Schedule| play(candidate).is_err_and(|broken| broken.invariant == invariant);
    let mut smallest = schedule.clone();
    let mut size = smallest.events.len().div_ceil(2);
    loop {
        let before = smallest.events.len();
        let mut at = 0;
        while at < smallest.events.len() {
            let mut candidate = smallest.clone();
            candidate.events.drain(at..(at + size).min(candidate.events.len()));
            if breaks(&candidate) {
                smallest = candidate;
            } else {
                at += size;
            }
        }
        if size == 1 && smallest.events.len() == before {
            break;
        }
        size = size.div_ceil(2);
    }
    for at in 0..smallest.events.len() {
        let Event::Sync(sync) = smallest.events[at].clone() else { continue };
        let plainer = [
            Sync { fates: Vec::new(), ..sync.clone() },
            Sync { dies_at: None, ..sync.clone() },
            Sync { meanwhile: Vec::new(), ..sync.clone() },
            Sync { device: sync.device, bytes: sync.bytes, ..Sync::default() },
        ];
        for plain in plainer {
            let mut candidate = smallest.clone();
            candidate.events[at] = Event::Sync(plain);
            if breaks(&candidate) {
                smallest = candidate;
            }
        }
    }
    smallest
}
