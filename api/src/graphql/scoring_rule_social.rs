//! Scoring rules of social value and of social economy organisations, as they are read.

use async_graphql::{Enum, SimpleObject};
use commonweal_domain::scoring::rules;

use super::amounts::{Money, Quantity};
use super::organisation::SeoKind;
use super::scalars::Decimal;
use super::scoring_rule::ScoringRule;

fn codes(measures: &[commonweal_domain::catalogue::MeasureCode]) -> Vec<String> {
    measures.iter().map(ToString::to_string).collect()
}

/// `W * v / v_max`, where `v` sums the bid's commitments to the measures. It depends on the other bids.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuantityRelativeHighestRule {
    /// Codes of measures of the plan's catalogue.
    measures: Vec<String>,
    /// Whether a figure counts only with a method statement; an answer with one of the two missing is disregarded.
    method_statement: bool,
}

impl From<&rules::QuantityRelativeHighest> for QuantityRelativeHighestRule {
    fn from(rule: &rules::QuantityRelativeHighest) -> Self {
        Self {
            measures: codes(&rule.measures),
            method_statement: rule.method_statement,
        }
    }
}

/// `W * min(v / target, 1)`, where `v` sums the bid's commitments to the measures.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuantityToTargetRule {
    /// Codes of measures of the plan's catalogue.
    measures: Vec<String>,
    /// The quantity that brings the whole mark.
    target: Quantity,
    /// Whether a figure counts only with a method statement; an answer with one of the two missing is disregarded.
    method_statement: bool,
}

impl From<&rules::QuantityToTarget> for QuantityToTargetRule {
    fn from(rule: &rules::QuantityToTarget) -> Self {
        Self {
            measures: codes(&rule.measures),
            target: Quantity::from(&rule.target),
            method_statement: rule.method_statement,
        }
    }
}

/// One band of quantities.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuantityBand {
    /// The lowest quantity in the band.
    from: Quantity,
    /// The part of the mark that it brings, 0 to 1.
    part: Decimal,
}

/// `W * part of the highest band that v reaches`, where `v` sums the bid's commitments to the measures.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuantityBandedRule {
    /// Codes of measures of the plan's catalogue.
    measures: Vec<String>,
    /// The table, by rising quantity and rising part.
    bands: Vec<QuantityBand>,
    /// Whether a figure counts only with a method statement; an answer with one of the two missing is disregarded.
    method_statement: bool,
}

impl From<&rules::QuantityBanded> for QuantityBandedRule {
    fn from(rule: &rules::QuantityBanded) -> Self {
        let band = |band: &rules::QuantityBand| QuantityBand {
            from: Quantity::from(&band.from),
            part: Decimal(band.part.to_string()),
        };
        Self {
            measures: codes(&rule.measures),
            bands: rule.bands.iter().map(band).collect(),
            method_statement: rule.method_statement,
        }
    }
}

/// `W * min(share / target, 1)`, where `share` is the part of the work done by organisations certified on the closing day.
#[derive(Debug, Clone, SimpleObject)]
pub struct SeoParticipationRule {
    /// The kinds of certification that count.
    kinds: Vec<SeoKind>,
    /// The share that brings the whole mark, 0 to 1.
    target: Decimal,
}

impl From<&rules::SeoParticipation> for SeoParticipationRule {
    fn from(rule: &rules::SeoParticipation) -> Self {
        Self {
            kinds: rule.kinds.iter().copied().map(Into::into).collect(),
            target: Decimal(rule.target.to_string()),
        }
    }
}

/// How an amount of social value makes a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OuterRule {
    /// `W * v / v_max`. It depends on the other bids.
    RelativeHighest,
    /// `W * min(v / target, 1)`.
    ToTarget,
    /// `W * clamp((v - floor) / (ceiling - floor), 0, 1)`.
    Linear,
}

/// Promised social value in money (SROI) by the plan's proxies: `v` sums the present value of the bid's commitments to the
/// measures, and an outer rule scores it.
#[derive(Debug, Clone, SimpleObject)]
pub struct SocialValueMoneyRule {
    /// Codes of measures of the plan's catalogue, each with a value in the plan's proxies.
    measures: Vec<String>,
    /// How the amount makes a mark.
    outer: OuterRule,
    /// The amount that brings the whole mark, for `TO_TARGET`.
    target: Option<Money>,
    /// The amount up to which there is no mark, for `LINEAR`.
    floor: Option<Money>,
    /// The amount from which on the mark is whole, for `LINEAR`.
    ceiling: Option<Money>,
    /// Whether a figure counts only with a method statement; an answer with one of the two missing is disregarded.
    method_statement: bool,
}

impl From<&rules::SocialValueMoney> for SocialValueMoneyRule {
    fn from(rule: &rules::SocialValueMoney) -> Self {
        let (outer, target, line) = match rule.outer {
            rules::Outer::RelativeHighest => (OuterRule::RelativeHighest, None, None),
            rules::Outer::ToTarget { target } => (OuterRule::ToTarget, Some(target), None),
            rules::Outer::Linear { floor, ceiling } => {
                (OuterRule::Linear, None, Some((floor, ceiling)))
            }
        };
        Self {
            measures: codes(&rule.measures),
            outer,
            target: target.map(Into::into),
            floor: line.map(|(floor, _)| floor.into()),
            ceiling: line.map(|(_, ceiling)| ceiling.into()),
            method_statement: rule.method_statement,
        }
    }
}

/// Who gets a bonus or an uplift.
#[derive(Debug, Clone, SimpleObject)]
pub struct Preference {
    /// The kinds of certification that count, valid on the closing day.
    kinds: Vec<SeoKind>,
    /// The least share of the work that certified organisations must do, 0 to 1; null where the bidder itself must be
    /// certified.
    share: Option<Decimal>,
}

impl From<&rules::Preference> for Preference {
    fn from(preference: &rules::Preference) -> Self {
        Self {
            kinds: preference.kinds.iter().copied().map(Into::into).collect(),
            share: preference.share.map(|share| Decimal(share.to_string())),
        }
    }
}

/// One bonus.
#[derive(Debug, Clone, SimpleObject)]
pub struct BonusItem {
    /// The points that it brings.
    points: Decimal,
    /// Who gets it.
    when: Preference,
}

/// `min(base + sum(bonus), cap)`.
#[derive(Debug, Clone, SimpleObject)]
pub struct BonusRule {
    /// The rule whose mark is raised, scored for the same points.
    base: Box<ScoringRule>,
    /// The bonuses; one bid can get several.
    bonuses: Vec<BonusItem>,
    /// The most points of base and bonuses together.
    cap: Decimal,
}

impl From<&rules::Bonus> for BonusRule {
    fn from(rule: &rules::Bonus) -> Self {
        let item = |item: &rules::BonusItem| BonusItem {
            points: Decimal(item.points.to_string()),
            when: (&item.when).into(),
        };
        Self {
            base: Box::new(rule.base.as_ref().into()),
            bonuses: rule.bonuses.iter().map(item).collect(),
            cap: Decimal(rule.cap.to_string()),
        }
    }
}

/// `min(base * factor, W)` for a preferred bid, the base alone for others.
#[derive(Debug, Clone, SimpleObject)]
pub struct UpliftRule {
    /// The rule whose mark is raised, scored for the same points.
    base: Box<ScoringRule>,
    /// By what a preferred bid's mark is multiplied.
    factor: Decimal,
    /// Who gets it.
    when: Preference,
}

impl From<&rules::Uplift> for UpliftRule {
    fn from(rule: &rules::Uplift) -> Self {
        Self {
            base: Box::new(rule.base.as_ref().into()),
            factor: Decimal(rule.factor.to_string()),
            when: (&rule.when).into(),
        }
    }
}
