//! Promised social value in money (SROI): `v` sums the present value of the bid's commitments to the named measures by the
//! proxies that the plan publishes ([`crate::scoring::proxy`]), rounded once to the minor unit, and an outer rule scores
//! it. Only the outer rule relative to the highest depends on other bids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::promised::{Promised, Standing};
use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, on_line, part_of};
use crate::amount::{Money, minor_text};
use crate::catalogue::MeasureCode;
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_check::check_money;
use crate::tender::plan_error::PlanProblem;

/// How an amount of social value makes a mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outer {
    /// `W * v / v_max`.
    RelativeHighest,
    /// `W * min(v / target, 1)`.
    ToTarget {
        /// The amount that brings the whole mark.
        target: Money,
    },
    /// `W * clamp((v - floor) / (ceiling - floor), 0, 1)`.
    Linear {
        /// The amount up to which there is no mark.
        floor: Money,
        /// The amount from which on the mark is whole.
        ceiling: Money,
    },
}

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SocialValueMoney {
    /// Codes of measures of the plan's catalogue, each with a value in the plan's proxies; units may differ.
    pub measures: Vec<MeasureCode>,
    /// How the amount makes a mark.
    pub outer: Outer,
    /// Whether a figure counts only with a method statement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub method_statement: bool,
}

impl SocialValueMoney {
    /// The exact mark of an amount in minor units; `highest` counts for [`Outer::RelativeHighest`] alone.
    pub fn exact(&self, points: Fraction, highest: Fraction, v: Fraction) -> Result<Fraction, Gap> {
        match &self.outer {
            Outer::RelativeHighest if highest.is_zero() => Err(Reason::NothingPromised.into()),
            Outer::RelativeHighest => part_of(points, v, highest),
            Outer::ToTarget { target } if target.minor() == 0 => Err(Reason::ZeroTarget.into()),
            Outer::ToTarget { target } => {
                let target = target.fraction();
                part_of(points, v.at_most(target), target)
            }
            Outer::Linear { floor, ceiling } => {
                on_line(points, v, floor.fraction(), ceiling.fraction())
            }
        }
    }

    fn promised(&self) -> Promised<'_> {
        Promised {
            measures: &self.measures,
            method_statement: self.method_statement,
        }
    }

    /// `v`, rounded half to even to the minor unit.
    fn amount(&self, case: &Case<'_>) -> Result<Money, Gap> {
        let currency = case.plan.currency;
        if self.promised().standing(case)? != Standing::Counted {
            return Ok(Money::from_minor(0, currency));
        }
        let proxies = case.plan.proxies.as_ref().ok_or(Reason::NoProxy)?;
        let mut sum = Fraction::ZERO;
        for commitment in self.promised().commitments(case)? {
            let value = proxies.present_value(&commitment.measure.code, &commitment.quantity);
            sum = sum.plus(value.ok_or(Reason::NoProxy)??)?;
        }
        let minor = i64::try_from(sum.round(0)?.mantissa());
        let minor = minor.map_err(|_| Reason::OutOfRange)?;
        Ok(Money::from_minor(minor, currency))
    }

    fn bounds(&self, case: &Case<'_>) -> Vec<Input> {
        match &self.outer {
            Outer::RelativeHighest => case.range().map_or_else(
                |_| Vec::new(),
                |range| {
                    let highest = minor_text(range.highest, case.plan.currency);
                    vec![Input::new("v_max", highest)]
                },
            ),
            Outer::ToTarget { target } => vec![Input::new("target", target)],
            Outer::Linear { floor, ceiling } => {
                vec![Input::new("floor", floor), Input::new("ceiling", ceiling)]
            }
        }
    }
}

impl ScoringRule for SocialValueMoney {
    fn formula(&self) -> &'static str {
        match self.outer {
            Outer::RelativeHighest => "W * v / v_max",
            Outer::ToTarget { .. } => "W * min(v / target, 1)",
            Outer::Linear { .. } => "W * clamp((v - floor) / (ceiling - floor), 0, 1)",
        }
    }

    fn reads(&self) -> Vec<BidField> {
        self.promised().reads()
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        let measures = self.promised().check(plan)?;
        let proxies = plan
            .proxies
            .ok_or_else(|| Fault::at("measures", PlanProblem::NoProxies))?;
        let valued = |code| proxies.value(code).is_some();
        if let Some(measure) = measures.iter().find(|measure| !valued(&measure.code)) {
            let problem = PlanProblem::NoProxy(measure.code.clone());
            return Err(Fault::at("measures", problem));
        }
        let amount = |field: &'static str, amount: Money| {
            check_money(amount, plan.currency).map_err(|problem| Fault::at(field, problem))
        };
        match self.outer {
            Outer::RelativeHighest => Ok(()),
            Outer::ToTarget { target } if target.minor() == 0 => {
                Err(Fault::at("outer/to_target/target", PlanProblem::TargetZero))
            }
            Outer::ToTarget { target } => amount("outer/to_target/target", target),
            Outer::Linear { floor, ceiling } => {
                amount("outer/linear/floor", floor)?;
                amount("outer/linear/ceiling", ceiling)?;
                if ceiling.minor() <= floor.minor() {
                    let problem = PlanProblem::CeilingNotAboveFloor;
                    return Err(Fault::at("outer/linear/ceiling", problem));
                }
                Ok(())
            }
        }
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let highest = match self.outer {
            Outer::RelativeHighest => case.range()?.highest,
            _ => Fraction::ZERO,
        };
        self.exact(case.points, highest, self.amount(case)?.fraction())
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let known = (self.promised().inputs(case), self.amount(case));
        let (Some(mut inputs), Ok(v)) = known else {
            return Vec::new();
        };
        let used = self.promised().commitments(case).unwrap_or_default();
        let proxies = case.plan.proxies.as_ref();
        for measure in &self.measures {
            let promised = used
                .iter()
                .any(|commitment| commitment.measure.code == *measure);
            let unit = proxies.and_then(|proxies| proxies.unit(measure)?.ok());
            if let (true, Some(unit)) = (promised, unit) {
                let name = format!("present value of one unit of {measure} in minor units");
                inputs.push(Input::new(name, unit));
            }
        }
        inputs.push(Input::new("v", v));
        inputs.extend(self.bounds(case));
        inputs
    }

    fn depends_on_other_bids(&self) -> bool {
        self.outer == Outer::RelativeHighest
    }

    fn compares(&self, case: &Case<'_>) -> Option<Result<Fraction, Gap>> {
        self.depends_on_other_bids()
            .then(|| self.amount(case).map(Money::fraction))
    }

    fn may_lack_value(&self) -> &'static [Reason] {
        match self.outer {
            Outer::RelativeHighest => &[Reason::NothingPromised],
            _ => &[],
        }
    }

    fn asks_statement(&self) -> bool {
        self.method_statement
    }

    fn measures(&self) -> &[MeasureCode] {
        &self.measures
    }
}
