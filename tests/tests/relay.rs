//! A relay between devices and the central server: unseen with a link, and without one a place where nothing is lost.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shanxun_tests::{Device, Proxy, Relay, Server, photographs};

const TOWN: &str = "110118107";
const WALLPAPER: &str = "nature/Dune.jpg";
/// A note that packs badly, so that sending it again would show in the bytes: 1.2 KB at least.
fn long_note() -> String {
    let digits = (1_u64..200).map(|n| format!("{:x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ n.pow(3)));
    format!("note={}", digits.collect::<String>())
}

/// Largest sum of bodies of a sync that sends no change and no photo, bytes.
const NOTHING_BYTES_MAX: u64 = 700;

/// A central server, a relay enrolled there, and one inspector with a device for each name.
struct Valley {
    folder: tempfile::TempDir,
    central: Server,
    relay: Relay,
    devices: Vec<Device>,
}

impl Valley {
    fn new(names: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let central = Server::start(&folder.path().join("central"))?;
        let upstream = central.url();
        Self::with_upstream(folder, central, &upstream, names)
    }

    fn with_upstream(folder: tempfile::TempDir, central: Server, upstream: &str, names: &[&str]) -> Result<Self> {
        central.add_user("vehicle", "supervisor", "all", "a long password")?;
        let relay = Relay::start(&folder.path().join("relay"), upstream, &central.code("vehicle")?)?;
        let mut devices = Vec::new();
        for name in names {
            central.add_user(name, "inspector", TOWN, "a long password")?;
            let device = Device::new(folder.path(), name);
            device.run(&["enrol", "--server", &central.url(), "--code", &central.code(name)?])?;
            devices.push(device);
        }
        Ok(Self { folder, central, relay, devices })
    }

    fn photograph(&self, name: &str) -> Result<PathBuf> {
        // The name goes into the second: every picture has other bytes.
        let second = name.bytes().map(u32::from).sum::<u32>() % 60;
        let to = self.folder.path().join(format!("{name}.jpg"));
        photographs::take(WALLPAPER, &to, 40.53, 117.13, &format!("2026:11:23 10:00:{second:02}"))
    }

    fn hand_over(&self, device: &Device) -> Result<Value> {
        device.run(&["sync", "--server", &self.relay.url()])
    }
}

fn site(device: &Device, name: &str, photo: Option<&Path>) -> Result<String> {
    let (name, town) = (format!("name={name}"), format!("town={TOWN}"));
    let mut args = vec!["new", "site", "bare-land", "--set", &name, "--set", &town];
    let photo = photo.and_then(Path::to_str);
    args.extend(photo.iter().flat_map(|photo| ["--photo", photo]));
    device.create(&args)
}

fn custody(device: &Device, id: &str) -> Result<Value> {
    Ok(device.show(id)?["custody"].clone())
}

fn counts(device: &Device) -> Result<Value> {
    Ok(device.run(&["status"])?["counts"].clone())
}

fn is_sound(central: &Server) -> Result<Value> {
    let found: Value = serde_json::from_str(&central.admin(&["check", "--json"])?)?;
    ensure!(found["ok"] == true, "{found}");
    Ok(found)
}

#[test]
fn with_a_link_a_device_that_calls_a_relay_has_the_servers_receipts() -> Result<()> {
    let valley = Valley::new(&["anna"])?;
    let (relay, central) = (valley.relay.url(), &valley.central);
    central.add_user("bo", "inspector", TOWN, "a long password")?;
    let bo = Device::new(valley.folder.path(), "bo");
    bo.run(&["enrol", "--server", &relay, "--code", &central.code("bo")?])?;
    let plot = site(&bo, "经中继", Some(&valley.photograph("bo")?))?;
    let report = bo.sync()?;
    assert_eq!((&report["at_relay"], &report["photos_sent"]), (&json!(false), &json!(1)), "{report}");
    assert_eq!(custody(&bo, &plot)?, "server");
    valley.devices[0].sync()?;
    assert_eq!(custody(&valley.devices[0], &plot)?, "server");
    assert_eq!(valley.relay.status()?["waiting"]["batches"], 0);
    is_sound(central)?;
    Ok(())
}

#[test]
fn without_a_link_a_relay_hands_out_nothing_and_wants_a_token() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut valley = Valley::new(&["anna"])?;
    let anna = &valley.devices[0];
    let plot = site(anna, "裸地", None)?;
    anna.sync()?;
    let login = valley.central.login("anna", "a long password")?;
    let client = reqwest::blocking::Client::new();
    let ask = |path: &str| client.get(format!("{}{path}", valley.relay.url())).bearer_auth(&login).send();
    assert_eq!(ask(&format!("/v1/documents/{plot}"))?.status(), 200);
    valley.central.kill()?;
    for path in [&format!("/v1/documents/{plot}"), "/v1/documents", "/v1/forms", "/v1/ready", "/metrics"] {
        let answer = ask(path)?;
        assert_eq!(answer.status(), 503, "{path}");
        assert_eq!(answer.json::<Value>()?["error"]["code"], "no-link", "{path}");
    }
    let unnamed = client.post(format!("{}/v1/sync", valley.relay.url())).body(vec![1, 2, 3]).send()?;
    assert_eq!(unnamed.status(), 401);
    let nonsense = client.post(format!("{}/v1/sync", valley.relay.url())).bearer_auth("any").body("SXS").send()?;
    assert_eq!(nonsense.status(), 400);
    let mode = std::fs::metadata(valley.relay.data().join("relay.json"))?.permissions().mode();
    assert_eq!(mode & 0o077, 0, "the relay's credential is its owner's only");
    Ok(())
}

#[test]
fn without_a_link_a_relay_takes_records_and_photos_and_passes_them_on_later() -> Result<()> {
    let mut valley = Valley::new(&["anna", "bo", "cleo", "dana"])?;
    let shared = site(&valley.devices[0], "共有", None)?;
    valley.devices.iter().chain(&valley.devices).try_for_each(|device| device.sync().map(|_| ()))?;
    valley.central.kill()?;

    let picture = valley.photograph("anna")?;
    let [anna, bo, cleo, dana] = &valley.devices[..] else { unreachable!("four names") };
    let plot = site(anna, "新裸地", Some(&picture))?;
    anna.run(&["set", &shared, "name=安娜所见"])?;
    bo.run(&["set", &shared, "name=小博所见"])?;
    assert_eq!(cleo.refuse(&["sync"])?, "offline");
    let alone = site(cleo, "无信号", None)?;
    assert_eq!(custody(anna, &plot)?, "device");
    for device in [anna, bo] {
        let report = valley.hand_over(device)?;
        assert_eq!((&report["at_relay"], &report["pushed"]), (&json!(true), &json!(0)), "{report}");
    }
    assert_eq!(custody(anna, &plot)?, "relay");
    assert_eq!(custody(bo, &shared)?, "relay");
    assert_eq!(custody(cleo, &alone)?, "device");
    let on_relay = counts(anna)?;
    assert_eq!((&on_relay["records_left"], &on_relay["records_on_relay"]), (&json!(2), &json!(2)), "{on_relay}");
    assert_eq!((&on_relay["photos_left"], &on_relay["photos_on_relay"]), (&json!(1), &json!(1)), "{on_relay}");

    // Meeting the relay again hands over what is new, and nothing twice.
    let again = valley.hand_over(anna)?;
    assert_eq!((&again["relayed"], &again["photos_relayed"]), (&json!(0), &json!(0)), "{again}");
    assert!(again["bytes_up"].as_u64() < Some(NOTHING_BYTES_MAX), "{again}");
    let note = long_note();
    anna.run(&["set", &plot, &note])?;
    assert_eq!(custody(anna, &plot)?, "device");
    assert_eq!(valley.hand_over(anna)?["relayed"], 1);
    assert_eq!(custody(anna, &plot)?, "relay");

    valley.central.restart()?;
    valley.relay.wait_until_empty()?;
    assert_eq!(valley.relay.status()?["set_aside"], json!([]));
    dana.sync()?;
    assert_eq!(custody(dana, &plot)?, "server");
    let shown = dana.show(&plot)?;
    assert_eq!(
        (&shown["values"]["note"], &shown["photos"][0]["custody"]),
        (&json!(&note["note=".len()..]), &json!("server")),
        "{shown}"
    );
    assert_eq!(dana.show(&shared)?["conflicts"]["name"].as_array().map(Vec::len), Some(2));

    let size = std::fs::metadata(&picture)?.len();
    let direct = anna.sync()?;
    assert_eq!(custody(anna, &plot)?, "server");
    assert_eq!(counts(anna)?["records_on_relay"], 0);
    let sent = direct["bytes_up"].as_u64().context("bytes")?;
    assert!(sent < NOTHING_BYTES_MAX && sent < size, "{sent} of {size} bytes: {direct}");
    bo.sync()?;
    assert_eq!(custody(bo, &shared)?, "server");
    is_sound(&valley.central)?;
    Ok(())
}

/// Kills a process when so many more bytes have passed a link, without the harness's hand.
fn kill_after(link: &Proxy, bytes: u64, pid: u32) {
    link.after(bytes, move || {
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
    });
}

#[test]
fn what_a_killed_relay_had_acknowledged_arrives_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let central = Server::start(&folder.path().join("central"))?;
    let link = Proxy::to(central.port())?;
    let names = ["a", "b", "c", "d", "e"];
    let mut valley = Valley::with_upstream(folder, central, &link.url(), &names)?;
    valley.central.kill()?;

    // Taking in: cut within the request, after it, and at places of the photo.
    let lan = Proxy::to(valley.relay.port())?;
    let mut plots = Vec::new();
    for (name, bytes) in names.iter().zip([300, 1_500, 20_000, 90_000, 200_000]) {
        let picture = valley.photograph(name)?;
        let device = &valley.devices[plots.len()];
        plots.push(site(device, name, Some(&picture))?);
        kill_after(&lan, bytes, valley.relay.pid());
        device.output(&["sync", "--server", &lan.url()])?;
        valley.relay.wait_until_killed().with_context(|| format!("{bytes} bytes of taking in"))?;
        valley.relay.restart()?;
    }
    // Two go on at the relay, the others never send again: what they show as on the relay must be there.
    for at in [0, 4] {
        valley.hand_over(&valley.devices[at])?;
        assert_eq!(custody(&valley.devices[at], &plots[at])?, "relay");
    }
    let mut on_relay = Vec::new();
    for (device, plot) in valley.devices.iter().zip(&plots) {
        let shown = device.show(plot)?;
        let text = counts(device)?["records_on_relay"] == 1;
        on_relay.push((plot, text, shown["custody"] == "relay"));
    }

    valley.central.restart()?;
    for bytes in [400, 1_000, 30_000, 150_000] {
        kill_after(&link, bytes, valley.relay.pid());
        valley.relay.wait_until_killed().with_context(|| format!("{bytes} bytes of passing on"))?;
        valley.relay.restart()?;
    }
    valley.relay.wait_until_empty()?;
    let watcher = Device::new(valley.folder.path(), "watcher");
    watcher.run(&["enrol", "--server", &valley.central.url(), "--code", &valley.central.code("a")?])?;
    watcher.sync()?;
    for (plot, text, everything) in on_relay {
        if text {
            assert_eq!(watcher.run(&["history", plot])?.as_array().map(Vec::len), Some(1), "{plot}");
        }
        if everything {
            assert_eq!(custody(&watcher, plot)?, "server");
        }
    }
    is_sound(&valley.central)?;
    Ok(())
}

#[test]
fn a_batch_that_was_tampered_with_in_the_spool_is_refused_and_set_aside() -> Result<()> {
    let mut valley = Valley::new(&["anna", "bo"])?;
    valley.central.kill()?;
    let (anna, bo) = (&valley.devices[0], &valley.devices[1]);
    let (plot, other) = (site(anna, "原来的名字", None)?, site(bo, "不相干", None)?);
    valley.hand_over(anna)?;
    valley.hand_over(bo)?;
    valley.relay.kill()?;
    let spool = rusqlite::Connection::open(valley.relay.data().join("relay.db"))?;
    let mut body: Vec<u8> = spool.query_row("SELECT body FROM batches ORDER BY n LIMIT 1", [], |r| r.get(0))?;
    let name = "原来的名字".as_bytes();
    let at = body.windows(name.len()).position(|w| w == name).context("the name in the spool")?;
    body[at + 2] ^= 1;
    spool.execute("UPDATE batches SET body = ?1 WHERE n = (SELECT min(n) FROM batches)", [body])?;
    drop(spool);

    valley.central.restart()?;
    valley.relay.restart()?;
    valley.relay.wait_until_empty()?;
    let status = valley.relay.status()?;
    assert_eq!(status["set_aside"][0]["code"], "signature-invalid", "{status}");
    assert_eq!(status["set_aside"].as_array().map(Vec::len), Some(1), "{status}");
    let (anna, bo) = (&valley.devices[0], &valley.devices[1]);
    bo.sync()?;
    assert_eq!(custody(bo, &other)?, "server");
    assert_eq!(bo.refuse(&["show", &plot])?, "unknown-document");
    anna.sync()?;
    assert_eq!(custody(anna, &plot)?, "server");
    bo.sync()?;
    assert_eq!(bo.show(&plot)?["values"]["name"], "原来的名字");
    is_sound(&valley.central)?;
    Ok(())
}

#[test]
fn what_a_revoked_device_left_at_a_relay_is_refused_without_holding_up_others() -> Result<()> {
    let mut valley = Valley::new(&["anna", "bo"])?;
    valley.central.kill()?;
    let (anna, bo) = (&valley.devices[0], &valley.devices[1]);
    site(anna, "丢失的手机", None)?;
    let other = site(bo, "照常", None)?;
    valley.hand_over(anna)?;
    valley.hand_over(bo)?;
    let number = anna.run(&["status"])?["device"].to_string();
    valley.central.admin(&["device", "revoke", &number])?;
    valley.central.restart()?;
    valley.relay.wait_until_empty()?;
    let status = valley.relay.status()?;
    assert_eq!(status["set_aside"][0]["code"], "revoked", "{status}");
    assert_eq!(is_sound(&valley.central)?["changes"], 1);
    valley.devices[1].sync()?;
    assert_eq!(custody(&valley.devices[1], &other)?, "server");
    Ok(())
}

#[test]
fn a_relay_without_a_credential_says_how_to_get_one() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let refused = shanxun_tests::relay::start_refused(&folder.path().join("relay"), "http://127.0.0.1:9")?;
    assert_eq!(refused.status.code(), Some(1));
    let error: Value = serde_json::from_slice(&refused.stdout)?;
    assert_eq!(error["error"]["code"], "relay-credential");
    assert!(error["error"]["message"].as_str().is_some_and(|m| m.contains("--upstream-code")), "{error}");
    Ok(())
}
