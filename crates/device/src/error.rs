//! Everything that can go wrong on a device, with a stable code for programs and a sentence for people that says what
//! to do next.

use std::path::{Path, PathBuf};

use domain::forms::MoveError;
use domain::{DocId, DocType};
use rusqlite::ErrorCode;

use crate::export::ExportError;
use crate::import::ImportError;
use crate::photos::PhotoError;
use crate::sync::TransportError;

/// `SQLITE_IOERR_SHMSIZE`: the index of the write-ahead log could not grow, which happens when the disk is full.
const NO_ROOM_FOR_INDEX: i32 = 4874;

/// Why a request cannot be met. Nothing was changed unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key does not open this database, or the file is not one.
    #[error(
        "wrong key or not a Shanxun database: {}. Use the key file or passphrase it was made with; nothing was changed",
        .0.display()
    )]
    WrongKey(PathBuf),
    /// The database is there but its key is not.
    #[error("the key of {} is missing ({} does not exist). Put the key file back, or give --key-file", db.display(), key.display())]
    KeyMissing {
        /// The database.
        db: PathBuf,
        /// Where its key should be.
        key: PathBuf,
    },
    /// The file of the database is no longer what was written: empty, cut off, overwritten, a folder, or gone.
    #[error(
        "{} cannot be used: {en}. It was not touched. Put back a copy of this home, or begin a new one with --home and \
         enrol it: what the server acknowledged is there",
        path.display()
    )]
    DatabaseUnusable {
        /// The file.
        path: PathBuf,
        /// What was found, Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// No space left where something was to be written.
    #[error(
        "the disk is full ({0}). This was not saved; everything reported as saved before is safe. \
         Free some space on the disk, then do it again"
    )]
    DiskFull(String),
    /// A later program wrote this database in a form this one would damage.
    #[error(
        "this data was written by a newer version of Shanxun (format {needs}, this program reads up to {reads}). Update the program"
    )]
    NewerDatabase {
        /// The format a program must know to read it.
        needs: i64,
        /// What this program knows.
        reads: i64,
    },
    /// No such document on this device.
    #[error("there is no document {0} on this device. List the documents with `list --search`, or sync first")]
    UnknownDocument(DocId),
    /// A text that should be an id.
    #[error("'{0}' is not a document id. An id looks like 0193a5b2-7c1e-7a2b-9c3d-4e5f60718293")]
    BadId(String),
    /// No form for this type and kind.
    #[error("there is no form for {doc_type} '{kind}'. Known kinds: {known}")]
    UnknownKind {
        /// The type asked for.
        doc_type: DocType,
        /// The kind asked for.
        kind: String,
        /// The kinds there are.
        known: String,
    },
    /// A field the form does not have, or a value that does not fit it.
    #[error("{path}: {en}")]
    Field {
        /// `unknown-field`, `bad-value`, `computed-field` …
        code: &'static str,
        /// The path as it was given.
        path: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// The workflow does not allow the move, with everything that is missing.
    #[error("{0}")]
    Move(#[from] MoveError),
    /// The request does not make sense as given.
    #[error("{en}")]
    Request {
        /// A stable code.
        code: &'static str,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// A change larger than a change may be, or otherwise not allowed.
    #[error("this cannot be saved: {0}. Save it in smaller parts")]
    Change(#[from] domain::change::ChangeError),
    /// Form files that cannot be used.
    #[error("the forms cannot be used: {0}")]
    Forms(String),
    /// Something stored does not read back.
    #[error("the database holds something unreadable ({0}). Run `verify`; the server's copy can replace this home")]
    Damaged(String),
    /// The database failed.
    #[error("the database failed: {0}. What was reported as saved is safe; try again, then run `verify`")]
    Database(#[source] rusqlite::Error),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A ledger that cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A photo that cannot be taken in, or a photo file that is not what it should be.
    #[error("{message}")]
    Photo {
        /// A stable code.
        code: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// An export that cannot be written.
    #[error(transparent)]
    Export(ExportError),
    /// The network or the server; what was captured is safe on this device.
    #[error("{0}")]
    Transport(#[from] TransportError),
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull(e.to_string()),
            _ if e.sqlite_error().is_some_and(|e| e.extended_code == NO_ROOM_FOR_INDEX) => {
                Self::DiskFull(e.to_string())
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(e.to_string()),
            _ => Self::Database(e),
        }
    }
}

impl From<PhotoError> for Error {
    fn from(e: PhotoError) -> Self {
        if e.is_disk_full() {
            return Self::DiskFull(e.to_string());
        }
        Self::Photo { code: e.code(), message: e.to_string() }
    }
}

impl From<ExportError> for Error {
    fn from(e: ExportError) -> Self {
        if e.is_disk_full() { Self::DiskFull(e.to_string()) } else { Self::Export(e) }
    }
}

impl From<domain::forms::FieldError> for Error {
    fn from(e: domain::forms::FieldError) -> Self {
        Self::Field { code: e.code, path: e.path, zh: e.message_zh, en: e.message_en }
    }
}

/// What every function of this crate gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The stable code, for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::WrongKey(_) => "wrong-key",
            Self::KeyMissing { .. } => "key-missing",
            Self::DatabaseUnusable { .. } => "database-unusable",
            Self::DiskFull(_) => "disk-full",
            Self::NewerDatabase { .. } => "newer-database",
            Self::UnknownDocument(_) => "unknown-document",
            Self::BadId(_) => "bad-id",
            Self::UnknownKind { .. } => "unknown-kind",
            Self::Move(e) => e.code,
            Self::Change(_) => "change",
            Self::Forms(_) => "forms",
            Self::Damaged(_) => "damaged",
            Self::Database(_) => "database",
            Self::Io { .. } => "io",
            Self::Field { code, .. } | Self::Request { code, .. } | Self::Photo { code, .. } => code,
            Self::Export(e) => e.code(),
            Self::Import(e) => e.code(),
            Self::Transport(e) => e.code(),
        }
    }

    /// The sentence in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::WrongKey(path) => format!("密钥不对，或者不是山巡的数据库：{}。未作任何改动。", path.display()),
            Self::KeyMissing { key, .. } => {
                format!("找不到密钥文件 {}，请放回原处或用 --key-file 指定。", key.display())
            }
            Self::DatabaseUnusable { path, zh, .. } => format!(
                "{} 无法使用：{zh}。文件未作改动。请放回本数据文件夹的副本，或用新的 --home 重新登记：服务器已确认的内容都在服务器上。",
                path.display()
            ),
            Self::DiskFull(what) => {
                format!("磁盘已满（{what}）。本次未保存，之前提示已保存的内容都是安全的。请清理磁盘空间后重试。")
            }
            Self::NewerDatabase { .. } => "数据由更新版本的山巡写入，请先升级本程序。".into(),
            Self::UnknownDocument(id) => format!("本机没有记录 {id}，请用 list --search 查找，或先同步。"),
            Self::BadId(text) => format!("“{text}”不是记录编号。"),
            Self::UnknownKind { doc_type, kind, known } => format!("没有 {doc_type}“{kind}”的表单，可用：{known}。"),
            Self::Move(e) => e.missing.iter().fold(e.says.zh.clone(), |all, m| format!("{all}；{}", m.says.zh)),
            Self::Field { path, zh, .. } => format!("{path}：{zh}"),
            Self::Request { zh, .. } => zh.clone(),
            Self::Export(e) => e.zh(),
            Self::Import(e) => e.zh(),
            Self::Photo { message, .. } => format!("照片未能处理：{message}"),
            Self::Transport(e) => format!("未能同步，记录和照片都在本机：{e}"),
            Self::Change(e) => format!("无法保存：{e}。请分几次保存。"),
            Self::Forms(why) => format!("表单无法使用：{why}"),
            Self::Damaged(what) => format!("数据库中有无法读取的内容（{what}），请运行 verify。"),
            Self::Database(e) => format!("数据库出错：{e}。已提示保存的内容是安全的，请重试，再运行 verify。"),
            Self::Io { path, source } => format!("{}：{source}", path.display()),
        }
    }

    /// Something stored that does not read back.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    /// A photo file that cannot be read.
    pub(crate) fn photo(path: &Path, source: &std::io::Error) -> Self {
        Self::Photo { code: "photo-unreadable", message: format!("{}: {source}", path.display()) }
    }

    /// A request that makes no sense, in both languages.
    pub fn request(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Request { code, zh: zh.into(), en: en.into() }
    }

    /// A problem with one path, in both languages.
    pub(crate) fn field(code: &'static str, path: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Field { code, path: path.to_owned(), zh: zh.into(), en: en.into() }
    }
}

/// Whether a write failed because there is no room, or no more for this user.
pub(crate) fn is_disk_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

/// Names the file an I/O error is about.
pub(crate) trait AtPath<T> {
    /// The same result, with the file's name in the error.
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|source| {
            if is_disk_full(&source) {
                return Error::DiskFull(format!("{}: {source}", path.display()));
            }
            Error::Io { path: path.to_owned(), source }
        })
    }
}
