//! References into other registers, each used once in the whole registry.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an outcome stands in another register: the register and the number in it.
///
/// Two references that differ in capitals, blanks or punctuation alone are the same one: see [`Self::key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawReference", into = "RawReference")]
pub struct ExternalReference {
    source: String,
    number: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawReference {
    source: String,
    number: String,
}

/// A text that is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// Not the name of a register.
    #[error("`source`: expected 2 to 40 capitals, digits, `-` or `.`, such as GB-NTS")]
    Source,
    /// Not a number in one.
    #[error(
        "`number`: expected 1 to 100 letters and digits of ASCII with blanks or one of -./_:# between them"
    )]
    Number,
}

impl ExternalReference {
    /// From the code of a register and the number in it.
    pub fn new(source: &str, number: &str) -> Result<Self, InvalidReference> {
        let code = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-.".contains(&b);
        let named = source.bytes().any(|b| b.is_ascii_alphanumeric());
        if !(named && (2..=40).contains(&source.len()) && source.bytes().all(code)) {
            return Err(InvalidReference::Source);
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b" -./_:#".contains(&b);
        let says = number.bytes().any(|b| b.is_ascii_alphanumeric()) && number.trim() == number;
        if !(says && number.len() <= 100 && number.bytes().all(plain)) {
            return Err(InvalidReference::Number);
        }
        Ok(Self {
            source: source.to_owned(),
            number: number.to_owned(),
        })
    }

    /// The register.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The number in it.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// What makes two references the same: letters and digits alone, in small letters, so that `INV-001` is `inv 001`.
    pub fn key(&self) -> String {
        let plain = |text: &str| -> String {
            let letters = text.chars().filter(char::is_ascii_alphanumeric);
            letters.map(|c| c.to_ascii_lowercase()).collect()
        };
        format!("{}:{}", plain(&self.source), plain(&self.number))
    }
}

impl fmt::Display for ExternalReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, self.number)
    }
}

impl TryFrom<RawReference> for ExternalReference {
    type Error = InvalidReference;
    fn try_from(raw: RawReference) -> Result<Self, InvalidReference> {
        Self::new(&raw.source, &raw.number)
    }
}

impl From<ExternalReference> for RawReference {
    fn from(reference: ExternalReference) -> Self {
        Self {
            source: reference.source,
            number: reference.number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_blanks_and_punctuation_make_no_other_reference() {
        let key = |source, number| ExternalReference::new(source, number).unwrap().key();
        assert_eq!(key("GB-NTS", "INV-001/a"), key("GBNTS", "inv 001 A"));
        assert_ne!(key("GB-NTS", "INV-001"), key("GB-NTS", "INV-002"));
        assert_ne!(key("AB", "C1"), key("ABC", "1"));
    }

    #[test]
    fn what_only_looks_the_same_is_refused() {
        for (source, number) in [
            ("gb-nts", "1"),
            ("G", "1"),
            ("--", "1"),
            ("GB NTS", "1"),
            ("GB-NTS", ""),
            ("GB-NTS", " 1"),
            ("GB-NTS", "-"),
            ("GB-NTS", "1\u{200b}"),
            ("GB-NTS", "\u{0661}"),
            ("GB-NTS", "1\n2"),
        ] {
            assert!(
                ExternalReference::new(source, number).is_err(),
                "{source:?} {number:?}"
            );
        }
    }
}
