//! A link in the middle that counts bytes and does something once, when so many have passed upwards.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Result;

type Action = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Shared {
    up: AtomicU64,
    trap: Mutex<Option<(u64, Action)>>,
}

/// A running link.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts a link to a port of this machine. It ends with this program.
    ///
    /// # Errors
    /// When no port is free.
    pub fn to(server_port: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let link = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)) {
                    join(client, server, &link);
                }
            }
        });
        Ok(Self { port, shared })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Bytes that passed upwards so far.
    #[must_use]
    pub fn bytes_up(&self) -> u64 {
        self.shared.up.load(Ordering::SeqCst)
    }

    /// Does something as soon as so many more bytes have passed upwards; those beyond are cut off.
    pub fn after(&self, bytes: u64, action: impl FnOnce() + Send + 'static) {
        let at = self.bytes_up() + bytes;
        *self.shared.trap.lock().expect("no thread panics while it holds this") = Some((at, Box::new(action)));
    }
}

fn join(client: TcpStream, server: TcpStream, shared: &Arc<Shared>) {
    let (Ok(client_back), Ok(server_back)) = (client.try_clone(), server.try_clone()) else { return };
    let shared = Arc::clone(shared);
    std::thread::spawn(move || pump(client, server, Some(&shared)));
    std::thread::spawn(move || pump(server_back, client_back, None));
}

fn pump(mut from: TcpStream, mut to: TcpStream, count: Option<&Shared>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if count.is_some_and(|shared| sprung(shared, n)) || to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Counts, and runs the action when its moment has come; true if this piece must not be passed on.
fn sprung(shared: &Shared, bytes: usize) -> bool {
    let up = shared.up.fetch_add(bytes as u64, Ordering::SeqCst) + bytes as u64;
    let mut trap = shared.trap.lock().expect("no thread panics while it holds this");
    match trap.take() {
        Some((at, action)) if up >= at => {
            action();
            true
        }
        waiting => {
            *trap = waiting;
            false
        }
    }
}
