//! HTTP/1.1 requests as they pass by on one connection: what is asked for, and how much of each body came through.

/// The kind of a photo's file as `Upload-Metadata` has it, and what it means.
const KINDS: [(&str, &str); 2] = [("kind dGh1bWJuYWls", "thumbnail"), ("kind b3JpZ2luYWw", "original")];

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `POST`, `PATCH`, …
    pub method: String,
    /// Without the host.
    pub path: String,
    /// `thumbnail` or `original`, where an upload is begun; else empty.
    pub kind: &'static str,
    /// How much of its body passed.
    pub body_bytes: u64,
}

impl Request {
    /// Whether it carries, or asks about, a photo.
    #[must_use]
    pub fn is_photo(&self) -> bool {
        self.path.starts_with("/v1/photos")
    }
}

/// Reads the requests of one connection.
#[derive(Default)]
pub(super) struct Reader {
    head: Vec<u8>,
    body_left: u64,
    /// Which of the requests the body belongs to.
    current: usize,
}

impl Reader {
    /// Takes the next bytes of the connection.
    pub fn read(&mut self, mut bytes: &[u8], requests: &mut Vec<Request>) {
        while !bytes.is_empty() {
            if self.body_left > 0 {
                let taken = bytes.len().min(usize::try_from(self.body_left).unwrap_or(usize::MAX));
                if let Some(request) = requests.get_mut(self.current) {
                    request.body_bytes += taken as u64;
                }
                self.body_left -= taken as u64;
                bytes = &bytes[taken..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if self.head.ends_with(b"\r\n\r\n") {
                self.current = requests.len();
                requests.push(self.begin());
            }
        }
    }

    fn begin(&mut self) -> Request {
        let head = String::from_utf8_lossy(&self.head).into_owned();
        self.head.clear();
        let mut words = head.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let length = head.lines().filter_map(|line| line.split_once(':'));
        let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, v)| v.trim());
        self.body_left = length.filter_map(|v| v.parse::<u64>().ok()).next().unwrap_or_default();
        let kind = KINDS.iter().find(|(mark, _)| head.contains(mark)).map_or("", |(_, kind)| kind);
        Request { method, path, kind, body_bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_however_the_bytes_are_cut() {
        let stream = b"POST /v1/photos HTTP/1.1\r\nContent-Length: 5\r\nupload-metadata: sha256 QQ==,kind dGh1bWJuYWls\r\n\r\nhelloHEAD /v1/photos/uploads/1 HTTP/1.1\r\n\r\n";
        for size in [1, 7, 1000] {
            let (mut reader, mut requests) = (Reader::default(), Vec::new());
            stream.chunks(size).for_each(|piece| reader.read(piece, &mut requests));
            let seen: Vec<(&str, &str, u64)> =
                requests.iter().map(|r| (r.method.as_str(), r.kind, r.body_bytes)).collect();
            assert_eq!(seen, [("POST", "thumbnail", 5), ("HEAD", "", 0)], "in pieces of {size}");
        }
    }
}
