//! Mutations of claims: submission, withdrawal, verification and rejection.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use commonweal_app::AppError;
use commonweal_app::claim::{ClaimedOutcome, NamedEvidence, SubmitClaim};
use commonweal_app::store::Written;
use commonweal_app::verification::VerifyClaim;
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::ids::ClaimId;

use super::amounts::{PeriodInput, wrong};
use super::claim::{self, Claim};
use super::context::{actor, app, settle};
use super::counting::WorkingLineInput;
use super::node::parse_id;
use super::payload::payloads;
use super::scalars::{Decimal, Sha256};

/// A measure of a published catalogue.
#[derive(Debug, InputObject)]
pub struct MeasureRefInput {
    /// The catalogue version.
    catalogue: ID,
    /// The measure's code in it.
    code: String,
}

impl MeasureRefInput {
    /// The reference as the domain knows it; the error names the field.
    pub(crate) fn parse(&self, field: &str) -> async_graphql::Result<MeasureRef> {
        let code = self.code.parse();
        Ok(MeasureRef {
            catalogue: parse_id(&format!("{field}.catalogue"), &self.catalogue)?,
            code: code.map_err(|error| wrong(&format!("{field}.code"), &error))?,
        })
    }
}

/// An outcome outside any contract.
#[derive(Debug, InputObject)]
pub struct OutsideContractsInput {
    /// What was delivered.
    measure: MeasureRefInput,
    /// Where: a country or place code, such as `KR-11`.
    place: String,
}

/// Which outcome is claimed: give exactly one.
#[derive(Debug, OneofObject)]
pub enum ClaimedOutcomeInput {
    /// A KPI of a contract: its measure and place, which nobody retypes.
    Kpi(ID),
    /// An outcome outside any contract.
    OutsideContracts(OutsideContractsInput),
}

impl ClaimedOutcomeInput {
    pub(crate) fn parse(&self) -> async_graphql::Result<ClaimedOutcome> {
        match self {
            Self::Kpi(id) => Ok(ClaimedOutcome::Kpi(parse_id("outcome.kpi", id)?)),
            Self::OutsideContracts(outcome) => Ok(ClaimedOutcome::OutsideContracts {
                measure: outcome.measure.parse("outcome.outsideContracts.measure")?,
                place: outcome.place.clone(),
            }),
        }
    }
}

/// A file of evidence that the claimant has stored: send it to `/evidence/` and the claimant's id first. Its size and
/// media type are known from there.
#[derive(Debug, InputObject)]
pub struct EvidenceInput {
    /// SHA-256 of the file.
    sha256: Sha256,
    /// Kind of evidence in the measure's words, such as `payroll`.
    kind: String,
}

impl EvidenceInput {
    /// The files as the use-cases know them.
    pub(crate) fn named(files: Vec<Self>) -> Vec<NamedEvidence> {
        let files = files.into_iter().map(|file| NamedEvidence {
            sha256: file.sha256.0,
            kind: file.kind,
        });
        files.collect()
    }
}

/// Where an outcome stands in another register.
#[derive(Debug, InputObject)]
pub struct ExternalReferenceInput {
    /// The code of the register: capitals, digits, `-` and `.`, such as `GB-NTS`.
    source: String,
    /// The number in it. Capitals, blanks and punctuation make no difference.
    number: String,
}

impl ExternalReferenceInput {
    /// The register and the number.
    pub(crate) fn parts(self) -> (String, String) {
        (self.source, self.number)
    }
}

/// Input of `submitClaim`.
#[derive(Debug, InputObject)]
pub struct SubmitClaimInput {
    /// Who delivered.
    claimant: ID,
    /// What was delivered.
    outcome: ClaimedOutcomeInput,
    /// How much, in the measure's unit.
    quantity: Decimal,
    /// When, inside one calendar year.
    period: PeriodInput,
    /// The files behind it, 1 to 100.
    evidence: Vec<EvidenceInput>,
    /// The claimant's part of an outcome that several organisations delivered together, 0 to 1; the whole when it is left
    /// out. A share names the external reference under which the others claim theirs.
    share: Option<Decimal>,
    /// Who worked how much, where the measure counts people; at most 500 lines. They stay out of the log.
    #[graphql(default)]
    working: Vec<WorkingLineInput>,
    /// The people behind it, where the measure counts each once: the text that `commonweal tokens` prints, unchanged. Their tokens
    /// stay out of the log.
    beneficiaries: Option<String>,
    /// Where the outcome stands in another register; used once in the whole registry.
    external_reference: Option<ExternalReferenceInput>,
    /// The client's own key: the same key and body get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

impl SubmitClaimInput {
    fn parse(self) -> async_graphql::Result<SubmitClaim> {
        let share = self.share.as_ref().map(|share| share.0.parse());
        let lines = self.working.iter().enumerate();
        let lines = lines.map(|(at, line)| line.parse(&format!("working.{at}")));
        Ok(SubmitClaim {
            claimant: parse_id("claimant", &self.claimant)?,
            outcome: self.outcome.parse()?,
            quantity: self.quantity.0.clone(),
            period: self.period.parse("period")?,
            share: share.transpose().map_err(|error| wrong("share", &error))?,
            working: lines.collect::<async_graphql::Result<_>>()?,
            beneficiaries: self.beneficiaries,
            evidence: EvidenceInput::named(self.evidence),
            external_reference: self.external_reference.map(ExternalReferenceInput::parts),
        })
    }
}

/// Input of `withdrawClaim`.
#[derive(Debug, InputObject)]
pub struct WithdrawClaimInput {
    /// The claim.
    claim: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `verifyClaim`.
#[derive(Debug, InputObject)]
pub struct VerifyClaimInput {
    /// The claim.
    claim: ID,
    /// How much is accepted, in the measure's unit: more than nothing and at most what was claimed.
    accepted: Decimal,
    /// The method, with the standard named.
    method: String,
    /// Why. The words can be erased; the log holds their salted hash.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `rejectClaim`.
#[derive(Debug, InputObject)]
pub struct RejectClaimInput {
    /// The claim.
    claim: ID,
    /// The method, with the standard named, where several verifiers were drawn for the claim.
    method: Option<String>,
    /// Why. The words can be erased; the log holds their salted hash.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of the mutations of claims.
    ClaimPayload {
        /// The claim.
        claim: Claim
    }
}

/// Mutations of claims.
#[derive(Debug, Default)]
pub struct ClaimMutation;

#[Object]
impl ClaimMutation {
    /// Reports a delivered quantity with evidence, as a supplier.
    async fn submit_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was delivered.")] input: SubmitClaimInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let (app, actor) = (app(context)?, actor(context));
        let (key, id) = (
            input.idempotency_key.clone(),
            input.client_mutation_id.clone(),
        );
        let done = app.submit_claim(&actor, &key, input.parse()?).await;
        payload(context, done, id).await
    }

    /// Takes a claim back before it is verified, as its claimant. Its evidence is free again.
    async fn withdraw_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which claim.")] input: WithdrawClaimInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let id = parse_id("claim", &input.claim)?;
        let done = app(context)?.withdraw_claim(&actor(context), id).await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Accepts a quantity of a claim, as a verifier outside the groups of claimant and buyer. Where a quorum binds the claim, as one
    /// of those who were drawn: what several of them find stays sealed until the last has judged.
    async fn verify_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was found.")] input: VerifyClaimInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let command = VerifyClaim {
            claim: parse_id("claim", &input.claim)?,
            accepted: input.accepted.0,
            method: input.method,
            reason: input.reason,
        };
        let done = app(context)?.verify_claim(&actor(context), command).await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Rejects a claim, as a verifier outside the groups of claimant and buyer. Its evidence is free again. One of several drawn
    /// verifiers accepts nothing by it, and the lower median decides.
    async fn reject_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which claim, and why.")] input: RejectClaimInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let id = parse_id("claim", &input.claim)?;
        let done = app(context)?
            .reject_claim(&actor(context), id, input.method.as_deref(), &input.reason)
            .await;
        payload(context, done, input.client_mutation_id).await
    }
}

pub(crate) async fn payload(
    context: &Context<'_>,
    done: Result<Written<ClaimId>, AppError>,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<ClaimPayload> {
    let (made, errors) = settle(done)?;
    let claim = match made {
        Some(made) => claim::load(context, made.out).await?,
        None => None,
    };
    Ok(ClaimPayload::new((claim, errors), client_mutation_id))
}
