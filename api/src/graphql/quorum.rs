//! Quorums of verifiers: what the registry asks, who was drawn for a claim and from what, and the record of each verifier.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::quorum::{
    AssignmentView, ConfirmationView, DrawView, QuorumView, RecordView, Standing,
};
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::contract::quorum as domain;
use commonweal_domain::ids::{OrganisationId, PersonId};

use super::amounts::{Quantity, small};
use super::awaited::AwaitedStep;
use super::catalogue::Measure;
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{app, refuse};
use super::credit_loaders;
use super::ledger::{self, LedgerEntry};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime, Decimal, Sha256};

/// Who pays the verifiers of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::FeePayer")]
pub enum FeePayer {
    /// The claimant.
    Claimant,
    /// The contract's buyer; the claimant outside contracts.
    Buyer,
    /// The registry.
    Registry,
}

/// Below which quantity the buyer alone may confirm claims of a measure.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct LowValue {
    /// What the buyer confirms alone under one KPI stays below it, all claims together.
    below: Quantity,
    #[graphql(skip)]
    reference: MeasureRef,
}

#[ComplexObject]
impl LowValue {
    /// The measure.
    async fn measure(&self, context: &Context<'_>) -> async_graphql::Result<Option<Measure>> {
        let found = credit_loaders::measure(context, &self.reference).await?;
        Ok(found.map(Into::into))
    }
}

/// What the registry asks of the verification of claims that are submitted after it was published.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct VerificationQuorum {
    /// 1, 2, 3 ...
    number: i32,
    /// How many verifiers judge a claim, each of another beneficial-owner group.
    verifiers: i32,
    /// From how many sectors they come at least.
    sectors: i32,
    /// How far apart what they accept may lie, as a part of what was claimed, before a further verifier is drawn; 0 to 1.
    tolerance: Decimal,
    /// How many days a verifier has.
    days: i32,
    /// Who pays them.
    fee: FeePayer,
    /// Measures of which the buyer alone may confirm little.
    low_values: Vec<LowValue>,
    /// Which part of the claims that a buyer confirms is drawn for verification all the same, 0 to 1.
    audit_share: Decimal,
    /// The root of the Merkle tree over its 65,536 links, of which each claim reveals one.
    commitment: Sha256,
    /// When it was published.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
    #[graphql(skip)]
    terms: domain::Quorum,
}

#[ComplexObject]
impl VerificationQuorum {
    /// What it waits for: more verifiers, where those of the registry cannot fill its seats for anybody's claim; null where they
    /// can for a claim of whose parties none of them is.
    async fn waits_for(&self, context: &Context<'_>) -> async_graphql::Result<Option<AwaitedStep>> {
        let found = app(context)?.read().awaited_of_quorum(&self.terms).await;
        Ok(found.map_err(refuse)?.map(Into::into))
    }
}

impl From<QuorumView> for VerificationQuorum {
    fn from(view: QuorumView) -> Self {
        let terms = view.quorum.clone();
        let quorum = view.quorum;
        let low = quorum.low_value.into_iter().map(|low| LowValue {
            below: (&low.below).into(),
            reference: low.measure,
        });
        Self {
            number: i32::try_from(view.number).unwrap_or(i32::MAX),
            verifiers: quorum.verifiers.into(),
            sectors: quorum.sectors.into(),
            tolerance: Decimal(quorum.tolerance.to_string()),
            days: quorum.days.into(),
            fee: quorum.fee.into(),
            low_values: low.collect(),
            audit_share: Decimal(quorum.audit_share.to_string()),
            commitment: Sha256(view.commitment),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            terms,
        }
    }
}

/// From what the verifiers of a claim were drawn: anyone can do the draw again.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct VerifierDraw {
    /// The claim's place among those that its quorum binds, from 1.
    position: BigInt,
    /// The quorum's link at that place; the log entry that revealed it has its proof.
    link: Sha256,
    /// The seed that follows from the link and the claim's files.
    seed: Sha256,
    /// Log index of the entry that revealed the link.
    entry_index: BigInt,
    #[graphql(skip)]
    number: u32,
}

impl From<DrawView> for VerifierDraw {
    fn from(view: DrawView) -> Self {
        Self {
            position: view.position.into(),
            link: Sha256(view.link),
            seed: Sha256(view.seed),
            entry_index: view.entry_index.into(),
            number: view.quorum,
        }
    }
}

#[ComplexObject]
impl VerifierDraw {
    /// The number of the quorum that binds the claim.
    async fn quorum_number(&self) -> i32 {
        i32::try_from(self.number).unwrap_or(i32::MAX)
    }
}

/// Where a drawn verifier stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AssignmentStatus {
    /// Has to judge.
    Sitting,
    /// Has judged.
    Judged,
    /// Declined before beginning.
    Declined,
    /// Withdrew after asking about the claim.
    Withdrew,
    /// Was too late, or could not judge any more.
    Discharged,
}

/// A verifier who was drawn for a claim.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Assignment {
    /// Who: a pseudonym.
    verifier: ID,
    /// Where the verifier stands.
    status: AssignmentStatus,
    /// Until when the verifier has to judge; null once they have, or have left.
    due: Option<DateTime>,
    /// Whether it is the further opinion after the first verifiers disagreed.
    third_opinion: bool,
    /// Why the verifier left; null where nobody left or the words were erased.
    reason: Option<String>,
    /// When the verifier was drawn.
    at: DateTime,
    /// Log index of the draw.
    entry_index: BigInt,
    #[graphql(skip)]
    for_organisation: OrganisationId,
    #[graphql(skip)]
    paid_by: OrganisationId,
}

impl From<AssignmentView> for Assignment {
    fn from(view: AssignmentView) -> Self {
        use commonweal_domain::contract::quorum::Leaving;
        let (status, due) = match view.standing {
            Standing::Sits(due) => (AssignmentStatus::Sitting, Some(DateTime(due))),
            Standing::Judged => (AssignmentStatus::Judged, None),
            Standing::Left(Leaving::Declined) => (AssignmentStatus::Declined, None),
            Standing::Left(Leaving::Withdrew) => (AssignmentStatus::Withdrew, None),
            Standing::Left(Leaving::Discharged) => (AssignmentStatus::Discharged, None),
        };
        Self {
            verifier: node_id(view.verifier),
            status,
            due,
            third_opinion: view.third,
            reason: view.reason,
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            for_organisation: view.organisation,
            paid_by: view.fee_from,
        }
    }
}

#[ComplexObject]
impl Assignment {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// For which organisation the verifier judges.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.for_organisation).await
    }

    /// Who pays the verifier.
    async fn fee_from(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.paid_by).await
    }
}

/// What a buyer alone confirmed of a claim of low value.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct LowValueConfirmation {
    /// Who: a pseudonym.
    officer: ID,
    /// How much was accepted.
    accepted: Quantity,
    /// How.
    method: String,
    /// Why; null when the words were erased.
    reason: Option<String>,
    /// Whether chance drew the claim for verification all the same: then the verifiers decide.
    audited: bool,
    /// When.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
    #[graphql(skip)]
    by: OrganisationId,
}

impl From<ConfirmationView> for LowValueConfirmation {
    fn from(view: ConfirmationView) -> Self {
        Self {
            officer: node_id(view.officer),
            accepted: (&view.accepted).into(),
            method: view.method,
            reason: view.reason,
            audited: view.audited,
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            by: view.organisation,
        }
    }
}

#[ComplexObject]
impl LowValueConfirmation {
    /// The buyer.
    async fn buyer(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.by).await
    }
}

/// What a verifier has done, counted as it happened.
#[derive(Debug, Clone, SimpleObject)]
pub struct VerifierRecord {
    /// Who: a pseudonym.
    verifier: ID,
    /// Draws.
    assigned: BigInt,
    /// Findings that accepted something.
    accepted: BigInt,
    /// Findings that accepted nothing.
    rejected: BigInt,
    /// Findings that accepted more than what a correction or a reversal left of the claim later.
    overturned: BigInt,
    /// Seats declined before beginning.
    declined: BigInt,
    /// Seats given back after beginning.
    withdrew: BigInt,
    /// Seats taken away.
    discharged: BigInt,
}

impl From<RecordView> for VerifierRecord {
    fn from(view: RecordView) -> Self {
        Self {
            verifier: node_id(view.verifier),
            assigned: view.assigned.into(),
            accepted: view.accepted.into(),
            rejected: view.rejected.into(),
            overturned: view.overturned.into(),
            declined: view.declined.into(),
            withdrew: view.withdrew.into(),
            discharged: view.discharged.into(),
        }
    }
}

/// Queries on quorums and verifiers.
#[derive(Debug, Default)]
pub struct QuorumQuery;

#[Object]
impl QuorumQuery {
    /// What the registry asks of verification; null where no quorum was published, and any independent verifier may verify.
    async fn verification_quorum(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its number; the one in force when it is left out.")] number: Option<i32>,
    ) -> async_graphql::Result<Option<VerificationQuorum>> {
        let number = number.map(|number| small("number", number, "1, 2, 3 ..."));
        let found = app(context)?.read().quorum(number.transpose()?).await;
        Ok(found.map_err(refuse)?.map(Into::into))
    }

    /// The record of a verifier; null where there is nothing in it.
    async fn verifier_record(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The verifier's pseudonym.")] verifier: ID,
    ) -> async_graphql::Result<Option<VerifierRecord>> {
        let id = parse_id("verifier", &verifier)?;
        let found = app(context)?.read().verifier_record(id).await;
        Ok(found.map_err(refuse)?.map(Into::into))
    }

    /// The records of all verifiers, by pseudonym.
    async fn verifier_records(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<VerifierRecord>> {
        let args = PageArgs::<PersonId>::new(first, after.as_deref(), last, before.as_deref())?;
        let read = app(context)?.read();
        let rows = read.verifier_records(&Page::from(&args)).await;
        let total = if wants_total_count(context) {
            Some(read.verifier_record_count().await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(
            rows.map_err(refuse)?,
            total,
            |row| row.verifier,
            VerifierRecord::from,
        ))
    }
}
