//! Files that are no database of this program and age: refused with a clear word and left as they are.

use std::path::Path;

use anyhow::{Result, ensure};
use device::capture::verify;
use device::{Home, Key, Now};
use domain::forms::Catalogue;
use shanxun_tests::Device;
use shanxun_tests::crash::Dice;
use sync_server::{Config, Environment, NewUser, Server};

fn home_with_a_site(folder: &Path) -> Result<Device> {
    let device = Device::new(folder, "phone");
    device.create(&["new", "site", "noise", "--set", "name=东门", "--set", "town=110118101"])?;
    Ok(device)
}

fn open_server(data: &Path) -> Result<Server, sync_server::ServerError> {
    let forms = Catalogue::embedded().clone();
    Server::open(Config { data: data.into(), forms, environment: Environment::system() })
}

fn server_data(data: &Path) -> Result<()> {
    let user = NewUser { name: "anna".into(), role: domain::Role::Inspector, towns: None, password: None };
    open_server(data)?.add_user(&user)?;
    Ok(())
}

/// Puts something in the place of a file.
fn replace(path: &Path, content: Option<&[u8]>) -> Result<()> {
    std::fs::remove_file(path)?;
    match content {
        Some(bytes) => std::fs::write(path, bytes)?,
        None => std::fs::create_dir(path)?,
    }
    Ok(())
}

#[test]
fn a_home_whose_database_is_something_else_says_so_and_is_left_alone() -> Result<()> {
    let garbage = [0x37; 20_000];
    let cases: [(&str, Option<&[u8]>, &str); 4] = [
        ("empty", Some(b""), "database-unusable"),
        ("a folder", None, "database-unusable"),
        ("garbage", Some(&garbage), "wrong-key"),
        ("another program's", Some(b"SQLite format 3\0 and so on"), "wrong-key"),
    ];
    for (what, content, code) in cases {
        let folder = tempfile::tempdir()?;
        let device = home_with_a_site(folder.path())?;
        let file = device.home().join("device.db");
        replace(&file, content)?;
        for command in [&["list"] as &[&str], &["new", "site", "noise", "--set", "name=西门"]] {
            ensure!(device.refuse(command)? == code, "{what}");
        }
        if let Some(content) = content {
            ensure!(std::fs::read(&file)? == content, "{what} was written to");
        }
    }
    Ok(())
}

#[test]
fn a_database_that_vanished_from_beside_its_log_is_not_begun_anew() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let device = home_with_a_site(folder.path())?;
    let kept = Home::open(device.home(), &Key::Stored, &[], &mut Now::system())?;
    device.create(&["new", "site", "noise", "--set", "name=西门", "--set", "town=110118101"])?;
    std::fs::remove_file(device.home().join("device.db"))?;
    ensure!(device.refuse(&["list"])? == "database-unusable");
    drop(kept);
    Ok(())
}

#[test]
fn an_empty_key_never_means_no_encryption() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    std::fs::create_dir(&home)?;
    std::fs::write(home.join("key"), "")?;
    let refused = Home::open(&home, &Key::Stored, &[], &mut Now::system());
    ensure!(refused.is_err_and(|e| e.code() == "key-missing"));
    ensure!(!home.join("device.db").exists());
    let refused = Home::open(&home, &Key::Passphrase(String::new()), &[], &mut Now::system());
    ensure!(refused.is_err_and(|e| e.code() == "key-missing"));
    Ok(())
}

#[test]
fn a_cut_or_rotten_database_never_passes_for_sound() -> Result<()> {
    let mut dice = Dice::of_environment("rotten");
    let folder = tempfile::tempdir()?;
    let device = home_with_a_site(folder.path())?;
    let file = device.home().join("device.db");
    let sound = std::fs::read(&file)?;
    let pages = sound.len() / 4096;
    let mut damaged: Vec<(String, Vec<u8>)> = Vec::new();
    for page in 0..pages {
        let at = page * 4096 + dice.below(4096) as usize;
        let mut flipped = sound.clone();
        flipped[at] ^= 1 << dice.below(8);
        damaged.push((format!("a flip at {at}"), flipped));
        damaged.push((format!("a cut at {at}"), sound[..at].to_vec()));
    }
    for (what, bytes) in damaged {
        std::fs::write(&file, &bytes)?;
        match Home::open(device.home(), &Key::Stored, &[], &mut Now::system()) {
            Err(error) => {
                let clear = ["wrong-key", "database-unusable", "damaged"].contains(&error.code());
                ensure!(clear, "{what}: {} {error}", error.code());
            }
            Ok(home) => {
                let faults = verify(&home.store);
                ensure!(faults.as_ref().map_or(true, |faults| !faults.is_empty()), "{what} passes for sound");
                if let Err(error) = faults {
                    ensure!(error.code() == "damaged", "{what}: {} {error}", error.code());
                }
            }
        }
    }
    std::fs::write(&file, &sound)?;
    let home = Home::open(device.home(), &Key::Stored, &[], &mut Now::system())?;
    ensure!(verify(&home.store)?.is_empty());
    Ok(())
}

#[test]
fn a_server_whose_database_is_something_else_says_so_and_is_left_alone() -> Result<()> {
    let garbage = [0x37; 20_000];
    let cases: [(&str, Option<&[u8]>); 3] = [("empty", Some(b"")), ("a folder", None), ("garbage", Some(&garbage))];
    for (what, content) in cases {
        let folder = tempfile::tempdir()?;
        server_data(folder.path())?;
        let file = folder.path().join("server.db");
        replace(&file, content)?;
        let refused = open_server(folder.path()).err().map(|e| e.code().to_owned());
        ensure!(refused.as_deref() == Some("data-damaged"), "{what}: {refused:?}");
        if let Some(content) = content {
            ensure!(std::fs::read(&file)? == content, "{what} was written to");
        }
    }
    Ok(())
}

#[test]
fn a_cut_server_database_is_refused_or_found_by_check_and_never_panics() -> Result<()> {
    let folder = tempfile::tempdir()?;
    server_data(folder.path())?;
    let file = folder.path().join("server.db");
    let sound = std::fs::read(&file)?;
    for page in 1..sound.len() / 4096 {
        std::fs::write(&file, &sound[..page * 4096])?;
        match open_server(folder.path()) {
            Err(error) => ensure!(error.code() == "data-damaged", "cut to {page} pages: {error}"),
            // Pages at the end may be empty tables that nothing reads yet.
            Ok(server) => drop(server.check()),
        }
    }
    Ok(())
}

#[test]
fn an_older_server_refuses_a_newer_database_unless_that_says_it_may() -> Result<()> {
    let folder = tempfile::tempdir()?;
    server_data(folder.path())?;
    let file = folder.path().join("server.db");
    let newer = |needs: u32| -> Result<()> {
        let db = rusqlite::Connection::open(&file)?;
        db.pragma_update(None, "user_version", 9)?;
        db.execute("update meta set value = ?1 where name = 'min_reader'", [needs.to_be_bytes()])?;
        Ok(())
    };
    newer(1)?;
    ensure!(open_server(folder.path()).is_ok());
    newer(9)?;
    let before = std::fs::read(&file)?;
    let refused = open_server(folder.path()).err().expect("refused");
    ensure!(refused.code() == "data-newer" && refused.to_string().contains("update"), "{refused}");
    ensure!(std::fs::read(&file)? == before, "the newer database was written to");
    Ok(())
}
