//! Which price a price rule scores, in the currency of the plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::gap::{Gap, Reason};
use crate::amount::{ExchangeRate, Money, minor_text};
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan::Plan;

/// The price that a rule scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceOf {
    /// The price of the whole.
    Total,
    /// The price of a single item, which the bid states under the criterion's code.
    Item,
}

/// A price as it was stated and in the plan's currency.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Price<'a> {
    stated: Money,
    /// Exact minor units of the plan's currency.
    pub(crate) minor: Fraction,
    rate: Option<&'a ExchangeRate>,
}

impl<'a> Price<'a> {
    /// A stated price by the plan's rates. A currency without a rate has no value.
    pub(crate) fn of(plan: &'a Plan, stated: Money) -> Result<Self, Gap> {
        if stated.currency() == plan.currency {
            return Ok(Self {
                stated,
                minor: stated.fraction(),
                rate: None,
            });
        }
        let rate = plan
            .rate_of(stated.currency())
            .ok_or(Reason::NoExchangeRate)?;
        Ok(Self {
            stated,
            minor: rate.convert(stated, plan.currency)?,
            rate: Some(rate),
        })
    }

    /// The price as inputs of a mark, with rate and day where it was converted.
    pub(crate) fn inputs(&self, plan: &Plan) -> Vec<Input> {
        let Some(rate) = self.rate else {
            return vec![Input::new("p", self.stated)];
        };
        let (from, to) = (rate.currency, plan.currency);
        vec![
            Input::new("stated price", self.stated),
            Input::new(
                format!("rate {to} per {from} on {} ({})", rate.date, rate.source),
                rate.rate,
            ),
            Input::new("p", minor_text(self.minor, to)),
        ]
    }
}

impl PriceOf {
    pub(super) fn field(self) -> BidField {
        match self {
            Self::Total => BidField::Price,
            Self::Item => BidField::ItemPrices,
        }
    }

    pub(super) fn price<'a>(self, case: &Case<'a>) -> Result<Price<'a>, Gap> {
        let content = &case.entrant.content;
        let unknown = Gap::NotKnown(self.field());
        let stated = match self {
            Self::Total => content.price.ok_or(unknown)?,
            Self::Item => {
                let items = content.item_prices.as_ref().ok_or(unknown)?;
                *items.get(case.code).ok_or(Reason::Missing)?
            }
        };
        Price::of(case.plan, stated)
    }

    /// The minor units that a relative rule compares.
    pub(super) fn minor(self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.price(case).map(|price| price.minor)
    }

    /// The price and bounds by name as inputs; none while something is not known.
    pub(super) fn inputs(self, case: &Case<'_>, bounds: &[(&str, Fraction)]) -> Vec<Input> {
        let Ok(price) = self.price(case) else {
            return Vec::new();
        };
        let currency = case.plan.currency;
        let bounds = bounds
            .iter()
            .map(|(name, minor)| Input::new(*name, minor_text(*minor, currency)));
        price.inputs(case.plan).into_iter().chain(bounds).collect()
    }
}
