//! What every rule can do, and what it is given: one criterion applied to one bid.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Rule;
use super::gap::{Gap, Reason};
use crate::amount::Currency;
use crate::catalogue::{Catalogue, MeasureCode};
use crate::fraction::Fraction;
use crate::organisation::certification::SeoKind;
use crate::scoring::entrant::{Entrant, Facts};
use crate::scoring::exclusion::Ground;
use crate::scoring::proxy::ProxyValues;
use crate::scoring::scorecard::Input;
use crate::tender::code::CriterionCode;
use crate::tender::disclosure::BidField;
use crate::tender::plan::Plan;
use crate::tender::plan_error::PlanProblem;

/// `points * value / whole`: multiplied first, divided once, reduced once.
pub(crate) fn part_of(points: Fraction, value: Fraction, whole: Fraction) -> Result<Fraction, Gap> {
    let product = |a: i128, b: i128, c: i128| a.checked_mul(b)?.checked_mul(c);
    let above = product(points.numerator(), value.numerator(), whole.denominator());
    let below = product(points.denominator(), value.denominator(), whole.numerator());
    match (above, below) {
        (Some(above), Some(below)) => Ok(Fraction::new(above, below)?),
        // Reducing after each step reaches further, and the value is the same.
        _ => Ok(points.times(value)?.over(whole)?),
    }
}

/// `W * clamp((value - from) / (to - from), 0, 1)`; `to` may lie below `from`.
pub(crate) fn on_line(
    points: Fraction,
    value: Fraction,
    from: Fraction,
    to: Fraction,
) -> Result<Fraction, Gap> {
    let (way, whole) = (value.minus(from)?, to.minus(from)?);
    if whole.is_zero() {
        return Err(Reason::EqualBounds.into());
    }
    let exact = part_of(points, way, whole)?;
    Ok(exact.at_least(Fraction::ZERO).at_most(points))
}

/// What the check of a rule's parameters needs of the plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanFacts<'a> {
    pub(crate) currency: Currency,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) proxies: Option<&'a ProxyValues>,
}

/// A wrong parameter of a rule.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Its place below the rule, with `/` between the steps.
    pub(crate) field: Cow<'static, str>,
    pub(crate) problem: PlanProblem,
}

impl Fault {
    pub(crate) fn at(field: impl Into<Cow<'static, str>>, problem: PlanProblem) -> Self {
        Self {
            field: field.into(),
            problem,
        }
    }
}

/// The lowest and the highest value among the bids that were not excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    pub(crate) lowest: Fraction,
    pub(crate) highest: Fraction,
}

/// One criterion applied to one bid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) code: &'a CriterionCode,
    /// `W`, the points that the criterion can bring.
    pub(crate) points: Fraction,
    pub(crate) entrant: &'a Entrant,
    /// What the rule compares across bids, where it compares; not known while the bids are collected.
    pub(crate) range: Option<Result<Range, Gap>>,
    pub(crate) facts: &'a Facts,
}

impl Case<'_> {
    /// The range of a rule that compares.
    pub(crate) fn range(&self) -> Result<Range, Gap> {
        self.range.unwrap_or(Err(Reason::Missing.into()))
    }
}

/// What every rule can do.
pub(crate) trait ScoringRule {
    /// The formula as people write it.
    fn formula(&self) -> &'static str;

    /// The fields of the bid that it reads; none for what the panel judges.
    fn reads(&self) -> Vec<BidField>;

    /// Checks its parameters.
    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault>;

    /// Checks parameters that depend on `W`.
    fn check_points(&self, _points: Fraction) -> Result<(), Fault> {
        Ok(())
    }

    /// The exact mark.
    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap>;

    /// Every value that the mark was made from, by name. Empty where the reader does not know them all.
    fn inputs(&self, case: &Case<'_>) -> Vec<Input>;

    /// Whether a bid's mark changes when another bid is added or removed.
    fn depends_on_other_bids(&self) -> bool {
        false
    }

    /// The value that a relative rule compares across bids; `None` for rules that look at one bid alone.
    fn compares(&self, _case: &Case<'_>) -> Option<Result<Fraction, Gap>> {
        None
    }

    /// Why the criterion excludes a bid before any mark is made.
    fn excludes(&self, _case: &Case<'_>) -> Option<Ground> {
        None
    }

    /// Whether it can do without weight because it excludes.
    fn may_exclude_alone(&self) -> bool {
        false
    }

    /// For which reasons the rule may have no value although every bid is valid and judged.
    fn may_lack_value(&self) -> &'static [Reason] {
        &[]
    }

    /// Whether a bid must answer the criterion in words beside its figure.
    fn asks_statement(&self) -> bool {
        false
    }

    /// The measures whose promised quantities it counts.
    fn measures(&self) -> &[MeasureCode] {
        &[]
    }

    /// The kinds of certification that it asks about; one may stand twice.
    fn kinds(&self) -> Vec<SeoKind> {
        Vec::new()
    }

    /// The rule whose mark it raises.
    fn base(&self) -> Option<&Rule> {
        None
    }
}
