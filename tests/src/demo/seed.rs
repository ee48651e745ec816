//! Demo data of the district for `make run`: some ninety sites over the townships, and the story's four visits.
//!
//! Names of villages are real, sites and readings are invented.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use domain::places::{Town, towns, villages};
use serde_json::{Value, json};

use super::records::{
    BARE_SITE, BARE_VISIT, NOISE_SITE, NOISE_VISIT, OUTFALL_SITE, OUTFALL_VISIT, VISIT, VOC_SITE, VOC_VISIT, new_args,
};
use super::{PASSWORD, TOWN};
use crate::Device;
use crate::photographs::take;
use crate::server::{add_user, code};

/// Sites made in each township whose envelope is known.
const SITES_PER_TOWN: usize = 5;

/// Fills a running server with demo users and data, and `home` with an inspector's device. Does nothing the second time.
///
/// # Errors
/// When a command is refused.
pub fn seed(server_url: &str, server_data: &Path, home: &Path) -> Result<()> {
    if home.join("device.db").exists() {
        println!("demo data is there already");
        return Ok(());
    }
    for (name, role, towns) in [
        ("周敏", "supervisor", "all".to_owned()),
        ("张海涛", "inspector", all_towns()),
        ("陈桂芳", "dust-team", TOWN.to_owned()),
    ] {
        add_user(server_data, name, role, &towns, PASSWORD)?;
    }
    let parent = home.parent().context("the home has a folder above")?;
    let name = home.file_name().context("the home has a name")?.to_string_lossy().into_owned();
    let device = Device::new(parent, &name);
    device.run(&["enrol", "--server", server_url, "--code", &code(server_data, "张海涛")?])?;
    story(&device, parent)?;
    ledger(&device, parent)?;
    let report = device.sync()?;
    println!("demo data of the district: {} changes, {} photos", report["pushed"], report["photos_sent"]);
    Ok(())
}

fn all_towns() -> String {
    towns().iter().map(|t| t.code.as_str()).collect::<Vec<_>>().join(",")
}

/// The four records of the demo, with a photograph.
fn story(device: &Device, folder: &Path) -> Result<()> {
    let photo = take("nature/Dune.jpg", &folder.join("令公村南.jpg"), 40.53022, 117.13041, "2026:11:20 09:41:12")?;
    let photo = photo.to_string_lossy().into_owned();
    for (kind, site, visit, at) in [
        ("bare-land", BARE_SITE, BARE_VISIT, "40.53025,117.1304,4.5"),
        ("voc", VOC_SITE, VOC_VISIT, "40.5361,117.1217,5"),
        ("noise", NOISE_SITE, NOISE_VISIT, "40.5352,117.1233,6"),
        ("outfall", OUTFALL_SITE, OUTFALL_VISIT, "40.5287,117.1189,4"),
    ] {
        let id = device.create(&new_args(&["new", "site", kind, "--at", at], &[site]))?;
        let head = ["new", "inspection", kind, "--site", &id, "--at", at, "--photo", &photo];
        device.create(&new_args(&head, &[VISIT, visit]))?;
    }
    Ok(())
}

/// The rest of the ledger, as one batch.
fn ledger(device: &Device, folder: &Path) -> Result<()> {
    let lines = towns().iter().flat_map(|town| (0..SITES_PER_TOWN).filter_map(|n| line(town, n)));
    let text: String = lines.map(|l| format!("{l}\n")).collect();
    let file = folder.join("ledger.jsonl");
    std::fs::write(&file, text)?;
    let output = device.output(&["batch", &file.to_string_lossy()])?;
    ensure!(output.status.success(), "batch: {}", String::from_utf8_lossy(&output.stdout));
    std::fs::remove_file(&file)?;
    Ok(())
}

/// One invented site at a spot inside the township's envelope; `None` where no envelope is known.
fn line(town: &Town, n: usize) -> Option<Value> {
    let [w, s, e, north] = town.envelope?;
    let part = |k: usize| ((k * 37 + n * 53) % 80 + 10) as f64 / 100.0;
    let (lat, lon) = (s + (north - s) * part(3), w + (e - w) * part(7));
    let all: Vec<_> = villages(&town.code).collect();
    let village = all.get((n * 5 + 2) % all.len().max(1))?;
    let short = village.name.trim_end_matches("村民委员会").trim_end_matches("社区居民委员会");
    let number = 100 + n;
    let (kind, name, mut set) = match n % 4 {
        0 => (
            "bare-land",
            format!("{short}村东闲置裸地"),
            json!({"land_type": "idle", "treatment_plan": "green", "area_declared_m2": 1200 + 310 * n}),
        ),
        1 => ("voc", format!("{short}汽修喷涂车间"), json!({"industry": "汽车维修", "treatment": ["carbon"]})),
        2 => ("noise", format!("{short}石材厂厂界"), json!({"zone_class": "2", "source_type": "industry"})),
        _ => ("outfall", format!("{short}沟口排口"), json!({"class": "other", "river": "潮河", "shape": "culvert"})),
    };
    set["name"] = name.into();
    set["town"] = town.code.clone().into();
    set["village"] = village.code.into();
    set["code_local"] = format!("{}-{}-{number}", kind[..2].to_uppercase(), &town.code[6..]).into();
    set["source"] = "patrol".into();
    set["found_at"] = "2026-11-16".into();
    Some(json!({"new": "site", "kind": kind, "at": format!("{lat:.6},{lon:.6},8"), "set": set}))
}
