//! A day's work over a weak link in network namespaces: slow, lossy, cut at intervals. Prints what it took.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use shanxun_tests::weak_link::{Cutter, Day, Network};
use shanxun_tests::{Link, Weather};

/// A day's work over a weak link, in network namespaces.
#[derive(Debug, Parser)]
struct Arguments {
    /// Records of the day
    #[arg(long, default_value_t = 300)]
    records: usize,
    /// Photographs of the day
    #[arg(long, default_value_t = 600)]
    photos: usize,
    /// Rate of the link both ways, kbit/s
    #[arg(long, default_value_t = 64)]
    rate_kbit: u32,
    /// Packets of a hundred that are lost, both ways
    #[arg(long, default_value_t = 20)]
    loss_percent: u32,
    /// The link goes down every so many seconds
    #[arg(long, default_value_t = 30)]
    cut_every_s: u64,
    /// … for so many seconds
    #[arg(long, default_value_t = 3)]
    cut_s: u64,
    /// Which pictures
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let network = match Network::new() {
        Ok(network) => network,
        Err(why) => {
            // Loud, as nobody may take this for a success.
            eprintln!("\n!!! NOT TESTED: the weak link. {why:#}\n");
            return ExitCode::SUCCESS;
        }
    };
    match play(&arguments, &network) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("weak link: {error:#} ({arguments:?})");
            ExitCode::from(1)
        }
    }
}

fn play(arguments: &Arguments, network: &Network) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut day = Day::work(folder.path(), arguments.records, arguments.photos, arguments.seed)?;
    let link = Link::listen(&network.host_address(), day.server.port(), Weather::default())?;
    day.enrol(&format!("http://{}:{}", network.host_address(), link.port()))?;
    let before = link.passed();
    network.spoil(arguments.rate_kbit, arguments.loss_percent)?;
    day.device.run_through(network.at_device());
    let wires = network.wires()?;
    let started = Instant::now();
    let (every, down) = (Duration::from_secs(arguments.cut_every_s), Duration::from_secs(arguments.cut_s));
    let cutter = Cutter::start(network, every, down);
    let synced = day.sync_until_done();
    let (cuts, took) = (cutter.stop(), started.elapsed());
    let synced = synced.context("the weak link won")?;
    day.device.run_through(Vec::new());
    let mut passed = link.passed();
    passed.requests.drain(..before.requests.len());
    let used = network.wires()?;
    println!(
        "weak link: {} records, {} photos ({} bytes with thumbnails) at {} kbit/s, {} % loss, {cuts} cuts of {} s",
        arguments.records,
        arguments.photos,
        day.photo_bytes,
        arguments.rate_kbit,
        arguments.loss_percent,
        arguments.cut_s
    );
    println!(
        "  took {:.0} s in {} calls of sync; {} requests on {} connections; {} bytes of photos passed ({} again)",
        took.as_secs_f64(),
        synced.calls,
        passed.requests.len(),
        passed.connections - before.connections,
        passed.photo_bytes(),
        passed.photo_bytes().saturating_sub(day.photo_bytes)
    );
    let text = passed.requests.iter().filter(|r| r.path == "/v1/sync").map(|r| r.body_bytes).sum::<u64>();
    println!(
        "  text: {text} bytes up in {} exchanges; the interface sent {} bytes in {} packets and received {} bytes",
        passed.requests.iter().filter(|r| r.path == "/v1/sync").count(),
        used.bytes_up - wires.bytes_up,
        used.packets_up - wires.packets_up,
        used.bytes_down - wires.bytes_down
    );
    day.judge(&passed, cuts)?;
    println!("  text first, thumbnails before originals, at most one chunk wasted per cut, everything there as it was");
    Ok(())
}
