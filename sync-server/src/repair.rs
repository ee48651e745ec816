//! Photos whose files were lost or damaged here: the server stops saying that it holds them, so that devices which still
//! have them send them again.

use std::path::Path;

use domain::DocId;

use crate::error::ServerError;
use crate::integrity::{LostFile, Report};
use crate::photos::hash_file;
use crate::server::Server;
use crate::storage::{Stored, Tx, UploadKind, write};

impl Server {
    /// Checks everything, and gives up the photo files that are missing or damaged: damaged ones are moved to the folder
    /// `damaged`, and every device that sees such a photo is told with its next page. Gives the report of the check and
    /// how many files were given up. The server may be running.
    ///
    /// # Errors
    /// When the database cannot be read or written, or a file cannot be moved.
    pub fn repair(&self) -> Result<(Report, usize), ServerError> {
        let report = self.check()?;
        let mut given_up = 0;
        for lost in &report.lost {
            let given = match lost {
                LostFile::Original(sha256) => self.give_up_original(sha256)?,
                LostFile::Thumbnail(doc, sha256) => self.give_up_thumbnail(*doc, sha256)?,
            };
            given_up += usize::from(given);
        }
        Ok((report, given_up))
    }

    fn give_up_original(&self, sha256: &[u8; 32]) -> Result<bool, ServerError> {
        let place = self.files().original(sha256);
        self.give_up(&place, sha256, |tx| {
            tx.drop_blob(sha256)?;
            for doc in tx.holders(sha256, UploadKind::Original)? {
                tx.drop_holding(doc, sha256, UploadKind::Original)?;
                tx.touch(doc, tx.next_pos()?)?;
            }
            Ok(())
        })
    }

    fn give_up_thumbnail(&self, doc: DocId, sha256: &[u8; 32]) -> Result<bool, ServerError> {
        let place = self.files().thumbnail(doc);
        self.give_up(&place, sha256, |tx| {
            tx.drop_holding(doc, sha256, UploadKind::Thumbnail)?;
            tx.touch(doc, tx.next_pos()?)
        })
    }

    /// Moves what lies there out of the way and forgets it, unless a device sent it again meanwhile.
    fn give_up(
        &self,
        place: &Path,
        sha256: &[u8; 32],
        forget: impl FnOnce(&dyn Tx) -> Stored<()>,
    ) -> Result<bool, ServerError> {
        if let Some(aside) = self.files().set_aside(place)?
            && hash_file(&aside).ok() == Some(*sha256)
        {
            self.files().put_back(&aside, place)?;
            return Ok(false);
        }
        write(self.storage(), |tx| {
            if hash_file(place).ok() == Some(*sha256) {
                return Ok(false);
            }
            forget(tx)?;
            Ok(true)
        })
    }
}
