//! Photos: how fast they are taken in, and how fast the originals reach the server beside a plain PUT.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use device::Now;
use device::capture::{self, Given, NewDoc};
use device::photos;
use device::store::Store;
use domain::DocType;
use serde_json::json;

use super::workload::KIND;

fn report(pictures: &[&str], seconds: f64) -> Result<()> {
    let sizes = pictures.iter().map(|p| Ok(std::fs::metadata(p)?.len())).collect::<Result<Vec<u64>>>()?;
    println!("{}", json!({"pictures": pictures.len(), "bytes": sizes.iter().sum::<u64>(), "s": seconds}));
    Ok(())
}

/// Takes pictures in as the shutter does: hashed, kept bit for bit, a thumbnail and a view made, all on the disk.
pub fn intake(folder: &Path, pictures: &[&str]) -> Result<()> {
    let started = Instant::now();
    for picture in pictures {
        photos::intake(folder, Path::new(picture))?;
    }
    report(pictures, started.elapsed().as_secs_f64())
}

/// Adds the pictures to a new record; a sync sends them.
pub fn attach(store: &mut Store, pictures: &[&str]) -> Result<()> {
    let photos_dir = store.photos_dir();
    let take = |picture: &&str| capture::take_in(&photos_dir, Path::new(picture), None, None);
    let photos = pictures.iter().map(take).collect::<Result<Vec<_>, _>>()?;
    let given = Given { photos, ..Given::default() };
    let new = NewDoc { doc_type: DocType::Site, kind: KIND.into(), site: None, given };
    let mut now = Now::system();
    store.write(|w| capture::create(w, &mut now, &new))?;
    Ok(())
}

/// Sends the pictures by plain PUT to a server that only writes each to the disk: the least anybody could do.
pub fn put(folder: &Path, pictures: &[&str]) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (count, folder) = (pictures.len(), folder.to_owned());
    let server = std::thread::spawn(move || serve(&listener, &folder, count));
    let client = reqwest::blocking::Client::new();
    let started = Instant::now();
    for (n, picture) in pictures.iter().enumerate() {
        let file = std::fs::File::open(picture)?;
        client.put(format!("{url}/{n}")).body(file).send()?.error_for_status()?;
    }
    let seconds = started.elapsed().as_secs_f64();
    server.join().ok().context("the server panicked")??;
    report(pictures, seconds)
}

fn serve(listener: &TcpListener, folder: &Path, count: usize) -> Result<()> {
    let (stream, _) = listener.accept()?;
    let mut reader = BufReader::new(stream);
    for n in 0..count {
        take_one(&mut reader, &folder.join(n.to_string()))?;
    }
    Ok(())
}

fn take_one(reader: &mut BufReader<TcpStream>, to: &Path) -> Result<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut file = std::fs::File::create(to)?;
    std::io::copy(&mut reader.take(length), &mut file)?;
    file.sync_all()?;
    reader.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    Ok(())
}
