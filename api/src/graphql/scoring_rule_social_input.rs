//! Scoring rules of social value and of social economy organisations, as input.

use async_graphql::InputObject;
use commonweal_domain::catalogue::{Catalogue, Measure, MeasureCode};
use commonweal_domain::scoring::rules::{
    Bonus, BonusItem, Outer, Preference, QuantityBand, QuantityBanded, QuantityRelativeHighest,
    QuantityToTarget, SeoParticipation, SocialValueMoney, Uplift,
};

use super::amounts::{MoneyInput, parse_quantity, wrong};
use super::organisation::SeoKind;
use super::scalars::Decimal;
use super::scoring_rule_input::{RuleInput, parsed};
use super::scoring_rule_social::OuterRule;

/// Promised quantity relative to the highest.
#[derive(Debug, InputObject)]
pub struct QuantityRelativeHighestInput {
    /// Codes of measures of the plan's catalogue, all in one unit.
    measures: Vec<String>,
    /// Whether a figure counts only with a method statement; an answer with one of the two missing is disregarded.
    #[graphql(default)]
    method_statement: bool,
}

/// Promised quantity to a published target.
#[derive(Debug, InputObject)]
pub struct QuantityToTargetInput {
    /// Codes of measures of the plan's catalogue, all in one unit.
    measures: Vec<String>,
    /// The quantity that brings the whole mark, in the unit of the measures.
    target: Decimal,
    /// Whether a figure counts only with a method statement; an answer with one of the two missing is disregarded.
    #[graphql(default)]
    method_statement: bool,
}

/// One band of quantities.
#[derive(Debug, InputObject)]
pub struct QuantityBandInput {
    /// The lowest quantity in the band, in the unit of the measures.
    from: Decimal,
    /// The part of the mark that it brings, 0 to 1.
    part: Decimal,
}

/// Promised quantity by published bands.
#[derive(Debug, InputObject)]
pub struct QuantityBandedInput {
    /// Codes of measures of the plan's catalogue, all in one unit.
    measures: Vec<String>,
    /// The table, by rising quantity and rising part.
    bands: Vec<QuantityBandInput>,
    /// Whether a figure counts only with a method statement; an answer with one of the two missing is disregarded.
    #[graphql(default)]
    method_statement: bool,
}

/// Work done by social economy organisations.
#[derive(Debug, InputObject)]
pub struct SeoParticipationInput {
    /// The kinds of certification that count.
    kinds: Vec<SeoKind>,
    /// The share that brings the whole mark, 0 to 1.
    target: Decimal,
}

/// Promised social value in money.
#[derive(Debug, InputObject)]
pub struct SocialValueMoneyInput {
    /// Codes of measures of the plan's catalogue, each with a value in the plan's proxies; units may differ.
    measures: Vec<String>,
    /// How the amount makes a mark.
    outer: OuterRule,
    /// The amount that brings the whole mark; only for `TO_TARGET`.
    target: Option<MoneyInput>,
    /// The amount up to which there is no mark; only for `LINEAR`.
    floor: Option<MoneyInput>,
    /// The amount from which on the mark is whole; only for `LINEAR`.
    ceiling: Option<MoneyInput>,
    /// Whether a figure counts only with a method statement; an answer with one of the two missing is disregarded.
    #[graphql(default)]
    method_statement: bool,
}

/// Who gets a bonus or an uplift.
#[derive(Debug, InputObject)]
pub struct PreferenceInput {
    /// The kinds of certification that count, valid on the closing day.
    kinds: Vec<SeoKind>,
    /// The least share of the work that certified organisations must do, 0 to 1; left out, the bidder itself must be
    /// certified.
    share: Option<Decimal>,
}

/// One bonus.
#[derive(Debug, InputObject)]
pub struct BonusItemInput {
    /// The points that it brings.
    points: Decimal,
    /// Who gets it.
    when: PreferenceInput,
}

/// Bonus points on another rule.
#[derive(Debug, InputObject)]
pub struct BonusInput {
    /// The rule whose mark is raised, scored for the same points; no bonus or uplift itself.
    base: Box<RuleInput>,
    /// The bonuses; one bid can get several.
    bonuses: Vec<BonusItemInput>,
    /// The most points of base and bonuses together.
    cap: Decimal,
}

/// Uplift of another rule.
#[derive(Debug, InputObject)]
pub struct UpliftInput {
    /// The rule whose mark is raised, scored for the same points; no bonus or uplift itself.
    base: Box<RuleInput>,
    /// By what a preferred bid's mark is multiplied: more than 1, at most 2.
    factor: Decimal,
    /// Who gets it.
    when: PreferenceInput,
}

/// Codes of measures, and the first one's measure, from which quantities take unit and decimal places. That the others
/// agree is judged with the plan.
fn measures<'c>(
    codes: &[String],
    at: &str,
    catalogue: &'c Catalogue,
) -> async_graphql::Result<(Vec<MeasureCode>, &'c Measure)> {
    let codes = parse_codes(codes, at)?;
    let first = codes.first().and_then(|code| catalogue.measure(code));
    let first = first.ok_or_else(|| {
        wrong(
            &format!("{at}.measures"),
            &"name measures of the plan's catalogue, at least one",
        )
    })?;
    Ok((codes, first))
}

fn parse_codes(codes: &[String], at: &str) -> async_graphql::Result<Vec<MeasureCode>> {
    let parse = |(index, code): (usize, &String)| {
        let code = code.parse();
        code.map_err(|error| wrong(&format!("{at}.measures.{index}"), &error))
    };
    codes.iter().enumerate().map(parse).collect()
}

impl QuantityRelativeHighestInput {
    pub(super) fn parse(self, at: &str) -> async_graphql::Result<QuantityRelativeHighest> {
        Ok(QuantityRelativeHighest {
            measures: parse_codes(&self.measures, at)?,
            method_statement: self.method_statement,
        })
    }
}

impl QuantityToTargetInput {
    pub(super) fn parse(
        self,
        at: &str,
        catalogue: &Catalogue,
    ) -> async_graphql::Result<QuantityToTarget> {
        let (measures, first) = measures(&self.measures, at, catalogue)?;
        Ok(QuantityToTarget {
            target: parse_quantity(&format!("{at}.target"), &self.target, first)?,
            measures,
            method_statement: self.method_statement,
        })
    }
}

impl QuantityBandedInput {
    pub(super) fn parse(
        self,
        at: &str,
        catalogue: &Catalogue,
    ) -> async_graphql::Result<QuantityBanded> {
        let (measures, first) = measures(&self.measures, at, catalogue)?;
        let band = |(index, band): (usize, QuantityBandInput)| {
            let at = format!("{at}.bands.{index}");
            Ok(QuantityBand {
                from: parse_quantity(&format!("{at}.from"), &band.from, first)?,
                part: parsed(&format!("{at}.part"), &band.part)?,
            })
        };
        let bands = self.bands.into_iter().enumerate().map(band);
        Ok(QuantityBanded {
            bands: bands.collect::<async_graphql::Result<_>>()?,
            measures,
            method_statement: self.method_statement,
        })
    }
}

impl SeoParticipationInput {
    pub(super) fn parse(self, at: &str) -> async_graphql::Result<SeoParticipation> {
        Ok(SeoParticipation {
            kinds: self.kinds.into_iter().map(Into::into).collect(),
            target: parsed(&format!("{at}.target"), &self.target)?,
        })
    }
}

impl SocialValueMoneyInput {
    pub(super) fn parse(self, at: &str) -> async_graphql::Result<SocialValueMoney> {
        let money = |name: &str, money: MoneyInput| money.parse(&format!("{at}.{name}"));
        let outer = match (self.outer, self.target, self.floor, self.ceiling) {
            (OuterRule::RelativeHighest, None, None, None) => Outer::RelativeHighest,
            (OuterRule::ToTarget, Some(target), None, None) => Outer::ToTarget {
                target: money("target", target)?,
            },
            (OuterRule::Linear, None, Some(floor), Some(ceiling)) => Outer::Linear {
                floor: money("floor", floor)?,
                ceiling: money("ceiling", ceiling)?,
            },
            _ => {
                return Err(wrong(
                    &format!("{at}.outer"),
                    &"give `target` for `TO_TARGET`, `floor` and `ceiling` for `LINEAR`, and nothing else",
                ));
            }
        };
        Ok(SocialValueMoney {
            measures: parse_codes(&self.measures, at)?,
            outer,
            method_statement: self.method_statement,
        })
    }
}

impl PreferenceInput {
    fn parse(self, at: &str) -> async_graphql::Result<Preference> {
        let share = self.share.as_ref();
        let share = share.map(|share| parsed(&format!("{at}.share"), share));
        Ok(Preference {
            kinds: self.kinds.into_iter().map(Into::into).collect(),
            share: share.transpose()?,
        })
    }
}

impl BonusInput {
    pub(super) fn parse(self, at: &str, catalogue: &Catalogue) -> async_graphql::Result<Bonus> {
        let item = |(index, item): (usize, BonusItemInput)| {
            let at = format!("{at}.bonuses.{index}");
            Ok(BonusItem {
                points: parsed(&format!("{at}.points"), &item.points)?,
                when: item.when.parse(&format!("{at}.when"))?,
            })
        };
        let bonuses = self.bonuses.into_iter().enumerate().map(item);
        Ok(Bonus {
            bonuses: bonuses.collect::<async_graphql::Result<_>>()?,
            cap: parsed(&format!("{at}.cap"), &self.cap)?,
            base: Box::new(self.base.parse(&format!("{at}.base"), catalogue)?),
        })
    }
}

impl UpliftInput {
    pub(super) fn parse(self, at: &str, catalogue: &Catalogue) -> async_graphql::Result<Uplift> {
        Ok(Uplift {
            factor: parsed(&format!("{at}.factor"), &self.factor)?,
            when: self.when.parse(&format!("{at}.when"))?,
            base: Box::new(self.base.parse(&format!("{at}.base"), catalogue)?),
        })
    }
}
