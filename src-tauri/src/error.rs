//! What the screens get instead of an answer.

use serde::Serialize;

use crate::view::Label;

/// A refusal: the screens choose their words by the code; the device's own sentence stands behind it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApiError {
    /// Stable, for programs.
    pub code: String,
    /// What the device says.
    pub message: Label,
}

impl From<device::Error> for ApiError {
    fn from(e: device::Error) -> Self {
        Self { code: e.code().to_owned(), message: Label { zh: e.zh(), en: e.to_string() } }
    }
}
