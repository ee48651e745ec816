//! Files made to break the program that reads them: refused with a reason, in little time and memory.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use device::import::{CELLS_MAX, COLUMNS_MAX, ImportOptions, LINES_MAX, WORKBOOK_BYTES_MAX, read};
use domain::DocType;
use domain::forms::Catalogue;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The most memory this process has had so far, bytes.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

const PARTS: [(&str, &str); 4] = [
    ("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>"#,
    ),
];

/// A workbook whose sheet holds these lines, and one more part.
fn workbook(lines: &str, more: Option<(&str, u64)>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{lines}</sheetData></worksheet>"#
    );
    for (name, text) in PARTS.into_iter().chain([("xl/worksheets/sheet1.xml", sheet.as_str())]) {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    if let Some((name, bytes)) = more {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        let block = vec![b' '; 1 << 20];
        (0..bytes >> 20).for_each(|_| zip.write_all(&block).unwrap());
        zip.write_all(&block[..usize::try_from(bytes & 0xF_FFFF).unwrap()]).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn cell(at: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>名称</t></is></c>"#)
}

fn import(bytes: &[u8]) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.xlsx");
    std::fs::write(&file, bytes).unwrap();
    let form = Catalogue::embedded().form(DocType::Site, "bare-land").unwrap();
    read(&file, form, &ImportOptions::default()).map(|plan| plan.report.rows).map_err(|e| e.to_string())
}

#[test]
fn a_workbook_that_unfolds_without_end_is_refused_before_it_does() {
    let part = |bytes| workbook("", Some(("xl/sharedStrings.xml", bytes)));
    let bomb = part(WORKBOOK_BYTES_MAX + 1);
    assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
    let refused = import(&bomb).unwrap_err();
    assert!(refused.contains("256 MiB unpacked"), "{refused}");
    assert!(peak_bytes() < 300 << 20, "{} MiB", peak_bytes() >> 20);
}

#[test]
fn two_cells_in_opposite_corners_do_not_make_a_sheet_of_all_between() {
    let corners = format!("<row r=\"1\">{}</row><row r=\"1048576\">{}</row>", cell("A1"), cell("XFD1048576"));
    let started = Instant::now();
    let refused = import(&workbook(&corners, None)).unwrap_err();
    assert!(refused.contains("1048576 lines") && refused.contains(&LINES_MAX.to_string()), "{refused}");
    let wide = format!("<row r=\"1\">{}{}</row>", cell("A1"), cell("XFD1"));
    let refused = import(&workbook(&wide, None)).unwrap_err();
    assert!(refused.contains("16384 columns") && refused.contains(&COLUMNS_MAX.to_string()), "{refused}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn many_lines_with_one_cell_far_to_the_right_are_refused_when_they_are_too_many_cells() {
    let line = |n: usize| format!("<row r=\"{n}\">{}</row>", cell(&format!("ALL{n}")));
    let first = format!("<row r=\"1\">{}</row>", cell("A1"));
    let lines: String = (2..2 + CELLS_MAX / 1_000 + 1).map(line).collect();
    let refused = import(&workbook(&format!("{first}{lines}"), None)).unwrap_err();
    assert!(refused.contains(&format!("{CELLS_MAX} cells")), "{refused}");
}

#[test]
fn an_ordinary_workbook_is_still_read() {
    let town = |at: &str| cell(at).replace("名称", "镇街");
    let line = |n: usize| format!("<row r=\"{n}\">{}{}</row>", cell(&format!("B{n}")), town(&format!("D{n}")));
    let lines = [line(3), line(4)].concat();
    assert_eq!(import(&workbook(&lines, None)).unwrap(), 1);
}

#[test]
fn deep_nesting_in_a_geometry_or_a_form_is_refused() {
    let form = Catalogue::embedded().form(DocType::Site, "bare-land").unwrap();
    let field = form.fields.iter().find(|f| format!("{:?}", f.kind) == "Polygon").unwrap().pattern.clone();
    let deep = |open: &str, close: &str| [open.repeat(20_000), close.repeat(20_000)].concat();
    for text in [
        format!(r#"{{"type":"Polygon","coordinates":{}}}"#, deep("[", "]")),
        deep(r#"{"type":"Feature","geometry":"#, "}"),
        deep(r#"{"type":"GeometryCollection","geometries":["#, "]}"),
    ] {
        assert!(form.read(&field, &text).is_err());
    }
    for text in [
        deep("a = [", "]"),
        format!("a = {}1{}", "{b = ".repeat(20_000), "}".repeat(20_000)),
        format!("[a.{}c]", "b.".repeat(20_000)),
    ] {
        assert!(Catalogue::load([("deep.toml", text)]).is_err());
    }
}

#[test]
fn text_that_is_not_utf_8_is_read_as_what_chinese_excel_writes_or_refused() {
    // 名称,镇街 in GB 18030, then bytes that are nothing in any of the three encodings.
    assert!(import(b"\xC3\xFB\xB3\xC6,\xD5\xF2\xBD\xD6\n\xB2\xC9\xCA\xAF\xB3\xA1,\xFF\xFF\x80\n").is_ok());
    assert!(import(b"\xFF\xFE\x00\xD8\x00").is_err());
    assert!(import(&[0; 100]).is_err());
    assert!(import(b"PK\x03\x04").is_err());
}

/// A PNG with one data chunk.
fn png(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = width.to_be_bytes().to_vec();
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    for (name, body) in [(b"IHDR", header.as_slice()), (b"IDAT", data), (b"IEND", &[])] {
        let chunk = [name.as_slice(), body].concat();
        out.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        out.extend(&chunk);
        out.extend(crc32(&chunk).to_be_bytes());
    }
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &b| {
        (0..8).fold(crc ^ u32::from(b), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

#[test]
fn pictures_that_say_they_are_huge_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut jpeg = b"\xFF\xD8\xFF\xC2\x00\x11\x08\xFF\xFF\xFF\xFF\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01".to_vec();
    jpeg.extend(b"\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x00\xFF\xD9");
    let webp = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0\0\0\0\0".to_vec();
    let webp_extended = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff".to_vec();
    for (name, bytes) in [
        ("png", png(60_000, 60_000, b"x")),
        ("png-most", png(u32::MAX >> 1, u32::MAX >> 1, b"x")),
        ("png-none", png(0, 0, b"x")),
        ("png-line", png(1, 120_000_001, b"x")),
        ("jpeg", jpeg),
        ("webp", webp),
        ("webp-extended", webp_extended),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, &bytes).unwrap();
        assert!(device::photos::intake(&folder.path().join("photos"), &file).is_err(), "{name}");
    }
    assert!(peak_bytes() < 300 << 20, "{} MiB", peak_bytes() >> 20);
}
