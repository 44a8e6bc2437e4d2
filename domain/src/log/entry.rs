//! The form of one entry of the public log.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::canonical::{
    EncodingError, MAX_BLOB_BYTES, canonical_blob, canonical_json, parse_canonical,
    parse_canonical_blob,
};
use super::difference::difference;
use super::hash::{Hash, sha256};
use super::kinds::Body;
use super::state::{Finding, State};
use crate::actor::Role;
use crate::credit::posting::Posting;
use crate::ids::{OrganisationId, PersonId};
use crate::time::Time;

/// The version of the envelope.
pub(super) const ENVELOPE: u32 = 1;

/// What every kind of entry can do. Each noun's `entries.rs` implements it for its bodies.
pub trait EntryBody: Serialize + for<'de> Deserialize<'de> {
    /// The postings that the entry makes, which sum to zero per batch. Most kinds move no credits.
    fn postings(&self) -> Vec<Posting> {
        Vec::new()
    }

    /// Checks the entry against everything before it and takes it into the state.
    ///
    /// A finding says what a stranger would expect instead; the state then holds what can still be held.
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding>;
}

/// A person who stands behind an entry, in the role in which they acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryActor {
    /// The role in which the person acted.
    pub role: Role,
    /// The person's pseudonym.
    pub id: PersonId,
    /// The organisation in which the role is held.
    pub organisation: OrganisationId,
}

/// An entry before the writer gives it its time and its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Everyone that a two-person rule needs; empty for sealed entries.
    pub actors: Vec<EntryActor>,
    /// What the entry is about, as an id or another public key.
    pub subject: String,
    /// Size of the log on which a decision was based: entries at or after this index cannot have influenced it.
    pub inputs_upto: Option<u64>,
    /// The fact itself.
    pub body: Body,
}

/// One entry of the log. Its canonical bytes are the leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The log's time, set by the writer, never going back.
    pub at: Time,
    /// See [`Draft::actors`].
    pub actors: Vec<EntryActor>,
    /// See [`Draft::subject`].
    pub subject: String,
    /// See [`Draft::inputs_upto`].
    pub inputs_upto: Option<u64>,
    /// The fact itself.
    pub body: Body,
}

/// Where and when an entry stands, and who stands behind it: what [`EntryBody::apply`] needs beside the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The entry's index in the log, from zero.
    pub index: u64,
    /// The entry's kind.
    pub kind: &'static str,
    /// The log's time of the entry.
    pub at: Time,
    /// See [`Draft::actors`].
    pub actors: Vec<EntryActor>,
    /// See [`Draft::subject`].
    pub subject: String,
    /// See [`Draft::inputs_upto`].
    pub inputs_upto: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'e, B> {
    v: u32,
    kind: Cow<'e, str>,
    /// Version of the body.
    bv: u32,
    at: Time,
    actors: Cow<'e, [EntryActor]>,
    subject: Cow<'e, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inputs_upto: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<B>,
    /// SHA-256 of the canonical JSON of a body that does not fit the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blob: Option<Hash>,
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The RFC 8785 bytes that are hashed, stored and served.
    pub leaf: Vec<u8>,
    /// The body, when it stands beside the log.
    pub blob: Option<Blob>,
}

/// The canonical JSON of a body that is too large for its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the bytes, which the entry holds.
    pub sha256: Hash,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Why bytes are no entry that this program can judge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The bytes are not canonical JSON.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The JSON has not the form of an entry or of its kind's body.
    #[error("the entry has not the form of its kind: {0}")]
    Form(String),
    /// The body stands beside the log: read the blob and parse the entry with it.
    #[error("the body stands beside the log as the blob {0}")]
    NeedsBlob(Hash),
    /// A kind or version that this program does not know: it cannot tell what the entry means.
    #[error(
        "the entry has kind `{kind}` version {version}, which this program does not know: use a newer one"
    )]
    UnknownKind {
        /// The kind as it stands in the entry.
        kind: String,
        /// The version of the body.
        version: u32,
    },
}

impl Draft {
    /// The entry at the writer's time.
    pub fn at(self, at: Time) -> Entry {
        Entry {
            at,
            actors: self.actors,
            subject: self.subject,
            inputs_upto: self.inputs_upto,
            body: self.body,
        }
    }
}

impl Entry {
    /// The RFC 8785 bytes that are hashed, stored and served.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, EncodingError> {
        Ok(self.encode()?.leaf)
    }

    /// The entry as it is stored: with its body when both fit, else with the hash of a blob that holds the body.
    pub fn encode(&self) -> Result<Encoded, EncodingError> {
        let mut envelope = Envelope {
            v: ENVELOPE,
            kind: self.body.kind().into(),
            bv: self.body.version(),
            at: self.at,
            actors: self.actors.as_slice().into(),
            subject: self.subject.as_str().into(),
            inputs_upto: self.inputs_upto,
            body: Some(&self.body),
            blob: None,
        };
        match canonical_json(&envelope) {
            Ok(leaf) => return Ok(Encoded { leaf, blob: None }),
            Err(EncodingError::TooLarge { .. }) => {}
            Err(error) => return Err(error),
        }
        let bytes = canonical_blob(&self.body)?;
        if bytes.len() > MAX_BLOB_BYTES {
            return Err(EncodingError::BlobTooLarge { bytes: bytes.len() });
        }
        let sha256 = sha256(&bytes);
        (envelope.body, envelope.blob) = (None, Some(sha256));
        Ok(Encoded {
            leaf: canonical_json(&envelope)?,
            blob: Some(Blob { sha256, bytes }),
        })
    }

    /// Parses canonical bytes; anything that would not encode to the same bytes again is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        Self::parse_with(bytes, None)
    }

    /// Parses canonical bytes with the blob that they may need ([`EntryError::NeedsBlob`]).
    pub fn parse_with(bytes: &[u8], blob: Option<&[u8]>) -> Result<Self, EntryError> {
        let parsed = Self::read(bytes, blob);
        if parsed.is_err() {
            // Of bytes that are no entry it is said first whether they are canonical at all.
            parse_canonical(bytes)?;
        }
        parsed
    }

    /// Bytes to which an entry encodes are canonical, so those that are read need no look of their own.
    fn read(bytes: &[u8], blob: Option<&[u8]>) -> Result<Self, EntryError> {
        let envelope: Envelope<&RawValue> =
            serde_json::from_slice(bytes).map_err(|error| EntryError::Form(error.to_string()))?;
        if envelope.v != ENVELOPE {
            return Err(EntryError::UnknownKind {
                kind: envelope.kind.into_owned(),
                version: envelope.v,
            });
        }
        let body = match (envelope.body, envelope.blob, blob) {
            (Some(body), None, _) => body.get().as_bytes(),
            (None, Some(sha256), None) => return Err(EntryError::NeedsBlob(sha256)),
            (None, Some(_), Some(blob)) => {
                parse_canonical_blob(blob)?;
                blob
            }
            _ => {
                let expected = "an entry has a body or the hash of one";
                return Err(EntryError::Form(expected.to_owned()));
            }
        };
        let body = Body::from_json(&envelope.kind, envelope.bv, body)?;
        let entry = Self {
            at: envelope.at,
            actors: envelope.actors.into_owned(),
            subject: envelope.subject.into_owned(),
            inputs_upto: envelope.inputs_upto,
            body,
        };
        // The hash of the blob is compared with it.
        if entry.canonical_bytes()? == bytes {
            Ok(entry)
        } else {
            Err(EntryError::Form(
                "a field is not in its canonical form, or the blob is another".to_owned(),
            ))
        }
    }

    /// The header of this entry at an index.
    pub fn header(&self, index: u64) -> Header {
        Header {
            index,
            kind: self.body.kind(),
            at: self.at,
            actors: self.actors.clone(),
            subject: self.subject.clone(),
            inputs_upto: self.inputs_upto,
        }
    }
}

impl Header {
    /// A finding at this entry.
    pub fn finding(
        &self,
        check: &'static str,
        expected: impl ToString,
        found: impl ToString,
    ) -> Finding {
        Finding::discrepancy(self.index, self.kind, check, expected, found)
    }

    /// A finding at this entry that names the first place in which two values of one form differ.
    pub fn difference(
        &self,
        check: &'static str,
        expected: &impl Serialize,
        found: &impl Serialize,
    ) -> Finding {
        let (expected, found) = difference(expected, found);
        self.finding(check, expected, found)
    }

    /// The person who acted in a role, or a finding that names the missing role.
    pub fn actor(&self, role: Role) -> Result<&EntryActor, Finding> {
        self.actors
            .iter()
            .find(|actor| actor.role == role)
            .ok_or_else(|| self.finding("actors", format!("an actor in the role {role}"), "none"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;
    use crate::organisation::entries::RoleGranted;
    use serde_json::Value;
    use uuid::Uuid;

    fn entry() -> Entry {
        let organisation = OrganisationId::from_uuid(Uuid::from_u128(1));
        let person = PersonId::from_uuid(Uuid::from_u128(2));
        Draft {
            actors: vec![EntryActor {
                role: Role::Registrar,
                id: person,
                organisation,
            }],
            subject: person.to_string(),
            inputs_upto: None,
            body: RoleGranted {
                person,
                organisation,
                role: Role::Officer,
            }
            .into(),
        }
        .at(Time::from_micros(1_764_000_000_000_000))
    }

    #[test]
    fn an_entry_parses_back_from_its_canonical_bytes() {
        let bytes = entry().canonical_bytes().unwrap();
        assert_eq!(Entry::parse(&bytes).unwrap(), entry());
        assert!(
            bytes.starts_with(br#"{"actors":[{"id":"#),
            "keys are sorted"
        );
    }

    #[test]
    fn a_body_too_large_for_its_entry_stands_beside_the_log() {
        let mut large = entry();
        let catalogue = crate::tender::fixtures::catalogue();
        let measure = catalogue.measures[0].clone();
        large.body = crate::catalogue::entries::CataloguePublished {
            catalogue: crate::catalogue::Catalogue {
                measures: vec![measure; 500],
                ..catalogue
            },
        }
        .into();
        let encoded = large.encode().unwrap();
        let blob = encoded.blob.unwrap();
        assert!(blob.bytes.len() > 65_535 && encoded.leaf.len() < 1_000);
        assert_eq!(
            Entry::parse(&encoded.leaf),
            Err(EntryError::NeedsBlob(blob.sha256))
        );
        let parse = |bytes: &[u8]| Entry::parse_with(&encoded.leaf, Some(bytes));
        assert_eq!(parse(&blob.bytes).unwrap(), large);
        let other = String::from_utf8(blob.bytes.clone()).unwrap();
        let other = other.replacen("register", "registry", 1);
        assert!(matches!(parse(other.as_bytes()), Err(EntryError::Form(_))));
        assert!(parse(b"{}").is_err());
        let small = entry().encode().unwrap();
        assert_eq!(small.blob, None);
        assert!(
            Entry::parse_with(&small.leaf, Some(b"{}")).is_ok(),
            "needs none"
        );
    }

    #[test]
    fn a_small_body_beside_the_log_is_refused() {
        let body = canonical_blob(&entry().body).unwrap();
        let mut value: Value = serde_json::from_slice(&entry().canonical_bytes().unwrap()).unwrap();
        value["blob"] = Value::from(sha256(&body).to_string());
        let both = canonical_json(&value).unwrap();
        assert!(matches!(Entry::parse(&both), Err(EntryError::Form(_))));
        value.as_object_mut().unwrap().remove("body");
        let beside = canonical_json(&value).unwrap();
        assert!(matches!(
            Entry::parse(&beside),
            Err(EntryError::NeedsBlob(_))
        ));
        let parsed = Entry::parse_with(&beside, Some(&body));
        assert!(
            matches!(parsed, Err(EntryError::Form(_))),
            "one form for one entry"
        );
    }

    #[test]
    fn an_unknown_kind_or_version_is_told_apart_from_a_wrong_form() {
        let text = String::from_utf8(entry().canonical_bytes().unwrap()).unwrap();
        let kind = text.replace("role.granted", "role.invented");
        assert!(matches!(
            Entry::parse(kind.as_bytes()),
            Err(EntryError::UnknownKind { .. })
        ));
        let version = text.replace(r#""bv":1"#, r#""bv":2"#);
        assert!(matches!(
            Entry::parse(version.as_bytes()),
            Err(EntryError::UnknownKind { .. })
        ));
        let form = text.replace(r#""role":"officer""#, r#""role":"mayor""#);
        assert!(matches!(
            Entry::parse(form.as_bytes()),
            Err(EntryError::Form(_))
        ));
        let extra = text.replace(r#""subject""#, r#""stray":1,"subject""#);
        assert!(Entry::parse(extra.as_bytes()).is_err());
    }

    #[test]
    fn an_actor_without_the_role_is_a_finding() {
        let finding = State::default().replay(0, &entry()).unwrap_err();
        assert_eq!(finding.check, "role");
    }
}
