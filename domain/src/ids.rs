//! Identifiers. Every noun has its own newtype, so that one can never stand where another is expected.
//!
//! An id is a UUID written in lower-case hyphenated form. Ids are made from the injected clock and random source
//! ([`v7`]) except for sealed entries, whose ids must not tell when or for what they were made ([`v4`]).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::log::schema;
use crate::time::Time;

/// What every id has in common; lets generic code store and print them.
pub trait Id: Copy + Eq + Ord + fmt::Display + FromStr<Err = InvalidId> {
    /// The word for the noun, as it stands in public node ids (`tender:0192...`).
    const NOUN: &'static str;
    /// Wraps a UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The UUID inside.
    fn uuid(self) -> Uuid;
}

/// A text that is not an id of the expected noun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a valid {noun} id: expected a UUID such as 01931f3e-7c2a-7000-8000-000000000000"
)]
pub struct InvalidId {
    /// The noun that was expected.
    pub noun: &'static str,
    /// The text that was given.
    pub given: String,
}

/// A version 7 UUID from a time (microseconds, truncated to milliseconds) and 10 random bytes (RFC 9562, 5.7).
pub fn v7(at: Time, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(at.micros().max(0) / 1000).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// A version 4 UUID from 16 random bytes: it carries no time (RFC 9562, 5.4).
pub fn v4(random: [u8; 16]) -> Uuid {
    Builder::from_random_bytes(random).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(with = "String", extend("pattern" = schema::UUID))] Uuid);

        impl Id for $name {
            const NOUN: &'static str = $noun;
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.as_hyphenated().fmt(f) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}:{}", $noun, self.0) }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId { noun: $noun, given: text.chars().take(80).collect() })
            }
        }
    )*};
}

ids! {
    /// A legal person or a sole trader that buys, supplies, verifies or pays.
    OrganisationId = "organisation";
    /// A natural person, always a pseudonym: the name lives in the erasable directory.
    PersonId = "person";
    /// A dated certification of an organisation as a social economy organisation.
    CertificationId = "certification";
    /// A version of a measure catalogue.
    CatalogueId = "catalogue";
    /// A proxy pack: money values for measures, private to an organisation.
    ProxyPackId = "proxy-pack";
    /// A version of a policy.
    PolicyId = "policy";
    /// A tender of one buyer.
    TenderId = "tender";
    /// A sealed bid, mark or confirmation: random (v4), so that it says nothing before it is opened.
    SealedId = "sealed";
    /// A bidder's request that an organisation confirm its share.
    ConfirmationRequestId = "confirmation-request";
    /// A bid after the opening.
    BidId = "bid";
    /// A draft of a tender, private to its buyer.
    DraftId = "draft";
    /// A supplier's question about a tender: random (v4), so that it does not tell when it was asked.
    QuestionId = "question";
    /// A contract that an award led to.
    ContractId = "contract";
    /// A commitment made binding in a contract.
    KpiId = "kpi";
    /// A delivered quantity that a supplier reports with evidence.
    ClaimId = "claim";
    /// A draft of a claim, private to its claimant.
    ClaimDraftId = "claim-draft";
    /// A file of evidence, private to its owner.
    EvidenceFileId = "evidence-file";
    /// A class of credits: measure, jurisdiction and vintage year.
    ClassId = "class";
    /// The credits issued for one verified claim.
    BatchId = "batch";
    /// A retirement of credits, with its certificate.
    RetirementId = "retirement";
    /// Units bound to a trade until it is settled, given up or expired.
    HoldId = "hold";
    /// Units of surplus that were undone and are owed to their class.
    LiabilityId = "liability";
    /// A public objection to a verified claim.
    ChallengeId = "challenge";
    /// A registrar's proposal to correct or reverse a verified claim.
    ProposalId = "proposal";
    /// A programme that pays for verified outcomes.
    ProgrammeId = "programme";
    /// An API token.
    TokenId = "token";
    /// A group of commands that one database transaction committed.
    CommitId = "commit";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_and_parses_as_the_same_text() {
        let id = TenderId::from_uuid(v7(Time::from_micros(1_700_000_000_000_000), [7; 10]));
        assert_eq!(id.to_string().parse::<TenderId>(), Ok(id));
        assert_eq!(id.uuid().get_version_num(), 7);
    }

    #[test]
    fn a_wrong_text_names_the_noun() {
        let error = "12".parse::<BidId>().unwrap_err();
        assert!(error.to_string().contains("a valid bid id"), "{error}");
    }

    #[test]
    fn a_sealed_id_carries_no_time() {
        assert_eq!(v4([1; 16]).get_version_num(), 4);
    }
}
