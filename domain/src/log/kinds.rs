//! The one list of entry kinds. A new kind is its noun's `entries.rs`, one line here, and a test.

use schemars::{Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::entry::{EntryBody, EntryError, Header};
use super::state::{Finding, State};
use crate::credit::posting::Posting;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $kind:literal, $version:literal, $body:ty;)*) => {
        /// The body of an entry, one variant per kind.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Body {
            $($(#[doc = $doc])+ $variant(Box<$body>),)*
        }

        /// Every kind with its version.
        pub const KINDS: &[(&str, u32)] = &[$(($kind, $version)),*];

        /// The schema of the body of a kind and version; none when they are unknown.
        pub(super) fn body_schema(kind: &str, version: u32, generator: &mut SchemaGenerator) -> Option<Schema> {
            match (kind, version) {
                $(($kind, $version) => Some(generator.subschema_for::<$body>()),)*
                _ => None,
            }
        }

        /// What an entry of a kind and version says; none when they are unknown.
        pub(super) fn describe(kind: &str, version: u32) -> Option<&'static str> {
            match (kind, version) {
                $(($kind, $version) => Some(concat!($($doc),+).trim()),)*
                _ => None,
            }
        }

        impl Body {
            /// The kind's name in the log, `noun.verb`.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind,)* }
            }

            /// The version of the kind's body.
            pub fn version(&self) -> u32 {
                match self { $(Self::$variant(_) => $version,)* }
            }

            /// The postings that the entry makes.
            pub fn postings(&self) -> Vec<Posting> {
                match self { $(Self::$variant(body) => body.postings(),)* }
            }

            /// Checks the entry against the state and takes it in.
            pub(super) fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
                match self { $(Self::$variant(body) => body.apply(header, state),)* }
            }

            pub(super) fn from_json(kind: &str, version: u32, json: &[u8]) -> Result<Self, EntryError> {
                match (kind, version) {
                    $(($kind, $version) => serde_json::from_slice(json).map(Self::$variant),)*
                    _ => return Err(EntryError::UnknownKind { kind: kind.to_owned(), version }),
                }
                .map_err(|error| EntryError::Form(error.to_string()))
            }
        }

        impl Serialize for Body {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$variant(body) => body.serialize(serializer),)* }
            }
        }

        $(impl From<$body> for Body {
            fn from(body: $body) -> Self { Self::$variant(Box::new(body)) }
        })*
    };
}

kinds! {
    /// Another key signs the log from here on.
    KeyRotated = "key.rotated", 1, super::rotation::KeyRotated;
    /// An organisation joined.
    OrganisationRegistered = "organisation.registered", 1, crate::organisation::entries::OrganisationRegistered;
    /// A person may act in a role for an organisation.
    RoleGranted = "role.granted", 1, crate::organisation::entries::RoleGranted;
    /// A person may no longer act in a role.
    RoleRevoked = "role.revoked", 1, crate::organisation::entries::RoleRevoked;
    /// A certification as a social economy organisation was recorded.
    CertificationRecorded = "certification.recorded", 1, crate::organisation::entries::CertificationRecorded;
    /// A certification ended early.
    CertificationRevoked = "certification.revoked", 1, crate::organisation::entries::CertificationRevoked;
    /// A version of a measure catalogue, whole.
    CataloguePublished = "catalogue.published", 1, crate::catalogue::entries::CataloguePublished;
    /// A version of a policy, whole.
    PolicyPublished = "policy.published", 1, crate::policy::entries::PolicyPublished;
    /// A tender with its whole plan.
    TenderPublished = "tender.published", 1, crate::tender::entries::TenderPublished;
    /// A new version of a plan.
    TenderAmended = "tender.amended", 1, crate::tender::entries::TenderAmended;
    /// A later deadline.
    TenderExtended = "tender.extended", 1, crate::tender::entries::TenderExtended;
    /// A question and its answer.
    QuestionAnswered = "question.answered", 1, crate::tender::entries::QuestionAnswered;
    /// The buyer gave a tender up.
    TenderCancelled = "tender.cancelled", 1, crate::tender::entries::TenderCancelled;
    /// A sealed bid.
    BidSealed = "bid.sealed", 1, crate::tender::entries::BidSealed;
    /// A sealed bid in the place of an earlier one.
    BidReplaced = "bid.replaced", 1, crate::tender::entries::BidReplaced;
    /// A sealed bid taken back.
    BidWithdrawn = "bid.withdrawn", 1, crate::tender::entries::BidWithdrawn;
    /// A supplier stands by a sealed bid after an amendment.
    BidConfirmed = "bid.confirmed", 1, crate::tender::entries::BidConfirmed;
    /// A sealed bid refused because it was late.
    BidLate = "bid.late", 1, crate::tender::entries::BidLate;
    /// A sealed confirmation of participation.
    ConfirmationSealed = "confirmation.sealed", 1, crate::tender::entries::ConfirmationSealed;
    /// A sealed confirmation in the place of an earlier one.
    ConfirmationReplaced = "confirmation.replaced", 1, crate::tender::entries::ConfirmationReplaced;
    /// A sealed confirmation taken back.
    ConfirmationWithdrawn = "confirmation.withdrawn", 1, crate::tender::entries::ConfirmationWithdrawn;
    /// What was in a sealed confirmation.
    ConfirmationOpened = "confirmation.opened", 1, crate::tender::entries::ConfirmationOpened;
    /// Sealed confirmations that are not shown, each by its fate.
    ConfirmationsSettled = "confirmations.settled", 1, crate::tender::entries::ConfirmationsSettled;
    /// The bids of a tender were opened, each sealed one accounted for.
    TenderOpened = "tender.opened", 1, crate::tender::entries::TenderOpened;
    /// What was in a sealed bid.
    BidOpened = "bid.opened", 1, crate::tender::entries::BidOpened;
    /// A decision excluded a bid.
    BidExcluded = "bid.excluded", 1, crate::tender::entries::BidExcluded;
    /// What was decided on a condition of participation or an exclusion ground.
    AdmissionDecided = "admission.decided", 1, crate::tender::entries::AdmissionDecided;
    /// A supplier was asked to explain a bid that looks abnormal.
    ExplanationRequested = "explanation.requested", 1, crate::tender::entries::ExplanationRequested;
    /// The supplier explained it.
    ExplanationGiven = "explanation.given", 1, crate::tender::entries::ExplanationGiven;
    /// It was accepted or excluded on a named ground.
    AbnormalDecided = "abnormal.decided", 1, crate::tender::entries::AbnormalDecided;
    /// Who judges the bids.
    PanelAssigned = "panel.assigned", 1, crate::tender::entries::PanelAssigned;
    /// A member left the panel.
    PanelReplaced = "panel.replaced", 1, crate::tender::entries::PanelReplaced;
    /// What interests a member has in bidders.
    ConflictDeclared = "conflict.declared", 1, crate::tender::entries::ConflictDeclared;
    /// A soft conflict was accepted.
    ConflictCountersigned = "conflict.countersigned", 1, crate::tender::entries::ConflictCountersigned;
    /// The answers that every evaluator marks first.
    CalibrationPrepared = "calibration.prepared", 1, crate::tender::entries::CalibrationPrepared;
    /// Sealed marks for them.
    CalibrationSealed = "calibration.sealed", 1, crate::tender::entries::CalibrationSealed;
    /// What was in them.
    CalibrationReleased = "calibration.released", 1, crate::tender::entries::CalibrationReleased;
    /// A sealed mark.
    MarkSealed = "mark.sealed", 1, crate::tender::entries::MarkSealed;
    /// A sealed mark in the place of an earlier one.
    MarkReplaced = "mark.replaced", 1, crate::tender::entries::MarkReplaced;
    /// Marks that will not come.
    MarkMissing = "mark.missing", 1, crate::tender::entries::MarkMissing;
    /// What was in a sealed mark.
    MarkReleased = "mark.released", 1, crate::tender::entries::MarkReleased;
    /// The panel begins to agree.
    ModerationStarted = "moderation.started", 1, crate::tender::entries::ModerationStarted;
    /// A member signed off what the panel agreed on.
    ConsensusSignedOff = "consensus.signed_off", 1, crate::tender::entries::ConsensusSignedOff;
    /// What the panel agreed on.
    ConsensusSigned = "consensus.signed", 1, crate::tender::entries::ConsensusSigned;
    /// The second envelopes were opened.
    PricesOpened = "prices.opened", 1, crate::tender::entries::PricesOpened;
    /// The prices of a bid.
    BidPriceOpened = "bid.price_opened", 1, crate::tender::entries::BidPriceOpened;
    /// Marks, totals and places, or why they are withheld.
    RankingComputed = "ranking.computed", 1, crate::tender::entries::RankingComputed;
    /// What would have changed a ranking's winner.
    RobustnessReported = "robustness.reported", 1, crate::tender::entries::RobustnessReported;
    /// How often each bid wins when the panel's marks are drawn.
    NoiseReported = "noise.reported", 1, crate::tender::entries::NoiseReported;
    /// An officer proposed an award.
    AwardProposed = "award.proposed", 1, crate::tender::entries::AwardProposed;
    /// A second officer approved it.
    AwardDecided = "award.decided", 1, crate::tender::entries::AwardDecided;
    /// Every bidder has a letter.
    LettersSent = "letters.sent", 1, crate::tender::entries::LettersSent;
    /// The award notice, with the end of the standstill.
    AwardNotified = "award.notified", 1, crate::tender::entries::AwardNotified;
    /// A challenge stopped the standstill.
    StandstillSuspended = "standstill.suspended", 1, crate::tender::entries::StandstillSuspended;
    /// The standstill runs on.
    StandstillResumed = "standstill.resumed", 1, crate::tender::entries::StandstillResumed;
    /// An award is void.
    AwardAnnulled = "award.annulled", 1, crate::tender::entries::AwardAnnulled;
    /// An award became a contract.
    ContractSigned = "contract.signed", 1, crate::contract::entries::ContractSigned;
    /// The parties changed what a contract asks for.
    ContractVaried = "contract.varied", 1, crate::contract::entries::ContractVaried;
    /// The buyer rated a period of a KPI.
    KpiRated = "kpi.rated", 1, crate::contract::entries::KpiRated;
    /// A supplier reported a delivered quantity.
    ClaimSubmitted = "claim.submitted", 1, crate::contract::entries::ClaimSubmitted;
    /// A claimant took a claim back.
    ClaimWithdrawn = "claim.withdrawn", 1, crate::contract::entries::ClaimWithdrawn;
    /// A verifier asks a claimant.
    InformationRequested = "claim.information_requested", 1, crate::contract::entries::InformationRequested;
    /// The claimant answers.
    InformationGiven = "claim.information_given", 1, crate::contract::entries::InformationGiven;
    /// Two claims that look alike are about different outcomes.
    ExclusionLogged = "exclusion.logged", 1, crate::contract::entries::ExclusionLogged;
    /// The tokens of people behind a claim were erased.
    BeneficiariesErased = "beneficiaries.erased", 1, crate::contract::entries::BeneficiariesErased;
    /// Verifiers accepted a quantity of a claim.
    ClaimVerified = "claim.verified", 1, crate::contract::entries::ClaimVerified;
    /// A verifier refused a claim.
    ClaimRejected = "claim.rejected", 1, crate::contract::entries::ClaimRejected;
    /// How many verifiers judge a claim, and how they are drawn.
    QuorumPublished = "quorum.published", 1, crate::contract::entries::QuorumPublished;
    /// Who was drawn to judge a claim.
    VerifiersAssigned = "verifiers.assigned", 1, crate::contract::entries::VerifiersAssigned;
    /// A drawn verifier declined.
    VerifierDeclined = "verifier.declined", 1, crate::contract::entries::VerifierDeclined;
    /// A drawn verifier withdrew.
    VerifierWithdrew = "verifier.withdrew", 1, crate::contract::entries::VerifierWithdrew;
    /// A verifier's seat was given free.
    VerifierDischarged = "verifier.discharged", 1, crate::contract::entries::VerifierDischarged;
    /// One of several verifiers has judged.
    VerificationSealed = "verification.sealed", 1, crate::contract::entries::VerificationSealed;
    /// A buyer confirmed a claim of low value.
    ClaimConfirmed = "claim.confirmed", 1, crate::contract::entries::ClaimConfirmed;
    /// Files behind a claim were deleted.
    EvidenceErased = "evidence.erased", 1, crate::contract::entries::EvidenceErased;
    /// Credits of a measure, place and vintage can be issued.
    ClassDefined = "class.defined", 1, crate::credit::entries::ClassDefined;
    /// The credits of one verified claim.
    CreditsIssued = "credits.issued", 1, crate::credit::entries::CreditsIssued;
    /// Units changed hands.
    CreditsTransferred = "credits.transferred", 1, crate::credit::entries::CreditsTransferred;
    /// Units were claimed for ever.
    CreditsRetired = "credits.retired", 1, crate::credit::entries::CreditsRetired;
    /// Units were taken out without a claim.
    CreditsCancelled = "credits.cancelled", 1, crate::credit::entries::CreditsCancelled;
    /// Units were bound to a trade.
    CreditsHeld = "credits.held", 1, crate::credit::entries::CreditsHeld;
    /// A hold ended.
    CreditsReleased = "credits.released", 1, crate::credit::entries::CreditsReleased;
    /// A supplier means to trade surplus.
    SurplusIntended = "surplus.intended", 1, crate::credit::entries::SurplusIntended;
    /// A claim was verified or issued in error.
    CreditsCorrected = "credits.corrected", 1, crate::credit::entries::CreditsCorrected;
    /// The outcome of a claim was undone.
    CreditsReversed = "credits.reversed", 1, crate::credit::entries::CreditsReversed;
    /// Units that were owed were made good.
    LiabilityCleared = "liability.cleared", 1, crate::credit::entries::LiabilityCleared;
    /// What a batch kept back is its claimant's.
    BufferReleased = "buffer.released", 1, crate::credit::entries::BufferReleased;
    /// Somebody objects to a verified claim.
    ChallengeRaised = "challenge.raised", 1, crate::challenge::entries::ChallengeRaised;
    /// Another body is in charge of a challenge.
    ChallengeRouted = "challenge.routed", 1, crate::challenge::entries::ChallengeRouted;
    /// The claimant replied.
    ChallengeAnswered = "challenge.answered", 1, crate::challenge::entries::ChallengeAnswered;
    /// There is a case.
    ChallengeAccepted = "challenge.accepted", 1, crate::challenge::entries::ChallengeAccepted;
    /// A challenge was decided.
    ChallengeResolved = "challenge.resolved", 1, crate::challenge::entries::ChallengeResolved;
    /// A decision is to be taken again by somebody else.
    ChallengeAppealed = "challenge.appealed", 1, crate::challenge::entries::ChallengeAppealed;
    /// A registrar proposes to correct or reverse a claim.
    CorrectionProposed = "correction.proposed", 1, crate::challenge::entries::CorrectionProposed;
    /// An outcome payer published the terms of a programme.
    ProgrammeOpened = "programme.opened", 1, crate::programme::entries::ProgrammeOpened;
    /// What a programme owes.
    ProgrammeStated = "programme.stated", 1, crate::programme::entries::ProgrammeStated;
    /// A payment that happened outside.
    ProgrammePaid = "programme.paid", 1, crate::programme::entries::ProgrammePaid;
}
