//! Ledgers that other programs wrote, taken over through the machine interface, and compared with what they hold.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shanxun_tests::{Device, clients};

/// Lines of the large ledger.
const LINES: usize = 10_000;
/// Lines of the others.
const LINES_FEW: usize = 300;

fn towns() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../forms/places/towns.toml")
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path in UTF-8")
}

/// Makes the ledgers; what their script says of them.
fn ledgers(folder: &Path, lines: usize) -> Result<Value> {
    clients::json_of(clients::python("ledgers.py")?.arg("make").arg(folder).arg(towns()).arg(lines.to_string()))
}

/// Takes a ledger over on a fresh device and compares what arrived; the report of the import.
fn taken_over(folder: &Path, name: &str) -> Result<Value> {
    let device = Device::new(folder, &format!("device-{name}"));
    let report = device.run(&["import", "bare-land", text(&folder.join(name))?])?;
    let export = folder.join(format!("{name}.geojson"));
    device.run(&["export", "--format", "geojson", "--type", "site", text(&export)?])?;
    let compared = clients::json_of(clients::python("ledgers.py")?.arg("arrived").arg(folder).arg(&export))?;
    assert_eq!(compared["wrong"], 0, "{compared}");
    Ok(report)
}

/// The cells that were held back, as the script lists them.
fn problems(report: &Value) -> Value {
    let problems = report["report"]["problems"].as_array().cloned().unwrap_or_default();
    let of = |p: &Value| json!({"row": p["row"], "heading": p["heading"], "text": p["text"]});
    problems.iter().map(of).collect()
}

#[test]
fn a_workbook_of_ten_thousand_lines_arrives_whole_and_says_what_was_not_understood() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let made = ledgers(folder.path(), LINES)?;
    let report = taken_over(folder.path(), "ledger.xlsx")?;
    assert_eq!(report["imported"], made["sites"]);
    assert_eq!(problems(&report), made["held_back"]);
    let columns = &report["report"]["not_understood"];
    assert_eq!((columns[0][0].as_str(), columns.as_array().map(Vec::len)), (Some("内部流水号"), Some(1)), "{columns}");
    assert_eq!(report["report"]["left_out"].as_array().map(Vec::len), Some(1), "the line of the sum is left out");
    Ok(())
}

#[test]
fn tables_in_utf_8_and_gb_18030_arrive_whole() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let made = ledgers(folder.path(), LINES_FEW)?;
    for name in ["ledger-utf8.csv", "ledger-gb18030.csv"] {
        let report = taken_over(folder.path(), name)?;
        assert_eq!(report["imported"], made["sites"], "{name}");
        let problems = report["report"]["problems"].as_array().cloned().unwrap_or_default();
        let found: Value = problems.iter().map(|p| json!({"row": p["row"], "text": p["text"]})).collect();
        // Rows as Excel numbers them, though a cell may hold line breaks.
        assert_eq!(found, made["held_back_csv"], "{name}");
    }
    Ok(())
}
