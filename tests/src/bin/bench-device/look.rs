//! How long a person waits for a list: the same calls the window and `shanxun list` make, each many times with other words
//! and places.

use std::time::Instant;

use anyhow::{Result, ensure};
use device::Home;
use device::store::{ListQuery, Near};
use serde_json::{Map, json};

/// Words of one character, of two, and longer, that the workload's texts have.
const ONE: [&str; 8] = ["坡", "墙", "雨", "裂", "水", "护", "警", "石"];
const TWO: [&str; 8] = ["护坡", "挡墙", "雨后", "裂缝", "水位", "警示", "落石", "涵洞"];
const LONGER: [&str; 8] =
    ["局部渗水", "设置警示标志", "雨后复查", "路面沉降约", "临时撤离", "地下水位偏高", "S01234", "截水沟开裂"];
/// The middle of the places given to the records, and how far they spread, degrees.
const MIDDLE: (f64, f64) = (40.45, 117.0);
const SPREAD: f64 = 0.25;
/// Radius of a nearest search, kilometres.
const RADIUS_KM: f64 = 3.0;

fn percentile(sorted_ms: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
    let at = ((sorted_ms.len() as f64 * share).ceil() as usize).clamp(1, sorted_ms.len()) - 1;
    sorted_ms[at]
}

fn searching(word: &str) -> ListQuery {
    ListQuery { search: Some(word.into()), ..ListQuery::default() }
}

/// A place that differs from round to round.
fn place(round: usize) -> Near {
    let step = |n: usize| f64::from(u32::try_from(n % 17).unwrap_or_default()) / 16.0 - 0.5;
    Near { lat: MIDDLE.0 + SPREAD * step(round * 7), lon: MIDDLE.1 + SPREAD * step(round * 5 + 3), km: RADIUS_KM }
}

/// Prints milliseconds at the 50th and 99th percentile of each kind of question, and how many rows it found.
pub fn run(home: &Home, rounds: usize) -> Result<()> {
    type Ask = (&'static str, Box<dyn Fn(usize) -> ListQuery>);
    let asks: [Ask; 6] = [
        ("list", Box::new(|_| ListQuery::default())),
        ("page 40", Box::new(|_| ListQuery { offset: 2_000, ..ListQuery::default() })),
        ("search, 1 character", Box::new(|n| searching(ONE[n % ONE.len()]))),
        ("search, 2 characters", Box::new(|n| searching(TWO[n % TWO.len()]))),
        ("search, longer", Box::new(|n| searching(LONGER[n % LONGER.len()]))),
        ("nearest", Box::new(|n| ListQuery { near: Some(place(n)), ..ListQuery::default() })),
    ];
    let mut out = Map::new();
    for (name, ask) in asks {
        let (mut times_ms, mut found) = (Vec::with_capacity(rounds), 0);
        for round in 0..rounds {
            let query = ask(round);
            let started = Instant::now();
            let listing = home.list(&query)?;
            times_ms.push(started.elapsed().as_secs_f64() * 1000.0);
            found += listing.total;
        }
        ensure!(found > 0, "'{name}' found nothing at all");
        times_ms.sort_by(f64::total_cmp);
        let (p50, p99) = (percentile(&times_ms, 0.5), percentile(&times_ms, 0.99));
        out.insert(name.into(), json!({"p50_ms": p50, "p99_ms": p99, "found": found / rounds}));
    }
    println!("{}", serde_json::Value::Object(out));
    Ok(())
}
