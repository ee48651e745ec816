//! gpsd on Linux: its JSON over TCP (`gpsd_json(5)`), one object a line.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use domain::value::PositionSource;
use serde::Deserialize;

use super::ERROR_PER_HDOP_M;
use super::fix::{Fix, Heard};

/// Longest time to get a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest line that is read, bytes; a SKY report of all constellations has about 20 kB.
const LINE_BYTES_MAX: usize = 256 * 1024;
/// `status` of a TPV report that a simulator made.
const SIMULATED: u8 = 8;

/// The radius that holds 68 % of fixes, of that which holds 95 % (Rayleigh: 1.515 and 2.448 standard deviations).
const P68_OF_P95: f64 = 0.62;

/// What gpsd sends, as far as it is used.
#[derive(Debug, Deserialize)]
#[serde(tag = "class")]
enum Report {
    #[serde(rename = "TPV")]
    Tpv(Tpv),
    #[serde(rename = "SKY")]
    Sky(Sky),
    #[serde(rename = "GST")]
    Gst(Gst),
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Tpv {
    #[serde(default)]
    mode: u8,
    status: Option<u8>,
    time: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    eph: Option<f64>,
    epx: Option<f64>,
    epy: Option<f64>,
    #[serde(rename = "altHAE")]
    height_m: Option<f64>,
    speed: Option<f64>,
    track: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Sky {
    hdop: Option<f64>,
    #[serde(rename = "uSat")]
    used: Option<u32>,
    #[serde(default)]
    satellites: Vec<Satellite>,
}

#[derive(Debug, Deserialize)]
struct Satellite {
    #[serde(default)]
    used: bool,
}

/// What the receiver itself says of its error: one standard deviation to the north and to the east, metres.
#[derive(Debug, Deserialize)]
struct Gst {
    lat: Option<f64>,
    lon: Option<f64>,
}

/// Reads lines of gpsd and tells what they say.
#[derive(Debug, Default)]
pub struct Reader {
    hdop: Option<f64>,
    own_error_m: Option<f64>,
}

impl Reader {
    /// What one line says; nothing for what is of no use here.
    pub fn line(&mut self, line: &str, now_ms: i64) -> Option<Heard> {
        match serde_json::from_str(line).ok()? {
            Report::Tpv(tpv) => Some(self.fix(tpv, now_ms)),
            Report::Sky(sky) => {
                self.hdop = sky.hdop.or(self.hdop);
                let listed = u32::try_from(sky.satellites.iter().filter(|s| s.used).count()).unwrap_or(u32::MAX);
                sky.used.or(Some(listed).filter(|n| *n > 0)).map(Heard::Satellites)
            }
            Report::Gst(gst) => {
                self.own_error_m = gst.lat.zip(gst.lon).map(|(north, east)| north.hypot(east));
                None
            }
            Report::Other => None,
        }
    }

    fn fix(&self, tpv: Tpv, now_ms: i64) -> Heard {
        if tpv.status == Some(SIMULATED) {
            return Heard::Mocked;
        }
        let (Some(lat), Some(lon)) = (tpv.lat, tpv.lon) else { return Heard::NoFix };
        if tpv.mode < 2 {
            return Heard::NoFix;
        }
        match Fix::new(lat, lon, self.accuracy_m(&tpv), PositionSource::Gnss, now_ms) {
            None => Heard::NoFix,
            Some(fix) => Heard::Fix(Fix {
                taken_at: tpv.time,
                height_m: tpv.height_m,
                speed_mps: tpv.speed,
                heading_deg: tpv.track,
                ..fix
            }),
        }
    }
}

impl Reader {
    /// How good a fix is, metres (68 %). What the receiver says of itself comes first: where it says nothing, gpsd makes
    /// its error of the HDOP with 19 m a unit at 95 %, which no receiver under open sky is as bad as.
    fn accuracy_m(&self, tpv: &Tpv) -> Option<f64> {
        let of_hdop = self.hdop.map(|h| h * ERROR_PER_HDOP_M);
        let of_gpsd = tpv.eph.or(tpv.epx.zip(tpv.epy).map(|(x, y)| x.hypot(y)));
        self.own_error_m.or(of_hdop).or(of_gpsd.map(|m| m * P68_OF_P95))
    }
}

/// Connects to gpsd and asks it to report.
///
/// # Errors
/// When nobody listens there.
pub fn connect(address: &str) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, "the address has no host");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(mut stream) => {
                stream.write_all(b"?WATCH={\"enable\":true,\"json\":true};\n")?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Tells what gpsd reports, line by line, until `hear` answers false or the connection ends. Shutting the stream down
/// from elsewhere ends it too.
///
/// # Errors
/// When the connection breaks.
pub fn listen(
    stream: TcpStream,
    clock_ms: &dyn Fn() -> i64,
    hear: &mut dyn FnMut(Heard) -> bool,
) -> std::io::Result<()> {
    use std::io::Read;
    let mut reader = Reader::default();
    let mut lines = BufReader::new(stream);
    if !hear(Heard::Connected) {
        return Ok(());
    }
    loop {
        let mut line = Vec::new();
        let read = lines.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let heard = reader.line(&String::from_utf8_lossy(&line), clock_ms());
        if heard.is_some_and(|heard| !hear(heard)) {
            return Ok(());
        }
    }
}
