//! A network of its own: the device in one namespace, a router that is slow, loses packets and goes down in another, and
//! the server's side on this machine.
//!
//! ```text
//! this machine 10.213.N.1 ── .2 router: tbf both ways, nft drops what it forwards ── 10.213.N.5 ── .6 device
//! ```

use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::programs::run;

/// Bytes that pass at once at the link's rate: two packets.
const BURST_BYTES: u32 = 3_200;
/// How long a packet may queue before the router drops it.
const QUEUE_MS_MAX: u32 = 1_500;

/// The namespaces; they are removed when this is dropped.
pub struct Network {
    device: String,
    router: String,
    host_link: String,
    third: u8,
}

/// What the device's interface counted.
#[derive(Clone, Copy, Debug)]
pub struct Wires {
    /// Bytes it sent, packets' headers and what was lost included.
    pub bytes_up: u64,
    /// Bytes it received.
    pub bytes_down: u64,
    /// Packets it sent.
    pub packets_up: u64,
}

/// A command that may need another user: as root as it is, else through `sudo -n`.
fn privileged(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Runs `ip` with words.
fn ip(words: &str) -> Result<()> {
    run(privileged("ip").args(words.split_whitespace())).map(drop)
}

impl Network {
    /// Makes the namespaces with perfect links.
    ///
    /// # Errors
    /// When this machine or this user may not make namespaces.
    pub fn new() -> Result<Self> {
        let id = std::process::id();
        let third = u8::try_from(id % 250).unwrap_or_default();
        let network = Self {
            device: format!("shanxun-device-{id}"),
            router: format!("shanxun-router-{id}"),
            host_link: format!("sxh{id}"),
            third,
        };
        network.make().context("cannot make network namespaces (root, or sudo without a password, is needed)")?;
        Ok(network)
    }

    fn make(&self) -> Result<()> {
        let Self { device, router, host_link, third } = self;
        for name in [device, router] {
            ip(&format!("netns add {name}"))?;
            ip(&format!("-n {name} link set lo up"))?;
        }
        ip(&format!("link add {host_link} type veth peer name north netns {router}"))?;
        ip(&format!("-n {router} link add south type veth peer name radio netns {device}"))?;
        ip(&format!("address add 10.213.{third}.1/30 dev {host_link}"))?;
        ip(&format!("-n {router} address add 10.213.{third}.2/30 dev north"))?;
        ip(&format!("-n {router} address add 10.213.{third}.5/30 dev south"))?;
        ip(&format!("-n {device} address add 10.213.{third}.6/30 dev radio"))?;
        // Packets as a wire has them: a loss must not take sixty thousand bytes at once.
        ip(&format!("link set {host_link} gso_max_segs 1 up"))?;
        ip(&format!("-n {router} link set north gso_max_segs 1 up"))?;
        ip(&format!("-n {router} link set south gso_max_segs 1 up"))?;
        ip(&format!("-n {device} link set radio gso_max_segs 1 up"))?;
        ip(&format!("-n {device} route add default via 10.213.{third}.5"))?;
        ip(&format!("route add 10.213.{third}.4/30 via 10.213.{third}.2"))?;
        run(privileged("ip").args(["netns", "exec", router, "sysctl", "-qw", "net.ipv4.ip_forward=1"])).map(drop)
    }

    /// The address of this machine as the device reaches it.
    #[must_use]
    pub fn host_address(&self) -> String {
        format!("10.213.{}.1", self.third)
    }

    /// Makes the link slow and lossy, both ways.
    ///
    /// # Errors
    /// When `tc` or `nft` is missing.
    pub fn spoil(&self, rate_kbit: u32, loss_percent: u32) -> Result<()> {
        for link in ["north", "south"] {
            let words = format!(
                "-n {} qdisc add dev {link} root tbf rate {rate_kbit}kbit burst {BURST_BYTES} latency {QUEUE_MS_MAX}ms",
                self.router
            );
            run(privileged("tc").args(words.split_whitespace()))?;
        }
        let rules = format!(
            "table ip weak {{\n chain pass {{\n type filter hook forward priority 0\n \
             numgen random mod 100 < {loss_percent} drop\n }}\n}}"
        );
        run(privileged("ip").args(["netns", "exec", &self.router, "nft", &rules])).map(drop)
    }

    /// The words that run a program where the device is.
    #[must_use]
    pub fn at_device(&self) -> Vec<String> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        if is_root() {
            return words(&format!("ip netns exec {}", self.device));
        }
        let user = std::env::var("USER").unwrap_or_else(|_| "nobody".into());
        words(&format!("sudo -n ip netns exec {} runuser -u {user} --", self.device))
    }

    /// What the device's interface counted so far.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn wires(&self) -> Result<Wires> {
        let printed = run(privileged("ip").args(["-n", &self.device, "-s", "-j", "link", "show", "radio"]))?;
        let printed: Value = serde_json::from_slice(&printed.stdout)?;
        let count = |way: &str, what: &str| printed[0]["stats64"][way][what].as_u64().unwrap_or_default();
        Ok(Wires {
            bytes_up: count("tx", "bytes"),
            bytes_down: count("rx", "bytes"),
            packets_up: count("tx", "packets"),
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for name in [&self.device, &self.router] {
            let _ = privileged("ip").args(["netns", "del", name]).output();
        }
        let _ = privileged("ip").args(["link", "del", &self.host_link]).output();
    }
}

/// Takes the link down at intervals, until it is stopped.
pub struct Cutter {
    stop: Sender<()>,
    thread: JoinHandle<u64>,
}

impl Cutter {
    /// Cuts the device's link every so often, for so long.
    #[must_use]
    pub fn start(network: &Network, every: Duration, down: Duration) -> Self {
        let (stop, stopped) = channel();
        let router = network.router.clone();
        let thread = std::thread::spawn(move || {
            let mut cuts = 0;
            // The wait is the fault that is played, not a wait for something to happen.
            while stopped.recv_timeout(every.saturating_sub(down)) == Err(RecvTimeoutError::Timeout) {
                let _ = ip(&format!("-n {router} link set south down"));
                let ended = stopped.recv_timeout(down);
                let _ = ip(&format!("-n {router} link set south up"));
                cuts += 1;
                if ended != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            cuts
        });
        Self { stop, thread }
    }

    /// Stops; how often the link was cut.
    #[must_use]
    pub fn stop(self) -> u64 {
        let _ = self.stop.send(());
        self.thread.join().unwrap_or_default()
    }
}
