//! What people ask of a record that several devices wrote: its history, a deletion that somebody else did not know of, a
//! device that lost its right and got it back.

use anyhow::Result;
use serde_json::Value;
use shanxun_tests::{Device, Server};

const TOWN: &str = "110118107";

/// A server with one inspector for each name, each with an enrolled device.
fn team(folder: &std::path::Path, names: &[&str]) -> Result<(Server, Vec<Device>)> {
    let server = Server::start(&folder.join("server"))?;
    let mut devices = Vec::new();
    for name in names {
        server.add_user(name, "inspector", TOWN, "a long password")?;
        let device = Device::new(folder, name);
        device.run(&["enrol", "--server", &server.url(), "--code", &server.code(name)?])?;
        devices.push(device);
    }
    Ok((server, devices))
}

fn sync_all(devices: &[Device]) -> Result<()> {
    devices.iter().chain(devices).try_for_each(|device| device.sync().map(|_| ()))
}

fn written<'a>(history: &'a Value, path: &str) -> Vec<&'a str> {
    history.as_array().into_iter().flatten().filter_map(|entry| entry["values"][path].as_str()).collect()
}

#[test]
fn a_history_is_fetched_from_the_server_and_falls_back_to_what_the_device_knows() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut server, devices) = team(folder.path(), &["anna", "bo"])?;
    let site = devices[0].create(&["new", "site", "voc", "--set", "name=一", "--set", &format!("town={TOWN}")])?;
    sync_all(&devices)?;
    devices[1].run(&["set", &site, "name=二"])?;
    sync_all(&devices)?;
    devices[1].run(&["set", &site, "name=三"])?;
    sync_all(&devices)?;
    devices[0].run(&["set", &site, "name=四"])?;
    let history = devices[0].run(&["history", &site])?;
    assert_eq!(written(&history, "name"), ["四", "三", "二", "一"]);
    assert_eq!((history[0]["status"].as_str(), history[2]["author"].as_str()), (Some("unsent"), Some("bo")));
    server.kill()?;
    let alone = devices[0].run(&["history", &site])?;
    assert_eq!(written(&alone, "name"), ["四", "一"], "what bo wrote was replaced and is only on the server");
    Ok(())
}

#[test]
fn a_deletion_on_a_clock_days_ahead_does_not_hide_what_another_wrote_meanwhile() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_server, mut devices) = team(folder.path(), &["anna", "bo"])?;
    let site = devices[0].create(&["new", "site", "voc", "--set", "name=厂", "--set", &format!("town={TOWN}")])?;
    sync_all(&devices)?;
    devices[0].set_clock("2031-01-01T08:00:00+08:00");
    devices[0].run(&["delete", &site])?;
    devices[1].run(&["set", &site, "note=还在生产"])?;
    sync_all(&devices)?;
    for device in &devices {
        let shown = device.show(&site)?;
        assert_eq!(shown["deleted"], false, "{shown}");
        assert_eq!(shown["conflicts"]["lifecycle"].as_array().map(Vec::len), Some(2), "{shown}");
    }
    devices[1].run(&["resolve", &site, "lifecycle", "--value", "deleted"])?;
    sync_all(&devices)?;
    for device in &devices {
        assert_eq!(device.show(&site)?["deleted"], true, "{}", device.name);
    }
    Ok(())
}

#[test]
fn a_deletion_from_before_enrolment_is_no_conflict_afterwards() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, _) = team(folder.path(), &["anna"])?;
    let device = Device::new(folder.path(), "fresh");
    let site = device.create(&["new", "site", "voc", "--set", "name=厂", "--set", &format!("town={TOWN}")])?;
    device.run(&["delete", &site])?;
    device.run(&["enrol", "--server", &server.url(), "--code", &server.code("anna")?])?;
    device.sync()?;
    assert_eq!(device.show(&site)?["deleted"], true);
    Ok(())
}

#[test]
fn a_device_that_was_revoked_sends_the_rest_once_it_is_enrolled_again() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, devices) = team(folder.path(), &["anna", "bo"])?;
    let (anna, bo) = (&devices[0], &devices[1]);
    let site = anna.create(&["new", "site", "voc", "--set", "name=厂", "--set", &format!("town={TOWN}")])?;
    anna.sync()?;
    anna.run(&["set", &site, "note=未传"])?;
    let number = anna.run(&["status"])?["device"].to_string();
    server.admin(&["device", "revoke", &number])?;
    assert_eq!(anna.refuse(&["sync"])?, "unauthorised");
    let another = anna.refuse(&["enrol", "--server", &server.url(), "--code", &server.code("bo")?])?;
    assert_eq!(another, "other-user");
    anna.run(&["enrol", "--server", &server.url(), "--code", &server.code("anna")?])?;
    assert_eq!(anna.sync()?["pushed"], 1);
    assert_eq!(anna.run(&["verify"])?["ok"], true);
    bo.sync()?;
    assert_eq!(bo.show(&site)?["values"]["note"], "未传");
    assert!(bo.show(&site)?["conflicts"].as_object().is_some_and(serde_json::Map::is_empty));
    Ok(())
}
