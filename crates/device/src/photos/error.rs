//! Why a photo was not taken: each with a stable code and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::is_disk_full;

/// Why a photo was not taken. Nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// No bytes at all.
    #[error("{} is empty (0 bytes); the camera did not finish writing it. Take the photo again", .file.display())]
    Empty {
        /// The file as it was named.
        file: PathBuf,
    },
    /// Something else than a JPEG, PNG or WebP picture.
    #[error("{} is {what}, which cannot be taken as a photo; {advice}", .file.display())]
    Unsupported {
        /// The file as it was named.
        file: PathBuf,
        /// What it is, by its content.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// A picture of which a part is missing or unreadable.
    #[error(
        "{} is damaged ({why}) and would show wrong or grey areas, so it is not taken as evidence; \
         copy it again from the camera or take the photo again", .file.display()
    )]
    Damaged {
        /// The file as it was named.
        file: PathBuf,
        /// What was found.
        why: String,
    },
    /// More bytes, pixels or memory than the limits.
    #[error("{} is too large: {what}; set the camera to a smaller picture", .file.display())]
    TooLarge {
        /// The file as it was named.
        file: PathBuf,
        /// How large, and the limit.
        what: String,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {source}; check that it exists and may be opened", .file.display())]
    Unreadable {
        /// The file as it was named.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The copy could not be put on the disk.
    #[error("the photo could not be stored at {}: {source}; free some space and try again", .path.display())]
    NotStored {
        /// What was being written.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// An original that ought to be here is not, or is no longer what it was.
    #[error("the original {} is not what was recorded: {why}", .path.display())]
    Changed {
        /// The original.
        path: PathBuf,
        /// What differs.
        why: String,
    },
}

impl PhotoError {
    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "photo-empty",
            Self::Unsupported { .. } => "photo-unsupported",
            Self::Damaged { .. } => "photo-damaged",
            Self::TooLarge { .. } => "photo-too-large",
            Self::Unreadable { .. } => "photo-unreadable",
            Self::NotStored { .. } => "photo-not-stored",
            Self::Changed { .. } => "photo-changed",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Empty { file } => format!("{} 是空文件（0 字节），相机没有写完；请重新拍摄", file.display()),
            Self::Unsupported { file, .. } => format!(
                "{} 不是 JPEG、PNG 或 WebP 照片；请把相机格式设为 JPEG（苹果手机：设置－相机－格式－兼容性最佳；安卓手机：关闭 HEIF/高效率图片）",
                file.display()
            ),
            Self::Damaged { file, .. } => {
                format!("{} 已损坏，画面会缺失或变灰，不能作为证据；请从相机重新复制或重新拍摄", file.display())
            }
            Self::TooLarge { file, what } => format!("{} 过大（{what}）；请调低相机的照片尺寸", file.display()),
            Self::Unreadable { file, source } => {
                format!("无法读取 {}：{source}；请确认文件存在并可打开", file.display())
            }
            Self::NotStored { path, source } => {
                format!("照片未能保存到 {}：{source}；请清理空间后重试", path.display())
            }
            Self::Changed { path, why } => format!("原图 {} 与记录不符：{why}", path.display()),
        }
    }

    /// Whether it failed for want of room.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::NotStored { source, .. } if is_disk_full(source))
    }

    pub(super) fn damaged(file: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), why: why.into() }
    }

    pub(super) fn too_large(file: &Path, what: impl Into<String>) -> Self {
        Self::TooLarge { file: file.to_owned(), what: what.into() }
    }

    pub(super) fn unreadable(file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Unreadable { file, source }
    }

    pub(super) fn not_stored(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::NotStored { path, source }
    }
}
