//! Questions about claims and their answers, and exclusions from double counting.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::inquiry::{ExclusionView, InquiryView};
use commonweal_domain::ids::OrganisationId;

use super::claim_mutation::{ClaimPayload, EvidenceInput, payload};
use super::context::{actor, app};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime, Sha256};

/// What was said about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum InquiryKind {
    /// A verifier asked.
    Question,
    /// The claimant answered.
    Answer,
}

/// A question about a claim, or its answer.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Inquiry {
    /// Question or answer.
    kind: InquiryKind,
    /// The words; null when they were erased.
    words: Option<String>,
    /// The salted hash of the words, as it stands in the log.
    words_hash: Sha256,
    /// Who: a pseudonym.
    by: ID,
    /// When.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
    #[graphql(skip)]
    for_organisation: OrganisationId,
}

impl From<InquiryView> for Inquiry {
    fn from(view: InquiryView) -> Self {
        Self {
            kind: if view.is_answer {
                InquiryKind::Answer
            } else {
                InquiryKind::Question
            },
            words: view.words,
            words_hash: Sha256(view.words_hash),
            by: node_id(view.by),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            for_organisation: view.organisation,
        }
    }
}

#[ComplexObject]
impl Inquiry {
    /// For which organisation the person spoke.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.for_organisation).await
    }
}

/// A decision that claims of an organisation are about other outcomes than a claim of a related one.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ClaimExclusion {
    /// Why; null when the words were erased.
    reason: Option<String>,
    /// The salted hash of the reason, as it stands in the log.
    reason_hash: Sha256,
    /// When it was logged.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
    #[graphql(skip)]
    whose: OrganisationId,
}

impl From<ExclusionView> for ClaimExclusion {
    fn from(view: ExclusionView) -> Self {
        Self {
            reason: view.reason,
            reason_hash: Sha256(view.reason_hash),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            whose: view.claimant,
        }
    }
}

#[ComplexObject]
impl ClaimExclusion {
    /// Whose claims are about other outcomes.
    async fn claimant(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.whose).await
    }
}

/// Input of `requestInformation`.
#[derive(Debug, InputObject)]
pub struct RequestInformationInput {
    /// The claim.
    claim: ID,
    /// What is asked. The words can be erased; the log holds their salted hash.
    question: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `giveInformation`.
#[derive(Debug, InputObject)]
pub struct GiveInformationInput {
    /// The claim.
    claim: ID,
    /// The answer. The words can be erased; the log holds their salted hash.
    answer: String,
    /// Further files; the claim has at most 100 in all.
    #[graphql(default)]
    evidence: Vec<EvidenceInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `logExclusion`.
#[derive(Debug, InputObject)]
pub struct LogExclusionInput {
    /// The claim that stands already.
    earlier: ID,
    /// The organisation whose claims are about other outcomes: of the same group, or any where the earlier claim names people.
    claimant: ID,
    /// Why they are two outcomes. The words can be erased; the log holds their salted hash.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Mutations around claims.
#[derive(Debug, Default)]
pub struct InquiryMutation;

#[Object]
impl InquiryMutation {
    /// Asks the claimant about a claim, as a verifier outside the groups of claimant and buyer. The claim waits.
    async fn request_information(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which claim what is asked.")] input: RequestInformationInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let id = parse_id("claim", &input.claim)?;
        let done = app(context)?
            .request_information(&actor(context), id, &input.question)
            .await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Answers a question about a claim, as its claimant.
    async fn give_information(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The answer.")] input: GiveInformationInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let id = parse_id("claim", &input.claim)?;
        let files = EvidenceInput::named(input.evidence);
        let done = app(context)?
            .give_information(&actor(context), id, &input.answer, files)
            .await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Logs that claims of an organisation are about other outcomes than an earlier claim of a related one, as a registrar
    /// outside their group.
    async fn log_exclusion(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose claims, and why.")] input: LogExclusionInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let earlier = parse_id("earlier", &input.earlier)?;
        let claimant = parse_id("claimant", &input.claimant)?;
        let done = app(context)?
            .log_exclusion(&actor(context), earlier, claimant, &input.reason)
            .await;
        payload(context, done, input.client_mutation_id).await
    }
}
