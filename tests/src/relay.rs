//! A relay as a process of its own, that can be killed and started again.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::programs::{program, run};

/// Longest time a relay may take until it answers, or until it has passed everything on.
const WITHIN: Duration = Duration::from_secs(60);
/// How long one look at a relay waits before the next.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A running relay with its data folder.
pub struct Relay {
    child: Child,
    data: PathBuf,
    upstream: String,
    port: u16,
}

impl Relay {
    /// Starts a relay on a free port of this machine; the code is needed the first time.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn start(data: &Path, upstream: &str, code: &str) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Self::start_at(data, upstream, port, Some(code))
    }

    fn start_at(data: &Path, upstream: &str, port: u16, code: Option<&str>) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(data.join("relay.log"))?;
        let mut command = Command::new(program("sync-server")?);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--upstream", upstream]);
        if let Some(code) = code {
            command.args(["--upstream-code", code]);
        }
        let child = command
            .arg("--data")
            .arg(data)
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .spawn()
            .context("cannot start the relay")?;
        let mut relay = Self { child, data: data.to_owned(), upstream: upstream.to_owned(), port };
        relay.wait("answer", |relay| Ok(relay.asked().is_some()))?;
        Ok(relay)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process number, for killing it from elsewhere.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    fn asked(&self) -> Option<Value> {
        reqwest::blocking::get(format!("{}/v1/relay", self.url())).ok()?.json().ok()
    }

    /// What `relay status` says.
    ///
    /// # Errors
    /// When it fails.
    pub fn status(&self) -> Result<Value> {
        let output =
            run(Command::new(program("sync-server")?).args(["relay", "status", "--json", "--data"]).arg(&self.data))?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Waits until nothing waits in it any more.
    ///
    /// # Errors
    /// When that takes too long.
    pub fn wait_until_empty(&mut self) -> Result<()> {
        self.wait("pass everything on", |relay| {
            let waiting = relay.asked().context("no answer")?["waiting"].clone();
            Ok(waiting["batches"] == 0 && waiting["photos"] == 0)
        })
    }

    fn wait(&mut self, what: &str, is_so: impl Fn(&Self) -> Result<bool>) -> Result<()> {
        let started = Instant::now();
        while !is_so(self)? {
            let log = || std::fs::read_to_string(self.data.join("relay.log")).unwrap_or_default();
            ensure!(self.child.try_wait()?.is_none(), "the relay ended before it did {what}:\n{}", log());
            ensure!(started.elapsed() < WITHIN, "the relay did not {what} within {WITHIN:?}:\n{}", log());
            pause();
        }
        Ok(())
    }

    /// Kills it without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        // Something else may have killed it already.
        let _ = self.child.kill();
        self.child.wait()?;
        Ok(())
    }

    /// Kills it if it still runs, and starts it again on the same data and port, without a code.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        *self = Self::start_at(&self.data, &self.upstream, self.port, None)?;
        Ok(())
    }

    /// Waits until something else has killed it.
    ///
    /// # Errors
    /// When it still runs after a while.
    pub fn wait_until_killed(&mut self) -> Result<()> {
        let started = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(started.elapsed() < WITHIN, "the relay still runs: {}", self.status()?);
            pause();
        }
        Ok(())
    }
}

/// A channel that nobody writes to gives the pause between two looks.
fn pause() {
    let (_keep, silent) = std::sync::mpsc::channel::<()>();
    let _ = silent.recv_timeout(LOOK_EVERY);
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a relay that is expected to refuse.
///
/// # Errors
/// When it cannot be started.
pub fn start_refused(data: &Path, upstream: &str) -> Result<Output> {
    let mut command = Command::new(program("sync-server")?);
    command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--upstream", upstream, "--data"]).arg(data);
    command.output().context("cannot start the relay")
}
