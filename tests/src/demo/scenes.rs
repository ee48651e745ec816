//! The scenes of the story, in order.

use anyhow::{Context, Result};
use serde_json::Value;

use super::records::{
    BARE_SITE, BARE_VISIT, NOISE_SITE, NOISE_VISIT, OUTFALL_SITE, OUTFALL_VISIT, VISIT, VOC_SITE, VOC_VISIT, new_args,
};
use super::{Cast, PASSWORD, facts};
use crate::photographs::take;

/// Plays everything.
pub fn play(cast: &mut Cast) -> Result<()> {
    println!("1. In a valley without a signal, before anybody enrolled the device");
    let plot = before_enrolment(cast)?;
    println!("2. Enrolment: what was written before is claimed");
    enrol_everybody(cast, &plot)?;
    println!("3. A day's work offline: all four kinds, with real photographs");
    let visits = a_days_work(cast, &plot)?;
    println!("4. The first signal; the server is killed in the middle of a photo");
    killed_in_the_middle(cast, &visits)?;
    println!("5. Everybody syncs");
    everybody_syncs(cast)?;
    println!("6. Two people edit the same record offline; a person decides");
    conflict(cast, &plot)?;
    println!("7. A bare plot from hung up to cleared");
    bare_plot(cast, &plot)?;
    println!("8. A record goes to review, comes back with a remark, and is approved");
    review(cast, &visits[0])?;
    println!("9. Everything equal on every side");
    compare(cast)?;
    println!("10. Hand-over");
    hand_over(cast)
}

fn before_enrolment(cast: &mut Cast) -> Result<String> {
    let args = new_args(&["new", "site", "bare-land", "--at", "40.53025,117.1304,4.5"], &[BARE_SITE]);
    let plot = cast.zhang.create(&args)?;
    let shown = cast.zhang.show(&plot)?;
    let area = shown["values"]["area_m2"].clone();
    cast.check("a plot is recorded before enrolment", shown["custody"] == "device", &format!("area {area} m²"))?;
    Ok(plot)
}

fn enrol_everybody(cast: &mut Cast, plot: &str) -> Result<()> {
    for (device, user, url) in [
        (&cast.zhang, "张海涛", cast.link.url()),
        (&cast.li, "李雪", cast.server.url()),
        (&cast.crew, "陈桂芳", cast.server.url()),
        (&cast.zhou, "周敏", cast.server.url()),
    ] {
        device.run(&["enrol", "--server", &url, "--code", &cast.server.code(user)?])?;
        println!("   {user} works with {}", device.name);
    }
    let kept = cast.zhang.show(plot)?["values"]["name"].clone();
    cast.check("what was recorded before enrolment is still there", kept == "令公村南拆迁裸地", "claimed")
}

fn a_days_work(cast: &mut Cast, plot: &str) -> Result<Vec<String>> {
    let photo = |file: &str, name: &str, lat, lon, time| -> Result<String> {
        Ok(take(file, &cast.folder.join(name), lat, lon, time)?.to_string_lossy().into_owned())
    };
    let dune = photo("nature/Dune.jpg", "令公村南-前.jpg", 40.53022, 117.13041, "2026:11:20 09:41:12")?;
    let blinds = photo("nature/Blinds.jpg", "印刷车间.jpg", 40.5361, 117.1217, "2026:11:20 11:05:40")?;
    let storm = photo("nature/Storm.jpg", "厂界东.jpg", 40.5352, 117.1233, "2026:11:20 14:20:03")?;
    let big = photo("abstract/Elephants_3840x2160.jpg", "排口.jpg", 40.5287, 117.1189, "2026:11:20 15:10:55")?;
    let site = |kind, at, sets| cast.zhang.create(&new_args(&["new", "site", kind, "--at", at], &[sets]));
    let voc = site("voc", "40.5361,117.1217,5", VOC_SITE)?;
    let noise = site("noise", "40.5352,117.1233,6", NOISE_SITE)?;
    let outfall = site("outfall", "40.5287,117.1189,4", OUTFALL_SITE)?;
    let mut visits = Vec::new();
    for (kind, site, sets, at, photo) in [
        ("bare-land", plot, BARE_VISIT, "40.53025,117.1304,4.5", &dune),
        ("voc", &voc, VOC_VISIT, "40.5361,117.1217,5", &blinds),
        ("noise", &noise, NOISE_VISIT, "40.5352,117.1233,6", &storm),
        ("outfall", &outfall, OUTFALL_VISIT, "40.5287,117.1189,4", &big),
    ] {
        let head = ["new", "inspection", kind, "--site", site, "--at", at, "--photo", photo];
        let id = cast.zhang.create(&new_args(&head, &[VISIT, sets]))?;
        let checked = cast.zhang.run(&["check", &id])?;
        cast.say(&format!("{kind}: {}", verdicts(&checked)));
        visits.push(id);
    }
    verdict_checks(cast, &visits)?;
    Ok(visits)
}

fn verdicts(checked: &Value) -> String {
    let all = checked["verdicts"].as_array().cloned().unwrap_or_default();
    let one = |v: &Value| format!("{} {}", v["path"].as_str().unwrap_or("?"), v["verdict"].as_str().unwrap_or("?"));
    if all.is_empty() { "no limit applies".into() } else { all.iter().map(one).collect::<Vec<_>>().join(", ") }
}

fn verdict_checks(cast: &mut Cast, visits: &[String]) -> Result<()> {
    let noise = cast.zhang.show(&visits[2])?;
    let value = |path: &str| noise["values"][path].clone();
    let detail = format!(
        "Leq {} corrected {} limit {}",
        value("points/p1/leq_db"),
        value("points/p1/corrected_db"),
        value("points/p1/limit_db")
    );
    cast.check("noise over the class 2 day limit is judged so", value("points/p1/verdict") == "exceeds", &detail)?;
    let detail = format!("corrected {} limit {}", value("points/p2/corrected_db"), value("points/p2/limit_db"));
    cast.check("noise below it is compliant", value("points/p2/verdict") == "compliant", &detail)?;
    let bare = cast.zhang.show(&visits[0])?;
    let photo = bare["photos"].as_array().and_then(|p| p.first()).context("the visit has its photo")?;
    let sha = photo["sha256"].as_str().unwrap_or_default();
    cast.check("a photo is hashed and kept", sha.len() == 64, &sha[..12.min(sha.len())])
}

fn killed_in_the_middle(cast: &mut Cast, visits: &[String]) -> Result<()> {
    let pid = cast.server.pid();
    // Past the text, the thumbnails and the smaller photos: in the middle of the largest.
    let before = 4_000_000;
    cast.link.after(before, move || {
        let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    });
    let code = cast.zhang.refuse(&["sync"])?;
    cast.check("the cut is said in words", code == "offline", &code)?;
    let outfall = cast.zhang.show(&visits[3])?;
    cast.check(
        "a record whose photo is cut off is not shown as sent",
        outfall["custody"] == "device",
        "custody device",
    )?;
    cast.server.restart()?;
    let sent_before = cast.link.bytes_up();
    let report = cast.zhang.sync()?;
    let rest = cast.link.bytes_up() - sent_before;
    let photos = ["令公村南-前.jpg", "印刷车间.jpg", "厂界东.jpg", "排口.jpg"];
    let total: u64 = photos.iter().filter_map(|name| Some(std::fs::metadata(cast.folder.join(name)).ok()?.len())).sum();
    // One chunk of at most 1 MiB may be lost to the cut.
    let wasted = (rest + before).saturating_sub(total);
    cast.check("a cut costs at most one chunk", wasted < 1_200_000, &format!("{rest} of {total} bytes sent after it"))?;
    cast.check("nothing is left", report["photos_left"] == 0, &report.to_string())?;
    for id in visits {
        let custody = cast.zhang.show(id)?["custody"].clone();
        cast.check("record and photos are on the server", custody == "server", id)?;
    }
    Ok(())
}

fn everybody_syncs(cast: &mut Cast) -> Result<()> {
    for device in cast.devices() {
        let report = device.sync()?;
        println!("   {}: {} documents came, {} bytes", device.name, report["pulled"], report["bytes_down"]);
    }
    let again = cast.li.sync()?;
    let quiet = again["pulled"] == 0 && again["pushed"] == 0;
    cast.check("a sync with nothing new moves nothing", quiet, &format!("{} bytes up", again["bytes_up"]))
}

fn conflict(cast: &mut Cast, plot: &str) -> Result<()> {
    cast.zhang.run(&["set", plot, "responsible_unit=密云城建集团"])?;
    cast.li.run(&["set", plot, "responsible_unit=令公村经济合作社", "land_use=工业用地"])?;
    cast.zhang.sync()?;
    cast.li.sync()?;
    cast.zhang.sync()?;
    cast.zhou.sync()?;
    let shown = cast.zhou.show(plot)?;
    let values = shown["conflicts"]["responsible_unit"].as_array().cloned().unwrap_or_default();
    let said: Vec<String> = values.iter().map(|v| format!("{} ({})", v["value"], v["author"])).collect();
    cast.check("both values are kept and shown with who and when", values.len() == 2, &said.join(" | "))?;
    let clean = shown["conflicts"].as_object().map_or(0, serde_json::Map::len);
    cast.check("nothing else is in conflict", clean == 1, "one path")?;
    let keep = values.iter().position(|v| v["value"] == "密云城建集团").context("one of the two")?;
    cast.zhou.run(&["resolve", plot, "responsible_unit", "--keep", &keep.to_string()])?;
    for device in [&cast.zhou, &cast.zhang, &cast.li] {
        device.sync()?;
    }
    let decided = cast.li.show(plot)?;
    let done = decided["values"]["responsible_unit"] == "密云城建集团" && decided["conflicts"] == serde_json::json!({});
    cast.check("the decision reaches everybody", done, "密云城建集团")
}

fn bare_plot(cast: &mut Cast, plot: &str) -> Result<()> {
    cast.zhang.run(&["move", plot, "hung-up", "--note", "现场核实属实，挂账"])?;
    cast.zhang.sync()?;
    cast.crew.sync()?;
    cast.crew.run(&["move", plot, "treating"])?;
    let code = cast.crew.refuse(&["move", plot, "clearance-asked"])?;
    cast.check("clearance cannot be asked without its evidence", !code.is_empty(), &code)?;
    let after = take(
        "nature/GreenMeadow.jpg",
        &cast.folder.join("令公村南-后.jpg"),
        40.53031,
        117.13035,
        "2026:11:25 15:20:00",
    )?;
    let after = after.to_string_lossy().into_owned();
    let head = ["new", "inspection", "bare-land", "--site", plot, "--at", "40.5303,117.1303,5"];
    let again: &[&str] = &[
        "place=令公村南口",
        "cover_pct=98",
        "measures=[\"net-cover\",\"seeding\"]",
        "dust_visible=false",
        "findings=防尘网已补齐，撒播草籽。",
    ];
    let times: &[&str] = &["started_at=2026-11-25T15:00:00+08:00", "ended_at=2026-11-25T15:40:00+08:00"];
    let visit: Vec<&str> =
        VISIT.iter().copied().filter(|set| !set.starts_with("started_at") && !set.starts_with("ended_at")).collect();
    let id = cast.crew.create(&new_args(&head, &[times, &visit, again]))?;
    cast.crew.run(&["photo", &id, &after, "--proves", "治理后全貌", "--stage", "after"])?;
    cast.crew.run(&["move", plot, "clearance-asked", "--note", "防尘网已补齐，申请销账"])?;
    let code = cast.crew.refuse(&["move", plot, "cleared"])?;
    cast.check("a crew cannot clear its own plot", !code.is_empty(), &code)?;
    cast.crew.sync()?;
    cast.zhou.sync()?;
    cast.zhou.run(&["move", plot, "cleared", "--note", "照片与位置相符，同意销账"])?;
    for device in [&cast.zhou, &cast.crew, &cast.zhang, &cast.li] {
        device.sync()?;
    }
    let state = cast.crew.show(plot)?["state"].clone();
    cast.check("the supervisor clears it and the crew sees it", state == "cleared", "cleared")
}

fn review(cast: &mut Cast, visit: &str) -> Result<()> {
    cast.zhang.run(&["move", visit, "submitted"])?;
    cast.zhang.sync()?;
    cast.zhou.sync()?;
    cast.zhou.run(&["remark", visit, "findings", "请写明裸露面积和方位", "--must"])?;
    cast.zhou.run(&["move", visit, "returned"])?;
    cast.zhou.sync()?;
    cast.zhang.sync()?;
    let returned = cast.zhang.show(visit)?;
    cast.check("a record comes back with a remark on its field", returned["state"] == "returned", "findings")?;
    cast.zhang.run(&["set", visit, "findings=东侧约 2,400 m² 拆迁后裸露，防尘网破损，现场有扬尘。"])?;
    cast.zhang.run(&["move", visit, "submitted"])?;
    cast.zhang.sync()?;
    cast.zhou.sync()?;
    cast.zhou.run(&["move", visit, "approved"])?;
    for device in [&cast.zhou, &cast.zhang, &cast.li, &cast.crew] {
        device.sync()?;
    }
    let state = cast.zhang.show(visit)?["state"].clone();
    cast.check("it is corrected and approved", state == "approved", "approved")
}

fn compare(cast: &mut Cast) -> Result<()> {
    let token = cast.server.login("周敏", PASSWORD)?;
    let mut ids = Vec::new();
    for kind in ["site", "inspection", "photo"] {
        let listed = cast.zhou.run(&["list", "--type", kind, "--limit", "1000"])?;
        let listed = listed.as_array().context("a list")?;
        ids.extend(listed.iter().filter_map(|r| r["id"].as_str().map(str::to_owned)));
    }
    let mut compared = 0;
    for id in &ids {
        let expected = facts(&cast.zhou.show(id)?);
        // The server's own merged view is one of the sides.
        let on_server = facts(&cast.server.get(&token, &format!("/v1/documents/{id}"))?);
        anyhow::ensure!(on_server == expected, "the server shows {id} otherwise:\n{on_server}\n{expected}");
        for device in [&cast.zhang, &cast.li, &cast.crew] {
            let shown = facts(&device.show(id)?);
            anyhow::ensure!(shown == expected, "{} shows {id} otherwise:\n{shown}\n{expected}", device.name);
            compared += 1;
        }
    }
    let detail = format!("{} documents, {compared} comparisons and the server", ids.len());
    cast.check("show agrees everywhere", ids.len() >= 14, &detail)?;
    for device in cast.devices() {
        device.run(&["verify"])?;
    }
    let checked = cast.server.admin(&["check"])?;
    cast.check("chains, signatures and photos verify on every side", true, checked.lines().last().unwrap_or("check"))
}

fn hand_over(cast: &mut Cast) -> Result<()> {
    let table = cast.folder.join("台账.csv");
    let map = cast.folder.join("台账.geojson");
    cast.zhou.run(&["export", "--format", "csv", &table.to_string_lossy()])?;
    cast.zhou.run(&["export", "--format", "geojson", &map.to_string_lossy()])?;
    let csv = std::fs::read_to_string(&table)?;
    cast.check(
        "the table has the plot and hides personal numbers",
        csv.contains("令公村南拆迁裸地") && !csv.contains("110228197803150015"),
        &format!("{} bytes", csv.len()),
    )?;
    let geojson: Value = serde_json::from_str(&std::fs::read_to_string(&map)?)?;
    let features = geojson["features"].as_array().map_or(0, Vec::len);
    let shifted = cast.folder.join("台账-gcj02.geojson");
    let args = ["export", "--format", "geojson", "--kind", "outfall", "--type", "site", "--datum", "gcj02"];
    cast.zhou.run(&[&args[..], &[&shifted.to_string_lossy()]].concat())?;
    let lon = |file: &Value| file["features"][0]["geometry"]["coordinates"][0].as_f64().unwrap_or_default();
    let moved = lon(&serde_json::from_str(&std::fs::read_to_string(&shifted)?)?) - 117.1189;
    cast.check(
        "on request it is handed over in GCJ-02",
        (0.005..0.008).contains(&moved),
        &format!("{moved:.6}° east"),
    )?;
    cast.check("the map file has the sites", features >= 4, &format!("{features} features"))
}
