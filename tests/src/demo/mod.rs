//! `make demo`: the main job from end to end with real programs, real photographs and a server that is killed.
//!
//! Two inspectors, a township crew and a supervisor, each a process of their own with a home of their own. It prints
//! what it does and a final table, and fails at the first check that does not hold.

mod records;
mod scenes;
mod seed;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{Device, Proxy, Server};

pub use seed::seed;

/// The township the story plays in: 太师屯镇.
pub const TOWN: &str = "110118107";
/// The password of every demo user; for a server on this machine only.
pub const PASSWORD: &str = "shanxun-demo-2026";

/// The people and machines of the story.
pub struct Cast {
    /// Where everything lies.
    pub folder: PathBuf,
    /// The server.
    pub server: Server,
    /// The link the first inspector's device uses.
    pub link: Proxy,
    /// Inspector 张海涛.
    pub zhang: Device,
    /// Inspector 李雪.
    pub li: Device,
    /// Dust-control crew, 陈桂芳.
    pub crew: Device,
    /// Supervisor 周敏.
    pub zhou: Device,
    checks: Vec<(String, String)>,
}

impl Cast {
    /// Everybody with fresh homes below a folder, the server running.
    ///
    /// # Errors
    /// When the server does not start.
    pub fn new(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let server = Server::start(&folder.join("server"))?;
        for (name, role, towns) in [
            ("张海涛", "inspector", TOWN),
            ("李雪", "inspector", TOWN),
            ("陈桂芳", "dust-team", TOWN),
            ("周敏", "supervisor", "all"),
            ("管理员", "admin", "all"),
        ] {
            server.add_user(name, role, towns, PASSWORD)?;
        }
        let link = Proxy::to(server.port())?;
        let device = |name| Device::new(folder, name);
        Ok(Self {
            link,
            zhang: device("zhang-phone"),
            li: device("li-tablet"),
            crew: device("crew-phone"),
            zhou: device("zhou-laptop"),
            folder: folder.to_owned(),
            server,
            checks: Vec::new(),
        })
    }

    fn devices(&self) -> [&Device; 4] {
        [&self.zhang, &self.li, &self.crew, &self.zhou]
    }

    fn say(&self, text: &str) {
        println!("   {text}");
    }

    /// Fails unless something holds; what holds goes into the final table.
    fn check(&mut self, what: &str, holds: bool, detail: &str) -> Result<()> {
        ensure!(holds, "NOT TRUE: {what}: {detail}");
        println!("   ✓ {what} ({detail})");
        self.checks.push((what.to_owned(), detail.to_owned()));
        Ok(())
    }

    fn table(&self) {
        println!("\n── what held ──");
        for (what, detail) in &self.checks {
            println!("  ok  {what}: {detail}");
        }
        println!("homes, server data and exports: {}", self.folder.display());
        println!("{} passed, 0 failed", self.checks.len());
    }
}

/// Runs the whole story below a folder that must not hold an earlier one.
///
/// # Errors
/// At the first thing that does not hold.
pub fn run(folder: &Path) -> Result<()> {
    ensure!(
        !folder.join("server").exists(),
        "{} holds an earlier demo; remove it or name another folder",
        folder.display()
    );
    let mut cast = Cast::new(folder)?;
    scenes::play(&mut cast)?;
    cast.table();
    Ok(())
}

/// What must be equal everywhere: everything `show` says but custody, which is each device's own view.
fn facts(shown: &Value) -> Value {
    let mut facts = Value::Object(serde_json::Map::new());
    for key in ["id", "type", "kind", "state", "values", "conflicts"] {
        facts[key] = shown[key].clone();
    }
    facts
}
