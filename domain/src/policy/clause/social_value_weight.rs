//! The least weight of social value, by value band, as a part of all points or of those that are not for price. In a plan
//! with lots each lot must reach it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::{ArithmeticError, Fraction};
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::plan_view::LeafView;
use crate::policy::problem::PolicyProblem;
use crate::policy::procurement::ValueBasis;
use crate::policy::selection::{Fit, ValueRange};
use crate::scoring::scorecard::Input;
use crate::tender::code::Weight;

/// Of what the weight is a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeightOf {
    /// Of all points.
    Total,
    /// Of the points that are not for price.
    NonPrice,
    /// Of all points where the price is weighed among the marks; of the points that are not for price where the method
    /// divides by quality or subtracts it.
    TotalOrNonPriceIfAbsolute,
}

/// The least weight in a range of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightBand {
    /// The values of the band; none for every value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueRange>,
    /// The least weight, in percent.
    pub percent: Weight,
}

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SocialValueWeight {
    /// Of what the weight is a part.
    pub of: WeightOf,
    /// The bands, by rising values. Outside of them nothing is asked.
    pub bands: Vec<WeightBand>,
}

impl SocialValueWeight {
    /// The band of the estimated value, or that it is missing.
    fn band(&self, case: &Case<'_>) -> Result<Option<&WeightBand>, MissingFact> {
        let mut missing = None;
        for band in &self.bands {
            let fit = band.value.map_or(Fit::Yes, |range| {
                range.contains(case.procurement.value(range.basis))
            });
            match fit {
                Fit::Yes => return Ok(Some(band)),
                Fit::No => {}
                Fit::Unknown(fact) => missing = missing.or(Some(fact)),
            }
        }
        missing.map_or(Ok(None), Err)
    }

    /// The social value of one lot in percent of what counts.
    fn percent(
        &self,
        case: &Case<'_>,
        leaves: &[LeafView<'_>],
    ) -> Result<Fraction, ArithmeticError> {
        let counts = |leaf: &LeafView<'_>| match self.of {
            WeightOf::Total => true,
            WeightOf::NonPrice => !leaf.is_price(),
            WeightOf::TotalOrNonPriceIfAbsolute => case.plan.weighs_price || !leaf.is_price(),
        };
        let (mut whole, mut social) = (Fraction::ZERO, Fraction::ZERO);
        for leaf in leaves.iter().filter(|leaf| counts(leaf)) {
            whole = whole.plus(leaf.points)?;
            // A price is no social value, whatever a plan calls it.
            if leaf.social && !leaf.is_price() {
                social = social.plus(leaf.points)?;
            }
        }
        if whole.is_zero() {
            return Ok(Fraction::ZERO);
        }
        social.times(Fraction::whole(100))?.over(whole)
    }
}

impl ClauseKind for SocialValueWeight {
    fn valid(&self) -> Result<(), PolicyProblem> {
        if self.bands.is_empty() {
            return Err(PolicyProblem::List("bands"));
        }
        for band in &self.bands {
            band.value.map_or(Ok(()), |range| range.check())?;
        }
        let follows = |pair: &[WeightBand]| match pair {
            [low, high] => match (low.value, high.value) {
                (Some(low), Some(high)) => match (low.below, high.from) {
                    (Some(below), Some(from)) => {
                        low.basis == high.basis
                            && below.currency() == from.currency()
                            && below.minor() <= from.minor()
                    }
                    _ => false,
                },
                _ => false,
            },
            _ => true,
        };
        if self.bands.windows(2).all(follows) {
            Ok(())
        } else {
            Err(PolicyProblem::Bands)
        }
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let band = match self.band(case) {
            Ok(Some(band)) => band,
            Ok(None) => {
                let sentence = "at this value no weight of social value is asked for";
                return Ok(Some(Judged::of(true, value_inputs(case, None), sentence)));
            }
            Err(missing) => {
                let sentence = "the estimated value is not given, which decides the least weight";
                return Ok(Some(Judged::unknown(missing, Vec::new(), sentence)));
            }
        };
        let least = band.percent.part()?.times(Fraction::whole(100))?;
        let mut inputs = value_inputs(case, band.value.map(|range| range.basis));
        inputs.push(input("least weight in percent", band.percent));
        if !case.plan.names_social {
            let sentence = "the plan does not say which of its criteria carry social value";
            return Ok(Some(Judged::unknown(
                MissingFact::SocialCriteria,
                inputs,
                sentence,
            )));
        }
        let mut lowest: Option<Fraction> = None;
        for lot in &case.plan.lots {
            let percent = self.percent(case, &lot.leaves)?;
            lowest = Some(lowest.map_or(percent, |low| low.at_most(percent)));
        }
        let found = lowest.unwrap_or(Fraction::ZERO);
        let shown = found.round(4)?.normalize();
        inputs.push(input("weight of social value in percent", shown));
        let of = match self.of {
            WeightOf::NonPrice => "the points that are not for price",
            WeightOf::TotalOrNonPriceIfAbsolute if !case.plan.weighs_price => {
                "the points that are not for price"
            }
            _ => "all points",
        };
        let sentence = format!(
            "social value has {shown} % of {of}, and at least {} % are asked for",
            band.percent
        );
        Ok(Some(Judged::of(found >= least, inputs, sentence)))
    }
}

fn value_inputs(case: &Case<'_>, basis: Option<ValueBasis>) -> Vec<Input> {
    let value = |name, wanted| {
        let shown = basis.is_none_or(|basis| basis == wanted);
        let value = case.procurement.value(wanted).filter(|_| shown);
        value.map(|value| input(name, value))
    };
    [
        value("value without VAT", ValueBasis::Net),
        value("value with VAT", ValueBasis::Gross),
    ]
    .into_iter()
    .flatten()
    .collect()
}
