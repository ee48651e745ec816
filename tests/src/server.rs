//! A server as a process of its own, that can be killed and started again.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::programs::{program, run};

/// Longest time a server may take until it says it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running server with its data folder.
pub struct Server {
    child: Child,
    data: PathBuf,
    port: u16,
}

impl Server {
    /// Starts a server on a free port of this machine.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start(data: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Self::start_at(data, port)
    }

    /// Starts a server with form files dropped into its data folder's `forms`.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_with_form(data: &Path, form: &Path) -> Result<Self> {
        std::fs::create_dir_all(data.join("forms"))?;
        std::fs::copy(form, data.join("forms").join(form.file_name().context("a file")?))?;
        Self::start(data)
    }

    /// Starts a server on a given port.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_at(data: &Path, port: u16) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(data.join("server.log"))?;
        let child = Command::new(program("sync-server")?)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(data)
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .spawn()
            .context("cannot start sync-server")?;
        let mut server = Self { child, data: data.to_owned(), port };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        let client = reqwest::blocking::Client::new();
        loop {
            if client.get(format!("{}/v1/ready", self.url())).send().is_ok_and(|a| a.status().is_success()) {
                return Ok(());
            }
            let log = || std::fs::read_to_string(self.data.join("server.log")).unwrap_or_default();
            ensure!(self.child.try_wait()?.is_none(), "the server ended before it was ready:\n{}", log());
            ensure!(started.elapsed() < READY_WITHIN, "the server is not ready after {READY_WITHIN:?}:\n{}", log());
            std::thread::yield_now();
        }
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

    /// Runs another subcommand of the same program on the same data.
    ///
    /// # Errors
    /// When it fails.
    pub fn admin(&self, args: &[&str]) -> Result<String> {
        let output = run(Command::new(program("sync-server")?).args(args).arg("--data").arg(&self.data))?;
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Adds a user; `towns` as `all` or comma-separated codes.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn add_user(&self, name: &str, role: &str, towns: &str, password: &str) -> Result<()> {
        add_user(&self.data, name, role, towns, password)
    }

    /// A fresh enrolment code for a user.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn code(&self, name: &str) -> Result<String> {
        code(&self.data, name)
    }

    /// Kills the server without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again on the same data and port.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn restart(&mut self) -> Result<()> {
        let _ = self.child.wait();
        *self = Self::start_at(&self.data, self.port)?;
        Ok(())
    }

    /// A login for the console's calls.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn login(&self, name: &str, password: &str) -> Result<String> {
        let body = serde_json::json!({"name": name, "password": password});
        let answer = reqwest::blocking::Client::new().post(format!("{}/v1/sessions", self.url())).json(&body).send()?;
        let answer: Value = answer.error_for_status()?.json()?;
        Ok(answer["token"].as_str().context("a session has a token")?.to_owned())
    }

    /// A call of the console with a login.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn get(&self, token: &str, path: &str) -> Result<Value> {
        let client = reqwest::blocking::Client::new();
        let answer = client.get(format!("{}{path}", self.url())).bearer_auth(token).send()?;
        Ok(answer.error_for_status()?.json()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Adds a user to the server with this data folder; `towns` as `all` or comma-separated codes.
///
/// # Errors
/// When the server refuses.
pub fn add_user(data: &Path, name: &str, role: &str, towns: &str, password: &str) -> Result<()> {
    use std::io::Write;
    let mut child = Command::new(program("sync-server")?)
        .args(["user", "add", name, "--role", role, "--town", towns, "--password-stdin", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    child.stdin.take().context("the pipe that was asked for")?.write_all(password.as_bytes())?;
    ensure!(child.wait()?.success(), "user add {name} failed");
    Ok(())
}

/// A fresh enrolment code for a user of the server with this data folder.
///
/// # Errors
/// When the server refuses.
pub fn code(data: &Path, name: &str) -> Result<String> {
    let printed = run(Command::new(program("sync-server")?).args(["enrol", name, "--json", "--data"]).arg(data))?;
    let printed: Value = serde_json::from_slice(&printed.stdout)?;
    Ok(printed["code"].as_str().context("enrol prints a code")?.to_owned())
}
