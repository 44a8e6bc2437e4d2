//! Price by published bands: `W * part of the first band that p does not exceed`. It looks at one bid alone. A price above
//! every band brings nothing; a price exactly on a threshold is inside its band.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::price::PriceOf;
use super::{Case, Fault, Gap, PlanFacts, ScoringRule, part_of};
use crate::amount::{Money, Share};
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_check::check_money;
use crate::tender::plan_error::PlanProblem;

/// One band of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBand {
    /// The highest price in the band.
    pub up_to: Money,
    /// The part of the mark that it brings.
    pub part: Share,
}

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBanded {
    /// Which price.
    pub of: PriceOf,
    /// The table, by rising price and falling part.
    pub bands: Vec<PriceBand>,
}

/// The most bands of a table.
pub(super) const MAX_BANDS: usize = 100;

impl PriceBanded {
    fn band(&self, price: Fraction) -> Option<&PriceBand> {
        self.bands
            .iter()
            .find(|band| price <= band.up_to.fraction())
    }

    /// The exact mark of a price in minor units.
    pub fn exact(&self, points: Fraction, price: Fraction) -> Result<Fraction, Gap> {
        match self.band(price) {
            Some(band) => part_of(points, band.part.fraction()?, Fraction::ONE),
            None => Ok(Fraction::ZERO),
        }
    }
}

impl ScoringRule for PriceBanded {
    fn formula(&self) -> &'static str {
        "W * part of the first band that p does not exceed, 0 above all"
    }

    fn reads(&self) -> Vec<BidField> {
        vec![self.of.field()]
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        for (index, band) in self.bands.iter().enumerate() {
            check_money(band.up_to, plan.currency)
                .map_err(|problem| Fault::at(format!("bands/{index}/up_to"), problem))?;
        }
        let ordered = self.bands.is_sorted_by(|low, high| {
            low.up_to.minor() < high.up_to.minor() && low.part > high.part
        });
        let sized = (1..=MAX_BANDS).contains(&self.bands.len());
        if ordered && sized {
            Ok(())
        } else {
            Err(Fault::at("bands", PlanProblem::PriceBands))
        }
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.exact(case.points, self.of.minor(case)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let Ok(price) = self.of.minor(case) else {
            return Vec::new();
        };
        let mut inputs = self.of.inputs(case, &[]);
        match self.band(price) {
            Some(band) => inputs.extend([
                Input::new("band up to", band.up_to),
                Input::new("part", band.part),
            ]),
            None => inputs.push(Input::new("part", Share::NONE)),
        }
        inputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::price_bands;

    #[test]
    fn a_threshold_belongs_to_its_band_and_a_price_above_all_brings_nothing() {
        let rule = price_bands(&[("100", "1"), ("150", "0.5")]);
        let mark = |cents| {
            rule.exact(Fraction::whole(10), Fraction::whole(cents))
                .unwrap()
        };
        let marks = [0, 10_000, 10_001, 15_000, 15_001].map(mark);
        assert_eq!(marks, [10, 10, 5, 5, 0].map(Fraction::whole));
    }
}
