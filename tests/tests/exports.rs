//! Exports opened by programs of others: openpyxl, Python's csv and json, GDAL.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shanxun_tests::{Device, clients};

const PHONE: &str = "13910001234";
const BOUNDARY: &str = r#"{"type":"Polygon","coordinates":[[[117.13,40.53],[117.132,40.53],[117.132,40.532],[117.13,40.532],[117.13,40.53]]]}"#;

/// A device with two plots, one with a boundary, and a visit; its exports in a folder.
fn exports(folder: &Path) -> Result<Value> {
    let device = Device::new(folder, "device");
    let plot = device.create(&[
        "new",
        "site",
        "bare-land",
        "--set",
        "name=令公村南",
        "--set",
        "town=110118101",
        "--set",
        "land_type=demolition",
        "--set",
        "area_declared_m2=1234.50",
        "--set",
        &format!("contact_phone={PHONE}"),
        "--set",
        &format!("boundary={BOUNDARY}"),
        "--set",
        "code_local=0012",
    ])?;
    device.create(&[
        "new",
        "site",
        "bare-land",
        "--set",
        "name==1+1",
        "--set",
        "town=110118103",
        "--at",
        "40.35,116.76,4.5",
    ])?;
    device.create(&["new", "inspection", "bare-land", "--site", &plot, "--set", "cover_pct=35.5"])?;
    let to = |name: &str| Ok::<_, anyhow::Error>(folder.join(name).to_str().context("a path")?.to_owned());
    device.run(&["export", "--format", "xlsx", &to("sites.xlsx")?])?;
    for (format, name) in [("csv", "sites.csv"), ("geojson", "sites.geojson"), ("gpkg", "sites.gpkg")] {
        device.run(&["export", "--format", format, "--type", "site", &to(name)?])?;
    }
    for (format, name) in [("geojson", "gcj.geojson"), ("gpkg", "gcj.gpkg")] {
        device.run(&["export", "--format", format, "--type", "site", "--datum", "gcj02", &to(name)?])?;
    }
    clients::json_of(clients::python("exports.py")?.arg(folder))
}

/// The value under a heading in the row of a sheet that names a plot.
fn cell<'v>(sheet: &'v Value, name: &str, heading: &str) -> Option<&'v Value> {
    let rows = sheet.as_array()?;
    let column = rows.first()?.as_array()?.iter().position(|h| h == heading)?;
    rows.iter().find(|row| row.as_array().is_some_and(|r| r.contains(&json!(name)))).map(|row| &row[column])
}

#[test]
fn exports_are_read_by_the_programs_of_others() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let read = exports(folder.path())?;

    let sheets = read["sheets"].as_object().context("sheets")?;
    let sites = sheets.values().find(|s| cell(s, "令公村南", "裸地类型").is_some()).context("a sheet of plots")?;
    assert_eq!(cell(sites, "令公村南", "裸地类型"), Some(&json!("拆迁裸地")));
    assert_eq!(cell(sites, "令公村南", "面积（申报） (m²)"), Some(&json!(1234.5)), "a number is a number");
    assert_eq!(cell(sites, "令公村南", "本地编号"), Some(&json!("0012")), "a code keeps its zeros");
    assert_eq!(cell(sites, "令公村南", "联系电话"), Some(&json!("139****1234")));
    assert_eq!(cell(sites, "=1+1", "名称"), Some(&json!("=1+1")), "text is no formula");
    assert!(sheets.len() >= 2, "visits have a sheet of their own");

    assert_eq!(read["csv"]["marked"], true, "Excel needs the mark to read UTF-8");
    let rows = read["csv"]["rows"].as_array().context("rows")?;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().any(|r| r["名称"] == "令公村南" && r["联系电话"] == "139****1234"), "{rows:?}");

    let layer = |layers: &Value| layers[0].clone();
    let plots = layer(&read["layers"]);
    assert_eq!((&plots["name"], &plots["features"]), (&json!("site_bare_land"), &json!(2)), "{plots}");
    assert!(plots["system"].as_str().unwrap_or_default().contains("WGS 84"), "{plots}");
    assert_eq!(read["titles"]["land_type"], "裸地类型");
    assert!(plots["fields"].as_array().is_some_and(|f| f.contains(&json!("land_type"))), "{plots}");
    assert_eq!(read["warnings"], "", "GDAL finds nothing to warn of");
    assert_eq!(read["shapes"]["令公村南"], json!(["Polygon", 117.13, 40.53]));
    assert_eq!(read["shapes"]["=1+1"], json!(["Point", 116.76, 40.35]));
    assert_eq!(read["geojson_shapes"], read["shapes"], "both formats hold the same shapes");
    assert!(!read.to_string().contains(PHONE), "no file holds the whole number");

    let gcj = layer(&read["gcj_layers"]);
    assert!(!gcj["system"].as_str().unwrap_or_default().contains("WGS 84"), "GCJ-02 does not pass for WGS-84: {gcj}");
    for moved in read["moved_m"].as_array().context("distances")? {
        let moved = moved.as_f64().context("metres")?;
        assert!((300.0..800.0).contains(&moved), "GCJ-02 lies some hundred metres away, not {moved}");
    }
    Ok(())
}
