//! Photos over tus: nothing is lost, nothing is sent twice, nobody sees what is not theirs.

mod common;

use common::http::{Running, base64, code_of, header, json_of, location, sha256_hex};
use common::{NORTH, SOUTH, Site, text};
use domain::{DocType, Role};
use reqwest::{Method, StatusCode};
use sha2::Digest;

const HUNDRED: [u8; 100] = [7; 100];

#[tokio::test]
async fn an_upload_in_pieces_arrives_and_everyone_of_the_township_learns_it() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let mut bo = running.site.inspector("bo", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    bo.sync();
    assert_eq!(bo.held.get(&photo.id), Some(&false));
    let created = running.create_upload(&anna, photo.id, &HUNDRED, "original").await;
    assert_eq!(created.status(), StatusCode::CREATED);
    assert!(!header(&created, "upload-expires").is_empty());
    let path = location(&created);
    let first = running.piece(&anna, &path, 0, &HUNDRED[..60]).send().await.expect("an answer");
    assert_eq!((first.status(), header(&first, "upload-offset").as_str()), (StatusCode::NO_CONTENT, "60"));
    // The answer was lost: the device asks where it stands.
    let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
    assert_eq!((header(&head, "upload-offset").as_str(), header(&head, "upload-length").as_str()), ("60", "100"));
    let twice = running.piece(&anna, &path, 0, &HUNDRED[..60]).send().await.expect("an answer");
    assert_eq!(twice.status(), StatusCode::CONFLICT);
    let rest = running.piece(&anna, &path, 60, &HUNDRED[60..]).send().await.expect("an answer");
    assert_eq!(rest.status(), StatusCode::NO_CONTENT);
    // Also after the end HEAD says so, should that answer be lost too.
    let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
    assert_eq!(header(&head, "upload-offset"), "100");
    bo.sync();
    anna.sync();
    assert_eq!((bo.held.get(&photo.id), anna.held.get(&photo.id)), (Some(&true), Some(&true)));
    let got = running.get(&format!("/v1/photos/{}", sha256_hex(&HUNDRED)), &bo.token).await;
    assert_eq!(header(&got, "content-type"), "image/jpeg");
    assert_eq!(got.bytes().await.expect("bytes").as_ref(), HUNDRED);
}

#[tokio::test]
async fn a_damaged_piece_does_not_count_and_a_wrong_whole_is_dropped() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    let sha1 = format!("sha1 {}", base64(&sha1::Sha1::digest(&HUNDRED[..50])));
    let damaged = running.piece(&anna, &path, 0, &[8; 50]).header("upload-checksum", &sha1);
    let damaged = damaged.send().await.expect("an answer");
    assert_eq!((damaged.status().as_u16(), code_of(damaged).await.as_str()), (460, "checksum-mismatch"));
    let sound = running.piece(&anna, &path, 0, &HUNDRED[..50]).header("upload-checksum", &sha1);
    assert_eq!(header(&sound.send().await.expect("an answer"), "upload-offset"), "50");
    let wrong = running.piece(&anna, &path, 50, &[9; 50]).send().await.expect("an answer");
    assert_eq!((wrong.status().as_u16(), code_of(wrong).await.as_str()), (460, "content-mismatch"));
    let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
    running.upload(&anna, photo.id, &HUNDRED, "original").await;
}

#[tokio::test]
async fn what_the_user_could_read_already_is_not_sent_again() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let (first, second) = (anna.new_photo(NORTH, &HUNDRED), anna.new_photo(NORTH, &HUNDRED));
    anna.sync();
    running.upload(&anna, first.id, &HUNDRED, "original").await;
    let created = running.create_upload(&anna, second.id, &HUNDRED, "original").await;
    assert_eq!((created.status(), header(&created, "shanxun-held").as_str()), (StatusCode::CREATED, "true"));
    assert_eq!(header(&created, "upload-offset"), "100");
    anna.sync();
    assert_eq!(anna.held.get(&second.id), Some(&true));
}

#[tokio::test]
async fn naming_a_foreign_photo_opens_nothing() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let mut thief = running.site.inspector("thief", SOUTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    running.upload(&anna, photo.id, &HUNDRED, "original").await;
    running.upload(&anna, photo.id, &[1, 2, 3], "thumbnail").await;
    let own = thief.new_photo(SOUTH, &HUNDRED);
    thief.sync();
    assert!(thief.refused.is_empty());
    let created = running.create_upload(&thief, own.id, &HUNDRED, "original").await;
    assert_eq!(header(&created, "shanxun-held"), "", "the bytes themselves are asked for");
    let hash = sha256_hex(&HUNDRED);
    for path in [format!("/v1/photos/{hash}"), format!("/v1/photos/{hash}/thumbnail")] {
        assert_eq!(running.get(&path, &thief.token).await.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(running.get(&path, &anna.token).await.status(), StatusCode::OK, "{path}");
    }
    // Neither the record, nor the upload of another.
    let foreign = running.create_upload(&thief, photo.id, &HUNDRED, "original").await;
    assert_eq!(code_of(foreign).await, "photo-unknown");
    let path = location(&created);
    let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
    let unknown = anna.new_doc(DocType::Site, "noise", &[("name", text("no photo"))]);
    assert_eq!(code_of(running.create_upload(&anna, unknown.id, &HUNDRED, "original").await).await, "photo-unknown");
}

#[tokio::test]
async fn an_upload_survives_the_end_of_the_process() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    running.piece(&anna, &path, 0, &HUNDRED[..30]).send().await.expect("an answer");
    let (environment, _clock) = common::environment();
    let data = running.site.data.path().to_path_buf();
    let forms = domain::forms::Catalogue::embedded().clone();
    let again = sync_server::Server::open(sync_server::Config { data, forms, environment }).expect("opens");
    let id = path.rsplit('/').next().expect("an id");
    let caller = again.authenticate(&anna.token).expect("known");
    let progress = again.upload_progress(&caller, id).expect("there");
    assert_eq!(progress.offset, 30);
    let done = again.append(&progress, &HUNDRED[30..]).expect("appended");
    assert!(done.held);
}

#[tokio::test]
async fn a_server_that_ended_after_the_last_piece_finishes_the_upload_when_it_is_asked() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    for (bytes, status) in [([8; 100], 460), (HUNDRED, 200)] {
        let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
        let id = path.rsplit('/').next().expect("an id");
        // The process ended here: the bytes are on the disk, nobody looked at them.
        running.site.server.files().append_upload(id, 0, &bytes).expect("appended");
        let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
        assert_eq!(head.status().as_u16(), status);
        let hash = sha256_hex(&HUNDRED);
        let got = running.get(&format!("/v1/photos/{hash}"), &anna.token).await;
        // What HEAD says is all there is held, or it does not say so.
        assert_eq!(got.status() == StatusCode::OK, status == 200);
    }
    anna.sync();
    assert_eq!(anna.held.get(&photo.id), Some(&true));
    assert!(running.site.server.files().uploads().expect("listed").is_empty());
}

#[test]
fn files_of_uploads_that_nobody_knows_are_swept() {
    let site = Site::on_disk();
    let uploads = site.data.path().join("uploads");
    std::fs::create_dir(&uploads).expect("made");
    std::fs::write(uploads.join("0123"), b"left by a kill").expect("written");
    site.server.sweep().expect("swept");
    assert!(site.server.files().uploads().expect("listed").is_empty());
}

#[tokio::test]
async fn limits_expiry_and_termination() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    let capabilities = running.call(Method::OPTIONS, "/v1/photos", None).send().await.expect("an answer");
    assert_eq!(header(&capabilities, "tus-version"), "1.0.0");
    assert!(header(&capabilities, "tus-extension").contains("checksum"));
    let no_version = running.call(Method::POST, "/v1/photos", Some(&anna.token)).send().await.expect("an answer");
    assert_eq!(no_version.status(), StatusCode::PRECONDITION_FAILED);
    let large = running.tus(Method::POST, "/v1/photos", &anna).header("upload-length", 1u64 << 40);
    let large = large.header("upload-metadata", common::http::metadata(photo.id, &HUNDRED, "original"));
    assert_eq!(large.send().await.expect("an answer").status(), StatusCode::PAYLOAD_TOO_LARGE);
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    let beyond = running.piece(&anna, &path, 0, &[7; 101]).send().await.expect("an answer");
    assert_eq!(beyond.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let ended = running.tus(Method::DELETE, &path, &anna).send().await.expect("an answer");
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    running.site.clock.advance(8 * 24 * 3600 * 1000);
    let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
    assert_eq!(head.status(), StatusCode::GONE);
    running.site.server.sweep().expect("swept");
    let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_record_counts_as_here_only_when_all_its_photos_are() {
    let running = Running::new().await;
    let mut boss = running.site.device("boss", Role::Supervisor, None);
    let photo = boss.new_photo(NORTH, &HUNDRED);
    boss.sync();
    let plot = boss.texts(photo.id, "of").remove(0);
    let shown = json_of(running.get(&format!("/v1/documents/{plot}"), &boss.token).await).await;
    assert_eq!((&shown["custody"], &shown["photos"][0]["custody"]), (&"device".into(), &"device".into()));
    running.upload(&boss, photo.id, &HUNDRED, "original").await;
    let shown = json_of(running.get(&format!("/v1/documents/{plot}"), &boss.token).await).await;
    assert_eq!(shown["custody"], "server");
    assert_eq!(shown["photos"][0]["sha256"], sha256_hex(&HUNDRED).as_str());
}

#[test]
fn a_server_in_memory_needs_no_folder_until_a_photo_comes() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    assert_eq!(std::fs::read_dir(site.data.path()).expect("the folder").count(), 0);
}

#[tokio::test]
async fn the_offset_told_holds_though_a_silent_call_still_has_the_upload() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    let path = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    // The link goes down within the piece: no end and no error reaches the server.
    let address = running.url.trim_start_matches("http://");
    let mut silent = tokio::net::TcpStream::connect(address).await.expect("connected");
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        anna.token
    );
    silent.write_all(head.as_bytes()).await.expect("sent");
    // The server says so when it begins to read the body, so the upload is that call's now.
    let mut said = [0; 12];
    silent.read_exact(&mut said).await.expect("read");
    assert_eq!(&said, b"HTTP/1.1 100");
    silent.write_all(&HUNDRED[..40]).await.expect("sent");
    let head = running.tus(Method::HEAD, &path, &anna).send().await.expect("an answer");
    let reached: usize = header(&head, "upload-offset").parse().expect("an offset");
    assert!([0, 40].contains(&reached), "{reached}");
    let rest = running.piece(&anna, &path, reached, &HUNDRED[reached..]).send().await.expect("an answer");
    assert_eq!((rest.status(), header(&rest, "upload-offset").as_str()), (StatusCode::NO_CONTENT, "100"));
}

#[tokio::test]
async fn an_upload_that_is_begun_again_replaces_the_unfinished_one() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    let lost = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    let other = location(&running.create_upload(&anna, photo.id, &HUNDRED, "thumbnail").await);
    let again = location(&running.create_upload(&anna, photo.id, &HUNDRED, "original").await);
    let status = async |path: &str| running.tus(Method::HEAD, path, &anna).send().await.expect("an answer").status();
    assert_eq!(status(&lost).await, StatusCode::NOT_FOUND);
    assert_eq!((status(&other).await, status(&again).await), (StatusCode::OK, StatusCode::OK));
}

#[tokio::test]
async fn the_first_bytes_may_come_with_the_announcement_and_the_method_in_a_header() {
    let running = Running::new().await;
    let mut anna = running.site.inspector("anna", NORTH);
    let photo = anna.new_photo(NORTH, &HUNDRED);
    anna.sync();
    let created = running
        .tus(Method::POST, "/v1/photos", &anna)
        .header("upload-length", 100)
        .header("upload-metadata", common::http::metadata(photo.id, &HUNDRED, "original"))
        .header("content-type", "application/offset+octet-stream")
        .body(HUNDRED[..30].to_vec());
    let created = created.send().await.expect("an answer");
    assert_eq!((created.status(), header(&created, "upload-offset").as_str()), (StatusCode::CREATED, "30"));
    let path = location(&created);
    let bare = running.tus(Method::POST, &path, &anna).send().await.expect("an answer");
    assert_eq!(bare.status(), StatusCode::BAD_REQUEST);
    let rest = running
        .tus(Method::POST, &path, &anna)
        .header("x-http-method-override", "PATCH")
        .header("content-type", "application/offset+octet-stream")
        .header("upload-offset", 30)
        .body(HUNDRED[30..].to_vec());
    assert_eq!(rest.send().await.expect("an answer").status(), StatusCode::NO_CONTENT);
}
