//! What is handed over can be opened, says where it lies, and gives nobody's number away.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use device::export::{ExportError, ExportOptions, ExportReport, ExportRow, Format, Lang, export};
use domain::DocType;
use domain::datum::{Datum, LonLat, convert};
use domain::forms::Catalogue;
use serde_json::{Value as Json, json};

const ID: &str = "0193a5b2-7c1e-7a2b-9c3d-4e5f60718293";

/// A plot of bare land as most tests want it.
fn plot(values: Json) -> ExportRow {
    let mut all = json!({
        "name": "潮河东侧 3 号地块",
        "town": "110118001",
        "position": {"type": "Point", "coordinates": [116.843, 40.376], "source": "gnss", "accuracy_m": 4.5},
        "area_declared_m2": "1234.50",
        "land_type": "idle",
        "contact_phone": "13912345678",
    });
    all.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
    row(DocType::Site, "bare-land", "hung-up", all)
}

fn visit(values: Json) -> ExportRow {
    row(DocType::Inspection, "bare-land", "draft", values)
}

fn row(doc_type: DocType, kind: &str, state: &str, values: Json) -> ExportRow {
    let values: BTreeMap<String, Json> = values.as_object().unwrap().clone().into_iter().collect();
    let title = values.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
    ExportRow {
        id: ID.into(),
        doc_type,
        kind: kind.into(),
        title,
        state: state.into(),
        custody: "device".into(),
        values,
    }
}

/// A folder and what was exported into it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn export(&self, rows: Vec<ExportRow>, options: ExportOptions) -> (ExportReport, PathBuf) {
        let path = self.path("out");
        let report = write(rows, &options, &path).unwrap();
        (report, path)
    }
}

fn write(rows: Vec<ExportRow>, options: &ExportOptions, path: &Path) -> Result<ExportReport, ExportError> {
    export(rows.into_iter().map(Ok::<_, std::io::Error>), Catalogue::embedded(), options, path)
}

fn sites(format: Format) -> ExportOptions {
    ExportOptions { format, doc_type: Some(DocType::Site), kind: Some("bare-land".into()), ..ExportOptions::default() }
}

/// A CSV by heading.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut reader = csv::Reader::from_reader(text.strip_prefix('\u{feff}').expect("Excel needs the mark").as_bytes());
    let headings = reader.headers().unwrap().clone();
    let pair = |r: csv::StringRecord| headings.iter().map(str::to_owned).zip(r.iter().map(str::to_owned)).collect();
    reader.records().map(|r| pair(r.unwrap())).collect()
}

#[test]
fn a_csv_has_chinese_headings_with_units_labels_and_names() {
    let desk = Desk::new();
    let (report, path) = desk.export(vec![plot(json!({}))], sites(Format::Csv));
    assert_eq!((report.rows, report.left_out), (1, 0));
    let line = &table(&path)[0];
    for (heading, expected) in [
        ("编号", ID),
        ("类型", "台账"),
        ("类别", "裸地"),
        ("状态", "已挂账"),
        ("保存位置", "本机"),
        ("镇街（地区）", "鼓楼街道"),
        ("名称", "潮河东侧 3 号地块"),
        ("面积（申报） (m²)", "1234.50"),
        ("裸地类型", "闲置裸地"),
        ("位置/经度 (WGS-84)", "116.843"),
        ("位置/精度 (m)", "4.5"),
        ("联系电话", "139****5678"),
    ] {
        assert_eq!(line.get(heading).map(String::as_str), Some(expected), "{heading}: {:?}", line.keys());
    }
}

#[test]
fn english_headings_are_there_too() {
    let desk = Desk::new();
    let (_, path) = desk.export(vec![plot(json!({}))], ExportOptions { lang: Lang::En, ..sites(Format::Csv) });
    let line = &table(&path)[0];
    assert_eq!((line["State"].as_str(), line["Type of bare land"].as_str()), ("On the ledger", "Idle"));
}

#[test]
fn what_excel_would_run_stays_text_and_numbers_stay_numbers() {
    let desk = Desk::new();
    let rows = vec![plot(json!({"name": "=cmd|' /C calc'!A0", "note": "-", "area_m2": -5}))];
    let (_, path) = desk.export(rows, sites(Format::Csv));
    let line = &table(&path)[0];
    assert_eq!((line["名称"].as_str(), line["备注"].as_str()), ("'=cmd|' /C calc'!A0", "'-"));
    assert_eq!(line["面积（实测） (m²)"], "-5");
}

#[test]
fn the_rows_of_a_group_stand_in_one_cell_in_their_order() {
    let desk = Desk::new();
    let rows = vec![visit(json!({
        "officers/a": true, "officers/a/name": "王一", "officers/a/certificate_no": "11",
        "officers/b": true, "officers/b/certificate_no": "12",
        "officers/c": false, "officers/c/name": "gone",
        "party_id_no": "110228199003071234",
    }))];
    let options =
        ExportOptions { doc_type: Some(DocType::Inspection), kind: Some("bare-land".into()), ..Default::default() };
    let (_, path) = desk.export(rows, options);
    let line = &table(&path)[0];
    assert_eq!((line["检查人/姓名"].as_str(), line["检查人/执法证号"].as_str()), ("王一; ", "11; 12"));
    assert_eq!(line["检查人（数量）"], "2");
    assert_eq!(line["身份证号"], "110228********1234");
}

#[test]
fn the_columns_do_not_depend_on_the_rows_and_none_has_the_name_of_another() {
    let desk = Desk::new();
    let headings = |rows: Vec<ExportRow>| {
        let (_, path) = desk.export(rows, ExportOptions::default());
        fs::read_to_string(path).unwrap().lines().next().unwrap().to_owned()
    };
    let all = headings(vec![plot(json!({})), visit(json!({"findings": "x"}))]);
    assert_eq!(all, headings(vec![]));
    let mut seen = std::collections::HashSet::new();
    let twins: Vec<&str> = all.split(',').filter(|h| !seen.insert(*h)).collect();
    // The same heading may stand for different paths of different kinds, but not within one kind.
    assert!(twins.len() < 20, "{twins:?}");
}

#[test]
fn rows_that_were_not_asked_for_are_counted_and_left_out() {
    let desk = Desk::new();
    let (report, _) = desk.export(vec![plot(json!({})), visit(json!({}))], sites(Format::Csv));
    assert_eq!((report.rows, report.left_out), (1, 1));
}

#[test]
fn geojson_has_the_boundary_wound_as_the_standard_wants_and_masks_numbers() {
    let desk = Desk::new();
    let clockwise = json!([[[116.0, 40.0], [116.0, 40.1], [116.1, 40.1], [116.0, 40.0]]]);
    let rows =
        vec![plot(json!({"boundary": {"type": "Polygon", "coordinates": clockwise}})), visit(json!({"findings": "x"}))];
    let (report, path) = desk.export(rows, ExportOptions { format: Format::GeoJson, ..Default::default() });
    assert_eq!((report.rows, report.without_position), (2, 1));
    let file: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(file["datum"], "WGS-84");
    let feature = &file["features"][0];
    assert_eq!(feature["geometry"]["coordinates"][0][1], json!([116.1, 40.1]));
    assert_eq!(feature["properties"]["contact_phone"], "139****5678");
    assert_eq!(feature["properties"]["land_type"], "idle");
    assert_eq!(file["features"][1]["geometry"], Json::Null);
}

#[test]
fn another_datum_moves_every_coordinate_and_is_named() {
    let desk = Desk::new();
    let options = ExportOptions { format: Format::GeoJson, datum: Datum::Gcj02, ..Default::default() };
    let (_, path) = desk.export(vec![plot(json!({}))], options.clone());
    let file: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let expected = convert(LonLat::new(116.843, 40.376), Datum::Wgs84, Datum::Gcj02);
    let feature = &file["features"][0];
    assert_eq!((&file["datum"], &feature["properties"]["datum"]), (&json!("GCJ-02"), &json!("GCJ-02")));
    for at in ["/geometry/coordinates", "/properties/position/coordinates"] {
        let lon = feature.pointer(at).unwrap()[0].as_f64().unwrap();
        assert!((lon - expected.lon).abs() < 1e-8, "{at}");
    }
    let (_, path) = desk.export(vec![plot(json!({}))], ExportOptions { format: Format::Csv, ..options });
    assert!(table(&path)[0].contains_key("位置/经度 (GCJ-02)"));
}

#[test]
fn a_workbook_has_a_sheet_for_each_kind() {
    use calamine::{Data, Reader};
    let desk = Desk::new();
    let rows = vec![
        plot(json!({})),
        visit(json!({"findings": "=1+1"})),
        plot(json!({"name": "二"})),
        row(DocType::Photo, "-", "", json!({"proves": "整治前全貌"})),
    ];
    let (report, path) = desk.export(rows, ExportOptions { format: Format::Xlsx, ..Default::default() });
    assert_eq!(report.rows, 4);
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    assert_eq!(book.sheet_names(), ["台账-裸地", "检查-裸地", "照片"]);
    let sheet = book.worksheet_range("台账-裸地").unwrap();
    assert_eq!(sheet.height(), 3);
    let column = sheet.rows().next().unwrap().iter().position(|c| *c == "面积（申报） (m²)").unwrap();
    assert_eq!(sheet[(1, column)], Data::Float(1234.5));
    let text: Vec<String> =
        book.worksheet_range("检查-裸地").unwrap().rows().nth(1).unwrap().iter().map(ToString::to_string).collect();
    assert!(text.contains(&"=1+1".to_owned()));
}

#[test]
fn an_export_of_nothing_can_be_opened() {
    let desk = Desk::new();
    for format in [Format::Csv, Format::Xlsx, Format::GeoJson, Format::GeoPackage] {
        let (report, path) = desk.export(vec![], ExportOptions { format, ..Default::default() });
        assert_eq!(report.rows, 0);
        assert!(fs::metadata(path).unwrap().len() > 0);
    }
}

#[test]
fn a_geopackage_holds_a_layer_for_each_kind_in_wgs84() {
    let desk = Desk::new();
    let rows = vec![plot(json!({})), plot(json!({"position": null})), visit(json!({"findings": "x"}))];
    let (report, path) = desk.export(rows, ExportOptions { format: Format::GeoPackage, ..Default::default() });
    assert_eq!((report.rows, report.without_position), (3, 2));
    let db = rusqlite::Connection::open(path).unwrap();
    let one = |sql: &str| match db.query_row(sql, [], |r| r.get::<_, rusqlite::types::Value>(0)).unwrap() {
        rusqlite::types::Value::Integer(n) => json!(n),
        rusqlite::types::Value::Real(n) => json!(n),
        rusqlite::types::Value::Text(t) => json!(t),
        other => panic!("{other:?}"),
    };
    assert_eq!(one("pragma application_id"), json!(0x4750_4B47));
    assert_eq!(one("select count(*) from gpkg_contents"), json!(2));
    assert_eq!(one("select srs_id from gpkg_geometry_columns where table_name = 'site_bare_land'"), json!(4326));
    assert_eq!(one("select min_x from gpkg_contents where table_name = 'site_bare_land'"), json!(116.843));
    assert_eq!(one("select count(*) from site_bare_land where geom is not null"), json!(1));
    assert_eq!(one("select area_declared_m2 from site_bare_land"), json!(1234.5));
    assert_eq!(
        one("select title from gpkg_data_columns where table_name = 'site_bare_land' and column_name = 'land_type'"),
        json!("裸地类型")
    );
    assert_eq!(one("pragma integrity_check"), json!("ok"));
}

#[test]
fn an_existing_file_is_only_replaced_by_a_complete_one() {
    let desk = Desk::new();
    let path = desk.path("ledger.csv");
    fs::write(&path, "before").unwrap();
    let rows = vec![Ok(plot(json!({}))), Err(std::io::Error::other("the database failed"))];
    let error = export(rows, Catalogue::embedded(), &sites(Format::Csv), &path).unwrap_err();
    assert_eq!(error.code(), "export-rows");
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(fs::read_dir(desk.0.path()).unwrap().count(), 1, "nothing half written is left");
    write(vec![plot(json!({}))], &sites(Format::Csv), &path).unwrap();
    assert!(fs::read_to_string(&path).unwrap().contains("鼓楼街道"));
    assert_eq!(
        write(vec![], &sites(Format::Csv), &desk.path("no/such/folder/x.csv")).unwrap_err().code(),
        "export-write"
    );
    assert_eq!(write(vec![], &sites(Format::Csv), desk.0.path()).unwrap_err().code(), "export-write");
}

#[test]
fn a_kind_without_a_form_is_said() {
    let desk = Desk::new();
    let rows = || vec![row(DocType::Site, "soil", "", json!({"name": "x"}))];
    for format in [Format::Csv, Format::Xlsx, Format::GeoJson, Format::GeoPackage] {
        let (report, _) = desk.export(rows(), ExportOptions { format, ..Default::default() });
        assert_eq!(report.unknown_kinds.into_iter().collect::<Vec<_>>(), ["soil"]);
    }
}
