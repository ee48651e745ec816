//! A disk that is full when a test wants it: a file system in memory of a few megabytes, mounted for one test.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// A mounted small disk; unmounted when dropped.
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts a disk of so many bytes; `None`, loudly, where neither root nor `sudo -n` may mount.
    ///
    /// # Errors
    /// When something else goes wrong.
    pub fn mount(bytes: u64) -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let options = format!("size={bytes},mode=0777");
        let path = folder.path().to_string_lossy().into_owned();
        let mounted = as_root(&["mount", "-t", "tmpfs", "-o", &options, "tmpfs", &path]);
        if let Err(error) = mounted {
            eprintln!(
                "\n*** NOT TESTED: a full disk. This needs root, or sudo without a password, to mount one: {error:#}\n"
            );
            println!("*** NOT TESTED: a full disk. This needs root, or sudo without a password, to mount one.");
            return Ok(None);
        }
        Ok(Some(Self { folder }))
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Fills it until so many bytes are left.
    ///
    /// # Errors
    /// When it cannot be filled.
    pub fn fill(&self, left_bytes: u64) -> Result<()> {
        let mut filler = File::options().create(true).append(true).open(self.filler())?;
        let block = [0x5A; 4096];
        loop {
            match filler.write_all(&block) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::StorageFull => break,
                Err(e) => return Err(e.into()),
            }
        }
        let length = filler.metadata()?.len();
        ensure!(length > left_bytes, "the disk has only {length} bytes free, {left_bytes} should be left");
        filler.set_len(length - left_bytes)?;
        Ok(())
    }

    /// Frees what [`SmallDisk::fill`] took.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn free(&self) -> Result<()> {
        std::fs::remove_file(self.filler()).context("the filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a program of the test may still be ending.
        let _ = as_root(&["umount", "-l", &self.path().to_string_lossy()]);
    }
}

fn as_root(command: &[&str]) -> Result<()> {
    let tries: [&[&str]; 2] = [&[], &["sudo", "-n"]];
    let mut why = String::new();
    for before in tries {
        let words: Vec<&str> = before.iter().chain(command).copied().collect();
        match Command::new(words[0]).args(&words[1..]).output() {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => why = String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(e) => why = e.to_string(),
        }
    }
    bail!("{command:?}: {why}")
}
