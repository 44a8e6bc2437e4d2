//! Exclusions that follow from the plan. They come before every mark, so that a bid which is out cannot set the lowest price.

use serde::{Deserialize, Serialize};

use super::entrant::Entrant;
use crate::ids::BidId;
use crate::tender::code::CriterionCode;
use crate::tender::criteria::Leaf;
use crate::tender::disclosure::BidField;
use crate::tender::plan::Plan;

/// Why the plan excludes a bid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ground {
    /// Its price is below the published minimum.
    BelowMinimumPrice,
    /// It does not declare to meet a condition.
    ConditionFailed(CriterionCode),
    /// The consensus on a criterion is below the published minimum.
    BelowMinimumLevel(CriterionCode),
}

impl Ground {
    /// The field of the bid that it follows from; `None` for what the panel judged.
    pub fn reads(&self) -> Option<BidField> {
        match self {
            Self::BelowMinimumPrice => Some(BidField::Price),
            Self::ConditionFailed(_) => Some(BidField::Declarations),
            Self::BelowMinimumLevel(_) => None,
        }
    }
}

/// A bid that the plan excludes, with every ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// The bid.
    pub bid: BidId,
    /// The grounds, the minimum price first, then in the order of the criteria.
    pub grounds: Vec<Ground>,
}

/// Every ground on which the plan excludes a bid, as far as the reader knows it.
pub(super) fn grounds(plan: &Plan, leaves: &[Leaf<'_>], entrant: &Entrant) -> Vec<Ground> {
    let too_low = plan
        .minimum_price
        .zip(entrant.content.price)
        .filter(|(minimum, price)| price.minor() < minimum.minor())
        .map(|_| Ground::BelowMinimumPrice);
    let by_criterion = leaves
        .iter()
        .filter_map(|leaf| leaf.rule.excludes(&leaf.criterion.code, entrant));
    too_low.into_iter().chain(by_criterion).collect()
}
