//! Bytes of a published file as UTF-8, whatever they came as, with a meter that knows the line and stops a record that
//! would not fit in memory.

use std::cell::Cell;
use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

const CHUNK_BYTES: usize = 64 * 1024;
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Where the reader of a file is. Shared by the text and by those who read records from it.
#[derive(Debug)]
pub(super) struct Meter {
    line: Cell<u64>,
    remaining: Cell<Option<u64>>,
    longest_bytes: u64,
}

impl Meter {
    /// A meter that allows records of so many bytes.
    pub(super) fn new(longest_bytes: u64) -> Self {
        Self {
            line: Cell::new(1),
            remaining: Cell::new(None),
            longest_bytes,
        }
    }

    /// The line being read, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line.get()
    }

    /// What follows is kept in memory, until `release`.
    pub(super) fn hold(&self) {
        if self.remaining.get().is_none() {
            self.remaining.set(Some(self.longest_bytes));
        }
    }

    /// What was kept is gone.
    pub(super) fn release(&self) {
        self.remaining.set(None);
    }

    fn pass(&self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            if *byte == b'\n' {
                self.line.set(self.line.get() + 1);
            }
        }
        if let Some(remaining) = self.remaining.get() {
            let passed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let left = remaining.checked_sub(passed).ok_or_else(|| {
                io::Error::other(format!(
                    "a record is longer than {} bytes, the most that is read at once",
                    self.longest_bytes
                ))
            })?;
            self.remaining.set(Some(left));
        }
        Ok(())
    }
}

/// A reader of UTF-8. Bytes that are not UTF-8 are read as Windows-1252, the superset of ISO-8859-1; UTF-16 is known by
/// its byte order mark. Marks are dropped wherever they stand, so that files that were joined still read.
pub(super) struct PlainText<'m, R> {
    source: R,
    meter: &'m Meter,
    chunk: Vec<u8>,
    raw: Vec<u8>,
    plain: Vec<u8>,
    position: usize,
    wide: Option<Decoder>,
    started: bool,
    ended: bool,
}

impl<'m, R: Read> PlainText<'m, R> {
    /// Reads the source as text.
    pub(super) fn new(source: R, meter: &'m Meter) -> Self {
        Self {
            source,
            meter,
            chunk: vec![0; CHUNK_BYTES],
            raw: Vec::new(),
            plain: Vec::new(),
            position: 0,
            wide: None,
            started: false,
            ended: false,
        }
    }

    /// Makes more plain text; nothing more at the end.
    fn refill(&mut self) -> io::Result<()> {
        self.plain.clear();
        self.position = 0;
        while self.plain.is_empty() && !self.ended {
            self.read_chunk()?;
            if !self.started {
                self.started = true;
                self.wide = match self.raw.get(..2) {
                    Some([0xff, 0xfe]) => Some(UTF_16LE.new_decoder()),
                    Some([0xfe, 0xff]) => Some(UTF_16BE.new_decoder()),
                    _ => None,
                };
            }
            if self.wide.is_some() {
                self.take_wide();
            } else {
                self.take_narrow();
            }
        }
        Ok(())
    }

    /// At least four bytes more, unless the source ends: enough to tell a mark or a character.
    fn read_chunk(&mut self) -> io::Result<()> {
        let wanted = self.raw.len() + 4;
        while self.raw.len() < wanted {
            match self.source.read(&mut self.chunk) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => self.raw.extend(self.chunk.iter().take(read)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take_wide(&mut self) {
        let Some(decoder) = self.wide.as_mut() else {
            return;
        };
        let mut consumed = 0;
        loop {
            let rest = self.raw.get(consumed..).unwrap_or_default();
            let mut room = vec![0; rest.len() * 3 + 16];
            let (result, read, written, _) = decoder.decode_to_utf8(rest, &mut room, self.ended);
            consumed += read;
            self.plain.extend(room.iter().take(written));
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        self.raw.clear();
    }

    fn take_narrow(&mut self) {
        let mut rest = self.raw.as_slice();
        while !rest.is_empty() {
            let (valid, bad) = match std::str::from_utf8(rest) {
                Ok(_) => (rest.len(), Some(0)),
                Err(error) => (error.valid_up_to(), error.error_len()),
            };
            let (good, after) = rest.split_at(valid);
            extend_without_marks(&mut self.plain, good);
            let bad = match bad {
                Some(length) => length,
                // A character cut by the end of the chunk waits for its rest; cut by the end of the file it is no UTF-8.
                None if self.ended => after.len(),
                None => {
                    rest = after;
                    break;
                }
            };
            let (strange, after) = after.split_at(bad);
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(strange);
            self.plain.extend(text.as_bytes());
            rest = after;
        }
        let kept = rest.len();
        self.raw.drain(..self.raw.len() - kept);
    }
}

fn extend_without_marks(plain: &mut Vec<u8>, mut text: &[u8]) {
    while let Some(mark) = text.windows(BOM.len()).position(|window| window == BOM) {
        let (before, after) = text.split_at(mark);
        plain.extend(before);
        text = after.get(BOM.len()..).unwrap_or_default();
    }
    plain.extend(text);
}

impl<R: Read> Read for PlainText<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.plain.len() {
            self.refill()?;
        }
        let rest = self.plain.get(self.position..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        let (Some(from), Some(to)) = (rest.get(..count), buffer.get_mut(..count)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.meter.pass(from)?;
        self.position += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives one byte at a time, the worst that a pipe may do.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else {
                return Ok(0);
            };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn plain(bytes: &[u8]) -> String {
        let meter = Meter::new(1_000_000);
        let mut whole = String::new();
        PlainText::new(bytes, &meter)
            .read_to_string(&mut whole)
            .unwrap();
        let mut dripped = String::new();
        PlainText::new(Drip(bytes), &meter)
            .read_to_string(&mut dripped)
            .unwrap();
        assert_eq!(whole, dripped);
        whole
    }

    #[test]
    fn utf_8_passes_unchanged() {
        assert_eq!(
            plain("{\"a\":\"žluťoučký 구매 ✓\"}".as_bytes()),
            "{\"a\":\"žluťoučký 구매 ✓\"}"
        );
    }

    #[test]
    fn byte_order_marks_are_dropped_wherever_files_were_joined() {
        assert_eq!(plain("\u{feff}{}\n\u{feff}{}".as_bytes()), "{}\n{}");
    }

    #[test]
    fn iso_8859_1_is_read_where_utf_8_fails() {
        assert_eq!(plain(b"\"Espa\xf1a, Cami\xf3n \xe9"), "\"España, Camión é");
    }

    #[test]
    fn utf_16_is_known_by_its_mark() {
        let text = "\u{feff}{\"a\":\"é구\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(plain(&little), "{\"a\":\"é구\"}");
        assert_eq!(plain(&big), "{\"a\":\"é구\"}");
    }

    #[test]
    fn characters_cut_by_a_chunk_are_whole() {
        let text = "é".repeat(CHUNK_BYTES);
        assert_eq!(plain(text.as_bytes()), text);
        let odd = format!("x{text}");
        let meter = Meter::new(1_000_000);
        let mut read = String::new();
        PlainText::new(odd.as_bytes(), &meter)
            .read_to_string(&mut read)
            .unwrap();
        assert_eq!(read, odd);
    }

    #[test]
    fn a_record_that_is_too_long_stops_the_reading() {
        let meter = Meter::new(10);
        meter.hold();
        let error = PlainText::new(&b"0123456789x"[..], &meter)
            .read_to_end(&mut Vec::new())
            .unwrap_err();
        assert!(
            error.to_string().contains("longer than 10 bytes"),
            "{error}"
        );
    }

    #[test]
    fn lines_are_counted_from_one() {
        let meter = Meter::new(10);
        PlainText::new(&b"{}\n\n{}"[..], &meter)
            .read_to_end(&mut Vec::new())
            .unwrap();
        assert_eq!(meter.line(), 3);
    }
}
