//! A ledger from Excel is understood as people write it, and what is not understood is said and never guessed.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

use std::fs;
use std::path::PathBuf;

use device::import::{ImportOptions, ImportPlan, PlannedSite, read};
use domain::DocType;
use domain::datum::{Datum, LonLat, convert};
use domain::forms::{Catalogue, Form};

fn bare_land() -> &'static Form {
    Catalogue::embedded().form(DocType::Site, "bare-land").unwrap()
}

/// A folder with ledgers in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn plan(bytes: &[u8], options: &ImportOptions) -> ImportPlan {
    let desk = Desk::new();
    read(&desk.file("ledger.csv", bytes), bare_land(), options).unwrap()
}

fn set<'p>(line: &'p PlannedSite, path: &str) -> &'p str {
    line.sets.iter().find(|(p, _)| p == path).map_or("", |(_, text)| text)
}

fn corner(line: &PlannedSite) -> (f64, f64) {
    let json: serde_json::Value = serde_json::from_str(set(line, "position")).unwrap();
    (json["coordinates"][0].as_f64().unwrap(), json["coordinates"][1].as_f64().unwrap())
}

const LEDGER: &str = "密云区裸地台账,,,,,,,\n\
    序号,地块编号,名称,镇街,面积（亩）,裸地类型,发现时间,经度,纬度,备注\n\
    1,MY-001,潮河东侧 3 号,溪翁庄,\"1,2.5\",闲置裸地,2024年3月5日,116.843,40.376,沿河\n\
    2,MY-002,采石场,密云区太师屯镇,3,拆迁裸地,2024/11/9,116°50′35″,40°22′30″,\n\
    合计,,,,15.5,,,,,\n";

#[test]
fn a_chinese_ledger_becomes_sites() {
    let plan = plan(LEDGER.as_bytes(), &ImportOptions::default());
    assert_eq!(plan.report.problems, []);
    assert_eq!((plan.report.rows, plan.report.left_out.as_slice()), (3, &[5][..]));
    let [first, second] = plan.lines.as_slice() else { panic!("{:?}", plan.lines) };
    assert_eq!((first.row, set(first, "code_local"), set(first, "name")), (3, "MY-001", "潮河东侧 3 号"));
    assert_eq!(domain::places::town(set(first, "town")).unwrap().name, "溪翁庄镇");
    assert_eq!(set(second, "area_declared_m2"), "2000");
    assert_eq!((set(first, "land_type"), set(first, "found_at")), ("闲置裸地", "2024-03-05"));
    assert_eq!(corner(first), (116.843, 40.376));
    assert_eq!(corner(second), (116.843055556, 40.375));
    for line in &plan.lines {
        for (path, text) in &line.sets {
            bare_land().read(path, text).unwrap();
        }
    }
}

#[test]
fn gb18030_is_recognised() {
    let plan = plan(&encoding_rs::GB18030.encode(LEDGER).0, &ImportOptions::default());
    assert_eq!((plan.lines.len(), set(&plan.lines[0], "name")), (2, "潮河东侧 3 号"));
    let marked = [&b"\xEF\xBB\xBF"[..], LEDGER.as_bytes()].concat();
    assert_eq!(self::plan(&marked, &ImportOptions::default()).lines.len(), 2);
}

#[test]
fn the_heading_says_the_datum_before_the_option_does() {
    let moved = convert(LonLat::new(116.843, 40.376), Datum::Gcj02, Datum::Wgs84);
    let stated = "名称,经度(GCJ-02),纬度(GCJ-02)\nA,116.843,40.376\n";
    let told = "名称,经度,纬度\nA,116.843,40.376\n";
    let gcj02 = ImportOptions { datum: Datum::Gcj02, ..ImportOptions::default() };
    for plan in [plan(stated.as_bytes(), &ImportOptions::default()), plan(told.as_bytes(), &gcj02)] {
        let (lon, lat) = corner(&plan.lines[0]);
        assert!((lon - moved.lon).abs() < 1e-8 && (lat - moved.lat).abs() < 1e-8);
    }
}

const DOUBTFUL: &str = "名称,镇街,发现时间,面积,颜色\nA,溪翁庄镇,去年冬天,12,红\nB,火星镇,2024-03-05,12亩,红\nC,太师屯镇,2024-03-05,大,\nD,太师屯镇,45356,100,\n";

#[test]
fn a_line_that_is_not_understood_is_held_back_with_its_cells() {
    let plan = plan(DOUBTFUL.as_bytes(), &ImportOptions::default());
    assert_eq!((plan.lines.len(), plan.report.held_back.as_slice()), (1, &[2, 3, 4][..]));
    assert_eq!((set(&plan.lines[0], "name"), set(&plan.lines[0], "found_at")), ("D", "2024-03-05"));
    let cells: Vec<String> = plan.report.problems.iter().map(|p| format!("{}{}", p.column, p.row)).collect();
    assert_eq!(cells, ["C2", "B3", "D4"]);
    assert_eq!(plan.report.not_understood[0].0, "颜色");
}

#[test]
fn what_is_not_understood_can_be_kept_in_the_note() {
    let plan = plan(DOUBTFUL.as_bytes(), &ImportOptions { unread_to_note: true, ..ImportOptions::default() });
    assert_eq!((plan.lines.len(), plan.report.held_back.len(), plan.report.problems.len()), (4, 0, 3));
    assert_eq!(set(&plan.lines[0], "note"), "导入时未识别：发现时间：去年冬天");
    assert_eq!(set(&plan.lines[1], "area_declared_m2"), "8000");
}

#[test]
fn a_workbook_is_read_with_its_dates() {
    let desk = Desk::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("说明").unwrap().write(0, 0, "填表说明").unwrap();
    let sheet = book.add_worksheet().set_name("台账").unwrap();
    for (column, heading) in
        ["Name", "Township", "found_at", "Area (declared)", "Longitude", "Latitude"].iter().enumerate()
    {
        sheet.write(1, column as u16, *heading).unwrap();
    }
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy/m/d");
    sheet.write(2, 0, "A").unwrap().write(2, 1, 110118001).unwrap();
    sheet.write_number_with_format(2, 2, 45_356, &day).unwrap();
    sheet.write(2, 3, 1234.5).unwrap().write(2, 4, 116.843).unwrap().write(2, 5, 40.376).unwrap();
    let path = desk.0.path().join("named-wrongly.csv");
    book.save(&path).unwrap();

    let plan = read(&path, bare_land(), &ImportOptions::default()).unwrap();
    let line = &plan.lines[0];
    assert_eq!((line.row, set(line, "town"), set(line, "found_at")), (3, "110118001", "2024-03-05"));
    assert_eq!(set(line, "area_declared_m2"), "1234.5");
    let other = ImportOptions { sheet: Some("没有".into()), ..ImportOptions::default() };
    assert_eq!(read(&path, bare_land(), &other).unwrap_err().code(), "import-no-sheet");
}

#[test]
fn an_export_can_be_imported_again() {
    use device::export::{ExportOptions, ExportRow, export};
    let values = serde_json::json!({
        "name": "=潮河东侧", "town": "110118001", "land_type": "idle", "found_at": "2024-03-05", "area_declared_m2": "1234.50",
        "position": {"type": "Point", "coordinates": [116.843, 40.376]}, "area_m2": 99,
    });
    let values = values.as_object().unwrap().clone().into_iter().collect();
    let row = ExportRow {
        id: "0193a5b2-7c1e-7a2b-9c3d-4e5f60718293".into(),
        doc_type: DocType::Site,
        kind: "bare-land".into(),
        title: "=潮河东侧".into(),
        state: "hung-up".into(),
        custody: "server".into(),
        values,
    };
    let desk = Desk::new();
    let path = desk.0.path().join("out.csv");
    let options =
        ExportOptions { doc_type: Some(DocType::Site), kind: Some("bare-land".into()), ..ExportOptions::default() };
    export([Ok::<_, std::io::Error>(row)], Catalogue::embedded(), &options, &path).unwrap();
    let plan = read(&path, bare_land(), &ImportOptions::default()).unwrap();
    assert_eq!(plan.report.problems, []);
    let line = &plan.lines[0];
    assert_eq!(
        (set(line, "name"), set(line, "town"), set(line, "area_declared_m2")),
        ("=潮河东侧", "110118001", "1234.50")
    );
    assert_eq!((corner(line), set(line, "code_local")), ((116.843, 40.376), ""));
}

#[test]
fn a_file_that_is_no_ledger_is_refused_with_a_code() {
    let desk = Desk::new();
    let code = |name: &str, bytes: &[u8]| {
        read(&desk.file(name, bytes), bare_land(), &ImportOptions::default()).unwrap_err().code()
    };
    assert_eq!(code("a.csv", b""), "import-not-a-table");
    assert_eq!(code("a.csv", b"one,two\n1,2\n"), "import-no-headings");
    assert_eq!(code("a.xlsx", b"PK\x03\x04 not a workbook"), "import-not-a-table");
    assert_eq!(code("a.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 rest"), "import-not-a-table");
    assert_eq!(code("a.jpg", b"\xFF\xD8\xFF\0\0\0"), "import-not-a-table");
    assert_eq!(
        read(&desk.0.path().join("none"), bare_land(), &ImportOptions::default()).unwrap_err().code(),
        "import-unreadable"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    #[test]
    fn no_table_makes_it_panic(cells in proptest::collection::vec(proptest::collection::vec("\\PC{0,12}", 0..9), 0..6), noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let heading = "名称,镇街,村,面积（亩）,裸地类型,发现时间,经度,纬度,联系电话\n";
        let body: String = cells.iter().map(|line| line.join(",") + "\n").collect();
        let desk = Desk::new();
        for bytes in [[heading, &body].concat().into_bytes(), [heading.as_bytes(), &noise].concat(), noise.clone()] {
            let _ = read(&desk.file("x", &bytes), bare_land(), &ImportOptions { unread_to_note: true, ..ImportOptions::default() });
        }
    }
}
