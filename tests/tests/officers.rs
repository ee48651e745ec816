//! One officer cannot be in two inspections at once: the device warns, and lets the record go on.

use anyhow::Result;
use shanxun_tests::Device;

fn visit(device: &Device, site: &str, from: &str, to: &str) -> Result<String> {
    let (from, to) = (format!("started_at={from}"), format!("ended_at={to}"));
    let officer = "officers/o1/certificate_no=11011800123";
    device.create(&["new", "inspection", "noise", "--site", site, "--set", &from, "--set", &to, "--set", officer])
}

fn warned(device: &Device, id: &str) -> Result<bool> {
    let checked = device.run(&["check", id])?;
    let problems = checked["problems"].as_array().cloned().unwrap_or_default();
    Ok(problems.iter().any(|p| p["code"] == "officer-overlap" && p["severity"] == "warning"))
}

#[test]
fn an_officer_in_two_inspections_at_the_same_time_is_warned_of() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let device = Device::new(folder.path(), "phone");
    let site = device.create(&["new", "site", "noise", "--set", "name=石材厂"])?;
    let first = visit(&device, &site, "2026-11-20T09:00:00+08:00", "2026-11-20T10:00:00+08:00")?;
    let meanwhile = visit(&device, &site, "2026-11-20T01:30:00Z", "2026-11-20T02:30:00Z")?;
    let later = visit(&device, &site, "2026-11-20T14:00:00+08:00", "2026-11-20T15:00:00+08:00")?;
    assert!(warned(&device, &first)? && warned(&device, &meanwhile)?);
    assert!(!warned(&device, &later)?);
    Ok(())
}
