//! Ending real programs at seeded moments, as a dead battery would.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

/// Longest time any program may take that nobody kills.
const PATIENCE: Duration = Duration::from_secs(120);

/// Seeded chance (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// With the seed of `SHANXUN_CRASH_SEED`, else a fresh one; prints it, so that a failure can be run again.
    #[must_use]
    pub fn of_environment(test: &str) -> Self {
        let given = std::env::var("SHANXUN_CRASH_SEED").ok().and_then(|text| text.trim().parse().ok());
        let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64 % 1_000_000_007);
        let seed = given.unwrap_or_else(fresh);
        println!("{test}: SHANXUN_CRASH_SEED={seed}");
        Self(seed)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n.max(1)
    }

    /// A time up to `most`.
    pub fn moment(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// How many kills a test makes: `SHANXUN_CRASH_KILLS` if it is set (`make crash`), else what fits into `make test`.
#[must_use]
pub fn kills(default: usize) -> usize {
    std::env::var("SHANXUN_CRASH_KILLS").ok().and_then(|text| text.trim().parse().ok()).unwrap_or(default)
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Whole lines it printed; what a kill cut off is no line.
    pub lines: Vec<String>,
    /// Whether it was killed before it ended by itself.
    pub killed: bool,
    /// How the system says it ended.
    pub status: ExitStatus,
    /// How long it ran.
    pub ran: Duration,
}

/// A program under way.
pub struct Running {
    child: Child,
    printed: mpsc::Receiver<String>,
    /// What was printed, once it ended by itself.
    text: Option<String>,
    started: Instant,
}

/// Starts a program whose standard output is read.
///
/// # Errors
/// When it cannot be started.
pub fn start(command: &mut Command) -> Result<Running> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let mut out = child.stdout.take().context("the pipe that was asked for")?;
    let (send, printed) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        // A pipe that breaks has given what it had.
        let _ = out.read_to_end(&mut text);
        let _ = send.send(String::from_utf8_lossy(&text).into_owned());
    });
    Ok(Running { child, printed, text: None, started: Instant::now() })
}

impl Running {
    /// Waits for its end; true if it still runs after the time.
    pub fn outlived(&mut self, moment: Duration) -> bool {
        if self.text.is_none() {
            self.text = self.printed.recv_timeout(moment).ok();
        }
        self.text.is_none()
    }

    /// Kills it (SIGKILL) when the time is over, unless it ended before.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill_after(mut self, moment: Duration) -> Result<Ended> {
        let killed = self.outlived(moment);
        if killed {
            self.child.kill()?;
        }
        let status = self.child.wait()?;
        let ran = self.started.elapsed();
        let text = match self.text.take() {
            Some(text) => text,
            None => self.printed.recv_timeout(PATIENCE).context("what it printed")?,
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = whole.lines().map(str::to_owned).collect();
        // It may have ended by itself in the last moment.
        Ok(Ended { lines, killed: killed && status.code().is_none(), status, ran })
    }

    /// Lets it end by itself.
    ///
    /// # Errors
    /// When it does not.
    pub fn finish(self) -> Result<Ended> {
        self.kill_after(PATIENCE)
    }
}
