//! Awards: proposed by one officer, approved by another.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::evaluation::AwardView;
use commonweal_domain::ids::TenderId;
use commonweal_domain::tender::award::Winner;

use super::bid::{self, Bid};
use super::context::{actor, app};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime};
use super::tender::{self, Tender, TenderPayload, settle_tender};

/// The award of a lot, from its proposal on.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Award {
    /// The code of the lot.
    lot: String,
    /// The officer who proposed it, as a pseudonym.
    proposed_by: ID,
    /// Log index of the proposal.
    proposed_index: BigInt,
    /// The second officer, who approved it; null while it is a proposal.
    approved_by: Option<ID>,
    /// When it was approved.
    decided_at: Option<DateTime>,
    /// Log index of the decision.
    entry_index: Option<BigInt>,
    #[graphql(skip)]
    tender_id: TenderId,
    #[graphql(skip)]
    winner: Option<Winner>,
}

impl From<AwardView> for Award {
    fn from(view: AwardView) -> Self {
        Self {
            proposed_by: node_id(view.proposed_by),
            proposed_index: view.proposed_index.into(),
            approved_by: view.decided.map(|(by, _, _)| node_id(by)),
            decided_at: view.decided.map(|(_, at, _)| DateTime(at)),
            entry_index: view.decided.map(|(_, _, index)| index.into()),
            lot: view.lot.lot.to_string(),
            tender_id: view.lot.tender,
            winner: view.winner,
        }
    }
}

#[ComplexObject]
impl Award {
    /// The tender.
    async fn tender(&self, context: &Context<'_>) -> async_graphql::Result<Option<Tender>> {
        tender::load(context, self.tender_id).await
    }

    /// The bid that wins the lot; null when nobody does.
    async fn bid(&self, context: &Context<'_>) -> async_graphql::Result<Option<Bid>> {
        match self.winner {
            Some(winner) => bid::load(context, winner.bid).await,
            None => Ok(None),
        }
    }

    /// Who made it.
    async fn supplier(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        match self.winner {
            Some(winner) => organisation::load(context, winner.supplier).await,
            None => Ok(None),
        }
    }
}

/// Input of `proposeAward` and `approveAward`.
#[derive(Debug, InputObject)]
pub struct AwardInput {
    /// The tender.
    tender: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Mutations of awards, by two officers of the buyer.
#[derive(Debug, Default)]
pub struct AwardMutation;

#[Object]
impl AwardMutation {
    /// Proposes to award each lot to the bid that wins it by the standing ranking.
    async fn propose_award(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: AwardInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender = parse_id("tender", &input.tender)?;
        let done = app(context)?.propose_award(&actor(context), tender).await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Approves a proposed award, as another officer. The marks of the panel are released with it.
    async fn approve_award(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: AwardInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender = parse_id("tender", &input.tender)?;
        let done = app(context)?.approve_award(&actor(context), tender).await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }
}
