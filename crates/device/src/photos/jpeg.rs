//! The skeleton of a JPEG file: whether it is whole, and how large it becomes, before anything is decoded.

/// What the segments of a JPEG say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Skeleton {
    /// Width as stored, pixels.
    pub width: u32,
    /// Height as stored, pixels.
    pub height: u32,
    /// Memory for coefficients that a decoder must hold at once, in bytes; 0 if it may go row by row.
    pub coefficient_bytes: u64,
    /// Where the end-of-image marker stands.
    pub end: usize,
    /// Blocks of the picture, as a sequential scan counts them.
    blocks: u64,
    /// Blocks between two restart markers; 0 without any.
    restart_blocks: u64,
    /// How many restart markers there are.
    restarts: u64,
    /// How many scans there are.
    scans: u32,
}

impl Skeleton {
    /// One scan that is decoded row by row: what nearly every camera writes.
    fn is_plain(&self) -> bool {
        self.coefficient_bytes == 0 && self.scans == 1
    }

    /// Whether a plain picture without restart markers is known to hold all its blocks only by decoding it.
    pub fn must_be_counted(&self) -> bool {
        self.is_plain() && self.restart_blocks == 0
    }

    /// Whether restart markers are missing, and with them a part of the picture.
    fn lacks_restarts(&self) -> bool {
        self.is_plain() && self.restart_blocks > 0 && (self.restarts + 1) * self.restart_blocks < self.blocks
    }
}

/// Walks the segments to the end-of-image marker.
///
/// # Errors
/// Where the file stops or stops making sense, as a sentence.
pub(super) fn skeleton(bytes: &[u8]) -> Result<Skeleton, String> {
    let mut at = 2;
    let mut found = Skeleton::default();
    loop {
        let (marker, body) = next_marker(bytes, at)?;
        if marker == 0xD9 {
            found.end = body - 2;
            break;
        }
        at = if matches!(marker, 0x01 | 0xD0..=0xD8) { body } else { body + segment_length(bytes, body)? };
        found.read_segment(marker, &bytes[body..at])?;
        if marker == 0xDA {
            at = end_of_scan(bytes, at, &mut found.restarts)?;
        }
    }
    if found.scans == 0 {
        return Err("it ends before its picture begins".into());
    }
    if found.width == 0 || found.height == 0 {
        return Err("it says that it has no pixels".into());
    }
    if found.lacks_restarts() {
        return Err("a part of its picture is missing".into());
    }
    Ok(found)
}

impl Skeleton {
    /// Notes what a segment says; it begins with its own length.
    fn read_segment(&mut self, marker: u8, segment: &[u8]) -> Result<(), String> {
        match marker {
            0xDA => self.scans += 1,
            0xDD => self.restart_blocks = segment.get(2..4).map_or(0, |b| u64::from(u16::from_be_bytes([b[0], b[1]]))),
            _ if is_frame(marker) && self.width == 0 => {
                self.read_frame(marker, segment).ok_or("its frame header is cut short")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn read_frame(&mut self, marker: u8, segment: &[u8]) -> Option<()> {
        let number = |at: usize| Some(u32::from(u16::from_be_bytes([*segment.get(at)?, *segment.get(at + 1)?])));
        let (height, width) = (number(3)?, number(5)?);
        let components = usize::from(*segment.get(7)?);
        let sampling: Vec<(u64, u64)> = segment
            .get(8..8 + components * 3)?
            .chunks_exact(3)
            .map(|c| (u64::from(c[1] >> 4).max(1), u64::from(c[1] & 15).max(1)))
            .collect();
        let most = |side: fn(&(u64, u64)) -> u64| sampling.iter().map(side).max().unwrap_or(1);
        // A single component is never interleaved, so its blocks are 8 x 8 whatever its sampling says.
        let (h_most, v_most) = if components == 1 { (1, 1) } else { (most(|s| s.0), most(|s| s.1)) };
        let area = u64::from(width) * u64::from(height);
        let share = |(h, v): &(u64, u64)| 2 * area * h * v / (most(|s| s.0) * most(|s| s.1));
        // Only a sequential frame can be decoded row by row; the others gather all their coefficients first.
        let row_by_row = matches!(marker, 0xC0 | 0xC1);
        self.coefficient_bytes = if row_by_row { 0 } else { sampling.iter().map(share).sum() };
        self.blocks = u64::from(width).div_ceil(8 * h_most) * u64::from(height).div_ceil(8 * v_most);
        (self.width, self.height) = (width, height);
        Some(())
    }
}

/// The next marker at or after a place, skipping padding, and where its body begins.
fn next_marker(bytes: &[u8], from: usize) -> Result<(u8, usize), String> {
    let mut at = from;
    loop {
        match bytes.get(at..at + 2) {
            Some([0xFF, 0xFF]) => at += 1,
            Some([0xFF, marker]) if *marker != 0 => return Ok((*marker, at + 2)),
            Some(_) => at += 1,
            None => return Err(cut_short(bytes)),
        }
    }
}

fn segment_length(bytes: &[u8], at: usize) -> Result<usize, String> {
    let length = bytes.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
    match length {
        Some(n) if n < 2 => Err(format!("a segment at byte {at} has an impossible length")),
        Some(n) if at + n <= bytes.len() => Ok(n),
        _ => Err(cut_short(bytes)),
    }
}

/// The first marker after the compressed data of a scan; restart markers and stuffed bytes belong to the data.
fn end_of_scan(bytes: &[u8], from: usize, restarts: &mut u64) -> Result<usize, String> {
    let mut at = from;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|&b| b == 0xFF)) {
        at += found;
        match bytes.get(at + 1) {
            Some(0x00) => at += 2,
            Some(0xD0..=0xD7) => {
                *restarts += 1;
                at += 2;
            }
            Some(0xFF) => at += 1,
            Some(_) => return Ok(at),
            None => break,
        }
    }
    Err(cut_short(bytes))
}

fn cut_short(bytes: &[u8]) -> String {
    format!("it is cut short: its end is missing after {} bytes", bytes.len())
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}
