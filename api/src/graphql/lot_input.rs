//! Lots as input of a plan.

use async_graphql::InputObject;
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::tender as domain;

use super::amounts::{MoneyInput, wrong};
use super::lot::AllocationRule;
use super::plan_abnormal::LowPriceRuleInput;
use super::plan_input::{CriterionInput, criteria};

/// A part of a tender that is bid for, evaluated and awarded on its own.
#[derive(Debug, InputObject)]
pub struct LotInput {
    /// Code, unique in the plan: 1 to 30 letters, digits, `-` or `.`, such as 1 or NORTH.
    code: String,
    /// What is bought, in one line.
    title: String,
    /// The tree of criteria. Codes are unique in the whole plan.
    criteria: Vec<CriterionInput>,
    /// Bids below this price are excluded.
    minimum_price: Option<MoneyInput>,
    /// From which price on a bid is asked to explain itself. Where the price alone decides it may be left out: the
    /// parameters of the policy that binds the tender then hold, and without one Spain's. Elsewhere no price is flagged.
    low_prices: Option<LowPriceRuleInput>,
}

impl LotInput {
    pub(super) fn parse(
        self,
        at: &str,
        catalogue: &Catalogue,
    ) -> async_graphql::Result<domain::Lot> {
        let code = self.code.parse();
        let price = |price: MoneyInput| price.parse(&format!("{at}.minimumPrice"));
        let low = |rule: LowPriceRuleInput| rule.parse(&format!("{at}.lowPrices"));
        Ok(domain::Lot {
            code: code.map_err(|error| wrong(&format!("{at}.code"), &error))?,
            title: self.title,
            criteria: criteria(self.criteria, &format!("{at}.criteria"), catalogue, 1)?,
            minimum_price: self.minimum_price.map(price).transpose()?,
            low_prices: self.low_prices.map(low).transpose()?,
        })
    }
}

/// How many lots one supplier may bid for and win.
#[derive(Debug, InputObject)]
pub struct LotLimitsInput {
    /// The most lots that one supplier may bid for; leave out for all of them.
    max_bids_per_supplier: Option<u32>,
    /// The most lots that one supplier may win; leave out for all of them.
    max_awards_per_supplier: Option<u32>,
    /// Which lots a supplier keeps that would win more than it may.
    #[graphql(default_with = "AllocationRule::PlanOrder")]
    allocation: AllocationRule,
}

impl From<LotLimitsInput> for domain::LotLimits {
    fn from(input: LotLimitsInput) -> Self {
        Self {
            max_bids_per_supplier: input.max_bids_per_supplier,
            max_awards_per_supplier: input.max_awards_per_supplier,
            allocation: input.allocation.into(),
        }
    }
}
