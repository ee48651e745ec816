//! A link with weather: delay, jitter and resets at seeded random bytes, in both directions, and a record of every
//! request that passed upwards, so that a test can say what was sent, in which order, and how often.

mod requests;

use std::net::TcpListener;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use requests::Reader;
pub use requests::Request;

/// Bytes that pass at once: what one delay holds up.
const PIECE_BYTES: usize = 4 * 1024;

/// What a link does to those who use it; everything defaults to fine weather.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    /// Every random number follows from it.
    pub seed: u64,
    /// Every piece waits so long …
    pub delay: Duration,
    /// … and at random up to so much longer.
    pub jitter: Duration,
    /// The connection is reset after so many further bytes, both directions together; empty for never.
    pub reset_after_bytes: Range<u64>,
    /// No more resets than this.
    pub resets_max: u64,
}

/// What passed so far.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// Bytes upwards.
    pub bytes_up: u64,
    /// Bytes downwards.
    pub bytes_down: u64,
    /// Connections made.
    pub connections: u64,
    /// Connections reset.
    pub resets: u64,
    /// The requests in the order in which they began.
    pub requests: Vec<Request>,
}

impl Passed {
    /// The bytes of photos in bodies that passed upwards, also those that had to be sent again.
    #[must_use]
    pub fn photo_bytes(&self) -> u64 {
        self.requests.iter().filter(|r| r.is_photo()).map(|r| r.body_bytes).sum()
    }
}

/// A running link. It ends with this program.
pub struct Link {
    port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    weather: Weather,
    random: u64,
    passed: Passed,
    /// The next reset, by bytes of both directions.
    reset_at: Option<u64>,
}

impl Link {
    /// Starts a link to a port of this machine.
    ///
    /// # Errors
    /// When no port is free.
    pub fn to(server_port: u16, weather: Weather) -> Result<Self> {
        Self::listen("127.0.0.1", server_port, weather)
    }

    /// Starts a link that listens on an address of its own.
    ///
    /// # Errors
    /// When no port is free there.
    pub fn listen(address: &str, server_port: u16, weather: Weather) -> Result<Self> {
        let listener = TcpListener::bind((address, 0)).with_context(|| format!("cannot listen on {address}"))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let mut state = State { random: weather.seed, weather, passed: Passed::default(), reset_at: None };
        state.plan_reset();
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || runtime.block_on(accept(listener, server_port, shared)));
        Ok(Self { port, state })
    }

    /// Its address on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What passed so far.
    #[must_use]
    pub fn passed(&self) -> Passed {
        lock(&self.state).passed.clone()
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().expect("no thread panics while it holds this")
}

async fn accept(listener: TcpListener, server_port: u16, state: Arc<Mutex<State>>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((client, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            if let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)).await {
                lock(&state).passed.connections += 1;
                carry(client, server, &state).await;
            }
        });
    }
}

/// Carries both directions until one ends or the weather resets them.
async fn carry(client: TcpStream, server: TcpStream, state: &Mutex<State>) {
    for socket in [&client, &server] {
        let _ = socket.set_nodelay(true);
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pump(from_client, to_server, state, Some(Reader::default())) => {}
        () = pump(from_server, to_client, state, None) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &Mutex<State>, mut reader: Option<Reader>) {
    let mut buffer = [0; PIECE_BYTES];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        let wait = lock(state).next_wait();
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let (pass, resets) = lock(state).count(&buffer[..n], reader.as_mut());
        let broken = to.write_all(&buffer[..pass]).await.is_err();
        if resets {
            // Closing then sends a reset instead of an orderly end, to both sides.
            for socket in [from.as_ref(), to.as_ref()] {
                let _ = socket.set_zero_linger();
            }
        }
        if broken || resets {
            break;
        }
    }
}

impl State {
    /// splitmix64: the same numbers for the same seed.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn next_wait(&mut self) -> Duration {
        let part = f64::from(u32::try_from(self.next_random() >> 32).unwrap_or_default()) / f64::from(u32::MAX);
        self.weather.delay + self.weather.jitter.mul_f64(part)
    }

    fn plan_reset(&mut self) {
        let Range { start, end } = self.weather.reset_after_bytes;
        let now = self.passed.bytes_up + self.passed.bytes_down;
        let wanted = end > start && self.passed.resets < self.weather.resets_max;
        self.reset_at = wanted.then(|| now + start + self.next_random() % (end - start));
    }

    /// Counts a piece; says how much of it passes, and whether the connection is reset then.
    fn count(&mut self, piece: &[u8], reader: Option<&mut Reader>) -> (usize, bool) {
        let before = self.passed.bytes_up + self.passed.bytes_down;
        let room = self.reset_at.map_or(u64::MAX, |at| at.saturating_sub(before));
        let pass = piece.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let resets = pass < piece.len();
        match reader {
            Some(reader) => {
                self.passed.bytes_up += pass as u64;
                reader.read(&piece[..pass], &mut self.passed.requests);
            }
            None => self.passed.bytes_down += pass as u64,
        }
        if resets {
            self.passed.resets += 1;
            self.plan_reset();
        }
        (pass, resets)
    }
}
