//! Why an export was not written.

use std::io;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::XlsxError;

use crate::error::is_disk_full;

/// Why an export was not written. A file that was there before is untouched.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The place cannot be written to.
    #[error("{} cannot be written: {source}; choose another place or free some space", .path.display())]
    Write {
        /// The file that was asked for.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A document could not be read from the store.
    #[error("a record could not be read while exporting: {0}; nothing was written")]
    Rows(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The workbook could not be made.
    #[error("the Excel file could not be made: {0}; export as csv instead")]
    Xlsx(#[from] XlsxError),
    /// The GeoPackage could not be made.
    #[error("the GeoPackage could not be made: {0}; export as geojson instead")]
    GeoPackage(#[from] rusqlite::Error),
    /// More rows than a sheet of Excel has.
    #[error("more than {most} records of one kind; Excel holds no more in a sheet. Export as csv or gpkg, or by kind")]
    TooManyRows {
        /// The most of one sheet.
        most: u32,
    },
}

impl ExportError {
    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Write { .. } => "export-write",
            Self::Rows(_) => "export-rows",
            Self::Xlsx(_) => "export-xlsx",
            Self::GeoPackage(_) => "export-gpkg",
            Self::TooManyRows { .. } => "export-too-many-rows",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Write { path, source } => format!("无法写入 {}：{source}；请换一个位置或清理空间", path.display()),
            Self::Rows(why) => format!("导出时有记录无法读取：{why}；没有写出文件"),
            Self::Xlsx(why) => format!("无法生成 Excel 文件：{why}；请改用 csv 格式导出"),
            Self::GeoPackage(why) => format!("无法生成 GeoPackage：{why}；请改用 geojson 格式导出"),
            Self::TooManyRows { most } => {
                format!("同一类记录超过 {most} 条，Excel 一张表放不下；请改用 csv 或 gpkg，或按类别分别导出")
            }
        }
    }

    /// Whether it failed for want of room.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Write { source, .. } | Self::Xlsx(XlsxError::IoError(source)) => is_disk_full(source),
            Self::GeoPackage(e) => e.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            _ => false,
        }
    }

    pub(super) fn write(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Write { path: path.clone(), source }
    }
}
