//! Scoring rules as input.

use std::str::FromStr;

use async_graphql::{InputObject, OneofObject};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::scoring::rules::{
    NamedLevel, OnFail, PassFail, PriceBand, PriceBanded, PriceLinear, PriceRange,
    PriceRelativeLowest, QualityLevels, Rule,
};

use super::amounts::{MoneyInput, wrong};
use super::scalars::Decimal;
use super::scoring_rule::PriceOf;
use super::scoring_rule_social_input::{
    BonusInput, QuantityBandedInput, QuantityRelativeHighestInput, QuantityToTargetInput,
    SeoParticipationInput, SocialValueMoneyInput, UpliftInput,
};

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

/// Price on the range of the bids.
#[derive(Debug, InputObject)]
pub struct PriceRangeInput {
    /// Which price.
    of: PriceOf,
}

/// One band of prices.
#[derive(Debug, InputObject)]
pub struct PriceBandInput {
    /// The highest price in the band.
    up_to: MoneyInput,
    /// The part of the mark that it brings, 0 to 1.
    part: Decimal,
}

/// Price by published bands.
#[derive(Debug, InputObject)]
pub struct PriceBandedInput {
    /// Which price.
    of: PriceOf,
    /// The table, by rising price and falling part.
    bands: Vec<PriceBandInput>,
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
    /// `W * (p_max - p) / (p_max - p_min)`.
    PriceRange(PriceRangeInput),
    /// `W * clamp((ceiling - p) / (ceiling - floor), 0, 1)`.
    PriceLinear(PriceLinearInput),
    /// `W * part of the first band that p does not exceed`.
    PriceBanded(PriceBandedInput),
    /// `W * level / top level`.
    QualityLevels(QualityLevelsInput),
    /// `W` or 0, or exclusion.
    PassFail(PassFailInput),
    /// `W * v / v_max`.
    QuantityRelativeHighest(QuantityRelativeHighestInput),
    /// `W * min(v / target, 1)`.
    QuantityToTarget(QuantityToTargetInput),
    /// `W * part of the highest band that v reaches`.
    QuantityBanded(QuantityBandedInput),
    /// `W * min(share / target, 1)`.
    SeoParticipation(SeoParticipationInput),
    /// The promised quantities in money by the plan's proxies, scored by an outer rule.
    SocialValueMoney(SocialValueMoneyInput),
    /// `min(base + sum(bonus), cap)`.
    Bonus(BonusInput),
    /// `min(base * factor, W)`.
    Uplift(UpliftInput),
}

impl RuleInput {
    /// The rule with measures of the catalogue; `at` is its place in the input.
    pub(crate) fn parse(self, at: &str, catalogue: &Catalogue) -> async_graphql::Result<Rule> {
        let below = |name: &str| format!("{at}.{name}");
        Ok(match self {
            Self::PriceRelativeLowest(rule) => PriceRelativeLowest { of: rule.of.into() }.into(),
            Self::PriceRange(rule) => PriceRange { of: rule.of.into() }.into(),
            Self::PriceLinear(rule) => PriceLinear {
                of: rule.of.into(),
                ceiling: rule.ceiling.parse(&below("priceLinear.ceiling"))?,
                floor: rule.floor.parse(&below("priceLinear.floor"))?,
            }
            .into(),
            Self::PriceBanded(rule) => rule.parse(&below("priceBanded"))?.into(),
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
            Self::PassFail(rule) => PassFail {
                statement: rule.statement,
                on_fail: if rule.excludes {
                    OnFail::Exclude
                } else {
                    OnFail::NoMark
                },
            }
            .into(),
            Self::QuantityRelativeHighest(rule) => {
                rule.parse(&below("quantityRelativeHighest"))?.into()
            }
            Self::QuantityToTarget(rule) => {
                rule.parse(&below("quantityToTarget"), catalogue)?.into()
            }
            Self::QuantityBanded(rule) => rule.parse(&below("quantityBanded"), catalogue)?.into(),
            Self::SeoParticipation(rule) => rule.parse(&below("seoParticipation"))?.into(),
            Self::SocialValueMoney(rule) => rule.parse(&below("socialValueMoney"))?.into(),
            Self::Bonus(rule) => rule.parse(&below("bonus"), catalogue)?.into(),
            Self::Uplift(rule) => rule.parse(&below("uplift"), catalogue)?.into(),
        })
    }
}

impl PriceBandedInput {
    fn parse(self, at: &str) -> async_graphql::Result<PriceBanded> {
        let band = |(index, band): (usize, PriceBandInput)| {
            let at = format!("{at}.bands.{index}");
            Ok(PriceBand {
                up_to: band.up_to.parse(&format!("{at}.upTo"))?,
                part: parsed(&format!("{at}.part"), &band.part)?,
            })
        };
        let bands = self.bands.into_iter().enumerate().map(band);
        Ok(PriceBanded {
            of: self.of.into(),
            bands: bands.collect::<async_graphql::Result<_>>()?,
        })
    }
}

/// A decimal as an amount of the domain; the error names the field.
pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(
    field: &str,
    text: &Decimal,
) -> async_graphql::Result<T> {
    text.0.parse().map_err(|error| wrong(field, &error))
}
