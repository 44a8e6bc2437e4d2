//! What a bid promises to named measures, and whether its answer counts.
//!
//! Where a figure and a method statement are both required, an answer with one of them missing is disregarded: it brings
//! nothing, does not count among the promises of others, and the scorecard says so. Source: Torbay Council's "TOMs dos
//! and don'ts".

use std::collections::BTreeSet;

use super::case::{Case, Fault, PlanFacts};
use super::gap::Gap;
use crate::amount::Quantity;
use crate::catalogue::{Measure, MeasureCode, MeasureKind};
use crate::fraction::{ArithmeticError, Fraction};
use crate::scoring::scorecard::Input;
use crate::tender::bid::Commitment;
use crate::tender::disclosure::BidField;
use crate::tender::plan_error::PlanProblem;

/// The measures that a rule counts, and whether it needs a method statement beside the figure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promised<'a> {
    pub(super) measures: &'a [MeasureCode],
    pub(super) method_statement: bool,
}

/// Whether an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Counted,
    /// Disregarded, with the part that is missing.
    Disregarded(&'static str),
}

impl Standing {
    /// What the scorecard says of it.
    pub(super) fn input(self) -> Option<Input> {
        match self {
            Self::Counted => None,
            Self::Disregarded(missing) => Some(Input::new(
                "answer disregarded",
                format!("{missing} is missing, and the plan requires both"),
            )),
        }
    }
}

impl Promised<'_> {
    pub(super) fn reads(self) -> Vec<BidField> {
        let mut fields = vec![BidField::Commitments];
        if self.method_statement {
            fields.push(BidField::Answered);
        }
        fields
    }

    /// Every measure is in the catalogue, counted, and named once; answers them.
    pub(super) fn check<'c>(self, plan: &PlanFacts<'c>) -> Result<Vec<&'c Measure>, Fault> {
        let fault = |problem| Fault::at("measures", problem);
        let distinct: BTreeSet<&MeasureCode> = self.measures.iter().collect();
        if self.measures.is_empty() || distinct.len() != self.measures.len() {
            return Err(fault(PlanProblem::List));
        }
        let known = self.measures.iter().map(|code| {
            let measure = plan.catalogue.measure(code);
            let measure =
                measure.ok_or_else(|| fault(PlanProblem::UnknownMeasure(code.clone())))?;
            if measure.kind == MeasureKind::Quantitative {
                Ok(measure)
            } else {
                Err(fault(PlanProblem::NotCounted(code.clone())))
            }
        });
        known.collect()
    }

    /// Every measure is counted in the unit and scale of `sample`, or else of the first.
    pub(super) fn check_unit(
        self,
        plan: &PlanFacts<'_>,
        sample: Option<&Quantity>,
    ) -> Result<(), Fault> {
        let measures = self.check(plan)?;
        let Some(first) = measures.first() else {
            return Ok(());
        };
        let (unit, scale) = sample.map_or((&first.unit, first.scale), |q| (q.unit(), q.scale()));
        let other = measures
            .iter()
            .find(|measure| measure.unit != *unit || measure.scale != scale);
        match other {
            None => Ok(()),
            Some(measure) => Err(Fault::at(
                "measures",
                PlanProblem::UnitMix {
                    measure: measure.code.clone(),
                    expected: format!("{unit} with {scale} places"),
                    found: format!("{} with {} places", measure.unit, measure.scale),
                },
            )),
        }
    }

    /// The commitments to the measures.
    pub(super) fn commitments<'b>(self, case: &Case<'b>) -> Result<Vec<&'b Commitment>, Gap> {
        let all = case.entrant.content.commitments.as_ref();
        let all = all.ok_or(Gap::NotKnown(BidField::Commitments))?;
        let counted = all
            .iter()
            .filter(|commitment| self.measures.contains(&commitment.measure.code));
        Ok(counted.collect())
    }

    /// Whether the answer counts, by Torbay's rule.
    pub(super) fn standing(self, case: &Case<'_>) -> Result<Standing, Gap> {
        if !self.method_statement {
            return Ok(Standing::Counted);
        }
        let figure = !self.commitments(case)?.is_empty();
        let answered = case.entrant.content.answered.as_ref();
        let answered = answered.ok_or(Gap::NotKnown(BidField::Answered))?;
        Ok(match (figure, answered.contains(case.code)) {
            (true, false) => Standing::Disregarded("the method statement"),
            (false, true) => Standing::Disregarded("the figure"),
            _ => Standing::Counted,
        })
    }

    /// `v` in the unit of the measures: the sum of the commitments, or nothing where the answer is disregarded.
    pub(super) fn sum(self, case: &Case<'_>) -> Result<Fraction, Gap> {
        if self.standing(case)? != Standing::Counted {
            return Ok(Fraction::ZERO);
        }
        let commitments = self.commitments(case)?;
        let first = commitments.first().map(|first| &first.quantity);
        let sum = commitments.iter().try_fold(0_i128, |sum, commitment| {
            let quantity = &commitment.quantity;
            let same = first.is_some_and(|first| first.same_unit(quantity).is_ok());
            let next = sum.checked_add(i128::from(quantity.units()));
            next.filter(|_| same).ok_or(ArithmeticError::Overflow)
        });
        let scale = first.map_or(0, |first| u32::from(first.scale()));
        let power = 10_i128
            .checked_pow(scale)
            .ok_or(ArithmeticError::Overflow)?;
        Ok(Fraction::new(sum?, power)?)
    }

    /// The commitments by measure, and whether the answer was disregarded. None where a field is not known.
    pub(super) fn inputs(self, case: &Case<'_>) -> Option<Vec<Input>> {
        let standing = self.standing(case).ok()?;
        let commitments = self.commitments(case).ok()?;
        let named = commitments.into_iter().map(|commitment| {
            let name = format!("commitment to {}", commitment.measure.code);
            Input::new(name, &commitment.quantity)
        });
        Some(named.chain(standing.input()).collect())
    }
}

/// A number of units as people read it; a quantity has at most 6 places, so that nothing is lost.
pub(super) fn units_text(units: Fraction) -> String {
    units.round(Quantity::MAX_SCALE).map_or_else(
        |error| error.to_string(),
        |units| units.normalize().to_string(),
    )
}
