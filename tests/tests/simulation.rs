//! The simulation: short schedules, the same in every run, and every schedule that ever failed.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use shanxun_tests::simulation::{Campaign, Kept, Schedule, play};

/// A run of the tests says what a change did, so it plays what the run before played; new schedules are `make simulate`'s.
const SEED: u64 = 1;
const RUNS: u64 = 10_000;
const EVENTS: usize = 12;

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
}

#[test]
fn no_promise_is_broken_in_ten_thousand_schedules() -> Result<()> {
    let campaign = Campaign { seed: SEED, runs: RUNS, events: EVENTS };
    println!("make simulate SEED={SEED} RUNS={RUNS} EVENTS={EVENTS}");
    match campaign.run() {
        Ok(took) => println!("{RUNS} schedules in {took:.1?}"),
        Err(failure) => panic!("{}\nkeep this in tests/seeds/:\n{}", failure.broken, failure.kept.text()),
    }
    Ok(())
}

#[test]
fn no_schedule_that_ever_failed_fails_again() -> Result<()> {
    let kept = Kept::all(&seeds())?;
    ensure!(!kept.is_empty(), "the kept schedules are in {}", seeds().display());
    for (path, kept) in kept {
        if let Err(broken) = play(&kept.schedule) {
            panic!("{}: {broken}\n(it once found: {})", path.display(), kept.found);
        }
    }
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_run() -> Result<()> {
    for seed in 0..40 {
        let schedule = Schedule::draw(seed, 40);
        let (first, second) = (play(&schedule), play(&schedule));
        let (first, second) = (first.map_err(|b| b.to_string()), second.map_err(|b| b.to_string()));
        assert_eq!(first, second, "seed {seed}");
    }
    Ok(())
}

#[test]
fn a_kept_schedule_reads_back_as_it_was() -> Result<()> {
    let kept = Kept { found: "nothing".into(), schedule: Schedule::draw(7, 60) };
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), kept.text())?;
    assert_eq!(Kept::read(file.path())?, kept);
    Ok(())
}
