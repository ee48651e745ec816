//! `peer-device LIBRARY create|edit|sync|dump FOLDER ACTOR [FILE|URL]`: one step of a device.

use anyhow::{Context, Result, bail};
use bench_peers::device::Device;
use bench_peers::{engine, workload};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [library, step, folder, actor, rest @ ..] = args.as_slice() else { bail!("too few arguments") };
    let device = Device::open(folder, actor.parse()?, engine::named(library)?)?;
    let with = || rest.first().context("a file or an address");
    match step.as_str() {
        "create" => device.write(&workload::documents(with()?)?),
        "edit" => device.write(&workload::edits(with()?)?),
        "sync" => device.sync(with()?),
        "dump" => device.dump().map(|line| println!("{line}")),
        other => bail!("there is no step '{other}'"),
    }
}
