//! Lots: what the plan says of each, and what became of it.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use commonweal_domain::ids::TenderId;
use commonweal_domain::tender as domain;
use commonweal_domain::tender::LotRef;
use commonweal_domain::tender::lot;

use super::amounts::Money;
use super::award::Award;
use super::context::loader;
use super::contract::Contract;
use super::credit_loaders::ContractOf;
use super::evaluation::Ranking;
use super::plan::Criterion;
use super::plan_abnormal::LowPriceRule;
use super::robustness::Robustness;
use super::tender_loaders::{AwardOf, RankingOf, RobustnessOf};

/// In which order lots find their winners when a supplier would win more than it may. Each lot goes to its highest-ranked
/// bid whose supplier may still win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lot::AllocationRule")]
pub enum AllocationRule {
    /// The order of the plan, which states the buyer's priority.
    PlanOrder,
    /// The lot first in which the best bid that may still win leads the next one by most points, or is the only one.
    LargestLead,
}

/// How many lots one supplier may bid for and win (Directive 2014/24/EU, art. 46).
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct LotLimits {
    /// The most lots that one supplier may bid for; null for all of them.
    max_bids_per_supplier: Option<u32>,
    /// The most lots that one supplier may win; null for all of them.
    max_awards_per_supplier: Option<u32>,
    /// Which lots a supplier keeps that would win more than it may.
    allocation: AllocationRule,
}

impl From<domain::LotLimits> for LotLimits {
    fn from(limits: domain::LotLimits) -> Self {
        Self {
            max_bids_per_supplier: limits.max_bids_per_supplier,
            max_awards_per_supplier: limits.max_awards_per_supplier,
            allocation: limits.allocation.into(),
        }
    }
}

/// What the plan says of a lot.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlanLot {
    /// Code, unique in the plan.
    code: String,
    /// What is bought.
    title: String,
    /// The tree of criteria.
    criteria: Vec<Criterion>,
    /// Bids below this price are excluded.
    minimum_price: Option<Money>,
    /// From which price on a bid is asked to explain itself; null where the plan says nothing of it.
    low_prices: Option<LowPriceRule>,
}

impl PlanLot {
    /// A lot of a plan.
    pub(super) fn new(plan: &domain::Plan, lot: &domain::Lot) -> Self {
        let leaves = plan.leaves_of(lot).unwrap_or_default();
        let criteria = lot.criteria.iter();
        Self {
            code: lot.code.to_string(),
            title: lot.title.clone(),
            criteria: criteria.map(|one| Criterion::new(one, &leaves)).collect(),
            minimum_price: lot.minimum_price.map(Into::into),
            low_prices: lot.low_prices.as_ref().map(Into::into),
        }
    }
}

/// A part of a tender that is bid for, evaluated and awarded on its own; a tender that is not divided has exactly one.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Lot {
    /// Code, unique in the tender.
    code: String,
    /// What is bought.
    title: String,
    #[graphql(skip)]
    key: LotRef,
}

impl Lot {
    /// A lot of a tender.
    pub(super) fn new(tender: TenderId, lot: &domain::Lot) -> Self {
        Self {
            code: lot.code.to_string(),
            title: lot.title.clone(),
            key: LotRef {
                tender,
                lot: lot.code.clone(),
            },
        }
    }
}

#[ComplexObject]
impl Lot {
    /// The ranking, or why it is withheld; null before it is computed, and when a bid was excluded after it.
    async fn ranking(&self, context: &Context<'_>) -> async_graphql::Result<Option<Ranking>> {
        let key = RankingOf(self.key.clone());
        Ok(loader(context)?.load_one(key).await?.map(Into::into))
    }

    /// What would have changed the winner of the ranking; null without a winner, and for those who may not see every field of
    /// the bids where the plan withholds one.
    async fn robustness(&self, context: &Context<'_>) -> async_graphql::Result<Option<Robustness>> {
        let key = RobustnessOf(self.key.clone());
        Ok(loader(context)?.load_one(key).await?.map(Into::into))
    }

    /// The award, from its proposal on; it may state that nobody wins the lot.
    async fn award(&self, context: &Context<'_>) -> async_graphql::Result<Option<Award>> {
        let key = AwardOf(self.key.clone());
        Ok(loader(context)?.load_one(key).await?.map(Into::into))
    }

    /// The contract that its award led to.
    async fn contract(&self, context: &Context<'_>) -> async_graphql::Result<Option<Contract>> {
        let key = ContractOf(self.key.clone());
        Ok(loader(context)?.load_one(key).await?.map(Into::into))
    }
}
