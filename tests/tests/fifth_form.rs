//! A fifth kind of inspection is a file, not code: it works in capture, checking, export and sync on every side.

use std::path::{Path, PathBuf};

use anyhow::Result;
use shanxun_tests::demo::{PASSWORD, TOWN};
use shanxun_tests::{Device, Server};

fn form() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms/catering-fumes.toml")
}

#[test]
fn a_form_dropped_in_works_in_capture_checking_export_and_sync() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start_with_form(&folder.path().join("server"), &form())?;
    server.add_user("周敏", "supervisor", "all", PASSWORD)?;
    server.add_user("张海涛", "inspector", TOWN, PASSWORD)?;
    let inspector = Device::new(folder.path(), "inspector");
    std::fs::create_dir_all(inspector.home().join("forms"))?;
    std::fs::copy(form(), inspector.home().join("forms/catering-fumes.toml"))?;

    let town = format!("town={TOWN}");
    let site = inspector.create(&[
        "new",
        "site",
        "catering-fumes",
        "--set",
        "name=河边饭庄",
        "--set",
        "stoves=4",
        "--set",
        &town,
    ])?;
    let visit = inspector.create(&[
        "new",
        "inspection",
        "catering-fumes",
        "--site",
        &site,
        "--set",
        "oil_fume_mg_m3=2.1",
        "--set",
        "removal_pct=75",
    ])?;
    let checked = inspector.run(&["check", &visit])?;
    let verdicts = &checked["verdicts"];
    assert_eq!(
        (&verdicts[0]["verdict"], &verdicts[1]["verdict"]),
        (&"exceeds".into(), &"compliant".into()),
        "{checked}"
    );

    // Another device has never seen the form; it comes with the sync.
    let supervisor = Device::new(folder.path(), "supervisor");
    for (device, user) in [(&inspector, "张海涛"), (&supervisor, "周敏")] {
        device.run(&["enrol", "--server", &server.url(), "--code", &server.code(user)?])?;
        let report = device.sync()?;
        assert_eq!(report["refused"], serde_json::json!([]), "{report}");
    }
    let token = server.login("周敏", PASSWORD)?;
    for id in [&site, &visit] {
        let here = inspector.show(id)?["values"].clone();
        assert_eq!(supervisor.show(id)?["values"], here);
        assert_eq!(server.get(&token, &format!("/v1/documents/{id}"))?["values"], here);
    }
    assert_eq!(supervisor.show(&site)?["values"]["size"], "medium");

    let table = folder.path().join("out.csv");
    supervisor.run(&["export", "--format", "csv", "--kind", "catering-fumes", &table.to_string_lossy()])?;
    let csv = std::fs::read_to_string(&table)?;
    assert!(csv.contains("油烟浓度 (mg/m³)") && csv.contains("河边饭庄"), "{csv}");
    Ok(())
}
