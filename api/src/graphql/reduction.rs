//! What registrars propose to take back of a claim, and what was taken back.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use commonweal_app::read::reduction::{ProposalView, ReductionView};
use commonweal_domain::challenge::Basis;

use super::amounts::Quantity;
use super::challenge::{self, Challenge};
use super::credit_end::Remedy;
use super::ledger::{self, LedgerEntry};
use super::node::node_id;
use super::scalars::{BigInt, DateTime, Sha256};

/// A registrar's proposal to correct or reverse a verified claim. A second registrar carries it out.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct CorrectionProposal {
    /// Opaque id, for `carryOutDecision`.
    id: ID,
    /// What would stay verified.
    verified: Quantity,
    /// Why the rest would fall.
    remedy: Remedy,
    /// The reason; null when its words were erased.
    reason: Option<String>,
    /// The salted hash of the reason, as it stands in the log.
    reason_hash: Sha256,
    /// Who proposes: a pseudonym.
    by: ID,
    /// When.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
    /// Whether it was carried out.
    carried_out: bool,
}

impl From<ProposalView> for CorrectionProposal {
    fn from(view: ProposalView) -> Self {
        let proposal = view.proposal;
        Self {
            id: node_id(proposal.id),
            verified: (&proposal.verified).into(),
            remedy: proposal.remedy.into(),
            reason: view.reason,
            reason_hash: Sha256(view.reason_hash),
            by: node_id(proposal.by),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            carried_out: proposal.carried_out,
        }
    }
}

#[ComplexObject]
impl CorrectionProposal {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }
}

/// That less of a claim stands than before: it was corrected or reversed.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ClaimReduction {
    /// Why.
    remedy: Remedy,
    /// The verified quantity before.
    before: Quantity,
    /// The verified quantity from then on.
    after: Quantity,
    /// The registrar's proposal behind it; null where a challenge was upheld.
    proposal: Option<ID>,
    /// Who carried it out: a pseudonym.
    by: ID,
    /// When.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
    #[graphql(skip)]
    basis: Basis,
}

impl From<ReductionView> for ClaimReduction {
    fn from(view: ReductionView) -> Self {
        Self {
            remedy: view.remedy.into(),
            before: (&view.before).into(),
            after: (&view.after).into(),
            proposal: match view.basis {
                Basis::Proposal(id) => Some(node_id(id)),
                Basis::Challenge(_) => None,
            },
            by: node_id(view.by),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            basis: view.basis,
        }
    }
}

#[ComplexObject]
impl ClaimReduction {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// The challenge that was upheld; null where a registrar proposed it.
    async fn challenge(&self, context: &Context<'_>) -> async_graphql::Result<Option<Challenge>> {
        match self.basis {
            Basis::Challenge(id) => challenge::load(context, id).await,
            Basis::Proposal(_) => Ok(None),
        }
    }
}
