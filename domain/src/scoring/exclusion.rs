//! Exclusions that follow from the plan. They come before every mark, so that a bid which is out cannot set the lowest price.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entrant::{Entrant, Facts};
use super::rules::{Case, Price};
use crate::ids::BidId;
use crate::tender::code::CriterionCode;
use crate::tender::criteria::Leaf;
use crate::tender::disclosure::BidField;
use crate::tender::lot::Lot;
use crate::tender::plan::Plan;

/// Why the plan excludes a bid.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ground {
    /// Its price is below the published minimum.
    BelowMinimumPrice,
    /// It does not declare to meet a condition.
    ConditionFailed(CriterionCode),
    /// The consensus on a criterion is below the published minimum.
    BelowMinimumLevel(CriterionCode),
    /// It follows from this field, which the plan withholds: whoever may not see the field learns no more.
    Withheld(BidField),
}

impl Ground {
    /// The fields of the bid that it follows from; none for what the panel judged.
    pub fn reads(&self) -> Option<BidField> {
        match self {
            Self::BelowMinimumPrice => Some(BidField::Price),
            Self::ConditionFailed(_) => Some(BidField::Declarations),
            Self::Withheld(field) => Some(*field),
            Self::BelowMinimumLevel(_) => None,
        }
    }

    /// Whether a stranger can judge it from what the plan discloses.
    pub fn is_shown(&self, plan: &Plan) -> bool {
        self.reads()
            .is_none_or(|field| plan.disclosure.in_log(field))
    }

    /// The ground as the log tells it.
    fn published(&self, plan: &Plan) -> Self {
        match self.reads() {
            Some(field) if !self.is_shown(plan) => Self::Withheld(field),
            _ => self.clone(),
        }
    }

    /// Whether the plan can exclude a bid of a lot on a ground that follows from a field.
    pub(crate) fn may_follow_from(field: BidField, lot: &Lot, leaves: &[Leaf<'_>]) -> bool {
        match field {
            BidField::Price => lot.minimum_price.is_some(),
            BidField::Declarations => leaves.iter().any(|leaf| leaf.rule.may_exclude_alone()),
            _ => false,
        }
    }
}

/// A bid that the plan excludes, with every ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// The bid.
    pub bid: BidId,
    /// The grounds, the minimum price first, then in the order of the criteria.
    pub grounds: Vec<Ground>,
}

impl Excluded {
    /// The exclusion as the log tells it: of grounds that follow from a withheld field only the field, once.
    pub(crate) fn published(&self, plan: &Plan) -> Self {
        let mut grounds: Vec<Ground> = Vec::new();
        for ground in self.grounds.iter().map(|ground| ground.published(plan)) {
            if !grounds.contains(&ground) {
                grounds.push(ground);
            }
        }
        Self {
            bid: self.bid,
            grounds,
        }
    }
}

/// Every ground on which the plan excludes a bid, as far as the reader knows it.
pub(crate) fn grounds(
    plan: &Plan,
    lot: &Lot,
    leaves: &[Leaf<'_>],
    entrant: &Entrant,
    facts: &Facts,
) -> Vec<Ground> {
    let price = entrant.content.price;
    let price = price.and_then(|price| Price::of(plan, price).ok());
    let too_low = lot
        .minimum_price
        .zip(price)
        .filter(|(minimum, price)| price.minor < minimum.fraction())
        .map(|_| Ground::BelowMinimumPrice);
    let by_criterion = leaves.iter().filter_map(|leaf| {
        leaf.rule.excludes(&Case {
            plan,
            code: &leaf.criterion.code,
            points: leaf.points,
            entrant,
            range: None,
            facts,
        })
    });
    too_low.into_iter().chain(by_criterion).collect()
}
