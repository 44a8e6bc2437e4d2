//! Price on the range of the bids: `W * (p_max - p) / (p_max - p_min)`. The lowest price gets everything, the highest
//! nothing. A bid's mark depends on the others twice: a very high bid lifts all the rest. Its edge are equal prices, one
//! bid alone among them: the rule divides by zero, no bid has a mark, and the ranking is withheld.
//!
//! Source: the highest-lowest formula in the list of Stilger, Siderius and van Raaij (2017).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::price::PriceOf;
use super::{Case, Fault, Gap, PlanFacts, Range, Reason, ScoringRule, part_of};
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceRange {
    /// Which price.
    pub of: PriceOf,
}

impl PriceRange {
    /// `W * (p_max - p) / (p_max - p_min)`, exact, prices in minor units. Equal prices have no mark.
    pub fn exact(
        points: Fraction,
        (lowest, highest): (Fraction, Fraction),
        price: Fraction,
    ) -> Result<Fraction, Gap> {
        if lowest == highest {
            return Err(Reason::EqualPrices.into());
        }
        part_of(points, highest.minus(price)?, highest.minus(lowest)?)
    }
}

impl ScoringRule for PriceRange {
    fn formula(&self) -> &'static str {
        "W * (p_max - p) / (p_max - p_min)"
    }

    fn reads(&self) -> Vec<BidField> {
        vec![self.of.field()]
    }

    fn check(&self, _plan: &PlanFacts<'_>) -> Result<(), Fault> {
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let Range { lowest, highest } = case.range()?;
        Self::exact(case.points, (lowest, highest), self.of.minor(case)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        case.range().map_or_else(
            |_| Vec::new(),
            |Range { lowest, highest }| {
                self.of
                    .inputs(case, &[("p_min", lowest), ("p_max", highest)])
            },
        )
    }

    fn depends_on_other_bids(&self) -> bool {
        true
    }

    fn compares(&self, case: &Case<'_>) -> Option<Result<Fraction, Gap>> {
        Some(self.of.minor(case))
    }

    fn may_lack_value(&self) -> &'static [Reason] {
        &[Reason::EqualPrices]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(price: i64) -> Result<Fraction, Gap> {
        let bounds = (Fraction::whole(100), Fraction::whole(400));
        PriceRange::exact(Fraction::whole(30), bounds, Fraction::whole(price))
    }

    #[test]
    fn the_lowest_price_gets_all_the_highest_nothing_and_the_rest_its_part() {
        let marks = [100, 200, 400].map(|price| mark(price).unwrap());
        assert_eq!(marks, [30, 20, 0].map(Fraction::whole));
    }

    #[test]
    fn equal_prices_have_no_mark() {
        let bounds = (Fraction::whole(5), Fraction::whole(5));
        let mark = PriceRange::exact(Fraction::ONE, bounds, Fraction::whole(5));
        assert_eq!(mark, Err(Gap::Undefined(Reason::EqualPrices)));
    }
}
