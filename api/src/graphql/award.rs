//! Awards: proposed by one officer, approved by another.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::AppError;
use commonweal_app::read::evaluation::AwardView;
use commonweal_domain::ids::{BidId, OrganisationId, TenderId};

use super::bid::{self, Bid};
use super::context::{actor, app, loader, settle};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::scalars::{BigInt, DateTime};
use super::tender::{self, Tender};
use super::tender_loaders::AwardOf;

/// The award of a tender, from its proposal on.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Award {
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
    bid_id: BidId,
    #[graphql(skip)]
    supplier_id: OrganisationId,
}

impl From<AwardView> for Award {
    fn from(view: AwardView) -> Self {
        Self {
            proposed_by: node_id(view.proposed_by),
            proposed_index: view.proposed_index.into(),
            approved_by: view.decided.map(|(by, _, _)| node_id(by)),
            decided_at: view.decided.map(|(_, at, _)| DateTime(at)),
            entry_index: view.decided.map(|(_, _, index)| index.into()),
            tender_id: view.tender,
            bid_id: view.bid,
            supplier_id: view.supplier,
        }
    }
}

#[ComplexObject]
impl Award {
    /// The tender.
    async fn tender(&self, context: &Context<'_>) -> async_graphql::Result<Option<Tender>> {
        tender::load(context, self.tender_id).await
    }

    /// The bid at rank 1.
    async fn bid(&self, context: &Context<'_>) -> async_graphql::Result<Option<Bid>> {
        bid::load(context, self.bid_id).await
    }

    /// Who made it.
    async fn supplier(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.supplier_id).await
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

payloads! {
    /// Answer of `proposeAward` and `approveAward`.
    AwardPayload {
        /// The award.
        award: Award
    }
}

async fn payload<T>(
    context: &Context<'_>,
    tender: TenderId,
    done: Result<T, AppError>,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<AwardPayload> {
    let (made, errors) = settle(done)?;
    let award = match made {
        Some(_) => loader(context)?
            .load_one(AwardOf(tender))
            .await?
            .map(Into::into),
        None => None,
    };
    Ok(AwardPayload::new((award, errors), client_mutation_id))
}

/// Mutations of awards, by two officers of the buyer.
#[derive(Debug, Default)]
pub struct AwardMutation;

#[Object]
impl AwardMutation {
    /// Proposes to award the bid at rank 1.
    async fn propose_award(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: AwardInput,
    ) -> async_graphql::Result<AwardPayload> {
        let tender = parse_id("tender", &input.tender)?;
        let done = app(context)?.propose_award(&actor(context), tender).await;
        payload(context, tender, done, input.client_mutation_id).await
    }

    /// Approves a proposed award, as another officer. The marks of the panel are released with it.
    async fn approve_award(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: AwardInput,
    ) -> async_graphql::Result<AwardPayload> {
        let tender = parse_id("tender", &input.tender)?;
        let done = app(context)?.approve_award(&actor(context), tender).await;
        payload(context, tender, done, input.client_mutation_id).await
    }
}
