//! Rules about this repository that are easier to test than to remember.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Longest source file, lines.
const LINES_MAX: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Every Rust source of the given folders.
fn sources(folders: &[&str]) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|f| root().join(f)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path)?;
                found.push((path, text));
            }
        }
    }
    Ok(found)
}

const EVERYTHING: &[&str] =
    &["crates/domain/src", "crates/domain/tests", "crates/device", "sync-server", "src-tauri/src", "tests"];

/// The names of a member's dependencies that are members themselves, and of all of them.
fn dependencies(member: &str) -> Result<Vec<String>> {
    let manifest: BTreeMap<String, toml::Value> =
        toml::from_str(&std::fs::read_to_string(root().join(member).join("Cargo.toml"))?)?;
    let table = manifest.get("dependencies").and_then(toml::Value::as_table).context("dependencies")?;
    Ok(table.keys().cloned().collect())
}

#[test]
fn dependencies_point_one_way() -> Result<()> {
    let members = ["domain", "device", "sync-server", "shanxun-app", "shanxun-tests"];
    let allowed: &[(&str, &[&str])] = &[
        ("crates/domain", &[]),
        ("crates/device", &["domain"]),
        ("sync-server", &["domain"]),
        ("src-tauri", &["device", "domain"]),
    ];
    for (member, may) in allowed {
        let used: Vec<String> = dependencies(member)?.into_iter().filter(|d| members.contains(&d.as_str())).collect();
        assert!(used.iter().all(|d| may.contains(&d.as_str())), "{member} may not depend on {used:?}");
    }
    Ok(())
}

#[test]
fn the_window_library_stays_in_the_shell() -> Result<()> {
    for member in ["crates/domain", "crates/device", "sync-server", "tests"] {
        let used = dependencies(member)?;
        assert!(!used.iter().any(|d| d.starts_with("tauri")), "{member} depends on Tauri");
    }
    Ok(())
}

#[test]
fn the_domain_reads_no_clock_file_or_socket() -> Result<()> {
    let forbidden =
        ["SystemTime", "Instant::now", "Utc::now", "Local::now", "std::fs", "std::net", "async fn", "std::env"];
    for (path, text) in sources(&["crates/domain/src"])? {
        for word in forbidden {
            let line = text.lines().position(|l| l.contains(word) && !l.trim_start().starts_with("//"));
            assert!(line.is_none(), "{}:{} has {word}", path.display(), line.unwrap_or_default() + 1);
        }
    }
    Ok(())
}

#[test]
fn only_one_file_knows_the_crdt_crate() -> Result<()> {
    for (path, text) in sources(&["crates/domain/src", "crates/device/src", "sync-server/src"])? {
        let uses = text
            .lines()
            .any(|l| l.starts_with("use crdts") || l.contains("crdts::") && !l.trim_start().starts_with("//"));
        assert!(!uses || path.ends_with("register.rs"), "{} uses crdts", path.display());
    }
    Ok(())
}

#[test]
fn sql_lives_with_the_stores() -> Result<()> {
    // A GeoPackage is a database that is handed over; a relay's spool is a store of its own.
    let homes = ["store", "storage", "export", "spool"];
    for (path, text) in sources(&["crates/device/src", "sync-server/src", "src-tauri/src"])? {
        let at_home = path.components().any(|c| homes.iter().any(|h| c.as_os_str() == *h));
        let uses = text.contains("rusqlite::") && text.contains("prepare");
        assert!(at_home || !uses, "{} runs SQL", path.display());
    }
    Ok(())
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() -> Result<()> {
    for (path, text) in sources(EVERYTHING)? {
        assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
    }
    Ok(())
}

#[test]
fn no_test_is_skipped_and_none_sleeps() -> Result<()> {
    let (skip, sleep) = (concat!("#[ig", "nore"), concat!("thread::sl", "eep"));
    for (path, text) in sources(EVERYTHING)? {
        assert!(!text.contains(skip), "{} skips a test", path.display());
        let is_test = path.components().any(|c| c.as_os_str() == "tests");
        assert!(!is_test || !text.contains(sleep), "{} sleeps", path.display());
    }
    Ok(())
}
