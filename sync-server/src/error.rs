//! Everything that can go wrong between the server and whoever calls it: a stable code, a status, a sentence in two
//! languages that says what to do next.

use domain::change::ChangeError;
use domain::sync::EnvelopeError;
use domain::sync::batch::BatchError;

use crate::storage::StorageError;

/// Why a call was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No token, or one that nobody has.
    #[error("log in or enrol again: the token is missing or not valid")]
    Unauthorized,
    /// The device was revoked.
    #[error("this device was revoked; ask the administrator to enrol it again")]
    Revoked,
    /// The user may not do anything any more.
    #[error("this user is no longer active; ask the administrator")]
    Inactive,
    /// The role or the kind of token does not allow the call.
    #[error("this user or this kind of login may not do that")]
    Forbidden,
    /// Another store under the same key.
    #[error("this is not the store that was enrolled (a copy or a reinstallation); enrol it as a new device")]
    InstallChanged,
    /// The number is not one of this device's.
    #[error("the number {0} does not belong to this device")]
    ActorForeign(u32),
    /// The sync body cannot be read.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// A batch cannot be unpacked.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A change cannot be read or is too large to be kept.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// More batches than one request may carry.
    #[error("{0} batches in one request; send fewer at a time")]
    TooManyBatches(usize),
    /// The signature does not fit the batch.
    #[error("the signature of the batch is not this device's; nothing of it was stored")]
    Signature,
    /// No such enrolment code.
    #[error("there is no such code; check the letters or ask for a new one")]
    CodeUnknown,
    /// The code is too old.
    #[error("the code is no longer valid; ask the administrator for a new one")]
    CodeExpired,
    /// The code was used by another device.
    #[error("the code was already used; ask the administrator for a new one")]
    CodeUsed,
    /// Name or password is wrong.
    #[error("the name or the password is wrong")]
    Login,
    /// A role that works with the field app only.
    #[error("the console is for supervisors and administrators; records are made with the field app")]
    ConsoleRole,
    /// A call with a cookie that does not prove to come from the console's own page.
    #[error("this call did not come from the console's page; nothing was changed. Reload the page and try again")]
    Csrf,
    /// More of one device's requests at once than may be.
    #[error("this device has too many requests under way; wait until one ends")]
    Busy,
    /// The request took too long.
    #[error("the request took too long; try again, with less in it")]
    TooSlow,
    /// The device was restored from a copy again and again.
    #[error("this device took too many numbers; enrol it as a new device")]
    TooManyNumbers,
    /// Too many failures.
    #[error("too many failed tries; try again in {retry_after_s} seconds")]
    TooManyTries {
        /// When to try again, seconds.
        retry_after_s: u64,
    },
    /// Something in the request cannot be.
    #[error("{en}")]
    Invalid {
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// The body is of another kind than the call takes.
    #[error("the content type must be {0}")]
    MediaType(&'static str),
    /// It is not there, or not for this caller; which of the two is not said.
    #[error("there is nothing here that you may see")]
    NotFound,
    /// Something with that name is there already.
    #[error("'{0}' is there already")]
    Exists(String),
    /// The upload is further or less far than the client believes.
    #[error("the upload stands at byte {offset}; ask with HEAD and continue there")]
    Offset {
        /// Where it stands, bytes.
        offset: u64,
    },
    /// A piece arrived damaged; it does not count.
    #[error("the piece does not have the checksum it was sent with; send it again")]
    Checksum,
    /// The whole does not add up to the hash it was announced with; it was dropped.
    #[error("the bytes do not have the announced SHA-256; the upload was dropped, begin again")]
    Content,
    /// Another request is writing this upload.
    #[error("another request is writing this upload; try again shortly")]
    Locked,
    /// The upload expired or was dropped.
    #[error("this upload is gone; begin again")]
    Gone,
    /// Larger than a limit.
    #[error("{0} bytes are more than the limit of {1}")]
    TooLarge(u64, u64),
    /// Too many uploads are open.
    #[error("too many uploads are open; finish or end some first")]
    TooManyUploads,
    /// The photo's record is not here yet, or names another picture.
    #[error("there is no such photo record with this picture; sync the record first")]
    PhotoUnknown,
    /// Another version of tus.
    #[error("this server speaks tus 1.0.0")]
    TusVersion,
    /// The folder cannot be used as asked.
    #[error("{0}")]
    Folder(String),
    /// No space left for what was to be written.
    #[error("the server's disk is full ({0}); nothing acknowledged is lost. Free some space there, then try again")]
    DiskFull(String),
    /// The storage failed.
    #[error(transparent)]
    Storage(StorageError),
    /// A file could not be read or written.
    #[error("a file could not be read or written: {0}")]
    Io(std::io::Error),
    /// The central server of a relay did what it should not, or nothing.
    #[error("the central server cannot be used: {0}")]
    Upstream(String),
    /// A relay that was never enrolled.
    #[error(
        "this relay is not enrolled at the central server yet: make a code there with 'sync-server enrol NAME' for a user \
         whose townships cover the photos to be passed on, and start once with --upstream-code CODE"
    )]
    RelayCredential,
    /// The spool of a relay is full.
    #[error(
        "this relay is full or has taken its share from this device; keep the records and sync when there is a link"
    )]
    RelayFull,
    /// What a desk wanted to write may not be written; the refusal a device would have got.
    #[error("{}; nothing was written", .0.en)]
    Refused(crate::storage::Refusal),
    /// What a desk decided on is no longer there.
    #[error("what you decided on has changed meanwhile; nothing was written. Look at it again and decide")]
    Stale,
    /// A fault of this program.
    #[error("the server made a mistake; the administrator finds it in the log")]
    Internal,
}

impl From<StorageError> for ServerError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Full(what) => Self::DiskFull(what),
            other => Self::Storage(other),
        }
    }
}

impl From<std::io::Error> for ServerError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded => Self::DiskFull(error.to_string()),
            _ => Self::Io(error),
        }
    }
}

/// The codes with their HTTP status and their Chinese sentence.
impl ServerError {
    /// A request that cannot be, in both languages.
    pub fn invalid(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Invalid { zh: zh.into(), en: en.into() }
    }

    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.entry().0
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.entry().1
    }

    /// The sentence in Chinese.
    #[must_use]
    pub fn message_zh(&self) -> String {
        match self {
            Self::Invalid { zh, .. } => zh.clone(),
            Self::TooManyTries { retry_after_s } => format!("失败次数过多，请在 {retry_after_s} 秒后重试"),
            Self::MediaType(wanted) => format!("内容类型应为 {wanted}"),
            Self::Offset { offset } => format!("上传已到第 {offset} 字节，请先用 HEAD 询问再续传"),
            Self::Refused(refusal) => format!("{}。未写入任何内容", refusal.zh),
            Self::TooLarge(got, most) => format!("{got} 字节超过上限 {most} 字节"),
            other => other.entry().2.to_owned(),
        }
    }

    /// Whether trying again later may help without anybody doing anything.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        !matches!(self.status(), 408 | 423 | 429 | 500..)
    }

    fn entry(&self) -> (&'static str, u16, &'static str) {
        match self {
            Self::Unauthorized => ("unauthorized", 401, "请重新登录或注册设备：令牌缺失或无效"),
            Self::Revoked => ("revoked", 401, "此设备已被停用，请联系管理员重新注册"),
            Self::Inactive => ("user-inactive", 401, "此用户已停用，请联系管理员"),
            Self::Forbidden => ("forbidden", 403, "此用户或此登录方式无权执行该操作"),
            Self::InstallChanged => ("install-changed", 409, "数据不是注册时的那一份（副本或重装），请作为新设备注册"),
            Self::ActorForeign(_) => ("actor-foreign", 403, "该编号不属于此设备"),
            Self::Envelope(EnvelopeError::Version(_)) => ("protocol-version", 400, "协议版本更高，请更新服务器"),
            Self::Envelope(EnvelopeError::TooLarge) => ("too-large", 413, "请求过大，请分次发送"),
            Self::Envelope(_) => ("body-invalid", 400, "无法读取请求内容"),
            Self::Batch(_) => ("batch-invalid", 400, "无法读取变更批次"),
            Self::Change(ChangeError::TooLarge(_)) => ("change-too-large", 413, "单个变更过大"),
            Self::Change(_) => ("batch-invalid", 400, "无法读取变更"),
            Self::TooManyBatches(_) => ("batch-invalid", 400, "一次请求的批次过多，请分次发送"),
            Self::Signature => ("signature-invalid", 400, "批次签名不是此设备的签名，未保存任何内容"),
            Self::CodeUnknown => ("code-unknown", 403, "没有这个注册码，请核对或重新索取"),
            Self::CodeExpired => ("code-expired", 403, "注册码已过期，请向管理员重新索取"),
            Self::CodeUsed => ("code-used", 403, "注册码已被使用，请向管理员重新索取"),
            Self::Login => ("login-wrong", 401, "用户名或密码错误"),
            Self::ConsoleRole => ("console-role", 403, "控制台供监管员和管理员使用；采集记录请用现场应用"),
            Self::Csrf => ("csrf", 403, "该请求不是从控制台页面发出的，未作任何更改；请刷新页面后重试"),
            Self::Busy => ("busy", 429, "此设备同时进行的请求过多，请等待其中一个结束"),
            Self::TooSlow => ("too-slow", 408, "请求超时，请减少内容后重试"),
            Self::TooManyNumbers => ("numbers-too-many", 409, "此设备换号次数过多，请作为新设备注册"),
            Self::TooManyTries { .. } => ("too-many-tries", 429, ""),
            Self::Invalid { .. } => ("invalid", 400, ""),
            Self::MediaType(_) => ("media-type", 415, ""),
            Self::NotFound => ("not-found", 404, "没有您可以查看的内容"),
            Self::Exists(_) => ("exists", 409, "已经存在"),
            Self::Offset { .. } => ("upload-offset", 409, ""),
            Self::Checksum => ("checksum-mismatch", 460, "分片校验不符，请重新发送该分片"),
            Self::Content => ("content-mismatch", 460, "内容与声明的 SHA-256 不符，上传已作废，请重新开始"),
            Self::Locked => ("upload-locked", 423, "另一请求正在写入此上传，请稍后再试"),
            Self::Gone => ("upload-gone", 410, "此上传已不存在，请重新开始"),
            Self::TooLarge(..) => ("too-large", 413, ""),
            Self::TooManyUploads => ("uploads-too-many", 429, "未完成的上传过多，请先完成或取消一部分"),
            Self::PhotoUnknown => ("photo-unknown", 404, "没有包含此照片的记录，请先同步记录"),
            Self::TusVersion => ("tus-version", 412, "本服务器使用 tus 1.0.0"),
            Self::Folder(_) => ("folder", 409, "数据目录无法这样使用"),
            Self::DiskFull(_) => {
                ("server-disk-full", 507, "服务器磁盘已满，已确认的内容没有丢失；请管理员清理空间后重试")
            }
            Self::Storage(StorageError::Damaged(_)) => ("data-damaged", 500, "数据库文件已损坏，请用最近的备份恢复"),
            Self::Storage(StorageError::Newer { .. }) => ("data-newer", 500, "数据由更新的版本写入，请更新程序"),
            Self::Storage(_) => ("storage", 500, "存储出错，请稍后重试"),
            Self::Io(_) => ("io", 500, "文件读写出错，请稍后重试"),
            Self::Upstream(_) => ("upstream", 502, "无法使用上级服务器，请检查地址、注册码和信号"),
            Self::RelayCredential => {
                ("relay-credential", 409, "此中继尚未在上级服务器注册，请用 --upstream-code 给出注册码启动一次")
            }
            Self::RelayFull => ("relay-full", 507, "此中继已满或此设备所交已到上限，记录保留在本机，有信号时再同步"),
            Self::Refused(_) => ("refused", 409, ""),
            Self::Stale => ("stale", 409, "您所依据的内容刚刚有变，未写入任何内容；请重新查看后再决定"),
            Self::Internal => ("internal", 500, "服务器内部错误，管理员可在日志中查看"),
        }
    }
}
