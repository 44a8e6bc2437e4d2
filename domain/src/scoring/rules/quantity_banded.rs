//! Promised quantity by published bands: `W * part of the highest band that v reaches`, where `v` sums the bid's
//! commitments to the named measures, all in one unit. It looks at one bid alone. A quantity below every band brings
//! nothing; a quantity exactly on a threshold has reached its band.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::price_banded::MAX_BANDS;
use super::promised::{Promised, units_text};
use super::{Case, Fault, Gap, PlanFacts, ScoringRule, part_of};
use crate::amount::{Quantity, Share};
use crate::catalogue::MeasureCode;
use crate::fraction::{ArithmeticError, Fraction};
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_error::PlanProblem;

/// One band of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantityBand {
    /// The lowest quantity in the band.
    pub from: Quantity,
    /// The part of the mark that it brings.
    pub part: Share,
}

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantityBanded {
    /// Codes of measures of the plan's catalogue.
    pub measures: Vec<MeasureCode>,
    /// The table, by rising quantity and rising part.
    pub bands: Vec<QuantityBand>,
    /// Whether a figure counts only with a method statement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub method_statement: bool,
}

impl QuantityBanded {
    fn band(&self, v: Fraction) -> Result<Option<&QuantityBand>, ArithmeticError> {
        let mut reached = None;
        for band in &self.bands {
            if band.from.fraction()? <= v {
                reached = Some(band);
            }
        }
        Ok(reached)
    }

    /// The exact mark of a quantity in the unit of the bands.
    pub fn exact(&self, points: Fraction, v: Fraction) -> Result<Fraction, Gap> {
        match self.band(v)? {
            Some(band) => part_of(points, band.part.fraction()?, Fraction::ONE),
            None => Ok(Fraction::ZERO),
        }
    }

    fn promised(&self) -> Promised<'_> {
        Promised {
            measures: &self.measures,
            method_statement: self.method_statement,
        }
    }
}

impl ScoringRule for QuantityBanded {
    fn formula(&self) -> &'static str {
        "W * part of the highest band that v reaches, 0 below all"
    }

    fn reads(&self) -> Vec<BidField> {
        self.promised().reads()
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        let sample = self.bands.first().map(|band| &band.from);
        self.promised().check_unit(plan, sample)?;
        let ordered = self.bands.is_sorted_by(|low, high| {
            low.from.same_unit(&high.from).is_ok()
                && low.from.units() < high.from.units()
                && low.part < high.part
        });
        let sized = (1..=MAX_BANDS).contains(&self.bands.len());
        if ordered && sized {
            Ok(())
        } else {
            Err(Fault::at("bands", PlanProblem::QuantityBands))
        }
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.exact(case.points, self.promised().sum(case)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let known = (self.promised().inputs(case), self.promised().sum(case));
        let (Some(mut inputs), Ok(v)) = known else {
            return Vec::new();
        };
        inputs.push(Input::new("v", units_text(v)));
        match self.band(v) {
            Ok(Some(band)) => inputs.extend([
                Input::new("band from", &band.from),
                Input::new("part", band.part),
            ]),
            _ => inputs.push(Input::new("part", Share::NONE)),
        }
        inputs
    }

    fn asks_statement(&self) -> bool {
        self.method_statement
    }

    fn measures(&self) -> &[MeasureCode] {
        &self.measures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::quantity_bands;

    #[test]
    fn a_threshold_has_reached_its_band_and_less_than_all_brings_nothing() {
        let rule = quantity_bands(&[("10.0", "0.5"), ("20.0", "1")]);
        let mark = |tenths| {
            let v = Fraction::new(tenths, 10).unwrap();
            rule.exact(Fraction::whole(10), v).unwrap()
        };
        let marks = [0, 99, 100, 199, 200, 5000].map(mark);
        assert_eq!(marks, [0, 0, 5, 5, 10, 10].map(Fraction::whole));
    }
}
