//! Sealing of bids in plain mode: each tender has an age (X25519) key pair whose private half the service keeps encrypted
//! and releases to the opening alone. No interface shows content early, but whoever holds the sealing key and the
//! database could read it; the tender says so.
//!
//! One tool does both steps: age, which is there for the bids anyway, also wraps the private halves, to a key pair of the
//! service. An operator can check and recover both with any age program.

use age::x25519::{Identity, Recipient};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::commitment::{SealedCommitment, SealedContent};
use commonweal_domain::log::hash::{Hash, sha256};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::AppError;

/// The smallest size of a sealed bid before encryption, in bytes. Larger bids take the next power of two, so that the
/// ciphertext tells hardly more than nothing.
const BUCKET_MIN: usize = 4_096;

/// Bytes of the length in front of the content.
const LENGTH_BYTES: usize = 4;

/// Begins the fingerprint of a request, so that it cannot pass for any other hash.
const FINGERPRINT_TAG: &[u8] = b"commonweal/sealed-request/v1\n";

/// The service's key, under which the private halves of all tenders rest. It lives in a file of its own, never in the
/// database.
#[derive(Clone)]
pub struct SealingKey(Identity);

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// A text that is no sealing key. It does not repeat the text, which may be most of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a sealing key: expected one line that begins with AGE-SECRET-KEY-1")]
pub struct InvalidSealingKey;

impl SealingKey {
    /// A new key from the operating system's random source.
    pub fn generate() -> Self {
        Self(Identity::generate())
    }

    /// Reads the text that [`SealingKey::to_text`] writes; blanks and line breaks around it do not matter.
    pub fn parse(text: &SecretString) -> Result<Self, InvalidSealingKey> {
        let identity = text.expose_secret().trim().parse();
        identity.map(Self).map_err(|_| InvalidSealingKey)
    }

    /// The key as one line of text, for its file.
    pub fn to_text(&self) -> SecretString {
        self.0.to_string()
    }

    /// A key pair for a new tender.
    pub(crate) fn tender_key(&self) -> Result<TenderKey, AppError> {
        let identity = Identity::generate();
        let secret = identity.to_string();
        let wrapped = age::encrypt(&self.0.to_public(), secret.expose_secret().as_bytes());
        Ok(TenderKey {
            recipient: identity.to_public().to_string(),
            wrapped: wrapped.map_err(AppError::internal)?,
        })
    }

    /// The private half of a tender's key pair. Only the opening asks for it.
    pub(crate) fn release(&self, wrapped: &[u8]) -> Result<ReleasedKey, AppError> {
        let secret = age::decrypt(&self.0, wrapped).map(Zeroizing::new);
        let secret = secret.map_err(|error| {
            AppError::internal(format!(
                "a tender's key does not open with the sealing key: {error}"
            ))
        })?;
        let text = std::str::from_utf8(&secret).map_err(AppError::internal)?;
        let identity: Result<Identity, &'static str> = text.parse();
        identity.map(ReleasedKey).map_err(AppError::internal)
    }

    /// Encrypts to the service itself what it must be able to show to some people before an opening.
    pub(crate) fn keep(&self, content: &impl Serialize) -> Result<Vec<u8>, AppError> {
        let plain = Zeroizing::new(canonical_blob(content).map_err(AppError::internal)?);
        age::encrypt(&self.0.to_public(), &pad(&plain)?).map_err(AppError::internal)
    }

    /// Reads what [`SealingKey::keep`] made.
    pub(crate) fn read<T: DeserializeOwned>(&self, kept: &[u8]) -> Result<T, AppError> {
        let padded = age::decrypt(&self.0, kept).map(Zeroizing::new);
        let padded = padded.map_err(AppError::internal)?;
        let plain = unpad(&padded).ok_or_else(|| AppError::internal("damaged padding"))?;
        serde_json::from_slice(plain).map_err(AppError::internal)
    }

    /// The hash of a request with sealed content, for its idempotency key. Without this key nobody can find the content
    /// from it by trial, as they could from a plain hash of a guessable price.
    pub(crate) fn fingerprint(&self, request: &impl Serialize) -> Result<Hash, AppError> {
        let bytes = Zeroizing::new(canonical_blob(request).map_err(AppError::internal)?);
        let secret = self.0.to_string();
        let parts = [
            FINGERPRINT_TAG,
            secret.expose_secret().as_bytes(),
            &sha256(&bytes).0,
        ];
        Ok(sha256(&Zeroizing::new(parts.concat())))
    }
}

/// The key pair of a tender as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct TenderKey {
    /// The public half, `age1...`.
    pub(crate) recipient: String,
    /// The private half, encrypted to the service's key.
    pub(crate) wrapped: Vec<u8>,
}

/// The private half of a tender's key pair, in memory for the time of an opening.
pub(crate) struct ReleasedKey(Identity);

/// A bid as it rests until the opening.
#[derive(Debug, Clone)]
pub(crate) struct SealedBytes {
    /// The content, padded and encrypted to the tender's recipient.
    pub(crate) ciphertext: Vec<u8>,
    /// What the log holds of it.
    pub(crate) commitment: SealedCommitment,
}

/// Why a ciphertext holds no content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bid cannot be read: {0}")]
pub(crate) struct Unreadable(&'static str);

/// Encrypts content to a tender's recipient. The bytes made on the way are wiped.
pub(crate) fn seal(recipient: &str, content: &SealedContent) -> Result<SealedBytes, AppError> {
    let recipient: Recipient = recipient
        .parse()
        .map_err(|error: &str| AppError::internal(error))?;
    let plain = Zeroizing::new(canonical_blob(content).map_err(AppError::internal)?);
    let padded = pad(&plain)?;
    let ciphertext = age::encrypt(&recipient, &padded).map_err(AppError::internal)?;
    let commitment = content
        .commit(sha256(&ciphertext))
        .map_err(AppError::internal)?;
    Ok(SealedBytes {
        ciphertext,
        commitment,
    })
}

/// Decrypts what [`seal`] made.
pub(crate) fn open(key: &ReleasedKey, ciphertext: &[u8]) -> Result<SealedContent, Unreadable> {
    let padded = age::decrypt(&key.0, ciphertext).map(Zeroizing::new);
    let padded = padded.map_err(|_| Unreadable("it was not encrypted to this tender"))?;
    let plain = unpad(&padded).ok_or(Unreadable("its padding is damaged"))?;
    serde_json::from_slice(plain).map_err(|_| Unreadable("it has not the form of a bid"))
}

/// Length, content, zeros up to the size of the bucket.
fn pad(plain: &[u8]) -> Result<Zeroizing<Vec<u8>>, AppError> {
    let length = u32::try_from(plain.len()).map_err(AppError::internal)?;
    let size = (plain.len() + LENGTH_BYTES)
        .next_power_of_two()
        .max(BUCKET_MIN);
    // Reserved whole, so that no copy of a part is left behind.
    let mut padded = Zeroizing::new(Vec::with_capacity(size));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(plain);
    padded.resize(size, 0);
    Ok(padded)
}

fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use commonweal_domain::log::commitment::{FieldOpening, Salt, verify_opening};
    use serde_json::json;

    use super::*;

    fn content(answer: &str) -> SealedContent {
        let field = |value, salt| FieldOpening {
            value,
            salt: Salt([salt; 32]),
        };
        SealedContent {
            salt: Salt([9; 32]),
            fields: BTreeMap::from([
                ("price".to_owned(), field(json!("120000.00 EUR"), 1)),
                ("answers".to_owned(), field(json!({ "Q-1": answer }), 2)),
            ]),
        }
    }

    fn holds(bytes: &[u8], text: &str) -> bool {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }

    #[test]
    fn what_was_sealed_opens_with_the_tenders_key_and_matches_its_commitment() {
        let service = SealingKey::generate();
        let tender = service.tender_key().unwrap();
        let sealed = seal(&tender.recipient, &content("twelve jobs")).unwrap();
        let key = service.release(&tender.wrapped).unwrap();
        let opened = open(&key, &sealed.ciphertext).unwrap();
        assert_eq!(opened, content("twelve jobs"));
        let opening = opened.open(sha256(&sealed.ciphertext), |_| true).unwrap();
        assert_eq!(verify_opening(&sealed.commitment, &opening), Ok(()));
    }

    #[test]
    fn neither_the_bid_nor_the_tenders_key_rests_in_clear() {
        let service = SealingKey::generate();
        let tender = service.tender_key().unwrap();
        assert!(!holds(&tender.wrapped, "AGE-SECRET-KEY"));
        let sealed = seal(&tender.recipient, &content("twelve jobs")).unwrap();
        for text in ["120000.00", "twelve jobs", "price", "answers"] {
            assert!(!holds(&sealed.ciphertext, text), "{text}");
        }
    }

    #[test]
    fn another_sealing_key_or_tender_opens_nothing() {
        let service = SealingKey::generate();
        let (one, other) = (service.tender_key().unwrap(), service.tender_key().unwrap());
        assert!(SealingKey::generate().release(&one.wrapped).is_err());
        let sealed = seal(&one.recipient, &content("a")).unwrap();
        let key = service.release(&other.wrapped).unwrap();
        assert!(open(&key, &sealed.ciphertext).is_err());
    }

    #[test]
    fn a_changed_ciphertext_is_unreadable_and_not_a_panic() {
        let service = SealingKey::generate();
        let tender = service.tender_key().unwrap();
        let key = service.release(&tender.wrapped).unwrap();
        let sealed = seal(&tender.recipient, &content("a")).unwrap();
        for at in (0..sealed.ciphertext.len()).step_by(97) {
            let mut changed = sealed.ciphertext.clone();
            changed[at] ^= 1;
            assert!(open(&key, &changed).is_err(), "byte {at}");
        }
        assert!(open(&key, &[]).is_err());
    }

    #[test]
    fn sizes_come_in_few_buckets() {
        let padded = |n: usize| pad(&vec![b'x'; n]).unwrap().len();
        assert_eq!([padded(0), padded(1), padded(4_092)], [4_096; 3]);
        assert_eq!(padded(4_093), 8_192);
        assert_eq!(unpad(&pad(b"bid").unwrap()), Some(&b"bid"[..]));
        assert_eq!(unpad(&[0, 0, 0, 9, 1]), None);
    }

    #[test]
    fn a_sealing_key_reads_back_from_its_text_and_never_prints() {
        let key = SealingKey::generate();
        let again = SealingKey::parse(&key.to_text()).unwrap();
        assert_eq!(
            key.to_text().expose_secret(),
            again.to_text().expose_secret()
        );
        assert!(!format!("{key:?}").contains("AGE-SECRET"));
        assert_eq!(
            SealingKey::parse(&"secret".into()).unwrap_err(),
            InvalidSealingKey
        );
    }

    #[test]
    fn what_is_kept_reads_back_and_rests_encrypted() {
        let key = SealingKey::generate();
        let kept = key.keep(&json!({ "share": "0.3" })).unwrap();
        assert!(!holds(&kept, "0.3"));
        let read: serde_json::Value = key.read(&kept).unwrap();
        assert_eq!(read, json!({ "share": "0.3" }));
        assert!(
            SealingKey::generate()
                .read::<serde_json::Value>(&kept)
                .is_err()
        );
    }

    #[test]
    fn a_fingerprint_depends_on_the_request_and_on_the_key() {
        let key = SealingKey::generate();
        let one = key.fingerprint(&json!({ "price": "1.00" })).unwrap();
        assert_eq!(one, key.fingerprint(&json!({ "price": "1.00" })).unwrap());
        assert_ne!(one, key.fingerprint(&json!({ "price": "2.00" })).unwrap());
        let other = SealingKey::generate()
            .fingerprint(&json!({ "price": "1.00" }))
            .unwrap();
        assert_ne!(one, other);
    }
}
