//! Many devices that come down the mountain at once: each has its own encrypted home and records, and all start to sync at
//! the same moment.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use device::sync::{self, PhotoMode};
use serde_json::json;

use super::{open_at, synced, workload};

/// Threads that prepare the homes; nothing is timed then.
const PREPARING: usize = 4;
/// Stack of one device's thread, bytes.
const STACK_BYTES: usize = 1024 * 1024;

/// One device: its home, its enrolment code, its records.
struct Member {
    home: PathBuf,
    code: String,
    lines: Vec<String>,
}

fn prepare(member: &Member, url: &str, form: &Path) -> Result<()> {
    let forms = member.home.join("forms");
    std::fs::create_dir_all(&forms)?;
    std::fs::copy(form, forms.join(form.file_name().context("a file")?))?;
    let mut home = open_at(&member.home)?;
    sync::enrol(&mut home.store, url, &member.code, "crowd")?;
    let documents = member.lines.iter().map(|line| workload::document(line)).collect::<Result<Vec<_>>>()?;
    workload::create_all(&mut home.store, documents)
}

/// Prepares one device for every line of `codes`, shares out the lines of `file`, lets all sync, prints the times.
pub fn run(url: &str, codes: &Path, file: &Path, form: &Path, folder: &Path) -> Result<()> {
    let (codes, text) = (std::fs::read_to_string(codes)?, std::fs::read_to_string(file)?);
    let codes: Vec<&str> = codes.lines().collect();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let share = lines.len() / codes.len();
    let member = |(n, code): (usize, &&str)| Member {
        home: folder.join(n.to_string()),
        code: (*code).to_owned(),
        lines: lines[n * share..(n + 1) * share].to_vec(),
    };
    let members: Vec<Member> = codes.iter().enumerate().map(member).collect();
    thread::scope(|scope| {
        let groups = members.chunks(members.len().div_ceil(PREPARING));
        let prepare = |group: &[Member]| group.iter().try_for_each(|m| prepare(m, url, form));
        let running: Vec<_> = groups.map(|group| scope.spawn(move || prepare(group))).collect();
        running.into_iter().try_for_each(|t| t.join().map_err(|_| anyhow!("a thread panicked"))?)
    })?;
    println!("{}", json!({"prepared": members.len()}));
    at_once(&members, share)
}

/// All devices at once; each opens its home as a program just started would.
fn at_once(members: &[Member], share: usize) -> Result<()> {
    let start = Arc::new(Barrier::new(members.len() + 1));
    let spawn = |member: &Member| {
        let (home, start) = (member.home.clone(), start.clone());
        thread::Builder::new().stack_size(STACK_BYTES).spawn(move || -> Result<f64> {
            start.wait();
            let began = Instant::now();
            synced(&mut open_at(&home)?.store, PhotoMode::None)?;
            Ok(began.elapsed().as_secs_f64())
        })
    };
    let threads = members.iter().map(spawn).collect::<std::io::Result<Vec<_>>>()?;
    start.wait();
    let began = Instant::now();
    let ended = threads.into_iter().map(|t| t.join().map_err(|_| anyhow!("a device panicked"))?);
    let mut times_s = ended.collect::<Result<Vec<f64>>>()?;
    let whole_s = began.elapsed().as_secs_f64();
    times_s.sort_by(f64::total_cmp);
    let at = |share: usize| times_s[(times_s.len() * share / 100).min(times_s.len() - 1)];
    let records = members.len() * share;
    println!(
        "{}",
        json!({"devices": members.len(), "records": records, "s": whole_s, "p50_s": at(50), "p99_s": at(99)})
    );
    Ok(())
}
