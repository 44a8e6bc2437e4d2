//! From when on a bid looks abnormal, as a plan says it: low prices of a lot, and pledges beyond a plausible rate.

use async_graphql::{InputObject, SimpleObject};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::policy::clause::AbnormalBands;
use commonweal_domain::scoring::robustness as domain;

use super::amounts::{Money, MoneyInput, Quantity, parse_quantity, wrong};
use super::scalars::Decimal;
use super::scoring_rule_input::parsed;

/// From when on a price is flagged as abnormally low, in percent: below by more than this. They depend on how many bids
/// there are.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "LowPriceParametersInput")]
pub struct LowPriceParameters {
    /// One bid: below the budget.
    one_below_budget: Decimal,
    /// Two bids: below the other.
    two_below_other: Decimal,
    /// Three bids: below the mean.
    three_below_mean: Decimal,
    /// Three bids: the highest is left out of the mean when it exceeds it by more than this.
    three_left_out_above_mean: Decimal,
    /// Three bids: in any case below the budget.
    three_below_budget: Decimal,
    /// Four bids and more: below the mean.
    more_below_mean: Decimal,
    /// Four bids and more: those that exceed the mean by more than this are left out of a new mean.
    more_left_out_above_mean: Decimal,
    /// Four bids and more: the mean of so many lowest where fewer remain, 1 to 100.
    more_fewest_in_mean: u32,
}

impl From<AbnormalBands> for LowPriceParameters {
    fn from(bands: AbnormalBands) -> Self {
        let percent = |weight: commonweal_domain::tender::code::Weight| Decimal(weight.to_string());
        Self {
            one_below_budget: percent(bands.one_below_budget),
            two_below_other: percent(bands.two_below_other),
            three_below_mean: percent(bands.three_below_mean),
            three_left_out_above_mean: percent(bands.three_left_out_above_mean),
            three_below_budget: percent(bands.three_below_budget),
            more_below_mean: percent(bands.more_below_mean),
            more_left_out_above_mean: percent(bands.more_left_out_above_mean),
            more_fewest_in_mean: bands.more_fewest_in_mean,
        }
    }
}

impl LowPriceParameters {
    fn parse(&self, at: &str) -> async_graphql::Result<AbnormalBands> {
        let percent = |field: &str, text: &Decimal| parsed(&format!("{at}.{field}"), text);
        Ok(AbnormalBands {
            one_below_budget: percent("oneBelowBudget", &self.one_below_budget)?,
            two_below_other: percent("twoBelowOther", &self.two_below_other)?,
            three_below_mean: percent("threeBelowMean", &self.three_below_mean)?,
            three_left_out_above_mean: percent(
                "threeLeftOutAboveMean",
                &self.three_left_out_above_mean,
            )?,
            three_below_budget: percent("threeBelowBudget", &self.three_below_budget)?,
            more_below_mean: percent("moreBelowMean", &self.more_below_mean)?,
            more_left_out_above_mean: percent(
                "moreLeftOutAboveMean",
                &self.more_left_out_above_mean,
            )?,
            more_fewest_in_mean: self.more_fewest_in_mean,
        })
    }
}

/// The rule by which prices of a lot are flagged as abnormally low.
#[derive(Debug, Clone, SimpleObject)]
pub struct LowPriceRule {
    /// The budget with which a single price, and each of three, is compared; null where the plan states none.
    budget: Option<Money>,
    /// The parameters; null where the price alone decides and the plan states none: Spain's RGLCAP, art. 85, then holds.
    parameters: Option<LowPriceParameters>,
}

impl From<&domain::LowPriceRule> for LowPriceRule {
    fn from(rule: &domain::LowPriceRule) -> Self {
        Self {
            budget: rule.budget.map(Into::into),
            parameters: rule.parameters.map(Into::into),
        }
    }
}

/// The rule by which prices of a lot are flagged as abnormally low. A flag is a right to explain and excludes nobody.
#[derive(Debug, InputObject)]
pub struct LowPriceRuleInput {
    /// The budget with which a single price, and each of three, is compared.
    budget: Option<MoneyInput>,
    /// The parameters. Only where the price alone decides they may be left out: those of the policy that binds the tender
    /// then hold, and without one Spain's (RGLCAP, art. 85).
    parameters: Option<LowPriceParameters>,
}

impl LowPriceRuleInput {
    pub(super) fn parse(self, at: &str) -> async_graphql::Result<domain::LowPriceRule> {
        let budget = self.budget.map(|it| it.parse(&format!("{at}.budget")));
        let parameters = self.parameters;
        let parameters = parameters.map(|it| it.parse(&format!("{at}.parameters")));
        Ok(domain::LowPriceRule {
            budget: budget.transpose()?,
            parameters: parameters.transpose()?,
        })
    }
}

/// How much of a measure a contract can plausibly bring.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlausibleRate {
    /// The code of the measure.
    measure: String,
    /// The most of it for each such part of the price.
    quantity: Quantity,
    /// The part of the price.
    per: Money,
}

impl From<&domain::PlausibleRate> for PlausibleRate {
    fn from(rate: &domain::PlausibleRate) -> Self {
        Self {
            measure: rate.measure.to_string(),
            quantity: (&rate.quantity).into(),
            per: rate.per.into(),
        }
    }
}

/// How much of a measure a contract can plausibly bring. A bid that promises more is flagged: it may explain itself, and
/// nothing excludes it but a decision.
#[derive(Debug, InputObject)]
pub struct PlausibleRateInput {
    /// The code of a measure of the plan's catalogue; each stands once.
    measure: String,
    /// The most of it, in the measure's unit, for each such part of the price.
    quantity: Decimal,
    /// The part of the price, more than zero in the plan's currency.
    per: MoneyInput,
}

impl PlausibleRateInput {
    pub(super) fn parse(
        self,
        at: &str,
        catalogue: &Catalogue,
    ) -> async_graphql::Result<domain::PlausibleRate> {
        let field = format!("{at}.measure");
        let code = self
            .measure
            .parse()
            .map_err(|error| wrong(&field, &error))?;
        let unknown = || wrong(&field, &"name a measure of the plan's catalogue");
        let measure = catalogue.measure(&code).ok_or_else(unknown)?;
        Ok(domain::PlausibleRate {
            quantity: parse_quantity(&format!("{at}.quantity"), &self.quantity, measure)?,
            measure: code,
            per: self.per.parse(&format!("{at}.per"))?,
        })
    }
}
