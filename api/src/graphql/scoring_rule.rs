//! Scoring rules as they are read.

use async_graphql::{Enum, SimpleObject, Union};
use commonweal_domain::scoring::rules::{self, OnFail, Rule};

use super::amounts::Money;
use super::scalars::Decimal;
use super::scoring_rule_social::{
    BonusRule, QuantityBandedRule, QuantityRelativeHighestRule, QuantityToTargetRule,
    SeoParticipationRule, SocialValueMoneyRule, UpliftRule,
};

/// Which price a rule scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::PriceOf")]
pub enum PriceOf {
    /// The price of the whole.
    Total,
    /// The price of a single item, which the bid states under the criterion's code.
    Item,
}

/// `W * p_min / p`: the lowest price gets the whole mark. It depends on the other bids.
#[derive(Debug, Clone, SimpleObject)]
pub struct PriceRelativeLowestRule {
    /// Which price.
    of: PriceOf,
}

/// `W * clamp((ceiling - p) / (ceiling - floor), 0, 1)`: a published line. It looks at one bid alone.
#[derive(Debug, Clone, SimpleObject)]
pub struct PriceLinearRule {
    /// Which price.
    of: PriceOf,
    /// The price from which on there is no mark.
    ceiling: Money,
    /// The price down to which the mark rises.
    floor: Money,
}

/// `W * (p_max - p) / (p_max - p_min)`: the lowest price gets the whole mark, the highest none. It depends on the other
/// bids.
#[derive(Debug, Clone, SimpleObject)]
pub struct PriceRangeRule {
    /// Which price.
    of: PriceOf,
}

/// One band of prices.
#[derive(Debug, Clone, SimpleObject)]
pub struct PriceBand {
    /// The highest price in the band.
    up_to: Money,
    /// The part of the mark that it brings, 0 to 1.
    part: Decimal,
}

/// `W * part of the first band that p does not exceed`. It looks at one bid alone.
#[derive(Debug, Clone, SimpleObject)]
pub struct PriceBandedRule {
    /// Which price.
    of: PriceOf,
    /// The table, by rising price and falling part.
    bands: Vec<PriceBand>,
}

/// One level of a table.
#[derive(Debug, Clone, SimpleObject)]
pub struct Level {
    /// Its points.
    points: u32,
    /// Its name and what earns it.
    name: String,
}

/// `W * level / top level`: the panel agrees on a named level.
#[derive(Debug, Clone, SimpleObject)]
pub struct QualityLevelsRule {
    /// The table, by rising points.
    levels: Vec<Level>,
    /// Bids below this level are excluded.
    minimum: Option<u32>,
}

/// `W` or 0 by the supplier's declaration, or exclusion.
#[derive(Debug, Clone, SimpleObject)]
pub struct PassFailRule {
    /// What the supplier declares to meet.
    statement: String,
    /// Whether a bid that does not meet it is excluded.
    excludes: bool,
}

/// A scoring rule with its parameters.
#[derive(Debug, Clone, Union)]
pub enum ScoringRule {
    /// Price relative to the lowest.
    PriceRelativeLowest(PriceRelativeLowestRule),
    /// Price on the range of the bids.
    PriceRange(PriceRangeRule),
    /// Price on a published line.
    PriceLinear(PriceLinearRule),
    /// Price by published bands.
    PriceBanded(PriceBandedRule),
    /// Quality by named levels.
    QualityLevels(QualityLevelsRule),
    /// Pass or fail.
    PassFail(PassFailRule),
    /// Promised quantity relative to the highest.
    QuantityRelativeHighest(QuantityRelativeHighestRule),
    /// Promised quantity to a published target.
    QuantityToTarget(QuantityToTargetRule),
    /// Promised quantity by published bands.
    QuantityBanded(QuantityBandedRule),
    /// Work done by social economy organisations.
    SeoParticipation(SeoParticipationRule),
    /// Promised social value in money.
    SocialValueMoney(SocialValueMoneyRule),
    /// Bonus points on another rule.
    Bonus(BonusRule),
    /// Uplift of another rule.
    Uplift(UpliftRule),
}

impl From<&Rule> for ScoringRule {
    fn from(rule: &Rule) -> Self {
        match rule {
            Rule::PriceRelativeLowest(rule) => {
                Self::PriceRelativeLowest(PriceRelativeLowestRule { of: rule.of.into() })
            }
            Rule::PriceRange(rule) => Self::PriceRange(PriceRangeRule { of: rule.of.into() }),
            Rule::PriceLinear(rule) => Self::PriceLinear(PriceLinearRule {
                of: rule.of.into(),
                ceiling: rule.ceiling.into(),
                floor: rule.floor.into(),
            }),
            Rule::PriceBanded(rule) => {
                let band = |band: &rules::PriceBand| PriceBand {
                    up_to: band.up_to.into(),
                    part: Decimal(band.part.to_string()),
                };
                Self::PriceBanded(PriceBandedRule {
                    of: rule.of.into(),
                    bands: rule.bands.iter().map(band).collect(),
                })
            }
            Rule::QualityLevels(rule) => {
                let level = |level: &rules::NamedLevel| Level {
                    points: level.points,
                    name: level.name.clone(),
                };
                Self::QualityLevels(QualityLevelsRule {
                    levels: rule.levels.iter().map(level).collect(),
                    minimum: rule.minimum,
                })
            }
            Rule::PassFail(rule) => Self::PassFail(PassFailRule {
                statement: rule.statement.clone(),
                excludes: rule.on_fail == OnFail::Exclude,
            }),
            Rule::QuantityRelativeHighest(rule) => Self::QuantityRelativeHighest(rule.into()),
            Rule::QuantityToTarget(rule) => Self::QuantityToTarget(rule.into()),
            Rule::QuantityBanded(rule) => Self::QuantityBanded(rule.into()),
            Rule::SeoParticipation(rule) => Self::SeoParticipation(rule.into()),
            Rule::SocialValueMoney(rule) => Self::SocialValueMoney(rule.into()),
            Rule::Bonus(rule) => Self::Bonus(rule.into()),
            Rule::Uplift(rule) => Self::Uplift(rule.into()),
        }
    }
}
