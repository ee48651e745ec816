//! Writes the corpora that are made, not collected: messages, pictures, ledgers, backups, as the programs make them.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../../crates/device/tests/photo_studio/mod.rs"]
mod photo_studio;

use std::path::Path;

use domain::change::{Change, DocKey, DocWrites, GENESIS, Op, sign_head};
use domain::clock::{Hlc, WallTime};
use domain::register::{Clock, Put};
use domain::sync::{Batch, DocState, Left, PageBuilder, Person, Stamp, Standing, SyncRequest, SyncResponse, seal};
use domain::{ActorId, DocId, DocType, OpId, Position, Role, UserId, Value, Vertex};
use photo_studio::{Camera, png_of, scene, webp_of};
use shanxun_fuzz::messages::unpacked;

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

fn values() -> Vec<(&'static str, Value)> {
    let corner = |lon, lat| Vertex { accuracy_mm: Some(3000), ..Vertex::from_degrees(lon, lat).unwrap() };
    let ring = vec![corner(116.84, 40.37), corner(116.85, 40.37), corner(116.85, 40.38)];
    vec![
        ("name", Value::text("令公村南拆迁裸地")),
        ("town", Value::text("110118101")),
        ("cover_pct", Value::number("12.50".parse().unwrap())),
        ("boundary", Value::Polygon(vec![ring.clone()])),
        ("track", Value::Line(ring)),
        ("position", Value::Point(Position::from_degrees(116.843, 40.376).unwrap())),
        ("points/p1", Value::Bool(true)),
        ("points/p1/series", Value::List((500..520).map(|n| Value::number(n.into())).collect())),
        ("note", Value::Null),
    ]
}

fn changes() -> Vec<Change> {
    let doc = DocKey { id: DocId::new(1_795_437_000_000, [7; 10]), doc_type: DocType::Site, kind: "bare-land".into() };
    let context = Clock([(ActorId(1), 4), (ActorId(2), 9)].into());
    let one = |seq: u64| Change {
        actor: ActorId(3),
        seq,
        author: UserId(2),
        hlc: Hlc::from_unix_ms(1_795_437_000_000 + seq as i64),
        wall: WallTime { unix_ms: 1_795_437_000_000, offset_min: 480, ..WallTime::default() },
        at: Position::from_degrees(116.8, 40.4),
        docs: vec![DocWrites {
            doc: doc.clone(),
            form_version: 1,
            ops: values()
                .into_iter()
                .map(|(path, value)| Op::Put { path: path.into(), context: context.clone(), value })
                .chain([Op::Unknown { tag: 9, body: vec![1, 2, 3] }])
                .collect(),
        }],
    };
    (1..=3).map(one).collect()
}

fn messages() {
    let changes = changes();
    let key = ed25519_dalek::SigningKey::from_bytes(&[5; 32]);
    let hashes = domain::sync::batch::chain(GENESIS, &changes);
    let batch = Batch::pack(&changes, sign_head(&key, ActorId(3), 3, hashes.last().unwrap()));
    let request = |push: Vec<Batch>| SyncRequest {
        actor: ActorId(3),
        install: 77,
        epoch: Some([9; 16]),
        head: 3,
        acked: Some((1, hashes[0])),
        push,
        pull: Some([("110118101".into(), 40), ("u2".into(), 3)].into()),
        keeps_own: true,
        page_bytes: 131_072,
        left: Left { records: 1, photos: 2, photo_bytes: 3 },
        forms: 1,
        user: 1,
        now: WallTime::default(),
    };
    let small = Batch::pack(&changes[..1], [7; 64]);
    let requests = [("idle", vec![]), ("push", vec![small]), ("push-in-columns", vec![batch.clone(), batch])];
    for (name, push) in requests {
        let body = seal(&request(push));
        write("sync-request", name, &unpacked(&body));
        write("envelope", name, &body);
    }
    let mut builder = PageBuilder::default();
    let stamp = |op| Stamp { op, author: UserId(2), hlc: Hlc(1), wall: WallTime::default(), at: None };
    let puts: Vec<(String, Put)> = changes[0].puts().map(|(_, path, put)| (path.to_owned(), put)).collect();
    let key = changes[0].docs[0].doc.clone();
    let state = DocState { key, form_version: 1, whole: true, held: None, puts: puts.clone(), unknown: Vec::new() };
    builder.add(state.clone(), stamp);
    builder.add(DocState { puts: vec![puts.clone(); 3].concat(), whole: false, ..state }, stamp);
    builder.gone(DocId::new(1, [1; 10]));
    let user =
        Person { id: UserId(2), name: "安娜".into(), role: Role::Inspector, towns: Some(vec!["110118101".into()]) };
    let page = builder.finish([("110118101".into(), 41)].into(), false, vec![user.clone()], vec![]);
    let answer = SyncResponse {
        epoch: [9; 16],
        now_unix_ms: 1_795_437_000_000,
        standing: Standing::Acked { head: 3, hash: hashes[2], sure: 1 },
        refused: vec![],
        waiting: vec![(2, OpId { actor: ActorId(1), seq: 8 })],
        page: Some(page),
        user: Some(user),
        other_forms: true,
        relayed: vec![],
    };
    write("sync-response", "page", &unpacked(&seal(&answer)));
    write("sync-response", "no-page", &unpacked(&seal(&SyncResponse { page: None, ..answer })));
    write("envelope", "value", &seal(&Value::List(vec![Value::text("a"), Value::Null])));
    write("change", "save", &changes[0].encode());
    let puts: Vec<Put> = puts.into_iter().map(|(_, put)| put).collect();
    write("register", "one", &postcard::to_stdvec(&puts).unwrap());
    let concurrent: Vec<Put> = (1..5)
        .map(|actor| {
            let op = OpId { actor: ActorId(actor), seq: 2 };
            Put { op, hlc: Hlc(u64::from(actor)), clock: Clock::default().with(op), value: Value::Bool(actor % 2 == 0) }
        })
        .collect();
    write("register", "concurrent", &postcard::to_stdvec(&concurrent).unwrap());
}

fn pictures() {
    let camera = Camera::default()
        .text(exif::Tag::Make, "HUAWEI")
        .text(exif::Tag::DateTimeOriginal, "2026:11:23 10:05:00")
        .text(exif::Tag::OffsetTimeOriginal, "+08:00")
        .orientation(6)
        .position(40.376_5, 116.843_25)
        .rationals(exif::Tag::GPSAltitude, &[(7_150, 100)])
        .rationals(exif::Tag::GPSTimeStamp, &[(2, 1), (4, 1), (58, 1)])
        .text(exif::Tag::GPSDateStamp, "2026:11:23");
    let small = scene(24, 16);
    for (name, bytes) in [("jpeg", camera.shoot(&small)), ("png", png_of(&small)), ("webp", webp_of(&small))] {
        write("picture", name, &bytes);
        write("exif", name, &bytes);
    }
}

fn ledgers() {
    let ledger = "密云区裸地台账,,,\n序号,名称,镇街,面积（亩）,发现时间,经度,纬度\n\
        1,潮河东侧 3 号,溪翁庄,\"1,2.5\",2024年3月5日,116.843,40.376\n2,采石场,太师屯镇,3,2024/11/9,116°50′35″,40°22′30″\n";
    write("table", "utf8.csv", ledger.as_bytes());
    // 名称,镇街 and one line, as Chinese Excel writes them.
    let gb18030 = [
        0xC3, 0xFB, 0xB3, 0xC6, b',', 0xD5, 0xF2, 0xBD, 0xD6, b'\n', 0xB2, 0xC9, 0xCA, 0xAF, 0xB3, 0xA1, b',', 0xCF,
        0xAA, 0xCE, 0xCC, 0xD7, 0xAF, b'\n',
    ];
    write("table", "gb18030.csv", &gb18030);
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(ledger.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    write("table", "utf16.csv", &utf16);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in ["名称", "镇街", "面积（亩）", "发现时间"].into_iter().enumerate() {
        sheet.write(0, column as u16, heading).unwrap();
    }
    sheet.write(1, 0, "采石场").unwrap();
    sheet.write(1, 2, 3.5).unwrap();
    sheet.write(1, 3, 45_356).unwrap();
    write("table", "book.xlsx", &book.save_to_buffer().unwrap());
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    header.set_mode(0o644);
    for path in ["server.db", "photos/aa/aa", "thumbnails/bb/bb"] {
        archive.append_data(&mut header, path, &b"abc"[..]).unwrap();
    }
    write("backup", "not-a-database.tar", &archive.into_inner().unwrap());
}

fn texts() {
    for file in domain::forms::Catalogue::embedded().files() {
        if file.text.len() < 8_000 {
            write("form", &file.name.replace('/', "-"), file.text.as_bytes());
        }
    }
    for (at, text) in [
        "depth * 2 - 1",
        "if depth > 1 { \"high\" } else { \"low\" }",
        "length_m(depth)",
        "leq([1,2,3])",
        "background_corrected(depth, 50)",
        "limit(\"GB 3096\", name)",
        "earlier(name, name) || depth == ()",
    ]
    .into_iter()
    .enumerate()
    {
        write("expression", &format!("e{at}"), text.as_bytes());
    }
    for (at, text) in [
        "12.50",
        "1e5",
        "2026-11-23",
        "2026-11-23T09:30:00+08:00",
        "true",
        "[1,2,3]",
        "拆迁裸地",
        "data:image/png;base64,AA==",
    ]
    .into_iter()
    .enumerate()
    {
        for field in [0u8, 7, 23, 60, 111] {
            write("value", &format!("v{at}-{field}"), &[&[field, 0], text.as_bytes()].concat());
        }
    }
    let shapes = [
        r#"{"type":"Polygon","coordinates":[[[116.84,40.37],[116.85,40.37],[116.85,40.38],[116.84,40.37]]],"accuracies_m":[1,2,3]}"#,
        r#"{"type":"LineString","coordinates":[[116.84,40.37,70],[116.85,40.37]]}"#,
        r#"{"type":"Point","coordinates":[116.84,40.37],"accuracy_m":4.5,"age_s":3,"height_m":71.2,"source":"gnss"}"#,
        r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[116.84,40.37]},"properties":null}"#,
        "40.376,116.843,4.5",
    ];
    for (at, text) in shapes.into_iter().enumerate() {
        write("geometry", &format!("g{at}"), text.as_bytes());
    }
    for (at, text) in [
        "http://127.0.0.1:8787",
        "https://[::1]:1/x?y#z",
        "ABCD-EFGH-JKMN",
        "40.376,116.843,4.5",
        "name=东沟",
        "91110000MA01ABCD1X",
        "points/p1/leq_db",
        "01990f00-0000-7000-8000-000000000000",
    ]
    .into_iter()
    .enumerate()
    {
        write("arguments", &format!("a{at}"), text.as_bytes());
    }
    write("batch-line", "lines", "{\"new\":\"site\",\"kind\":\"bare-land\",\"set\":{\"name\":\"东沟\",\"town\":\"110118101\",\"cover_pct\":12.5},\"at\":\"40.37,116.84,5\"}\n{\"id\":\"01990f00-0000-7000-8000-000000000000\",\"set\":{\"note\":null},\"move\":\"cleared\"}\n{\"new\":\"inspection\",\"kind\":\"noise\",\"site\":\"x\"}".as_bytes());
    for (at, text) in [
        "\u{0}/v1/documents?search=a&limit=5\nx-y: z",
        "\u{1}/v1/sync\ncontent-length: 3\n\nSXS",
        "\u{1}/v1/sessions\ncontent-type: application/json\n\n{\"name\":\"anna\",\"password\":\"x\"}",
        "\u{1}/v1/enrol\ncontent-type: application/json\n\n{\"code\":\"ABCD\",\"public_key\":\"00\",\"install\":\"1\"}",
        "\u{2}/v1/photos/uploads/abc\ntus-resumable: 1.0.0",
        "\u{5}/v1/photos",
        "\u{0}/v1/photos/0000000000000000000000000000000000000000000000000000000000000000/thumbnail",
        "\u{0}/v1/documents/01990f00-0000-7000-8000-000000000000/history",
    ]
    .into_iter()
    .enumerate()
    {
        write("http", &format!("h{at}"), text.as_bytes());
    }
    let upload = "100\nsha256 YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=,photo MDE5OTBmMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw,kind b3JpZ2luYWw=\nsha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=\nabc";
    write("upload", "sound", upload.as_bytes());
}

fn main() {
    messages();
    pictures();
    ledgers();
    texts();
}
