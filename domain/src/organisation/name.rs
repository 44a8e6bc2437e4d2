//! Names. A legal person's name is public; a natural person's is a salted commitment that can be erased.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::log::canonical::{EncodingError, canonical_json};
use crate::log::hash::{Hash, sha256};
use crate::text::is_line;

/// The longest name, in characters.
pub const MAX_NAME: usize = 200;

/// How a name stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PublicName {
    /// In clear, for legal persons.
    Clear(String),
    /// As the hash of a salt and the name; both can be erased without touching the log.
    Committed(Hash),
}

/// A name that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to {MAX_NAME} characters, no line breaks, no hidden characters and no blanks at its ends"
)]
pub struct InvalidName;

/// Checks a name as people type it.
pub fn check_name(name: &str) -> Result<(), InvalidName> {
    if is_line(name, MAX_NAME) {
        Ok(())
    } else {
        Err(InvalidName)
    }
}

/// The commitment to a natural person's name: SHA-256 of the canonical JSON of tag, salt and name.
pub fn commit_name(name: &str, salt: [u8; 32]) -> Result<Hash, EncodingError> {
    let content = json!({ "tag": "commonweal/name/v1", "salt": hex::encode(salt), "name": name });
    canonical_json(&content).map(|bytes| sha256(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_depends_on_salt_and_name() {
        let base = commit_name("Mina Park", [1; 32]).unwrap();
        assert_eq!(base, commit_name("Mina Park", [1; 32]).unwrap());
        assert_ne!(base, commit_name("Mina Park", [2; 32]).unwrap());
        assert_ne!(base, commit_name("Mina Pak", [1; 32]).unwrap());
    }

    #[test]
    fn names_are_one_line_and_not_blank() {
        for name in ["", " a", "a ", "a\nb", "a\u{202e}b", &"x".repeat(201)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name("서울 사회적협동조합").is_ok());
    }
}
