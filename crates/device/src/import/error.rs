//! Why a ledger cannot be read at all.

use std::io;
use std::path::PathBuf;

/// Why a ledger cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened.
    #[error("{} cannot be read: {source}; check that it exists and is not open elsewhere", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// More bytes, lines or columns than the limits.
    #[error("{} is too large: {what}; divide it and import the parts", .file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// How large, and the limit.
        what: String,
    },
    /// Not a table of any kind that is read.
    #[error("{} is not a table that can be read ({why}); save it from Excel as .xlsx or as CSV UTF-8", .file.display())]
    NotATable {
        /// The file.
        file: PathBuf,
        /// What was found.
        why: String,
    },
    /// The sheet that was asked for is not there.
    #[error("{} has no sheet '{sheet}'; it has: {known}", .file.display())]
    NoSheet {
        /// The file.
        file: PathBuf,
        /// The sheet asked for.
        sheet: String,
        /// The sheets there are.
        known: String,
    },
    /// No line has headings that are understood.
    #[error(
        "in {} no line has two headings that are understood; name the columns as in the form, such as 名称, 镇街, 经度, 纬度",
        .file.display()
    )]
    NoHeadings {
        /// The file.
        file: PathBuf,
    },
}

impl ImportError {
    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "import-unreadable",
            Self::TooLarge { .. } => "import-too-large",
            Self::NotATable { .. } => "import-not-a-table",
            Self::NoSheet { .. } => "import-no-sheet",
            Self::NoHeadings { .. } => "import-no-headings",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Unreadable { file, source } => {
                format!("无法读取 {}：{source}；请确认文件存在且没有被其他程序占用", file.display())
            }
            Self::TooLarge { file, what } => format!("{} 过大（{what}）；请拆成几份分别导入", file.display()),
            Self::NotATable { file, why } => {
                format!("{} 不是可读取的表格（{why}）；请在 Excel 中另存为 .xlsx 或 CSV UTF-8", file.display())
            }
            Self::NoSheet { file, sheet, known } => {
                format!("{} 中没有工作表“{sheet}”；现有：{known}", file.display())
            }
            Self::NoHeadings { file } => {
                format!("{} 中没有可识别的表头；请按表单命名各列，如 名称、镇街、经度、纬度", file.display())
            }
        }
    }
}
