//! Scoring rules as input.

use async_graphql::{InputObject, OneofObject};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::scoring::rules::{
    NamedLevel, OnFail, PassFail, PriceLinear, PriceRelativeLowest, QualityLevels,
    QuantityToTarget, Rule, SeoParticipation,
};

use super::amounts::{MoneyInput, parse_quantity, wrong};
use super::organisation::SeoKind;
use super::scalars::Decimal;
use super::scoring_rule::PriceOf;

/// Price relative to the lowest.
#[derive(Debug, InputObject)]
pub struct PriceRelativeLowestInput {
    /// Which price.
    of: PriceOf,
}

/// Price on a published line.
#[derive(Debug, InputObject)]
pub struct PriceLinearInput {
    /// Which price.
    of: PriceOf,
    /// The price from which on there is no mark.
    ceiling: MoneyInput,
    /// The price down to which the mark rises.
    floor: MoneyInput,
}

/// One level of a table.
#[derive(Debug, InputObject)]
pub struct LevelInput {
    /// Its points.
    points: u32,
    /// Its name and what earns it.
    name: String,
}

/// Quality by named levels.
#[derive(Debug, InputObject)]
pub struct QualityLevelsInput {
    /// The table, by rising points.
    levels: Vec<LevelInput>,
    /// Bids below this level are excluded.
    minimum: Option<u32>,
}

/// Promised quantity to a published target.
#[derive(Debug, InputObject)]
pub struct QuantityToTargetInput {
    /// Codes of measures of the plan's catalogue, all in one unit.
    measures: Vec<String>,
    /// The quantity that brings the whole mark, in the unit of the measures.
    target: Decimal,
}

/// Work done by social economy organisations.
#[derive(Debug, InputObject)]
pub struct SeoParticipationInput {
    /// The kinds of certification that count.
    kinds: Vec<SeoKind>,
    /// The share that brings the whole mark, 0 to 1.
    target: Decimal,
}

/// Pass or fail.
#[derive(Debug, InputObject)]
pub struct PassFailInput {
    /// What the supplier declares to meet.
    statement: String,
    /// Whether a bid that does not meet it is excluded.
    excludes: bool,
}

/// A scoring rule: exactly one of these.
#[derive(Debug, OneofObject)]
pub enum RuleInput {
    /// `W * p_min / p`.
    PriceRelativeLowest(PriceRelativeLowestInput),
    /// `W * clamp((ceiling - p) / (ceiling - floor), 0, 1)`.
    PriceLinear(PriceLinearInput),
    /// `W * level / top level`.
    QualityLevels(QualityLevelsInput),
    /// `W * min(v / target, 1)`.
    QuantityToTarget(QuantityToTargetInput),
    /// `W * min(share / target, 1)`.
    SeoParticipation(SeoParticipationInput),
    /// `W` or 0, or exclusion.
    PassFail(PassFailInput),
}

impl RuleInput {
    /// The rule with measures of the catalogue; `at` is its place in the input.
    pub(crate) fn parse(self, at: &str, catalogue: &Catalogue) -> async_graphql::Result<Rule> {
        Ok(match self {
            Self::PriceRelativeLowest(rule) => PriceRelativeLowest { of: rule.of.into() }.into(),
            Self::PriceLinear(rule) => PriceLinear {
                of: rule.of.into(),
                ceiling: rule.ceiling.parse(&format!("{at}.priceLinear.ceiling"))?,
                floor: rule.floor.parse(&format!("{at}.priceLinear.floor"))?,
            }
            .into(),
            Self::QualityLevels(rule) => {
                let level = |level: LevelInput| NamedLevel {
                    points: level.points,
                    name: level.name,
                };
                QualityLevels {
                    levels: rule.levels.into_iter().map(level).collect(),
                    minimum: rule.minimum,
                }
                .into()
            }
            Self::QuantityToTarget(rule) => rule
                .parse(&format!("{at}.quantityToTarget"), catalogue)?
                .into(),
            Self::SeoParticipation(rule) => {
                let target = rule.target.0.parse();
                SeoParticipation {
                    kinds: rule.kinds.into_iter().map(Into::into).collect(),
                    target: target
                        .map_err(|error| wrong(&format!("{at}.seoParticipation.target"), &error))?,
                }
                .into()
            }
            Self::PassFail(rule) => PassFail {
                statement: rule.statement,
                on_fail: if rule.excludes {
                    OnFail::Exclude
                } else {
                    OnFail::NoMark
                },
            }
            .into(),
        })
    }
}

impl QuantityToTargetInput {
    /// The target takes unit and decimal places of the first measure; that the others agree is judged with the plan.
    fn parse(self, at: &str, catalogue: &Catalogue) -> async_graphql::Result<QuantityToTarget> {
        let measures = self.measures.iter().enumerate().map(|(index, code)| {
            let code = code.parse();
            code.map_err(|error| wrong(&format!("{at}.measures.{index}"), &error))
        });
        let measures: Vec<_> = measures.collect::<async_graphql::Result<_>>()?;
        let first = measures
            .first()
            .and_then(|code| catalogue.measure(code))
            .ok_or_else(|| {
                wrong(
                    &format!("{at}.measures"),
                    &"name measures of the plan's catalogue, at least one",
                )
            })?;
        Ok(QuantityToTarget {
            target: parse_quantity(&format!("{at}.target"), &self.target, first)?,
            measures,
        })
    }
}
