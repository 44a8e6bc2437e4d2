//! SHA-256 hashes and the three hashes of the tree (RFC 6962 section 2.1): leaf, node and empty tree.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// Prefix of a leaf, so that no leaf can pass for a node.
const LEAF_PREFIX: [u8; 1] = [0x00];
/// Prefix of an inner node.
const NODE_PREFIX: [u8; 1] = [0x01];

/// A SHA-256 hash. Its text form is 64 lower-case hex digits, in JSON too; notes and checkpoints use base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

/// Why a text or a byte string is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The hex form is not 64 lower-case hex digits.
    #[error("a hash must be 64 lower-case hex digits, got {0:?}: send the hex form of the SHA-256")]
    NotHex(String),
    /// The base64 form does not decode (standard alphabet, padded) to 32 bytes.
    #[error(
        "a hash must be 44 characters of standard, padded base64, got {0:?}: send the base64 form of the SHA-256"
    )]
    NotBase64(String),
    /// The byte string has another length.
    #[error("a hash has 32 bytes, got {0}: send the raw SHA-256")]
    WrongLength(usize),
}

impl Hash {
    /// The raw 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Standard padded base64, as checkpoints and proofs print hashes.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads the form that [`Hash::to_base64`] writes and no other.
    pub fn from_base64(text: &str) -> Result<Self, HashError> {
        STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| HashError::NotBase64(text.to_owned()))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        bytes_from_hex(text)
            .map(Self)
            .ok_or_else(|| HashError::NotHex(text.to_owned()))
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = HashError;

    fn try_from(bytes: &[u8]) -> Result<Self, HashError> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| HashError::WrongLength(bytes.len()))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// 32 bytes from 64 *lower-case* hex digits: a public value has one text form only.
pub(crate) fn bytes_from_hex(text: &str) -> Option<[u8; 32]> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash {
    sha256_of(&[bytes])
}

/// SHA-256 of the concatenation of `parts`.
pub(crate) fn sha256_of(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// Hash of a leaf: `SHA-256(0x00 || entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256_of(&[&LEAF_PREFIX, entry])
}

/// Hash of an inner node: `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    sha256_of(&[&NODE_PREFIX, &left.0, &right.0])
}

/// Root of the tree with no leaves: `SHA-256("")`.
pub fn empty_root() -> Hash {
    sha256(b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_root_and_the_empty_leaf_are_those_of_rfc_6962() {
        assert_eq!(
            empty_root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            leaf_hash(b"").to_string(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    #[test]
    fn a_hash_has_one_hex_form_and_one_base64_form() {
        let hash = sha256(b"commonweal");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
        assert_eq!(
            serde_json::to_value(hash).unwrap(),
            serde_json::json!(hash.to_string())
        );
        for wrong in [
            hash.to_string().to_uppercase(),
            hash.to_string()[1..].to_owned(),
            format!("{hash}00"),
            format!(" {hash}"),
            String::new(),
        ] {
            assert_eq!(wrong.parse::<Hash>(), Err(HashError::NotHex(wrong.clone())));
            assert!(serde_json::from_value::<Hash>(serde_json::json!(wrong)).is_err());
        }
        let base64 = hash.to_base64();
        for wrong in [
            base64.trim_end_matches('=').to_owned(),
            base64.replace('=', "=="),
            format!("{base64}\n"),
            STANDARD.encode([0; 31]),
            // The same 32 bytes with stray bits after the last one.
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=".to_owned(),
        ] {
            assert!(Hash::from_base64(&wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(
            Hash::try_from([0; 33].as_slice()),
            Err(HashError::WrongLength(33))
        );
    }
}
