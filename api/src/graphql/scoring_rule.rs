//! Scoring rules as they are read.

use async_graphql::{Enum, SimpleObject, Union};
use commonweal_domain::scoring::rules::{self, OnFail, Rule};

use super::amounts::{Money, Quantity};
use super::organisation::SeoKind;
use super::scalars::Decimal;

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

/// `W * min(v / target, 1)`, where `v` sums the bid's commitments to the measures.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuantityToTargetRule {
    /// Codes of measures of the plan's catalogue.
    measures: Vec<String>,
    /// The quantity that brings the whole mark.
    target: Quantity,
}

/// `W * min(share / target, 1)`, where `share` is the part of the work done by organisations certified on the closing day.
#[derive(Debug, Clone, SimpleObject)]
pub struct SeoParticipationRule {
    /// The kinds of certification that count.
    kinds: Vec<SeoKind>,
    /// The share that brings the whole mark, 0 to 1.
    target: Decimal,
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
    /// Price on a published line.
    PriceLinear(PriceLinearRule),
    /// Quality by named levels.
    QualityLevels(QualityLevelsRule),
    /// Promised quantity to a published target.
    QuantityToTarget(QuantityToTargetRule),
    /// Work done by social economy organisations.
    SeoParticipation(SeoParticipationRule),
    /// Pass or fail.
    PassFail(PassFailRule),
}

impl From<&Rule> for ScoringRule {
    fn from(rule: &Rule) -> Self {
        match rule {
            Rule::PriceRelativeLowest(rule) => {
                Self::PriceRelativeLowest(PriceRelativeLowestRule { of: rule.of.into() })
            }
            Rule::PriceLinear(rule) => Self::PriceLinear(PriceLinearRule {
                of: rule.of.into(),
                ceiling: rule.ceiling.into(),
                floor: rule.floor.into(),
            }),
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
            Rule::QuantityToTarget(rule) => Self::QuantityToTarget(QuantityToTargetRule {
                measures: rule.measures.iter().map(ToString::to_string).collect(),
                target: Quantity::from(&rule.target),
            }),
            Rule::SeoParticipation(rule) => Self::SeoParticipation(SeoParticipationRule {
                kinds: rule.kinds.iter().copied().map(Into::into).collect(),
                target: Decimal(rule.target.to_string()),
            }),
            Rule::PassFail(rule) => Self::PassFail(PassFailRule {
                statement: rule.statement.clone(),
                excludes: rule.on_fail == OnFail::Exclude,
            }),
        }
    }
}
