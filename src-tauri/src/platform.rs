//! What differs between platforms, behind one door: which receiver tells the position. On Linux that is gpsd or a file of
//! NMEA sentences; on phones the screens hand in what the platform's own plugin says (`device_fix`).

use std::io::BufRead;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use device::Now;
use device::position::{Heard, gpsd, nmea};
use device::settings::Settings;

/// How long to wait before a receiver that was lost is tried again.
const RETRY: Duration = Duration::from_secs(3);
/// Names another address of gpsd than the settings.
const GPSD_VARIABLE: &str = "SHANXUN_GPSD";

/// Where positions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// gpsd at an address.
    Gpsd(String),
    /// A file of sentences, replayed once a second.
    Nmea(String),
    /// The platform's own receiver, handed in by the screens.
    Device,
    /// Nothing.
    None,
}

impl Source {
    /// The source that the settings, and this platform, mean.
    pub fn of(settings: &Settings) -> Self {
        let gpsd = || std::env::var(GPSD_VARIABLE).unwrap_or_else(|_| settings.gpsd_address.clone());
        match settings.position_source.as_str() {
            "off" => Self::None,
            "nmea" if !settings.nmea_file.is_empty() => Self::Nmea(settings.nmea_file.clone()),
            "device" => Self::Device,
            "gpsd" => Self::Gpsd(gpsd()),
            _ if cfg!(target_os = "linux") => Self::Gpsd(gpsd()),
            _ => Self::Device,
        }
    }

    /// Its word for the screens.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Gpsd(_) => "gpsd",
            Self::Nmea(_) => "nmea",
            Self::Device => "device",
            Self::None => "none",
        }
    }
}

/// A receiver that is listened to on a thread of its own, until it is dropped.
pub struct Listening(Arc<Shared>);

#[derive(Default)]
struct Shared {
    over: AtomicBool,
    stream: Mutex<Option<TcpStream>>,
    wake: (Mutex<()>, Condvar),
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
        if let Some(stream) = self.0.stream.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The thread is reading from it; this ends that.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.0.wake.1.notify_all();
    }
}

/// Listens to a source; what it says goes to `hear`.
pub fn listen(source: Source, hear: impl Fn(Heard) + Send + 'static) -> Listening {
    let shared = Arc::new(Shared::default());
    let own = shared.clone();
    std::thread::spawn(move || {
        while !own.is_over() {
            let end = match &source {
                Source::Gpsd(address) => own.read_gpsd(address, &hear),
                Source::Nmea(file) => own.replay(file, &hear),
                Source::Device | Source::None => return,
            };
            match end {
                Ok(true) => return,
                Ok(false) => hear(Heard::Lost("the receiver's connection ended".to_owned())),
                Err(error) => hear(Heard::Lost(error.to_string())),
            }
            own.wait(RETRY);
        }
    });
    Listening(shared)
}

fn clock_ms() -> i64 {
    Now::system().wall.unix_ms
}

impl Shared {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn wait(&self, how_long: Duration) {
        let guard = self.wake.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.wake.1.wait_timeout_while(guard, how_long, |()| !self.is_over());
    }

    /// Whether there is nothing more to come.
    fn read_gpsd(&self, address: &str, hear: &dyn Fn(Heard)) -> std::io::Result<bool> {
        let stream = gpsd::connect(address)?;
        *self.stream.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream.try_clone()?);
        gpsd::listen(stream, &clock_ms, &mut |heard| {
            hear(heard);
            !self.is_over()
        })?;
        Ok(self.is_over())
    }

    fn replay(&self, file: &str, hear: &dyn Fn(Heard)) -> std::io::Result<bool> {
        let mut reader = nmea::Reader::default();
        hear(Heard::Connected);
        for line in std::io::BufReader::new(std::fs::File::open(file)?).lines() {
            if let Some(heard) = reader.sentence(&line?, clock_ms()) {
                hear(heard);
                self.wait(Duration::from_secs(1));
            }
            if self.is_over() {
                return Ok(true);
            }
        }
        hear(Heard::Ended);
        Ok(true)
    }
}
