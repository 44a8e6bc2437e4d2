//! Claims of delivery: public after submission, evidence by its hashes only.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::claim::{ClaimFilter as Filter, ClaimView, FileState, VerificationView};
use commonweal_domain::amount::Quantity as Amount;
use commonweal_domain::contract as domain;
use commonweal_domain::ids::{ClaimId, OrganisationId};

use super::amounts::{Period, Quantity};
use super::awaited::AwaitedStep;
use super::beneficiary::Beneficiaries;
use super::catalogue::Measure;
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{app, loader, refuse};
use super::contract::{self, Contract, Kpi};
use super::counting::WorkingLine;
use super::credit_batch::Batch;
use super::credit_loaders::{
    self, AssignmentsOf, AwaitedOf, BatchOf, ConfirmationOf, DrawOf, ExclusionsOf, InquiriesOf,
    ProposalsOf, ReductionsOf, VerificationsOf, WorkingOf,
};
use super::inquiry::{ClaimExclusion, Inquiry};
use super::ledger::{self, LedgerEntry};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::quorum::{Assignment, LowValueConfirmation, VerifierDraw};
use super::reduction::{ClaimReduction, CorrectionProposal};
use super::scalars::{BigInt, Date, DateTime, Decimal, Sha256};

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ClaimStatus")]
pub enum ClaimStatus {
    /// Waits for a verifier.
    Submitted,
    /// Verification has begun; `waitsFor` says whose turn it is.
    InVerification,
    /// A verifier waits for an answer of the claimant.
    InformationRequested,
    /// A verified quantity stands; final.
    Verified,
    /// A verifier refused it; final.
    Rejected,
    /// The claimant took it back before verification; final.
    Withdrawn,
}

/// Where an outcome stands in another register; used once in the whole registry.
#[derive(Debug, Clone, SimpleObject)]
pub struct ExternalReference {
    /// The code of the register.
    source: String,
    /// The number in it.
    number: String,
}

impl From<&domain::ExternalReference> for ExternalReference {
    fn from(reference: &domain::ExternalReference) -> Self {
        Self {
            source: reference.source().to_owned(),
            number: reference.number().to_owned(),
        }
    }
}

impl ExternalReference {
    /// As somebody states it.
    pub(crate) fn stated((source, number): (String, String)) -> Self {
        Self { source, number }
    }
}

/// One file of evidence. The file itself is private.
#[derive(Debug, Clone, SimpleObject)]
pub struct Evidence {
    /// SHA-256 of the file.
    sha256: Sha256,
    /// Kind of evidence in the measure's words.
    kind: String,
    /// Length in bytes.
    size: BigInt,
    /// Media type.
    media_type: String,
    /// The first day on which it need not be kept any more; null when it is kept for ever.
    kept_until: Option<Date>,
    /// Log index of the entry that erased it; null while it is there.
    erased_index: Option<BigInt>,
}

impl Evidence {
    fn new(file: &domain::Evidence, state: &FileState) -> Self {
        Self {
            kept_until: state.kept_until.map(Date),
            erased_index: state.erased_index.map(Into::into),
            sha256: Sha256(file.sha256),
            kind: file.kind.clone(),
            size: file.size.into(),
            media_type: file.media_type.clone(),
        }
    }
}

/// What one verifier found.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Verification {
    /// Who: a pseudonym.
    verifier: ID,
    /// How much was accepted; null when the claim was rejected.
    accepted: Option<Quantity>,
    /// The method, with the standard named; null when the claim was rejected.
    method: Option<String>,
    /// The reason; null when its words were erased.
    reason: Option<String>,
    /// The salted hash of the reason, as it stands in the log.
    reason_hash: Sha256,
    /// When.
    at: DateTime,
    /// Log index of the finding.
    entry_index: BigInt,
    #[graphql(skip)]
    for_organisation: OrganisationId,
}

#[ComplexObject]
impl Verification {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// For which organisation the verifier acted.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.for_organisation).await
    }
}

impl Verification {
    fn new(view: VerificationView, claimed: &Amount) -> Self {
        let accepted = view.accepted_units.map(|units| claimed.with_units(units));
        Self {
            verifier: node_id(view.verifier),
            accepted: accepted.and_then(Result::ok).as_ref().map(Into::into),
            method: view.method,
            reason: view.reason,
            reason_hash: Sha256(view.reason_hash),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            for_organisation: view.organisation,
        }
    }
}

/// A delivered quantity with evidence, under a KPI or outside any contract.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Claim {
    /// Opaque id.
    pub(super) id: ID,
    /// Where it stands.
    status: ClaimStatus,
    /// How much is claimed.
    quantity: Quantity,
    /// The verified quantity, once there is one.
    verified: Option<Quantity>,
    /// The code of its measure.
    measure_code: String,
    /// When it was delivered, inside one calendar year.
    period: Period,
    /// Where: a country or place code.
    place: String,
    /// The files behind it.
    evidence: Vec<Evidence>,
    /// The claimant's part of an outcome that several organisations delivered together, 0 to 1.
    share: Decimal,
    /// How many people the quantity is about, where the measure counts people.
    people: Option<u32>,
    /// The salted hash of the working behind it, where the measure counts people.
    working_hash: Option<Sha256>,
    /// Those people as far as they are named by tokens, where the measure counts each once.
    beneficiaries: Option<Beneficiaries>,
    /// Where the outcome stands in another register.
    external_reference: Option<ExternalReference>,
    /// When it was submitted.
    submitted_at: DateTime,
    /// Log index of its submission.
    entry_index: BigInt,
    /// When it was verified, rejected or withdrawn.
    decided_at: Option<DateTime>,
    /// Log index of that.
    decided_index: Option<BigInt>,
    #[graphql(skip)]
    fact: Box<domain::Claim>,
}

impl From<ClaimView> for Claim {
    fn from(view: ClaimView) -> Self {
        let claim = view.claim;
        Self {
            id: node_id(claim.id),
            status: view.status.into(),
            quantity: (&claim.quantity).into(),
            verified: view.verified.as_ref().map(Into::into),
            measure_code: claim.measure.code.to_string(),
            period: claim.period.into(),
            place: claim.place.to_string(),
            evidence: claim
                .evidence
                .iter()
                .zip(&view.files)
                .map(|(file, state)| Evidence::new(file, state))
                .collect(),
            share: Decimal(claim.share.to_string()),
            people: claim.counted.map(|counted| counted.people),
            working_hash: claim.counted.map(|counted| Sha256(counted.working)),
            beneficiaries: claim
                .beneficiaries
                .as_ref()
                .map(|named| Beneficiaries::new(claim.id, named)),
            external_reference: claim.external_reference.as_ref().map(Into::into),
            submitted_at: DateTime(view.submitted_at),
            entry_index: view.entry_index.into(),
            decided_at: view.decided_at.map(DateTime),
            decided_index: view.decided_index.map(Into::into),
            fact: Box::new(claim),
        }
    }
}

#[ComplexObject]
impl Claim {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// Who delivered.
    async fn claimant(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.fact.claimant).await
    }

    /// What was delivered.
    async fn measure(&self, context: &Context<'_>) -> async_graphql::Result<Option<Measure>> {
        let found = credit_loaders::measure(context, &self.fact.measure).await?;
        Ok(found.map(Into::into))
    }

    /// The contract under which it is claimed; null outside contracts.
    async fn contract(&self, context: &Context<'_>) -> async_graphql::Result<Option<Contract>> {
        match self.fact.answers {
            Some(answers) => contract::load(context, answers.contract).await,
            None => Ok(None),
        }
    }

    /// The KPI that it answers; null outside contracts.
    async fn kpi(&self, context: &Context<'_>) -> async_graphql::Result<Option<Kpi>> {
        match self.fact.answers {
            Some(answers) => contract::load_kpi(context, answers.kpi).await,
            None => Ok(None),
        }
    }

    /// What verifiers found.
    async fn verifications(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Vec<Verification>> {
        let found = loader(context)?
            .load_one(VerificationsOf(self.fact.id))
            .await?;
        let views = found.unwrap_or_default().into_iter();
        Ok(views
            .map(|view| Verification::new(view, &self.fact.quantity))
            .collect())
    }

    /// From what its verifiers were drawn; null before the draw, and where no quorum binds it.
    async fn draw(&self, context: &Context<'_>) -> async_graphql::Result<Option<VerifierDraw>> {
        let found = loader(context)?.load_one(DrawOf(self.fact.id)).await?;
        Ok(found.map(Into::into))
    }

    /// Who was drawn to verify it, in the order of the draws.
    async fn assignments(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Assignment>> {
        let found = loader(context)?
            .load_one(AssignmentsOf(self.fact.id))
            .await?;
        let views = found.unwrap_or_default().into_iter();
        Ok(views.map(Into::into).collect())
    }

    /// All that it waits for, and who can do what about it; empty when it is decided.
    async fn waits_for(&self, context: &Context<'_>) -> async_graphql::Result<Vec<AwaitedStep>> {
        let found = loader(context)?.load_one(AwaitedOf(self.fact.id)).await?;
        let steps = found.unwrap_or_default().into_iter();
        Ok(steps.map(Into::into).collect())
    }

    /// What the buyer alone confirmed of it, where its value is low.
    async fn confirmation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<LowValueConfirmation>> {
        let found = loader(context)?
            .load_one(ConfirmationOf(self.fact.id))
            .await?;
        Ok(found.map(Into::into))
    }

    /// What verifiers asked, and what the claimant answered, the latest hundred in order.
    async fn inquiries(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Inquiry>> {
        let found = loader(context)?.load_one(InquiriesOf(self.fact.id)).await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// What registrars propose to take back of it, the latest hundred in order.
    async fn proposals(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Vec<CorrectionProposal>> {
        let found = loader(context)?.load_one(ProposalsOf(self.fact.id)).await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// What was taken back of it by corrections and reversals, the latest hundred in order.
    async fn reductions(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Vec<ClaimReduction>> {
        let found = loader(context)?
            .load_one(ReductionsOf(self.fact.id))
            .await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// Organisations of the same group whose claims are about other outcomes, by a logged decision.
    async fn exclusions(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Vec<ClaimExclusion>> {
        let found = loader(context)?
            .load_one(ExclusionsOf(self.fact.id))
            .await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// Who worked how much, for whoever may read its evidence: the claimant, officers of the buyer, the verifiers for whom the
    /// claim waits, under a quorum only those who were drawn, and those who decided on it; null for anyone else.
    async fn working(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Vec<WorkingLine>>> {
        let found = loader(context)?.load_one(WorkingOf(self.fact.id)).await?;
        Ok(found.map(|lines| lines.into_iter().map(Into::into).collect()))
    }

    /// The credits that were issued for it.
    async fn batch(&self, context: &Context<'_>) -> async_graphql::Result<Option<Batch>> {
        Ok(loader(context)?
            .load_one(BatchOf(self.fact.id))
            .await?
            .map(Into::into))
    }
}

/// A claim through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: ClaimId,
) -> async_graphql::Result<Option<Claim>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Which claims are wanted.
#[derive(Debug, Default, InputObject)]
pub struct ClaimFilter {
    /// Those of this claimant.
    claimant: Option<ID>,
    /// Those under this contract.
    contract: Option<ID>,
    /// Those that answer this KPI.
    kpi: Option<ID>,
    /// Those that stand so.
    status: Option<ClaimStatus>,
}

impl ClaimFilter {
    fn parse(self) -> async_graphql::Result<Filter> {
        let claimant = self.claimant.map(|id| parse_id("filter.claimant", &id));
        let contract = self.contract.map(|id| parse_id("filter.contract", &id));
        let kpi = self.kpi.map(|id| parse_id("filter.kpi", &id));
        Ok(Filter {
            claimant: claimant.transpose()?,
            contract: contract.transpose()?,
            kpi: kpi.transpose()?,
            status: self.status.map(Into::into),
        })
    }
}

/// Queries on claims.
#[derive(Debug, Default)]
pub struct ClaimQuery;

#[Object]
impl ClaimQuery {
    /// One claim.
    async fn claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Claim>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Claims in the order of their submission.
    async fn claims(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which claims.")] filter: Option<ClaimFilter>,
    ) -> async_graphql::Result<Connection<Claim>> {
        let args = PageArgs::<ClaimId>::new(first, after.as_deref(), last, before.as_deref())?;
        let filter = filter.unwrap_or_default().parse()?;
        let read = app(context)?.read();
        let rows = read
            .claims(&filter, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.claim_count(&filter).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.claim.id, Claim::from))
    }
}
