//! Signed notes (C2SP signed-note): a text, and lines saying which keys signed it.
//!
//! Keys here are Ed25519: those of logs (type 0x01), and those of witnesses (type 0x04), whose signatures carry their time (C2SP
//! tlog-cosignature). Lines of other keys and types are kept as they stand and not judged.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::hash::sha256_of;

/// What a key signs: the type byte of keys and signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// 0x01: the text of a note.
    Note,
    /// 0x04: the head of a log as a witness saw it, with the time.
    Cosignature,
}

impl KeyKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosignature => 0x04,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Note, Self::Cosignature]
            .into_iter()
            .find(|kind| kind.byte() == byte)
    }
}

/// Begins each signature line: em dash, space.
const LINE_START: &str = "\u{2014} ";
/// The largest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 1_000_000;
/// The most signature lines that are read.
pub const MAX_SIGNATURES: usize = 100;

/// Why a note or a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// A key name that a signature line could not carry.
    #[error(
        "{0:?} is not a key name: use a name such as registry.example/log, without spaces, plus signs or control characters"
    )]
    KeyName(String),
    /// A verifier key that is not in its text form, or does not belong to its key id.
    #[error(
        "{key:?} is not a verifier key ({reason}): copy the whole line <name>+<key id>+<base64> from the log's operator"
    )]
    VerifierKey {
        /// The text given.
        key: String,
        /// The part that is wrong.
        reason: &'static str,
    },
    /// A text that cannot be signed.
    #[error("the text of a note must end in a newline and hold no control characters but newlines")]
    Text,
    /// Bytes that are not a signed note.
    #[error("the bytes are not a signed note ({reason}): fetch the note again, unchanged")]
    Malformed {
        /// The part that is wrong.
        reason: &'static str,
    },
    /// A known key's signature is not over this text.
    #[error("the signature of {name} is not over this text: the note was altered")]
    BadSignature {
        /// The key's name.
        name: KeyName,
    },
    /// None of the given keys signed.
    #[error("none of the given keys signed this note: check that you have the key of this log")]
    NoKnownKey,
}

/// The name of a key: not empty, no spaces, no plus sign, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let unfit = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if text.is_empty() || text.contains(unfit) {
            return Err(NoteError::KeyName(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tells the keys of one name apart: the first 4 bytes of `SHA-256(name || 0x0A || type || public key)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// The id of an Ed25519 key of a kind under this name.
    fn of(name: &KeyName, kind: KeyKind, key: &VerifyingKey) -> Self {
        let hash = sha256_of(&[name.0.as_bytes(), b"\n", &[kind.byte()], key.as_bytes()]);
        let [a, b, c, d, ..] = hash.0;
        Self([a, b, c, d])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The public key of a signer under its name. Its text form, the vkey, is `name+key id+base64(type || public key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    kind: KeyKind,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The name.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What it signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    fn verify(&self, text: &str, signature: &NoteSignature) -> Result<(), NoteError> {
        let bad = || NoteError::BadSignature {
            name: self.name.clone(),
        };
        let (signature, signed) = match self.kind {
            KeyKind::Note => (signature.signature.as_slice(), text.to_owned()),
            KeyKind::Cosignature => {
                let (time, signature) = signature.signature.split_first_chunk().ok_or_else(bad)?;
                (signature, cosigned_text(text, u64::from_be_bytes(*time)))
            }
        };
        let signature = Signature::from_slice(signature).map_err(|_| bad())?;
        self.key
            .verify_strict(signed.as_bytes(), &signature)
            .map_err(|_| bad())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.kind.byte()], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.id, STANDARD.encode(typed))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let wrong = |reason| NoteError::VerifierKey {
            key: text.to_owned(),
            reason,
        };
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("it has not three parts joined by +"));
        };
        let name: KeyName = name.parse()?;
        let typed = STANDARD
            .decode(key)
            .map_err(|_| wrong("the key is not standard, padded base64"))?;
        let (kind, key) = typed
            .split_first()
            .and_then(|(kind, key)| Some((KeyKind::from_byte(*kind)?, key)))
            .ok_or_else(|| wrong("the key is not of type 1 or 4, Ed25519"))?;
        let key: &[u8; 32] = key
            .try_into()
            .map_err(|_| wrong("an Ed25519 key has 32 bytes"))?;
        let key = VerifyingKey::from_bytes(key)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or_else(|| wrong("the key is not a usable point of the curve"))?;
        let key = Self {
            id: KeyId::of(&name, kind, &key),
            name,
            kind,
            key,
        };
        if key.id.to_string() != id {
            return Err(wrong("the key id does not belong to this name and key"));
        }
        Ok(key)
    }
}

/// Signs notes. Holds the secret key, which is wiped from memory when dropped and never printed.
pub struct NoteSigner {
    secret: SigningKey,
    public: VerifierKey,
}

impl NoteSigner {
    /// The signer of this name, from the 32-byte seed of its Ed25519 key (RFC 8032).
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        Self::of_kind(KeyKind::Note, name, seed)
    }

    /// A witness of this name: it cosigns heads of logs and signs no notes.
    pub fn witness_from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        Self::of_kind(KeyKind::Cosignature, name, seed)
    }

    fn of_kind(kind: KeyKind, name: KeyName, seed: &[u8; 32]) -> Self {
        let secret = SigningKey::from_bytes(seed);
        let key = secret.verifying_key();
        let public = VerifierKey {
            id: KeyId::of(&name, kind, &key),
            name,
            kind,
            key,
        };
        Self { secret, public }
    }

    /// The public key that verifies what this signs.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.public
    }

    fn sign(&self, text: &str) -> NoteSignature {
        self.line(self.secret.sign(text.as_bytes()).to_bytes().to_vec())
    }

    /// The signature line of a witness that saw the head in `text` at a time, in seconds since 1970 in UTC.
    pub fn cosign(&self, text: &str, seconds: u64) -> NoteSignature {
        let signature = self.secret.sign(cosigned_text(text, seconds).as_bytes());
        self.line([&seconds.to_be_bytes()[..], &signature.to_bytes()].concat())
    }

    fn line(&self, signature: Vec<u8>) -> NoteSignature {
        NoteSignature {
            name: self.public.name.clone(),
            key_id: self.public.id,
            signature,
        }
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.public)
    }
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Who says to have signed.
    pub name: KeyName,
    /// With which of its keys.
    pub key_id: KeyId,
    /// The signature, in the form of the key's type; 64 bytes for Ed25519.
    pub signature: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [self.key_id.0.as_slice(), &self.signature].concat();
        write!(f, "{LINE_START}{} {}", self.name, STANDARD.encode(blob))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let wrong = |reason| NoteError::Malformed { reason };
        let (name, blob) = line
            .strip_prefix(LINE_START)
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(|| wrong("a signature line is not em dash, name, signature"))?;
        let blob = STANDARD
            .decode(blob)
            .map_err(|_| wrong("a signature is not standard, padded base64"))?;
        match blob.split_first_chunk::<4>() {
            Some((id, signature)) if !signature.is_empty() => Ok(Self {
                name: name.parse()?,
                key_id: KeyId(*id),
                signature: signature.to_vec(),
            }),
            _ => Err(wrong("a signature line has no signature after its key id")),
        }
    }
}

/// A text and its signature lines. Do not act on the text before [`SignedNote::verify`] has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Signs `text`, which must end in a newline.
    pub fn sign(text: String, signer: &NoteSigner) -> Result<Self, NoteError> {
        if !text.ends_with('\n') || has_control_character(&text) {
            return Err(NoteError::Text);
        }
        if signer.public.kind != KeyKind::Note {
            return Err(NoteError::NoKnownKey);
        }
        let signatures = vec![signer.sign(&text)];
        Ok(Self { text, signatures })
    }

    /// Reads a note. [`SignedNote::to_string`](ToString) gives back the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let wrong = |reason| NoteError::Malformed { reason };
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(wrong("it is larger than 1,000,000 bytes"));
        }
        let all = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        if has_control_character(all) {
            return Err(wrong("it has control characters"));
        }
        let (text, lines) = all
            .rsplit_once("\n\n")
            .ok_or_else(|| wrong("no empty line stands before the signatures"))?;
        let lines = lines
            .strip_suffix('\n')
            .ok_or_else(|| wrong("the last signature line does not end in a newline"))?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(wrong("it has more than 100 signatures"));
        }
        Ok(Self {
            text: format!("{text}\n"),
            signatures: lines
                .split('\n')
                .map(str::parse)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The text, its last newline included. Who says so is another question: [`SignedNote::verify`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signature lines, verified or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds the signature line of another signer, a witness for example.
    pub fn add_signature(&mut self, signature: NoteSignature) {
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
    }

    /// Which of the `known` keys signed. Lines of other keys are passed over; a wrong signature under a known key
    /// refuses the whole note, and so does a note that no known key signed.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signed = Vec::new();
        for key in known {
            let mut of_key = self
                .signatures
                .iter()
                .filter(|line| line.name == key.name && line.key_id == key.id)
                .peekable();
            if of_key.peek().is_some() {
                of_key.try_for_each(|line| key.verify(&self.text, line))?;
                signed.push(key);
            }
        }
        if signed.is_empty() {
            return Err(NoteError::NoKnownKey);
        }
        Ok(signed)
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// What a witness signs (C2SP tlog-cosignature).
fn cosigned_text(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// Control characters other than newline are not allowed anywhere in a note.
fn has_control_character(text: &str) -> bool {
    text.chars().any(|c| c < ' ' && c != '\n')
}

#[cfg(test)]
mod tests;
