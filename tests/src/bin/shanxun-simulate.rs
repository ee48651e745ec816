//! `shanxun-simulate [--seed N] [--runs N] [--events N]` runs schedules from a seed on; `--replay FILE` runs a kept one.
//! Ends with 1 at the first that breaks a promise, and prints the schedule that led to it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use shanxun_tests::simulation::{Campaign, Kept, play};

fn main() -> Result<ExitCode> {
    // A panic is one more broken promise; it is told with its schedule.
    std::panic::set_hook(Box::new(|_| {}));
    let mut campaign = Campaign { seed: 1, runs: 10_000, events: 30 };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--seed" => campaign.seed = value.parse().context("--seed is a number")?,
            "--runs" => campaign.runs = value.parse().context("--runs is a number")?,
            "--events" => campaign.events = value.parse().context("--events is a number")?,
            "--replay" => return replay(Path::new(&value)),
            _ => bail!("usage: shanxun-simulate [--seed N] [--runs N] [--events N] | --replay FILE"),
        }
    }
    let Campaign { seed, runs, events } = campaign;
    match campaign.run() {
        Ok(took) => {
            let per_s = f64::from(u32::try_from(runs).unwrap_or(u32::MAX)) / took.as_secs_f64();
            println!(
                "{runs} schedules of {events} events from seed {seed}: all promises held ({per_s:.0} schedules a second)"
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => {
            println!("seed {} after {} schedules: {}", failure.seed, failure.after, failure.broken);
            println!("the smallest schedule that does so (keep it in tests/seeds/):\n{}", failure.kept.text());
            Ok(ExitCode::FAILURE)
        }
    }
}

fn replay(file: &Path) -> Result<ExitCode> {
    let kept = Kept::read(file)?;
    match play(&kept.schedule) {
        Ok(_) => {
            println!("{}: all promises held", file.display());
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            println!("{}: {broken}", file.display());
            Ok(ExitCode::FAILURE)
        }
    }
}
