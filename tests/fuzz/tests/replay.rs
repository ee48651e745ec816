//! Replays what once broke a decoder and all seeds, then tries new inputs for a moment.

use std::time::{Duration, Instant};

use shanxun_fuzz::mutate::{Dice, mutate};
use shanxun_fuzz::{TARGETS, inputs, target};

/// How long each target is tried with new inputs, milliseconds; `make fuzz` takes its time.
const TRY_MS: u64 = 1_200;
/// Longest new input, bytes.
const INPUT_BYTES_MAX: usize = 64 * 1024;
/// Most memory a process may ever have had that plays a target, bytes: one picture alone may take 512 MiB.
const PEAK_BYTES_MAX: u64 = 1 << 30;
/// Longest time one input may take: what takes longer hangs.
const SLOW: Duration = Duration::from_secs(10);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn play(name: &str) {
    let target = target(name).expect("a target");
    let mut corpus = Vec::new();
    for which in ["crashers", "corpus"] {
        for (path, bytes) in inputs(which, name) {
            println!("{}", path.display());
            let started = Instant::now();
            (target.run)(&bytes);
            assert!(started.elapsed() < SLOW, "{} took {:?}", path.display(), started.elapsed());
            corpus.push(bytes);
        }
    }
    assert!(!corpus.is_empty(), "{name} has no corpus");
    let seed = number("FUZZ_SEED", Dice::by_time().0);
    println!("{name}: FUZZ_SEED={seed}");
    let mut dice = Dice(seed);
    let (started, time) = (Instant::now(), Duration::from_millis(TRY_MS));
    let mut runs = 0u64;
    while started.elapsed() < time {
        let input = mutate(&corpus, &mut dice, INPUT_BYTES_MAX);
        let begun = Instant::now();
        let ended = std::panic::catch_unwind(|| (target.run)(&input));
        if ended.is_err() || begun.elapsed() > SLOW {
            let file = std::env::temp_dir().join(format!("shanxun-fuzz-{name}-{seed}"));
            std::fs::write(&file, &input).expect("written");
            panic!("{name}: run {runs} broke after {:?}; the input is in {}", begun.elapsed(), file.display());
        }
        runs += 1;
    }
    println!("{name}: {runs} runs, {} a second", runs * 1000 / u64::try_from(time.as_millis()).unwrap_or(1).max(1));
    assert!(peak_bytes() < PEAK_BYTES_MAX, "{name}: {} MiB of memory", peak_bytes() >> 20);
}

/// The most memory this process has had so far, bytes.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

macro_rules! each {
    ($($test:ident => $name:literal,)*) => {
        const PLAYED: &[&str] = &[$($name),*];
        $(#[test] fn $test() { play($name); })*
    };
}

each! {
    bodies_come_back => "envelope",
    requests_come_back => "sync-request",
    answers_come_back => "sync-response",
    changes_come_back => "change",
    registers_come_back => "register",
    form_files_come_back => "form",
    expressions_come_back => "expression",
    typed_values_come_back => "value",
    geometries_come_back => "geometry",
    pictures_come_back => "picture",
    exif_comes_back => "exif",
    ledgers_come_back => "table",
    batch_lines_come_back => "batch-line",
    backups_come_back => "backup",
    arguments_come_back => "arguments",
    calls_come_back => "http",
    uploads_come_back => "upload",
}

#[test]
fn every_target_is_played() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, PLAYED);
}
