//! A file that takes its name only when it is complete.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::ExportError;
use crate::store::sync_folder;

/// The file being written, beside the one it will replace.
pub(super) struct Staged {
    out: PathBuf,
    file: NamedTempFile,
}

impl Staged {
    /// Begins; dropping it removes what was written.
    pub fn begin(out: &Path) -> Result<Self, ExportError> {
        let failed = ExportError::write(out);
        if out.is_dir() {
            return Err(failed(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; give the name of a file")));
        }
        let folder = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new().prefix(".shanxun-export-").tempfile_in(folder).map_err(failed)?;
        Ok(Self { out: out.to_owned(), file })
    }

    /// For errors while writing.
    pub fn failed(&self) -> impl Fn(io::Error) -> ExportError + use<> {
        ExportError::write(&self.out)
    }

    /// Where it is being written.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Writes through a buffer.
    pub fn buffered(&mut self) -> BufWriter<&mut File> {
        BufWriter::with_capacity(256 * 1024, self.file.as_file_mut())
    }

    /// Gives it its name.
    pub fn finish(self) -> Result<(), ExportError> {
        let failed = self.failed();
        self.file.as_file().sync_all().map_err(&failed)?;
        readable_by_others(self.file.as_file()).map_err(&failed)?;
        self.file.persist(&self.out).map_err(|e| failed(e.error))?;
        sync_folder(self.out.parent().unwrap_or(Path::new("."))).map_err(failed)
    }
}

/// A temporary file is private; what a person exports is to be handed on like any file they save.
#[cfg(unix)]
fn readable_by_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_others(_file: &File) -> io::Result<()> {
    Ok(())
}
