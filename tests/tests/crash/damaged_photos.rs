//! A photo whose file is damaged: found where it lies, never called safe, and sent again by a device that still has it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;
use shanxun_tests::crash::Dice;
use shanxun_tests::programs::program;
use shanxun_tests::{Device, Server};

use crate::pictures::noise;

const TOWN: &str = "110118101";

struct Scene {
    server: Server,
    anna: Device,
    bo: Device,
    site: String,
    photo: String,
    sha256: String,
    folder: tempfile::TempDir,
}

/// Two devices of a township; one took a photo and both know that the server has it.
fn scene() -> Result<Scene> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(&folder.path().join("server"))?;
    let mut devices = Vec::new();
    for name in ["anna", "bo"] {
        server.add_user(name, "inspector", TOWN, "a password of theirs")?;
        let device = Device::new(folder.path(), name);
        device.run(&["enrol", "--server", &server.url(), "--code", &server.code(name)?])?;
        devices.push(device);
    }
    let (bo, anna) = (devices.pop().context("bo")?, devices.pop().context("anna")?);
    let picture = noise(&mut Dice::of_environment("pictures"), folder.path(), "a.jpg", 400);
    let picture = picture.to_string_lossy().into_owned();
    let site = anna.create(&[
        "new",
        "site",
        "bare-land",
        "--set",
        "name=河西",
        "--set",
        "town=110118101",
        "--photo",
        &picture,
        "--proves",
        "overview",
    ])?;
    anna.sync()?;
    bo.sync()?;
    let shown = anna.show(&site)?;
    let (photo, sha256) = (shown["photos"][0]["id"].clone(), shown["photos"][0]["sha256"].clone());
    let text = |json: Json| json.as_str().map(str::to_owned).context("text");
    Ok(Scene { server, anna, bo, site, photo: text(photo)?, sha256: text(sha256)?, folder })
}

impl Scene {
    fn original(&self) -> PathBuf {
        self.server.data().join("photos").join(&self.sha256[..2]).join(&self.sha256)
    }

    fn thumbnail(&self) -> PathBuf {
        self.server.data().join("thumbnails").join(&self.photo[self.photo.len() - 2..]).join(&self.photo)
    }

    fn custody(&self, device: &Device) -> Result<String> {
        Ok(device.show(&self.site)?["custody"].as_str().context("custody")?.to_owned())
    }

    /// `check`, with its exit status.
    fn check(&self, more: &[&str]) -> Result<(bool, Json)> {
        let mut command = std::process::Command::new(program("sync-server")?);
        let output = command.arg("check").args(more).args(["--json", "--data"]).arg(self.server.data()).output()?;
        Ok((output.status.success(), serde_json::from_slice(&output.stdout)?))
    }
}

fn rot(path: &Path) -> Result<()> {
    let mut bytes = std::fs::read(path)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    Ok(std::fs::write(path, bytes)?)
}

fn codes(report: &Json) -> Vec<&str> {
    report["findings"].as_array().into_iter().flatten().filter_map(|f| f["code"].as_str()).collect()
}

#[test]
fn an_original_that_rots_at_the_server_is_sent_again_by_the_device_that_has_it() -> Result<()> {
    let scene = scene()?;
    let sound = std::fs::read(scene.original())?;
    for damage in ["rot", "loss"] {
        if damage == "rot" {
            rot(&scene.original())?
        } else {
            std::fs::remove_file(scene.original())?
        }
        let (ok, report) = scene.check(&[])?;
        ensure!(!ok && codes(&report) == [if damage == "rot" { "photo-damaged" } else { "photo-missing" }], "{report}");
        // Looking alone changes nothing.
        ensure!(scene.custody(&scene.anna)? == "server" && scene.check(&[])?.1 == report);
        let (ok, report) = scene.check(&["--repair"])?;
        ensure!(!ok && report["given_up"] == 1, "{report}");
        ensure!(scene.check(&[])?.0, "what was given up is no fault any more");
        // A device that has no file of it learns that nobody has it safe.
        scene.bo.sync()?;
        ensure!(scene.custody(&scene.bo)? == "device");
        let report = scene.anna.run(&["sync", "--photos", "none"])?;
        ensure!(report["photos_left"] == 1 && scene.custody(&scene.anna)? == "device", "{report}");
        let report = scene.anna.sync()?;
        ensure!(report["photos_sent"] == 1 && report["photos_left"] == 0, "{report}");
        scene.bo.sync()?;
        ensure!(scene.custody(&scene.anna)? == "server" && scene.custody(&scene.bo)? == "server");
        ensure!(std::fs::read(scene.original())? == sound && scene.check(&[])?.0);
        ensure!(
            scene.server.data().join("damaged").join(&scene.sha256).is_file() == (damage == "rot") || damage == "loss"
        );
    }
    Ok(())
}

#[test]
fn a_thumbnail_that_rots_at_the_server_is_sent_again_without_its_original() -> Result<()> {
    let scene = scene()?;
    let sound = std::fs::read(scene.thumbnail())?;
    rot(&scene.thumbnail())?;
    let (ok, report) = scene.check(&["--repair"])?;
    ensure!(!ok && codes(&report) == ["thumbnail-damaged"] && report["given_up"] == 1, "{report}");
    ensure!(!scene.thumbnail().exists());
    let report = scene.anna.sync()?;
    ensure!(report["photos_sent"] == 0 && std::fs::read(scene.thumbnail())? == sound, "{report}");
    ensure!(scene.custody(&scene.anna)? == "server" && scene.check(&[])?.0);
    // Nothing is left to do: the next sync is one round trip.
    scene.bo.sync()?;
    ensure!(scene.anna.sync()?["round_trips"] == 1);
    Ok(())
}

#[test]
fn an_original_that_rots_on_the_device_is_found_and_never_called_sent() -> Result<()> {
    let scene = scene()?;
    let picture = noise(&mut Dice::of_environment("pictures"), scene.folder.path(), "b.jpg", 600);
    let taken = scene.anna.run(&["photo", &scene.site, &picture.to_string_lossy(), "--proves", "dust"])?;
    let photo = taken["photos"][0]["id"].as_str().context("an id")?.to_owned();
    let sha256 = scene.anna.show(&photo)?["values"]["sha256"].as_str().context("a hash")?.to_owned();
    let original = scene.anna.home().join("photos/originals").join(&sha256[..2]).join(format!("{sha256}.jpg"));
    let sound = std::fs::read(&original)?;
    rot(&original)?;
    let output = scene.anna.output(&["verify"])?;
    let verified: Json = serde_json::from_slice(&output.stdout)?;
    ensure!(output.status.code() == Some(1) && verified["faults"][0]["code"] == "photo-changed", "{verified}");
    // The first sync sends record and thumbnail.
    for bytes_max in [90_000, 2_000] {
        let report = scene.anna.sync()?;
        let problems = report["photo_problems"].as_array().map(Vec::len);
        ensure!(report["photos_left"] == 1 && problems == Some(1), "{report}");
        ensure!(report["bytes_up"].as_u64().context("bytes")? < bytes_max, "damaged bytes are sent: {report}");
        ensure!(scene.custody(&scene.anna)? == "device");
    }
    // The camera still has it.
    std::fs::write(&original, sound)?;
    ensure!(scene.anna.sync()?["photos_left"] == 0 && scene.custody(&scene.anna)? == "server");
    Ok(())
}

#[test]
fn a_thumbnail_that_rots_on_the_device_is_made_again_and_holds_up_nothing() -> Result<()> {
    let scene = scene()?;
    let picture = noise(&mut Dice::of_environment("pictures"), scene.folder.path(), "b.jpg", 300);
    let taken = scene.anna.run(&["photo", &scene.site, &picture.to_string_lossy(), "--proves", "dust"])?;
    let photo = taken["photos"][0]["id"].as_str().context("an id")?.to_owned();
    let sha256 = scene.anna.show(&photo)?["values"]["sha256"].as_str().context("a hash")?.to_owned();
    rot(&scene.anna.home().join("photos/thumbnails").join(&sha256[..2]).join(format!("{sha256}.jpg")))?;
    let report = scene.anna.sync()?;
    ensure!(report["photos_left"] == 0 && report["photos_sent"] == 1, "{report}");
    ensure!(scene.server.data().join("thumbnails").join(&photo[photo.len() - 2..]).join(&photo).is_file());
    ensure!(scene.check(&[])?.0);
    Ok(())
}
