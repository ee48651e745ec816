//! Many schedules on all cores, until one fails.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::broken::Broken;
use super::kept::Kept;
use super::schedule::Schedule;
use super::{play, shrink};

/// Which schedules to run: those of `runs` seeds from `seed` on.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first seed.
    pub seed: u64,
    /// How many.
    pub runs: u64,
    /// How many events each has, besides enrolments.
    pub events: usize,
}

/// A schedule that broke a promise.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// How many schedules had been run.
    pub after: u64,
    /// What it broke.
    pub broken: Broken,
    /// The smallest schedule found that breaks the same.
    pub kept: Kept,
}

impl Campaign {
    /// Runs them; gives how long that took.
    ///
    /// # Errors
    /// The failure with the lowest seed among those that were found.
    pub fn run(&self) -> Result<Duration, Box<Failure>> {
        let started = Instant::now();
        let (next, stop, found) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::new(None::<(u64, Broken)>));
        let work = || {
            while !stop.load(Ordering::Relaxed) {
                let run = next.fetch_add(1, Ordering::Relaxed);
                if run >= self.runs {
                    return;
                }
                if let Err(broken) = play(&Schedule::draw(self.seed.wrapping_add(run), self.events)) {
                    stop.store(true, Ordering::Relaxed);
                    let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    if found.as_ref().is_none_or(|(earlier, _)| run < *earlier) {
                        *found = Some((run, broken));
                    }
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        match found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            None => Ok(started.elapsed()),
            Some((run, broken)) => {
                let seed = self.seed.wrapping_add(run);
                let schedule = shrink::shrink(&Schedule::draw(seed, self.events), broken.invariant);
                let found = format!("{broken} (seed {seed}, {} events)", self.events);
                Err(Box::new(Failure { seed, after: run + 1, broken, kept: Kept { found, schedule } }))
            }
        }
    }
}
