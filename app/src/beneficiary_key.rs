//! The key that turns suppliers' hashes of people into tokens. Whoever has the table of tokens and not this key learns nothing of
//! a person, not even by trying out every number; it lives in a file of its own, never in the database.
//!
//! It is never changed: tokens that were made with another key cannot be compared.

use commonweal_domain::contract::beneficiary::scheme;
use commonweal_domain::log::hash::Hash;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::AppError;
use crate::rng::Entropy;

/// Begins what is hashed to a token.
const TOKEN_TAG: &[u8] = b"commonweal/token/v1\n";
/// Begins what is hashed to a person's kind.
const KIND_TAG: &[u8] = b"commonweal/kind/v1\n";

/// The registry's secret for tokens, with the origin of its log.
#[derive(Clone)]
pub struct BeneficiaryKey {
    secret: Zeroizing<[u8; 32]>,
    origin: String,
}

impl std::fmt::Debug for BeneficiaryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BeneficiaryKey(..)")
    }
}

/// A text that is no such key. It does not repeat the text, which may be most of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a beneficiary key: expected one line of 64 hexadecimal digits")]
pub struct InvalidBeneficiaryKey;

impl BeneficiaryKey {
    /// The text of a new key, for its file.
    pub fn generate(rng: &dyn Entropy) -> SecretString {
        SecretString::from(hex::encode(rng.bytes::<32>()))
    }

    /// Reads the text of a key; blanks and line breaks around it do not matter. `origin` is that of the log.
    pub fn parse(text: &SecretString, origin: &str) -> Result<Self, InvalidBeneficiaryKey> {
        let mut secret = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.expose_secret().trim(), secret.as_mut())
            .map_err(|_| InvalidBeneficiaryKey)?;
        Ok(Self {
            secret,
            origin: origin.to_owned(),
        })
    }

    /// The origin of the registry's log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How suppliers make their hashes for this registry.
    pub fn scheme(&self) -> String {
        scheme(&self.origin)
    }

    /// The token of a supplier's hash.
    pub(crate) fn token(&self, hash: Hash) -> Result<Hash, AppError> {
        self.mac(&[TOKEN_TAG, hash.as_bytes()])
    }

    /// What stands for a person's kind: it can be compared with the same person's kind in another claim, and says nothing.
    pub(crate) fn kind(&self, token: Hash, kind: &str) -> Result<Hash, AppError> {
        self.mac(&[KIND_TAG, token.as_bytes(), kind.as_bytes()])
    }

    fn mac(&self, parts: &[&[u8]]) -> Result<Hash, AppError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_ref())
            .map_err(|error| AppError::internal(error.to_string()))?;
        for part in parts {
            mac.update(part);
        }
        Ok(Hash(mac.finalize().into_bytes().into()))
    }
}

#[cfg(test)]
mod tests {
    use commonweal_domain::log::hash::sha256;

    use super::*;

    fn key(byte: &str) -> BeneficiaryKey {
        let text = SecretString::from(byte.repeat(32));
        BeneficiaryKey::parse(&text, "city.example/log").unwrap()
    }

    #[test]
    fn a_token_depends_on_the_person_and_the_key_and_is_no_kind() {
        let (one, other) = (sha256(b"one"), sha256(b"other"));
        let token = key("0a").token(one).unwrap();
        assert_eq!(token, key("0a").token(one).unwrap());
        assert_ne!(token, key("0a").token(other).unwrap());
        assert_ne!(token, key("0b").token(one).unwrap());
        let kind = |token, word| key("0a").kind(token, word).unwrap();
        assert_ne!(kind(token, "disabled"), kind(token, "long_unemployed"));
        assert_ne!(kind(token, "disabled"), kind(one, "disabled"));
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_and_not_repeated() {
        let wrong = SecretString::from("0a0b secret");
        let error = BeneficiaryKey::parse(&wrong, "x").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(format!("{:?}", key("0a")), "BeneficiaryKey(..)");
    }
}
