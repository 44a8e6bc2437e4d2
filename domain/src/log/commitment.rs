//! Commit, then reveal: one mechanism for every sealed thing (bids, marks, orders).
//!
//! While sealed, the log holds one [`SealedCommitment`], which says nothing. At opening it gets an [`Opening`], in which each
//! field is published or stays a hash. Anyone can check that both belong together; a later opening of the same content
//! may publish more fields and still matches. Salts keep guessable values (a price, a mark) from being found by trial.

use std::{collections::BTreeMap, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::{
    canonical::{EncodingError, canonical_blob},
    hash::{Hash, HashError, bytes_from_hex, sha256, sha256_of},
};

/// Begins the hash of each field, so that it cannot pass for anything else.
const FIELD_TAG: &[u8] = b"commonweal/field/v1\n";
/// Begins the hash of the whole.
const SEALED_TAG: &[u8] = b"commonweal/sealed/v1\n";

/// 32 random bytes that hide what they are hashed with. Its text form is 64 lower-case hex digits. It is as secret as the value
/// it hides until that is revealed, so `{:?}` does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

impl FromStr for Salt {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        bytes_from_hex(text)
            .map(Self)
            .ok_or_else(|| HashError::NotHex(text.to_owned()))
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The text stays out of the error: it may be most of a salt that is still secret.
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| de::Error::custom("a salt must be 64 lower-case hex digits"))
    }
}

/// One field of sealed content with what hides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldOpening {
    /// The value; decimals as strings ([`super::canonical`]).
    pub value: Value,
    /// A fresh salt for this field alone.
    pub salt: Salt,
}

impl FieldOpening {
    /// `SHA-256("commonweal/field/v1\n" || salt || JCS({"name":..,"value":..}))`.
    pub fn commitment(&self, name: &str) -> Result<Hash, EncodingError> {
        #[derive(Serialize)]
        struct Named<'a> {
            name: &'a str,
            value: &'a Value,
        }
        let content = canonical_blob(&Named {
            name,
            value: &self.value,
        })?;
        Ok(sha256_of(&[FIELD_TAG, &self.salt.0, &content]))
    }
}

/// What the log holds of sealed content: `SHA-256("commonweal/sealed/v1\n" || salt || content root || ciphertext hash)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SealedCommitment(pub Hash);

impl fmt::Display for SealedCommitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The whole sealed content: what its owner keeps, encrypted, until the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedContent {
    /// Hides the whole.
    pub salt: Salt,
    /// The fields by name.
    pub fields: BTreeMap<String, FieldOpening>,
}

impl SealedContent {
    /// The commitment to this content and to the ciphertext that it is kept in (by its SHA-256).
    pub fn commit(&self, ciphertext_hash: Hash) -> Result<SealedCommitment, CommitmentError> {
        self.open(ciphertext_hash, |_| true)?.commitment()
    }

    /// The opening that publishes the fields which `is_public` names, and withholds the others behind their hashes.
    pub fn open(
        &self,
        ciphertext_hash: Hash,
        is_public: impl Fn(&str) -> bool,
    ) -> Result<Opening, CommitmentError> {
        let fields = self
            .fields
            .iter()
            .map(|(name, field)| {
                let published = if is_public(name) {
                    PublishedField::Published(field.clone())
                } else {
                    let hash = commitment_of(name, field)?;
                    PublishedField::Withheld(WithheldField { hash })
                };
                Ok((name.clone(), published))
            })
            .collect::<Result<_, CommitmentError>>()?;
        Ok(Opening {
            salt: self.salt,
            ciphertext_hash,
            fields,
        })
    }
}

/// A field that stays hidden behind its commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithheldField {
    /// [`FieldOpening::commitment`].
    pub hash: Hash,
}

/// One field of an opening: `{"value":..,"salt":..}` or `{"hash":..}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PublishedField {
    /// The value and what shows that it was committed to.
    Published(FieldOpening),
    /// Not published.
    Withheld(WithheldField),
}

impl PublishedField {
    /// The value, if published.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Published(field) => Some(&field.value),
            Self::Withheld(_) => None,
        }
    }

    /// The field's commitment, recomputed where the value is published.
    pub fn commitment(&self, name: &str) -> Result<Hash, CommitmentError> {
        match self {
            Self::Published(field) => commitment_of(name, field),
            Self::Withheld(field) => Ok(field.hash),
        }
    }
}

/// What the log gets when sealed content is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Salt of the whole.
    pub salt: Salt,
    /// SHA-256 of the ciphertext that was handed in.
    pub ciphertext_hash: Hash,
    /// Every field of the content, published or withheld.
    pub fields: BTreeMap<String, PublishedField>,
}

impl Opening {
    /// The commitment that this opening belongs to.
    pub fn commitment(&self) -> Result<SealedCommitment, CommitmentError> {
        let hashes: BTreeMap<&str, Hash> = self
            .fields
            .iter()
            .map(|(name, field)| Ok((name.as_str(), field.commitment(name)?)))
            .collect::<Result<_, CommitmentError>>()?;
        let content_root = sha256(&canonical_blob(&hashes).map_err(CommitmentError::Names)?);
        Ok(SealedCommitment(sha256_of(&[
            SEALED_TAG,
            &self.salt.0,
            content_root.as_bytes(),
            self.ciphertext_hash.as_bytes(),
        ])))
    }
}

/// Why content cannot be committed to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitmentError {
    /// A value without a canonical form.
    #[error("field {field:?}: {source}")]
    Field {
        /// The field's name.
        field: String,
        /// What is wrong with its value.
        source: EncodingError,
    },
    /// The field names have no canonical form.
    #[error("the fields: {0}")]
    Names(EncodingError),
}

/// Why an opening does not belong to a commitment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another value, salt, field or ciphertext than was committed to.
    #[error(
        "the opening makes commitment {found}, the sealed entry says {expected}: it is not what was sealed, and is invalid"
    )]
    Commitment {
        /// What the sealed entry says.
        expected: SealedCommitment,
        /// What the opening makes.
        found: SealedCommitment,
    },
    /// The opening could not have been committed to at all.
    #[error("the opening cannot be checked: {0}")]
    Content(#[from] CommitmentError),
}

/// Checks that `opening` reveals what was sealed as `sealed`.
pub fn verify_opening(sealed: &SealedCommitment, opening: &Opening) -> Result<(), Mismatch> {
    let found = opening.commitment()?;
    if found == *sealed {
        Ok(())
    } else {
        Err(Mismatch::Commitment {
            expected: *sealed,
            found,
        })
    }
}

fn commitment_of(name: &str, field: &FieldOpening) -> Result<Hash, CommitmentError> {
    field
        .commitment(name)
        .map_err(|source| CommitmentError::Field {
            field: name.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn content() -> SealedContent {
        let field = |value, salt| FieldOpening {
            value,
            salt: Salt([salt; 32]),
        };
        SealedContent {
            salt: Salt([9; 32]),
            fields: BTreeMap::from([
                ("price".to_owned(), field(json!("120000.00"), 1)),
                ("method".to_owned(), field(json!({"text": "..."}), 2)),
                (
                    "commitments".to_owned(),
                    field(json!([{"measure": "jobs", "quantity": "12"}]), 3),
                ),
            ]),
        }
    }

    #[test]
    fn the_commitment_is_the_hash_that_the_format_says() {
        let sealed = content().commit(sha256(b"ciphertext")).unwrap();
        let field = |salt: u8, json: &str| {
            let mut bytes = b"commonweal/field/v1\n".to_vec();
            bytes.extend([salt; 32]);
            bytes.extend(json.as_bytes());
            sha256(&bytes)
        };
        let root = sha256(
            format!(
                r#"{{"commitments":"{}","method":"{}","price":"{}"}}"#,
                field(
                    3,
                    r#"{"name":"commitments","value":[{"measure":"jobs","quantity":"12"}]}"#
                ),
                field(2, r#"{"name":"method","value":{"text":"..."}}"#),
                field(1, r#"{"name":"price","value":"120000.00"}"#),
            )
            .as_bytes(),
        );
        let mut bytes = b"commonweal/sealed/v1\n".to_vec();
        bytes.extend([9; 32]);
        bytes.extend(root.0);
        bytes.extend(sha256(b"ciphertext").0);
        assert_eq!(sealed, SealedCommitment(sha256(&bytes)));
    }

    #[test]
    fn what_is_published_does_not_change_what_was_committed_to() {
        let sealed = content().commit(sha256(b"c")).unwrap();
        for published in [&[][..], &["price"], &["price", "method", "commitments"]] {
            let opening = content()
                .open(sha256(b"c"), |name| published.contains(&name))
                .unwrap();
            assert_eq!(verify_opening(&sealed, &opening), Ok(()));
            let shown: Vec<&str> = opening
                .fields
                .iter()
                .filter(|(_, field)| field.value().is_some())
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(shown.len(), published.len());
            let text = serde_json::to_string(&opening).unwrap();
            assert_eq!(text.contains("120000.00"), published.contains(&"price"));
        }
    }

    #[test]
    fn any_change_to_an_opening_is_a_mismatch() {
        let sealed = content().commit(sha256(b"c")).unwrap();
        let opening = content()
            .open(sha256(b"c"), |name| name != "method")
            .unwrap();
        let mut changed: Vec<Opening> = Vec::new();
        let mut change = |alter: &dyn Fn(&mut Opening)| {
            let mut copy = opening.clone();
            alter(&mut copy);
            changed.push(copy);
        };
        for byte in 0..32 {
            change(&|o| o.salt.0[byte] ^= 1);
            change(&|o| o.ciphertext_hash.0[byte] ^= 1);
            change(&|o| match o.fields.get_mut("method") {
                Some(PublishedField::Withheld(field)) => field.hash.0[byte] ^= 1,
                _ => unreachable!(),
            });
            change(&|o| match o.fields.get_mut("price") {
                Some(PublishedField::Published(field)) => field.salt.0[byte] ^= 1,
                _ => unreachable!(),
            });
        }
        change(&|o| match o.fields.get_mut("price") {
            Some(PublishedField::Published(field)) => field.value = json!("120000.0"),
            _ => unreachable!(),
        });
        change(&|o| {
            o.fields.remove("price");
        });
        change(&|o| {
            let price = o.fields["price"].clone();
            o.fields.insert("bonus".to_owned(), price);
        });
        change(&|o| {
            let price = o.fields["price"].clone();
            o.fields.insert("method".to_owned(), price);
        });
        assert_eq!(changed.len(), 4 * 32 + 4);
        for copy in changed {
            assert!(matches!(
                verify_opening(&sealed, &copy),
                Err(Mismatch::Commitment { .. })
            ));
        }
    }

    #[test]
    fn a_value_without_a_canonical_form_is_refused_by_the_field() {
        let mut content = content();
        content.fields.insert(
            "weight".to_owned(),
            FieldOpening {
                value: json!({"share": 0.5}),
                salt: Salt([4; 32]),
            },
        );
        let error = content.commit(sha256(b"c")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "field \"weight\": /value/share: 0.5 is not an integer: write it as a decimal string"
        );
    }

    #[test]
    fn a_field_is_either_published_or_withheld() {
        let hash = sha256(b"");
        let salt = hex::encode([1; 32]);
        for (text, fits) in [
            (json!({"hash": hash}), true),
            (json!({"value": null, "salt": salt}), true),
            (json!({"value": 1, "salt": salt, "hash": hash}), false),
            (json!({"salt": salt}), false),
            (json!({"value": 1}), false),
            (
                json!({"value": 1, "salt": salt.to_uppercase().replace('0', "A")}),
                false,
            ),
            (json!({}), false),
        ] {
            let read = serde_json::from_value::<PublishedField>(text.clone());
            assert_eq!(read.is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn a_salt_is_never_shown_by_debug_or_errors() {
        assert_eq!(format!("{:?}", Salt([1; 32])), "Salt(..)");
        let secret = format!("{}zz", hex::encode([0xab; 31]));
        let error = serde_json::from_value::<Salt>(json!(secret)).unwrap_err();
        assert!(!error.to_string().contains("abab"));
    }

    proptest! {
        #[test]
        fn an_opening_survives_json_and_still_matches(
            fields in prop::collection::btree_map(any::<String>(), (any::<String>(), any::<[u8; 32]>(), any::<bool>()), 0..6),
            salt in any::<[u8; 32]>(), ciphertext in any::<[u8; 32]>(),
        ) {
            let content = SealedContent {
                salt: Salt(salt),
                fields: fields.iter().map(|(name, (value, salt, _))| {
                    (name.clone(), FieldOpening { value: json!(value), salt: Salt(*salt) })
                }).collect(),
            };
            let sealed = content.commit(Hash(ciphertext)).unwrap();
            let opening = content.open(Hash(ciphertext), |name| fields[name].2).unwrap();
            let bytes = canonical_blob(&opening).unwrap();
            let read: Opening = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(&read, &opening);
            prop_assert_eq!(verify_opening(&sealed, &read), Ok(()));
        }
    }
}
