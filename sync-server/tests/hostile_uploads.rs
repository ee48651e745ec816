//! Uploads that lie about offset, length, content or owner: nothing is kept of them, nothing of others is touched.

mod common;

use std::time::Duration;

use common::http::{Running, base64, code_of, header, json_of, location, metadata, sha256_hex};
use common::{Device, NORTH, SOUTH, Site};
use domain::change::DocKey;
use reqwest::{Method, StatusCode};
use sync_server::Patience;
use sync_server::limits::{CHECKED_PIECE_BYTES_MAX, PHOTO_BYTES_MAX, THUMBNAIL_BYTES_MAX, UPLOADS_PER_USER_MAX};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HUNDRED: [u8; 100] = [7; 100];

async fn with_photo() -> (Running, Device, DocKey) {
    with_photo_of(Running::new().await)
}

fn with_photo_of(running: Running) -> (Running, Device, DocKey) {
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    (running, anna, photo)
}

async fn offset(running: &Running, device: &Device, path: &str) -> String {
    header(&running.tus(Method::HEAD, path, device).send().await.expect("an answer"), "upload-offset")
}

fn files_under(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).map(|all| all.flatten().collect::<Vec<_>>()).unwrap_or_default();
    entries.iter().map(|e| if e.path().is_dir() { files_under(&e.path()) } else { 1 }).sum()
}

#[tokio::test]
async fn lengths_and_metadata_that_cannot_be_begin_nothing() {
    let (running, anna, photo) = with_photo().await;
    let sound = metadata(photo.id, &HUNDRED, "original");
    let entry = |key: &str, value: &str| format!("{key} {}", base64(value.as_bytes()));
    let (id, hash) = (photo.id.to_string(), sha256_hex(&HUNDRED));
    let cases: Vec<(&str, String, u16)> = vec![
        ("-1", sound.clone(), 400),
        ("0", sound.clone(), 400),
        ("", sound.clone(), 400),
        ("1e3", sound.clone(), 400),
        ("18446744073709551616", sound.clone(), 400),
        ("18446744073709551615", sound.clone(), 413),
        ("9223372036854775808", sound.clone(), 413),
        ("100", String::new(), 400),
        ("100", "sha256 !!!,photo ???".into(), 400),
        ("100", format!("{},{}", entry("sha256", &hash), entry("photo", "../../server.db")), 400),
        ("100", format!("{},{}", entry("sha256", "../../server.db"), entry("photo", &id)), 400),
        ("100", format!("{},{},{}", entry("sha256", &hash), entry("photo", &id), entry("kind", "database")), 400),
        ("100", format!("{},{}", entry("sha256", &hash[..63]), entry("photo", &id)), 400),
        ("100", format!("sha256 {},{}", base64(&[0xC3, 0x28]), entry("photo", &id)), 400),
        ("100", format!("{sound},filename {}", "A".repeat(5_000)), 400),
        ("100", metadata(photo.id, b"other", "original"), 404),
    ];
    for (length, metadata, status) in cases {
        let call = running.tus(Method::POST, "/v1/photos", &anna).header("upload-length", length);
        let answer = call.header("upload-metadata", &metadata).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{length} {metadata:.60}");
        assert!(!code_of(answer).await.is_empty());
    }
    assert_eq!(files_under(&running.site.data.path().join("uploads")), 0);
    let deferred = running.tus(Method::POST, "/v1/photos", &anna).header("upload-defer-length", "1");
    assert_eq!(deferred.header("upload-metadata", &sound).send().await.expect("an answer").status(), 400);
}

#[tokio::test]
async fn the_size_limits_hold_to_the_last_byte() {
    let (running, anna, photo) = with_photo().await;
    for (kind, most) in [("original", PHOTO_BYTES_MAX), ("thumbnail", THUMBNAIL_BYTES_MAX)] {
        for (length, status) in [(most, 201), (most + 1, 413)] {
            let call = running.tus(Method::POST, "/v1/photos", &anna).header("upload-length", length);
            let call = call.header("upload-metadata", metadata(photo.id, &HUNDRED, kind));
            assert_eq!(call.send().await.expect("an answer").status().as_u16(), status, "{kind} {length}");
        }
    }
}

#[tokio::test]
async fn pieces_at_a_wrong_place_beyond_the_end_or_with_a_wrong_checksum_do_not_count() {
    let (running, anna, photo) = with_photo().await;
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    running.piece(&anna, &path, 0, &HUNDRED[..40]).send().await.expect("an answer");
    for claimed in ["0", "39", "41", "100", "18446744073709551615"] {
        let call = running.piece(&anna, &path, 0, &HUNDRED[..10]);
        let (client, request) = call.build_split();
        let mut request = request.expect("a request");
        request.headers_mut().insert("upload-offset", claimed.parse().expect("a header"));
        let answer = client.execute(request).await.expect("an answer");
        assert_eq!((answer.status().as_u16(), code_of(answer).await.as_str()), (409, "upload-offset"), "{claimed}");
    }
    for claimed in ["-1", "", "x", "18446744073709551616"] {
        let (client, request) = running.piece(&anna, &path, 0, &HUNDRED[..10]).build_split();
        let mut request = request.expect("a request");
        request.headers_mut().insert("upload-offset", claimed.parse().expect("a header"));
        assert_eq!(code_of(client.execute(request).await.expect("an answer")).await, "invalid", "{claimed}");
    }
    let beyond = running.piece(&anna, &path, 40, &[7; 61]).send().await.expect("an answer");
    assert_eq!(code_of(beyond).await, "too-large");
    for checksum in ["md5 AAAA", "sha1", "sha1 !!!", "sha256 AAAA", "crc32 AAAA", ""] {
        let call = running.piece(&anna, &path, 40, &HUNDRED[..10]).header("upload-checksum", checksum);
        let answer = call.send().await.expect("an answer");
        assert!([400, 460].contains(&answer.status().as_u16()), "{checksum}");
    }
    assert_eq!(offset(&running, &anna, &path).await, "40");
    let wrong_type = running.tus(Method::PATCH, &path, &anna).header("upload-offset", 40).body("x");
    assert_eq!(wrong_type.send().await.expect("an answer").status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let done = running.piece(&anna, &path, 40, &HUNDRED[40..]).send().await.expect("an answer");
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    let after = running.piece(&anna, &path, 100, &[1]).send().await.expect("an answer");
    assert_eq!(code_of(after).await, "too-large", "nothing is added to what is complete");
    let got = running.get(&format!("/v1/photos/{}", sha256_hex(&HUNDRED)), &anna.token).await;
    assert_eq!(got.bytes().await.expect("bytes").as_ref(), HUNDRED);
}

#[tokio::test]
async fn a_checked_piece_larger_than_the_limit_is_refused_before_it_is_gathered() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let large = vec![7; CHECKED_PIECE_BYTES_MAX + 1];
    let photo = anna.new_photo(NORTH, &large);
    anna.sync();
    let path = location(&running.create_upload(&anna, photo.id, &large, "original").await);
    let checksum = |bytes: &[u8]| {
        use sha2::Digest as _;
        format!("sha256 {}", base64(&sha2::Sha256::digest(bytes)))
    };
    let more = running.piece(&anna, &path, 0, &large).header("upload-checksum", checksum(&large));
    // The server answers while the client still sends; either the answer or the closed connection arrives.
    if let Ok(answer) = more.send().await {
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(offset(&running, &anna, &path).await, "0");
    let most = &large[..CHECKED_PIECE_BYTES_MAX];
    let sent =
        running.piece(&anna, &path, 0, most).header("upload-checksum", checksum(most)).send().await.expect("an answer");
    assert_eq!(header(&sent, "upload-offset"), CHECKED_PIECE_BYTES_MAX.to_string());
}

#[tokio::test]
async fn an_upload_of_another_is_not_there_for_anybody_else() {
    let (running, anna, photo) = with_photo().await;
    let colleague = running.site.inspector("colleague", NORTH);
    let stranger = running.site.inspector("stranger", SOUTH);
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    running.piece(&anna, &path, 0, &HUNDRED[..40]).send().await.expect("an answer");
    // While its owner writes it, a stranger's request neither interrupts nor shows that it exists.
    let mut connection = begin_piece(&running, &anna, &path, 40, 60).await;
    for thief in [&colleague, &stranger] {
        for method in [Method::HEAD, Method::DELETE] {
            let answer = running.tus(method.clone(), &path, thief).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method}");
        }
        let piece = running.piece(thief, &path, 40, &HUNDRED[..10]).send().await.expect("an answer");
        assert_eq!(code_of(piece).await, "not-found");
    }
    connection.write_all(&HUNDRED[40..]).await.expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}

/// The head of a piece; the server has asked for its body, so the request is under way.
async fn begin_piece(running: &Running, device: &Device, path: &str, offset: usize, length: usize) -> TcpStream {
    let mut connection = TcpStream::connect(running.url.trim_start_matches("http://")).await.expect("connected");
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
         Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\nContent-Length: {length}\r\n\
         Expect: 100-continue\r\nConnection: close\r\n\r\n",
        device.token
    );
    connection.write_all(head.as_bytes()).await.expect("sent");
    let mut asked = [0; 25];
    connection.read_exact(&mut asked).await.expect("asked");
    connection
}

#[tokio::test]
async fn two_pieces_at_once_do_not_mix_and_the_second_stops_the_first() {
    let (running, anna, photo) = with_photo().await;
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    let mut first = begin_piece(&running, &anna, &path, 0, 100).await;
    first.write_all(&HUNDRED[..30]).await.expect("sent");
    let second = running.piece(&anna, &path, 0, &HUNDRED).send().await.expect("an answer");
    // What the first had sent counts, so the second does not begin where the upload stands.
    assert_eq!((second.status().as_u16(), code_of(second).await.as_str()), (409, "upload-offset"));
    let mut answer = String::new();
    first.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 423"), "{answer}");
    let at: usize = offset(&running, &anna, &path).await.parse().expect("a number");
    assert!(at <= 30, "{at}");
    let rest = running.piece(&anna, &path, at, &HUNDRED[at..]).send().await.expect("an answer");
    assert_eq!(rest.status(), StatusCode::NO_CONTENT);
    let got = running.get(&format!("/v1/photos/{}", sha256_hex(&HUNDRED)), &anna.token).await;
    assert_eq!(got.bytes().await.expect("bytes").as_ref(), HUNDRED);
}

#[tokio::test]
async fn a_device_revoked_in_the_middle_of_an_upload_adds_nothing_more() {
    let (running, anna, photo) = with_photo().await;
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    let mut connection = begin_piece(&running, &anna, &path, 0, 100).await;
    connection.write_all(&HUNDRED[..99]).await.expect("sent");
    running.site.server.revoke(anna.actor).expect("revoked");
    connection.write_all(&HUNDRED[99..]).await.expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("\"revoked\""), "{answer}");
    assert_eq!(files_under(&running.site.data.path().join("photos")), 0);
    let upload = running.site.data.path().join("uploads").join(path.rsplit('/').next().expect("an id"));
    assert_eq!(std::fs::metadata(upload).expect("the file").len(), 0);
}

#[tokio::test]
async fn an_ended_upload_and_paths_out_of_the_folder_are_not_there() {
    let (running, anna, photo) = with_photo().await;
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    running.tus(Method::DELETE, &path, &anna).send().await.expect("an answer");
    let long = "x".repeat(4_000);
    for id in [path.rsplit('/').next().expect("an id"), "..%2f..%2fserver.db", "%2e%2e", "..", "%00", &long, "%FF"] {
        for method in [Method::HEAD, Method::DELETE] {
            let answer = running
                .tus(method.clone(), &format!("/v1/photos/uploads/{id}"), &anna)
                .send()
                .await
                .expect("an answer");
            assert!(matches!(answer.status().as_u16(), 400 | 404 | 405), "{method} {id:.40}: {}", answer.status());
        }
        let answer =
            running.piece(&anna, &format!("/v1/photos/uploads/{id}"), 0, &HUNDRED).send().await.expect("an answer");
        assert!(matches!(answer.status().as_u16(), 400 | 404 | 405), "{id:.40}: {}", answer.status());
    }
    assert!(running.site.data.path().join("server.db").is_file());
    assert_eq!(running.get("/v1/ready", "").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_trickles_or_stops_is_ended_and_what_arrived_counts() {
    let short = Duration::from_millis(300);
    let patience = Patience { silence: short, piece: short * 3, ..Patience::default() };
    let (running, anna, photo) = with_photo_of(Running::patient(Site::on_disk(), patience).await);
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    let mut silent = begin_piece(&running, &anna, &path, 0, 100).await;
    silent.write_all(&HUNDRED[..30]).await.expect("sent");
    let mut answer = String::new();
    silent.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(offset(&running, &anna, &path).await, "30");
    // One byte in time each time, and never an end.
    let mut trickling = begin_piece(&running, &anna, &path, 30, 70).await;
    let mut every = tokio::time::interval(short / 3);
    let mut first = [0; 12];
    loop {
        tokio::select! {
            _ = every.tick() => { let _ended = trickling.write_all(&[7]).await; }
            read = trickling.read_exact(&mut first) => { read.expect("answered"); break; }
        }
    }
    assert_eq!(&first, b"HTTP/1.1 408");
    let at: usize = offset(&running, &anna, &path).await.parse().expect("a number");
    assert!((31..100).contains(&at), "{at}");
}

#[tokio::test]
async fn a_user_opens_so_many_uploads_and_no_more() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let pictures: Vec<[u8; 8]> = (0..=UPLOADS_PER_USER_MAX).map(u64::to_le_bytes).collect();
    let photos: Vec<_> = pictures.iter().map(|bytes| anna.new_photo(NORTH, bytes)).collect();
    anna.sync();
    let caller = anna.caller();
    let begin = |at: usize| {
        running.site.server.begin_upload(
            &caller,
            &sync_server::photos::NewUpload {
                doc: photos[at].id,
                kind: sync_server::storage::UploadKind::Original,
                sha256: hex::decode(sha256_hex(&pictures[at])).expect("hex").try_into().expect("32 bytes"),
                length: 8,
                mime: "image/jpeg".into(),
            },
        )
    };
    let last = photos.len() - 1;
    (0..last).for_each(|at| drop(begin(at).expect("begun")));
    assert_eq!(begin(last).expect_err("refused").code(), "uploads-too-many");
    begin(0).expect("the same picture again takes the place of its own upload");
}

#[tokio::test]
async fn a_media_type_breaks_no_header_and_runs_in_no_browser() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    for (at, said) in ["image/jpeg\r\nX-Evil: 1", "text/html", "image/svg+xml", "image/\u{0}png", "IMAGE/SVG+XML"]
        .into_iter()
        .enumerate()
    {
        let bytes = [at as u8; 10];
        let photo = anna.new_photo(NORTH, &bytes);
        anna.sync();
        let entry = |key: &str, value: &str| format!("{key} {}", base64(value.as_bytes()));
        let metadata =
            [entry("sha256", &sha256_hex(&bytes)), entry("photo", &photo.id.to_string()), entry("filetype", said)];
        let created = running.tus(Method::POST, "/v1/photos", &anna).header("upload-length", 10);
        let created = created.header("upload-metadata", metadata.join(",")).send().await.expect("an answer");
        running.piece(&anna, &location(&created), 0, &bytes).send().await.expect("an answer");
        let got = running.get(&format!("/v1/photos/{}", sha256_hex(&bytes)), &anna.token).await;
        assert_eq!(got.status(), StatusCode::OK, "{said:?}");
        assert_eq!(header(&got, "content-type"), "application/octet-stream", "{said:?}");
        assert_eq!(header(&got, "x-content-type-options"), "nosniff");
        assert!(!got.headers().contains_key("x-evil"));
    }
}

#[tokio::test]
async fn bombs_are_stored_as_bytes_and_never_decoded() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    // A PNG that says it has 60,000 x 60,000 pixels, and a WebP that says 16,383 x 16,383.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 6, 0, 0, 0, 0, 0, 0, 0]);
    let webp = b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    for bomb in [png, webp] {
        let photo = anna.new_photo(NORTH, &bomb);
        anna.sync();
        running.upload(&anna, photo.id, &bomb, "original").await;
        running.upload(&anna, photo.id, &bomb, "thumbnail").await;
        for path in ["", "/thumbnail"] {
            let got = running.get(&format!("/v1/photos/{}{path}", sha256_hex(&bomb)), &anna.token).await;
            assert_eq!(got.bytes().await.expect("bytes").as_ref(), bomb);
        }
        let shown = json_of(running.get(&format!("/v1/documents/{}", photo.id), &anna.token).await).await;
        assert_eq!(shown["custody"], "server");
    }
    // No decoder of pictures is part of the server at all.
    let manifest = include_str!("../Cargo.toml");
    for decoder in ["image", "zune-jpeg", "kamadak-exif", "fast_image_resize", "webp", "png"] {
        assert!(!manifest.lines().any(|line| line.starts_with(decoder)), "{decoder}");
    }
}
