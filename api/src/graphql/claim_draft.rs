//! Drafts of claims: private to suppliers of their claimants, until one is submitted.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::claim::{ClaimedOutcome, NamedEvidence};
use commonweal_app::claim_draft::{ClaimContent, SaveClaimDraft};
use commonweal_app::read::Page;
use commonweal_app::read::claim_draft::ClaimDraftView;
use commonweal_domain::ids::{ClaimDraftId, OrganisationId};

use super::amounts::{Period, PeriodInput, wrong};
use super::catalogue::Measure;
use super::claim::ExternalReference;
use super::claim_mutation::{
    ClaimPayload, ClaimedOutcomeInput, EvidenceInput, ExternalReferenceInput, payload,
};
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, refuse, settle};
use super::contract::{self, Kpi};
use super::counting::{WorkingLine, WorkingLineInput};
use super::credit_loaders;
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::scalars::{DateTime, Decimal, Sha256};

/// A file that a draft names.
#[derive(Debug, Clone, SimpleObject)]
pub struct NamedFile {
    /// SHA-256 of the file.
    sha256: Sha256,
    /// Kind of evidence in the measure's words.
    kind: String,
}

impl From<&NamedEvidence> for NamedFile {
    fn from(file: &NamedEvidence) -> Self {
        Self {
            sha256: Sha256(file.sha256),
            kind: file.kind.clone(),
        }
    }
}

/// A draft of a claim, for suppliers of the claimant.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ClaimDraft {
    /// Opaque id.
    id: ID,
    /// How much, in the measure's unit.
    quantity: Option<Decimal>,
    /// When.
    period: Option<Period>,
    /// Where, of an outcome outside contracts.
    place: Option<String>,
    /// The claimant's part of an outcome that several organisations delivered together, 0 to 1.
    share: Option<Decimal>,
    /// Who worked how much.
    working: Vec<WorkingLine>,
    /// The files behind it.
    evidence: Vec<NamedFile>,
    /// Where the outcome stands in another register.
    external_reference: Option<ExternalReference>,
    /// How often it was saved: whoever changes or submits it names the version that they read.
    version: i32,
    /// When it was saved last.
    saved_at: DateTime,
    #[graphql(skip)]
    outcome: Option<ClaimedOutcome>,
    #[graphql(skip)]
    whose: OrganisationId,
}

impl From<ClaimDraftView> for ClaimDraft {
    fn from(view: ClaimDraftView) -> Self {
        let content = view.content;
        Self {
            id: node_id(view.id),
            place: match &content.outcome {
                Some(ClaimedOutcome::OutsideContracts { place, .. }) => Some(place.clone()),
                _ => None,
            },
            quantity: content.quantity.map(Decimal),
            period: content.period.map(Into::into),
            share: content.share.map(|share| Decimal(share.to_string())),
            working: content.working.into_iter().map(Into::into).collect(),
            evidence: content.evidence.iter().map(Into::into).collect(),
            external_reference: content.external_reference.map(ExternalReference::stated),
            version: i32::try_from(view.version).unwrap_or(i32::MAX),
            saved_at: DateTime(view.saved_at),
            outcome: content.outcome,
            whose: view.claimant,
        }
    }
}

#[ComplexObject]
impl ClaimDraft {
    /// Who delivered.
    async fn claimant(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.whose).await
    }

    /// The KPI that it answers.
    async fn kpi(&self, context: &Context<'_>) -> async_graphql::Result<Option<Kpi>> {
        match self.outcome {
            Some(ClaimedOutcome::Kpi(kpi)) => contract::load_kpi(context, kpi).await,
            _ => Ok(None),
        }
    }

    /// What was delivered, of an outcome outside contracts.
    async fn measure(&self, context: &Context<'_>) -> async_graphql::Result<Option<Measure>> {
        match &self.outcome {
            Some(ClaimedOutcome::OutsideContracts { measure, .. }) => {
                let found = credit_loaders::measure(context, measure).await?;
                Ok(found.map(Into::into))
            }
            _ => Ok(None),
        }
    }
}

/// Queries on drafts of claims.
#[derive(Debug, Default)]
pub struct ClaimDraftQuery;

#[Object]
impl ClaimDraftQuery {
    /// A draft of a claim; null when there is none, or none that the caller may read.
    async fn claim_draft(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<ClaimDraft>> {
        read(context, parse_id("id", &id)?).await
    }

    /// The drafts of claims of the organisations for which the caller is a supplier.
    async fn claim_drafts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ClaimDraft>> {
        let args = PageArgs::<ClaimDraftId>::new(first, after.as_deref(), last, before.as_deref())?;
        let (read, actor) = (app(context)?.read(), actor(context));
        let rows = read.claim_drafts(&actor, &Page::from(&args)).await;
        let total = if wants_total_count(context) {
            Some(read.claim_draft_count(&actor).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows.map_err(refuse)?, total, |row| row.id, ClaimDraft::from))
    }
}

async fn read(
    context: &Context<'_>,
    id: ClaimDraftId,
) -> async_graphql::Result<Option<ClaimDraft>> {
    let found = app(context)?
        .claim_drafts_by_id(&actor(context), &[id])
        .await;
    Ok(found.map_err(refuse)?.remove(&id).map(Into::into))
}

/// Input of `saveClaimDraft`. What is left out is not there yet.
#[derive(Debug, InputObject)]
pub struct SaveClaimDraftInput {
    /// The draft that is changed; a new one without.
    draft: Option<ID>,
    /// The version of it that you read.
    version: Option<i32>,
    /// Who delivered.
    claimant: ID,
    /// What was delivered.
    outcome: Option<ClaimedOutcomeInput>,
    /// How much, in the measure's unit.
    quantity: Option<Decimal>,
    /// When, inside one calendar year.
    period: Option<PeriodInput>,
    /// The files behind it, at most 100.
    #[graphql(default)]
    evidence: Vec<EvidenceInput>,
    /// The claimant's part of an outcome that several organisations delivered together, 0 to 1.
    share: Option<Decimal>,
    /// Who worked how much, where the measure counts people; at most 500 lines.
    #[graphql(default)]
    working: Vec<WorkingLineInput>,
    /// Where the outcome stands in another register.
    external_reference: Option<ExternalReferenceInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

impl SaveClaimDraftInput {
    fn parse(self) -> async_graphql::Result<SaveClaimDraft> {
        let id = self.draft.map(|id| parse_id("draft", &id)).transpose()?;
        let version = i64::from(self.version.unwrap_or(0));
        let share = self.share.as_ref().map(|share| share.0.parse());
        let lines = self.working.iter().enumerate();
        let lines = lines.map(|(at, line)| line.parse(&format!("working.{at}")));
        let content = ClaimContent {
            outcome: self.outcome.map(|outcome| outcome.parse()).transpose()?,
            quantity: self.quantity.map(|quantity| quantity.0),
            period: self
                .period
                .map(|period| period.parse("period"))
                .transpose()?,
            share: share.transpose().map_err(|error| wrong("share", &error))?,
            working: lines.collect::<async_graphql::Result<_>>()?,
            evidence: EvidenceInput::named(self.evidence),
            external_reference: self.external_reference.map(ExternalReferenceInput::parts),
        };
        Ok(SaveClaimDraft {
            draft: id.map(|id| (id, version)),
            claimant: parse_id("claimant", &self.claimant)?,
            content,
        })
    }
}

/// Input of `deleteClaimDraft`.
#[derive(Debug, InputObject)]
pub struct DeleteClaimDraftInput {
    /// The draft.
    draft: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `submitClaimDraft`.
#[derive(Debug, InputObject)]
pub struct SubmitClaimDraftInput {
    /// The draft.
    draft: ID,
    /// The version of it that you read.
    version: i32,
    /// Who delivered, as the draft says.
    claimant: ID,
    /// The text that `commonweal tokens` made of the people behind it, where the measure counts each once. A draft keeps none.
    beneficiaries: Option<String>,
    /// The client's own key: the same key, draft and people get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `saveClaimDraft` and `deleteClaimDraft`.
    ClaimDraftPayload {
        /// The draft; null when it was deleted.
        draft: ClaimDraft
    }
}

/// Mutations of drafts of claims, by suppliers of the claimant. None of them is public but `submitClaimDraft`.
#[derive(Debug, Default)]
pub struct ClaimDraftMutation;

#[Object]
impl ClaimDraftMutation {
    /// Saves a draft of a claim in private.
    async fn save_claim_draft(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The draft.")] input: SaveClaimDraftInput,
    ) -> async_graphql::Result<ClaimDraftPayload> {
        let client_id = input.client_mutation_id.clone();
        let draft = input.parse()?;
        let done = app(context)?.save_claim_draft(&actor(context), draft).await;
        let (made, errors) = settle(done)?;
        let draft = match made {
            Some(id) => read(context, id).await?,
            None => None,
        };
        Ok(ClaimDraftPayload::new((draft, errors), client_id))
    }

    /// Deletes a draft of a claim.
    async fn delete_claim_draft(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: DeleteClaimDraftInput,
    ) -> async_graphql::Result<ClaimDraftPayload> {
        let id = parse_id("draft", &input.draft)?;
        let done = app(context)?.delete_claim_draft(&actor(context), id).await;
        let (_, errors) = settle(done)?;
        Ok(ClaimDraftPayload::new(
            (None, errors),
            input.client_mutation_id,
        ))
    }

    /// Submits a draft as a claim, which is public, and takes the draft away.
    async fn submit_claim_draft(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft, in which version.")] input: SubmitClaimDraftInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let id = parse_id("draft", &input.draft)?;
        let claimant = parse_id("claimant", &input.claimant)?;
        let draft = (id, i64::from(input.version));
        let (actor, key) = (actor(context), &input.idempotency_key);
        let done = app(context)?
            .submit_claim_draft(&actor, key, claimant, draft, input.beneficiaries)
            .await;
        payload(context, done, input.client_mutation_id).await
    }
}
