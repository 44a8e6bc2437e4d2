//! Marks, consensus and rankings.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use commonweal_app::read::evaluation::{ConsensusView, MarkView, RankingView};
use commonweal_domain::ids::BidId;
use commonweal_domain::scoring::exclusion::{Excluded, Ground};
use commonweal_domain::scoring::{ranking, rules};

use super::bid::{self, Bid};
use super::ledger::{self, LedgerEntry};
use super::node::node_id;
use super::plan::{BidField, TieBreak};
use super::scalars::{BigInt, DateTime, Decimal};

/// Why a rule has no value for a bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Reason")]
pub enum NoValueReason {
    /// A ratio to a price of zero.
    ZeroPrice,
    /// All prices are equal under a rule that divides by their range.
    EqualPrices,
    /// Ceiling and floor are equal.
    EqualBounds,
    /// A target of zero.
    ZeroTarget,
    /// Nobody promises anything under a rule that divides by the highest promise.
    NothingPromised,
    /// The criterion has no consensus level for the bid.
    NotJudged,
    /// The bid has no value for the criterion.
    Missing,
    /// The bid is in a currency for which the plan names no rate.
    NoExchangeRate,
    /// The plan publishes no money value for a measure that is promised.
    NoProxy,
    /// A price per quality point of a bid without any.
    ZeroQuality,
    /// The numbers leave the range of exact arithmetic.
    OutOfRange,
    /// It follows from a field that the plan withholds, and so does which bids have no value.
    Withheld,
}

/// A final mark that its evaluator changed.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct FormerMark {
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why; null when the text was erased or the caller may not see it.
    reason: Option<String>,
    /// The random id of its sealed entry in the log.
    sealed_id: ID,
    /// Log index of its release.
    released_index: Option<BigInt>,
    #[graphql(skip)]
    sealed_index: BigInt,
}

#[ComplexObject]
impl FormerMark {
    /// Its sealed entry of the public log, with its receipt.
    async fn sealed_entry(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.sealed_index).await
    }

    /// Its release in the public log, with its receipt; null before the award.
    async fn release(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        load_entry(context, self.released_index).await
    }
}

/// An evaluator's mark: the evaluator's own until moderation, the panel's until the award is approved.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Mark {
    /// The criterion.
    criterion: String,
    /// Who marked, as a pseudonym.
    evaluator: ID,
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why; null when the text was erased or the caller may not see it.
    reason: Option<String>,
    /// The random id of its sealed entry in the log, once the mark is final.
    sealed_id: Option<ID>,
    /// Log index of its release.
    released_index: Option<BigInt>,
    /// What it was before its evaluator changed it, from the first on.
    former: Vec<FormerMark>,
    #[graphql(skip)]
    sealed_index: Option<BigInt>,
}

#[ComplexObject]
impl Mark {
    /// Its sealed entry of the public log, with its receipt; null until the mark is final.
    async fn sealed_entry(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<LedgerEntry>> {
        load_entry(context, self.sealed_index).await
    }

    /// Its release in the public log, with its receipt; null before the award.
    async fn release(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        load_entry(context, self.released_index).await
    }
}

async fn load_entry(
    context: &Context<'_>,
    index: Option<BigInt>,
) -> async_graphql::Result<Option<LedgerEntry>> {
    match index {
        Some(index) => ledger::load(context, index).await,
        None => Ok(None),
    }
}

impl From<MarkView> for Mark {
    fn from(view: MarkView) -> Self {
        let former = view.former.into_iter().map(|former| FormerMark {
            level: former.level,
            reason: former.reason,
            sealed_id: node_id(former.sealed),
            sealed_index: former.sealed_index.into(),
            released_index: former.released_index.map(Into::into),
        });
        Self {
            former: former.collect(),
            criterion: view.criterion.to_string(),
            evaluator: node_id(view.evaluator),
            level: view.level,
            reason: view.reason,
            sealed_id: view.sealed.map(node_id),
            sealed_index: view.sealed_index.map(Into::into),
            released_index: view.released_index.map(Into::into),
        }
    }
}

/// A level that the panel agreed on.
#[derive(Debug, Clone, SimpleObject)]
pub struct ConsensusMark {
    /// The criterion.
    criterion: String,
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why; null when the text was erased or the caller may not see it.
    reason: Option<String>,
    /// Log index of the signature.
    entry_index: BigInt,
}

impl From<ConsensusView> for ConsensusMark {
    fn from(view: ConsensusView) -> Self {
        Self {
            criterion: view.criterion.to_string(),
            level: view.level,
            reason: view.reason,
            entry_index: view.entry_index.into(),
        }
    }
}

/// A bid's place in the ranking.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Place {
    /// From 1, the best.
    rank: u32,
    /// The total; null where a mark is withheld from the caller.
    total: Option<Decimal>,
    /// What put it before the next bid with an equal total.
    tie_decided_by: Option<TieBreak>,
    #[graphql(skip)]
    bid_id: BidId,
}

#[ComplexObject]
impl Place {
    /// The bid.
    async fn bid(&self, context: &Context<'_>) -> async_graphql::Result<Option<Bid>> {
        bid::load(context, self.bid_id).await
    }
}

/// A rule or the method without a value, for which the ranking is withheld.
#[derive(Debug, Clone, SimpleObject)]
pub struct NoValue {
    /// The criterion; null where the method has no value.
    criterion: Option<String>,
    /// The name of the rule or the method.
    rule: String,
    /// Why it has no value.
    reason: NoValueReason,
    /// The bids for which it has none.
    bids: Vec<ID>,
}

/// Why the plan excludes a bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PlanGroundKind {
    /// Its price is below the published minimum.
    BelowMinimumPrice,
    /// It does not declare to meet a condition.
    ConditionFailed,
    /// The consensus on a criterion is below the published minimum.
    BelowMinimumLevel,
    /// It follows from a field that the plan withholds.
    Withheld,
}

/// A ground on which the plan excludes a bid.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlanGround {
    /// The kind of ground.
    kind: PlanGroundKind,
    /// The criterion, where the ground is one.
    criterion: Option<String>,
    /// The field that the ground follows from; only for `WITHHELD`.
    field: Option<BidField>,
}

impl From<Ground> for PlanGround {
    fn from(ground: Ground) -> Self {
        let field = match &ground {
            Ground::Withheld(field) => Some((*field).into()),
            _ => None,
        };
        let (kind, criterion) = match ground {
            Ground::Withheld(_) => (PlanGroundKind::Withheld, None),
            Ground::BelowMinimumPrice => (PlanGroundKind::BelowMinimumPrice, None),
            Ground::ConditionFailed(code) => {
                (PlanGroundKind::ConditionFailed, Some(code.to_string()))
            }
            Ground::BelowMinimumLevel(code) => {
                (PlanGroundKind::BelowMinimumLevel, Some(code.to_string()))
            }
        };
        Self {
            kind,
            criterion,
            field,
        }
    }
}

/// A bid that the plan excludes, before any mark is made.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct PlanExclusion {
    /// The grounds, the minimum price first, then in the order of the criteria.
    grounds: Vec<PlanGround>,
    #[graphql(skip)]
    bid_id: BidId,
}

#[ComplexObject]
impl PlanExclusion {
    /// The bid.
    async fn bid(&self, context: &Context<'_>) -> async_graphql::Result<Option<Bid>> {
        bid::load(context, self.bid_id).await
    }
}

impl From<Excluded> for PlanExclusion {
    fn from(excluded: Excluded) -> Self {
        Self {
            grounds: excluded.grounds.into_iter().map(Into::into).collect(),
            bid_id: excluded.bid,
        }
    }
}

/// The standing ranking of a lot.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Ranking {
    /// The places from the first; null when the ranking is withheld.
    places: Option<Vec<Place>>,
    /// Rules without a value, for which the ranking is withheld; empty when there is a ranking.
    withheld: Vec<NoValue>,
    /// Bids that the plan excludes.
    excluded: Vec<PlanExclusion>,
    /// Higher-ranked bids that do not win the lot, because their suppliers win as many other lots as they may.
    passed_over: Vec<ID>,
    /// Size of the log on which it was based: later entries did not influence it.
    inputs_upto: BigInt,
    /// When it was computed.
    computed_at: DateTime,
    /// Log index of it.
    entry_index: BigInt,
    #[graphql(skip)]
    winner_id: Option<BidId>,
}

#[ComplexObject]
impl Ranking {
    /// The bid that wins the lot; null when nobody does, and while the ranking of a lot is withheld.
    async fn winner(&self, context: &Context<'_>) -> async_graphql::Result<Option<Bid>> {
        match self.winner_id {
            Some(bid) => bid::load(context, bid).await,
            None => Ok(None),
        }
    }
}

impl From<RankingView> for Ranking {
    fn from(view: RankingView) -> Self {
        let place = |place: ranking::Place| Place {
            rank: place.rank,
            total: place.total.map(|total| Decimal(total.to_string())),
            tie_decided_by: place.tie_decided_by.map(Into::into),
            bid_id: place.bid,
        };
        let no_value = |missing: ranking::NoValue| NoValue {
            criterion: missing.criterion.map(|code| code.to_string()),
            rule: missing.rule,
            reason: missing.reason.into(),
            bids: missing.bids.into_iter().map(node_id).collect(),
        };
        let (places, withheld) = match view.ranking {
            ranking::Ranking::Ranked(places) => (Some(places), Vec::new()),
            ranking::Ranking::Withheld(missing) => (None, missing),
            ranking::Ranking::NotKnown => (None, Vec::new()),
        };
        let allocated = view.allocated.as_ref();
        let passed_over = allocated.map(|lot| lot.passed_over.as_slice());
        Self {
            passed_over: passed_over
                .unwrap_or_default()
                .iter()
                .map(|bid| node_id(*bid))
                .collect(),
            winner_id: allocated.and_then(|lot| lot.bid),
            places: places.map(|places| places.into_iter().map(place).collect()),
            withheld: withheld.into_iter().map(no_value).collect(),
            excluded: view.excluded.into_iter().map(Into::into).collect(),
            inputs_upto: view.inputs_upto.into(),
            computed_at: DateTime(view.computed_at),
            entry_index: view.entry_index.into(),
        }
    }
}
