//! Media types of evidence: which are taken, and whether the bytes are what their sender says.
//!
//! A file is never shown inline, so the check is not there to make it harmless; it keeps programs and pages out, and a
//! verifier from opening one thing for another. Signatures are those of the formats' own specifications.

/// How the bytes of a media type look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Pdf,
    Png,
    Jpeg,
    Webp,
    Tiff,
    /// A ZIP archive: also the office documents, which are archives inside.
    Zip,
    /// UTF-8 without control characters, and no markup.
    Text,
}

/// What is taken. Formats that run or draw when they are opened (HTML, SVG, macros, programs) are not among them.
const TYPES: &[(&str, Form)] = &[
    ("application/pdf", Form::Pdf),
    ("image/png", Form::Png),
    ("image/jpeg", Form::Jpeg),
    ("image/webp", Form::Webp),
    ("image/tiff", Form::Tiff),
    ("application/zip", Form::Zip),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Form::Zip,
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Form::Zip,
    ),
    ("application/vnd.oasis.opendocument.text", Form::Zip),
    ("application/vnd.oasis.opendocument.spreadsheet", Form::Zip),
    ("text/plain", Form::Text),
    ("text/csv", Form::Text),
    ("application/json", Form::Text),
];

/// The first bytes of each form that has such.
const SIGNATURES: &[(Form, &[u8])] = &[
    (Form::Pdf, b"%PDF-"),
    (Form::Png, b"\x89PNG\r\n\x1a\n"),
    (Form::Jpeg, b"\xff\xd8\xff"),
    (Form::Tiff, b"II*\0"),
    (Form::Tiff, b"MM\0*"),
    (Form::Zip, b"PK\x03\x04"),
];

/// How many bytes from the start are kept: all signatures and the blanks before a page's first tag.
const HEAD: usize = 512;

/// Why a file's media type is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// Not among those that are taken.
    #[error(
        "`Content-Type`: `{declared}` is not taken as evidence: send one of {}",
        names()
    )]
    NotTaken {
        /// What the sender says.
        declared: String,
    },
    /// The bytes are something else.
    #[error(
        "`Content-Type`: the sender says `{declared}`, and the bytes are {found}: send the file as what it is{}",
        hint(declared)
    )]
    NotWhatItSays {
        /// What the sender says.
        declared: &'static str,
        /// What the bytes look like.
        found: &'static str,
    },
}

fn names() -> String {
    let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

fn hint(declared: &str) -> &'static str {
    match TYPES.iter().find(|(name, _)| *name == declared) {
        Some((_, Form::Text)) => "; text must be UTF-8",
        _ => "",
    }
}

/// A media type that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaType {
    name: &'static str,
    form: Form,
}

impl MediaType {
    /// The type that a sender declares, without its parameters.
    pub fn declared(text: &str) -> Result<Self, MediaError> {
        let bare = text.split(';').next().unwrap_or_default().trim();
        let found = TYPES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(bare));
        match found {
            Some((name, form)) => Ok(Self { name, form: *form }),
            None => Err(MediaError::NotTaken {
                declared: bare.chars().take(80).collect(),
            }),
        }
    }

    /// The type's name, such as `application/pdf`.
    pub fn as_str(self) -> &'static str {
        self.name
    }
}

/// Looks at a file while it passes by.
#[derive(Debug, Clone)]
pub struct Sniffer {
    head: Vec<u8>,
    /// The beginning of a character whose end is in the next piece.
    pending: Vec<u8>,
    /// Whether everything so far is text.
    text: bool,
}

impl Default for Sniffer {
    fn default() -> Self {
        Self {
            head: Vec::new(),
            pending: Vec::new(),
            text: true,
        }
    }
}

impl Sniffer {
    /// Takes in the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        let room = HEAD.saturating_sub(self.head.len());
        self.head.extend(piece.iter().take(room));
        if !self.text {
            return;
        }
        let joined;
        let bytes = if self.pending.is_empty() {
            piece
        } else {
            self.pending.extend_from_slice(piece);
            joined = std::mem::take(&mut self.pending);
            &joined
        };
        let (valid, rest) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                // A character that is only cut off may go on in the next piece; a wrong one may not.
                self.text = error.error_len().is_none();
                (std::str::from_utf8(valid).unwrap_or_default(), rest)
            }
        };
        self.pending = rest.to_vec();
        let plain = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}');
        self.text = self.text && valid.chars().all(plain);
    }

    /// Whether the file, all of which has passed by, is what was declared.
    pub fn finish(&self, declared: MediaType) -> Result<(), MediaError> {
        let found = self.form();
        if found == Some(declared.form) {
            return Ok(());
        }
        Err(MediaError::NotWhatItSays {
            declared: declared.name,
            found: match found {
                Some(Form::Pdf) => "a PDF document",
                Some(Form::Png) => "a PNG image",
                Some(Form::Jpeg) => "a JPEG image",
                Some(Form::Webp) => "a WebP image",
                Some(Form::Tiff) => "a TIFF image",
                Some(Form::Zip) => "a ZIP archive",
                Some(Form::Text) => "plain text",
                None if self.is_text() => "markup",
                None => "of a form that is not taken",
            },
        })
    }

    fn form(&self) -> Option<Form> {
        let signed = SIGNATURES
            .iter()
            .find(|(_, bytes)| self.head.starts_with(bytes));
        if let Some((form, _)) = signed {
            return Some(*form);
        }
        if self.head.starts_with(b"RIFF") && self.head.get(8..12) == Some(b"WEBP") {
            return Some(Form::Webp);
        }
        let first = self
            .head
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&self.head);
        let markup = first.trim_ascii_start().starts_with(b"<");
        (self.is_text() && !markup).then_some(Form::Text)
    }

    fn is_text(&self) -> bool {
        self.text && self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(declared: &str, pieces: &[&[u8]]) -> Result<(), MediaError> {
        let declared = MediaType::declared(declared)?;
        let mut sniffer = Sniffer::default();
        for piece in pieces {
            sniffer.push(piece);
        }
        sniffer.finish(declared)
    }

    #[test]
    fn what_it_says_is_what_it_is() {
        for (declared, bytes) in [
            ("application/pdf", &b"%PDF-1.7 ..."[..]),
            ("image/png", b"\x89PNG\r\n\x1a\n...."),
            ("image/jpeg", b"\xff\xd8\xff\xe0...."),
            ("IMAGE/WEBP", b"RIFF\x10\0\0\0WEBPVP8 "),
            ("image/tiff", b"MM\0*...."),
            ("application/zip", b"PK\x03\x04...."),
            (
                "application/vnd.oasis.opendocument.text",
                b"PK\x03\x04mimetype",
            ),
            ("text/csv; charset=utf-8", b"name,hours\nA,3\n"),
            ("application/json", b"{\"hours\": 3}"),
        ] {
            assert_eq!(check(declared, &[bytes]), Ok(()), "{declared}");
            let wrong = check("image/png", &[bytes]);
            assert_eq!(wrong.is_ok(), declared == "image/png", "{declared}");
        }
    }

    #[test]
    fn a_page_a_program_and_a_binary_are_no_text() {
        for bytes in [
            &b"\n <!doctype html><script>"[..],
            b"\xef\xbb\xbf<svg xmlns=",
            b"MZ\x90\0",
            b"\x7fELF\x02\x01",
            b"hours\0",
            b"\xb1\xe8\xc3\xb6\xbc\xf6,3\n",
        ] {
            let error = check("text/plain", &[bytes]).unwrap_err();
            assert!(error.to_string().contains("UTF-8"), "{error}");
        }
    }

    #[test]
    fn a_character_may_be_cut_between_two_pieces_but_not_at_the_end() {
        let text = "시간".as_bytes();
        for cut in 0..=text.len() {
            let (one, two) = text.split_at(cut);
            assert_eq!(check("text/plain", &[one, two]), Ok(()), "{cut}");
        }
        assert!(check("text/plain", &[&text[..4]]).is_err());
        assert!(check("text/plain", &[&text[..4], b"x"]).is_err());
    }

    #[test]
    fn a_type_that_is_not_taken_is_answered_with_those_that_are() {
        let error = MediaType::declared("text/html").unwrap_err().to_string();
        assert!(
            error.contains("`text/html`") && error.contains("text/csv"),
            "{error}"
        );
    }
}
