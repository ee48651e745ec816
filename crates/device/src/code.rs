//! What an administrator hands a person to enrol with: a code, a line with the server's address, or a picture of its QR
//! code.

use crate::error::{Error, Result};

/// What a code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The server's address, if it says.
    pub server: Option<String>,
    /// The code.
    pub code: String,
}

#[derive(serde::Deserialize)]
struct Printed {
    code: String,
    url: Option<String>,
}

/// Reads a code as it is printed (`{"code": …, "url": …}`), an address and a code side by side, or a code alone.
///
/// # Errors
/// `no-code`.
pub fn read(text: &str) -> Result<Code> {
    let text = text.trim();
    if let Ok(printed) = serde_json::from_str::<Printed>(text) {
        return Ok(Code { server: printed.url, code: printed.code });
    }
    let (addresses, words): (Vec<&str>, Vec<&str>) = text.split_whitespace().partition(|word| word.contains("://"));
    match (addresses.as_slice(), words.as_slice()) {
        ([], [code]) => Ok(Code { server: None, code: (*code).to_owned() }),
        ([server], [code]) => Ok(Code { server: Some((*server).to_owned()), code: (*code).to_owned() }),
        _ => Err(none("这不是登记码", "this is no enrolment code")),
    }
}

/// Reads the QR code of a picture.
///
/// # Errors
/// `no-code`.
pub fn read_picture(bytes: &[u8]) -> Result<Code> {
    let picture =
        image::load_from_memory(bytes).map_err(|_| none("无法读取这张图片", "this picture cannot be read"))?;
    let grey = picture.to_luma8();
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let at = |x: usize, y: usize| grey.as_raw()[y * width + x];
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, at);
    let texts = prepared.detect_grids().into_iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text);
    let read = texts.filter_map(|text| read(&text).ok()).next();
    read.ok_or_else(|| {
        none(
            "图片中没有找到登记二维码，请靠近、放平后重拍，或手工输入",
            "no enrolment code was found in the picture; take it closer and level, or type it",
        )
    })
}

fn none(zh: &str, en: &str) -> Error {
    Error::request("no-code", zh, en)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that fails here has said enough
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_printed_beside_its_address_and_alone() {
        let whole = Code { server: Some("https://x.cn".into()), code: "K7-42".into() };
        assert_eq!(read(r#"{"code":"K7-42","url":"https://x.cn"}"#).unwrap(), whole);
        assert_eq!(read("https://x.cn K7-42\n").unwrap(), whole);
        assert_eq!(read(" K7-42 ").unwrap(), Code { server: None, ..whole });
        assert_eq!(read("this is not one").unwrap_err().code(), "no-code");
    }
}
