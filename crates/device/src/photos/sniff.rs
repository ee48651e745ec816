//! What a file is, by its first bytes and never by its name.

/// A kind of picture that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::WebP];

    /// The ending its originals have.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    /// The one whose ending a file has.
    #[must_use]
    pub fn of_file(path: &std::path::Path) -> Option<Self> {
        let ending = path.extension()?;
        Self::ALL.into_iter().find(|format| ending == format.extension())
    }

    /// The media type.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }
}

/// What the first bytes of a file say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A picture that is taken.
    Picture(Format),
    /// Something known that is not taken: what it is and what to do.
    Other(&'static str, &'static str),
    /// Zeros: a file whose content never reached the card.
    Zeros,
    /// None of it.
    Unknown,
}

const JPEG_CAMERA: &str = "set the camera to JPEG (iPhone: Settings, Camera, Formats, Most Compatible; Android: switch HEIF or high-efficiency off)";
const NO_RAW: &str = "set the camera to JPEG, or to JPEG beside RAW, and take the JPEG";
const NO_VIDEO: &str = "take a photo instead of a video";
const CONVERT: &str = "save it as JPEG or PNG first";

/// Says what a file is from its first bytes; 64 are enough.
pub(super) fn sniff(head: &[u8]) -> Content {
    if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Content::Picture(Format::Jpeg);
    }
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Content::Picture(Format::Png);
    }
    if head.starts_with(b"RIFF") {
        return riff(head);
    }
    if head.get(4..8) == Some(b"ftyp") {
        return iso_media(head);
    }
    if !head.is_empty() && head.iter().all(|&b| b == 0) {
        return Content::Zeros;
    }
    by_magic(head)
}

fn riff(head: &[u8]) -> Content {
    match head.get(8..12) {
        Some(b"WEBP") => Content::Picture(Format::WebP),
        Some(b"AVI ") => Content::Other("a video (AVI)", NO_VIDEO),
        _ => Content::Other("a RIFF file without a picture", CONVERT),
    }
}

/// HEIC, AVIF and most videos share one container; the brands tell them apart.
fn iso_media(head: &[u8]) -> Content {
    let brands: Vec<&[u8]> = head.get(8..).unwrap_or_default().chunks_exact(4).collect();
    let any = |names: &[&[u8]]| brands.iter().any(|b| names.contains(b));
    if any(&[b"avif", b"avis"]) {
        Content::Other("an AVIF picture", JPEG_CAMERA)
    } else if any(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) {
        Content::Other("a HEIC (HEIF) picture", JPEG_CAMERA)
    } else if any(&[b"crx "]) {
        Content::Other("a camera's raw file (CR3)", NO_RAW)
    } else {
        Content::Other("a video (MP4, MOV or 3GP)", NO_VIDEO)
    }
}

fn by_magic(head: &[u8]) -> Content {
    const KNOWN: [(&[u8], &str, &str); 17] = [
        (b"II*\0", "a TIFF picture or a camera's raw file", NO_RAW),
        (b"MM\0*", "a TIFF picture or a camera's raw file", NO_RAW),
        (b"II+\0", "a BigTIFF picture", CONVERT),
        (b"IIRO", "a camera's raw file (ORF)", NO_RAW),
        (b"IIU\0", "a camera's raw file (RW2)", NO_RAW),
        (b"FUJIFILMCCD-RAW", "a camera's raw file (RAF)", NO_RAW),
        (b"GIF8", "a GIF picture", CONVERT),
        (b"BM", "a BMP picture", CONVERT),
        (b"\xFF\x0A", "a JPEG XL picture", CONVERT),
        (b"\0\0\0\x0CJXL ", "a JPEG XL picture", CONVERT),
        (b"\0\0\0\x0CjP  ", "a JPEG 2000 picture", CONVERT),
        (b"\x1A\x45\xDF\xA3", "a video (MKV or WebM)", NO_VIDEO),
        (b"%PDF", "a PDF document", "take a photo of the page or save the page as JPEG"),
        (b"PK\x03\x04", "a ZIP archive or an office document", "unpack it and take the pictures in it"),
        (b"<svg", "an SVG drawing", CONVERT),
        (b"<?xml", "an XML file", CONVERT),
        (b"<!DOC", "a web page", "save the picture itself instead of the page"),
    ];
    let found = KNOWN.iter().find(|(magic, ..)| head.starts_with(magic));
    found.map_or(Content::Unknown, |(_, what, advice)| Content::Other(what, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(head: &[u8]) -> &'static str {
        match sniff(head) {
            Content::Other(what, _) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_picture_nobody_can_read_here_is_named() {
        assert_eq!(what(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "a HEIC (HEIF) picture");
        assert_eq!(what(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif"), "an AVIF picture");
        assert_eq!(what(b"\0\0\0\x18ftypmp42\0\0\0\0isom"), "a video (MP4, MOV or 3GP)");
        assert_eq!(what(b"II*\0\x08\0\0\0"), "a TIFF picture or a camera's raw file");
        assert_eq!(what(b"RIFF\0\0\0\0AVI LIST"), "a video (AVI)");
        assert_eq!(sniff(&[0; 64]), Content::Zeros);
        assert_eq!(sniff(b"hello"), Content::Unknown);
        assert_eq!(sniff(b""), Content::Unknown);
    }
}
