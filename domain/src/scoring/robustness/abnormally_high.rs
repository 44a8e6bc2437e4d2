//! Abnormally high pledges: beyond the plausible rate of their measure per contract value. A flag opens a right to
//! explain; it never excludes by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::{Money, Quantity};
use crate::catalogue::{MeasureCode, MeasureKind};
use crate::fraction::Fraction;
use crate::ids::BidId;
use crate::scoring::entrant::Entrant;
use crate::scoring::rules::{Fault, PlanFacts, Price};
use crate::tender::plan::Plan;
use crate::tender::plan_check::check_money;
use crate::tender::plan_error::PlanProblem;

/// How much of a measure a contract of a value can plausibly bring, published with the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlausibleRate {
    /// The measure.
    pub measure: MeasureCode,
    /// The most of it ..
    pub quantity: Quantity,
    /// .. for each such part of the bid's price.
    pub per: Money,
}

impl PlausibleRate {
    pub(crate) fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        let fault = |field: &'static str, problem| Fault::at(field, problem);
        let code = &self.measure;
        let measure = plan.catalogue.measure(code);
        let measure =
            measure.ok_or_else(|| fault("measure", PlanProblem::UnknownMeasure(code.clone())))?;
        if measure.kind != MeasureKind::Quantitative {
            return Err(fault("measure", PlanProblem::NotCounted(code.clone())));
        }
        if !measure.measures(&self.quantity) {
            let quantity = &self.quantity;
            let problem = PlanProblem::UnitMix {
                measure: code.clone(),
                expected: format!("{} with {} places", quantity.unit(), quantity.scale()),
                found: format!("{} with {} places", measure.unit, measure.scale),
            };
            return Err(fault("quantity", problem));
        }
        check_money(self.per, plan.currency).map_err(|problem| fault("per", problem))?;
        if self.per.minor() == 0 {
            return Err(fault("per", PlanProblem::TargetZero));
        }
        Ok(())
    }
}

/// A bid that promises more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HighPledge {
    /// The bid.
    pub bid: BidId,
    /// The measure.
    pub measure: MeasureCode,
    /// What the bid promises.
    pub pledged: Quantity,
    /// The bid's price.
    pub price: Money,
    /// The rate that it goes beyond.
    pub rate: PlausibleRate,
}

/// Every pledge beyond its rate, by bid and in the order of the rates. A bid without a known price is not judged.
pub(super) fn high_pledges(plan: &Plan, entrants: &[&Entrant]) -> Vec<HighPledge> {
    let mut found = Vec::new();
    for entrant in entrants {
        for rate in &plan.plausible_rates {
            found.extend(beyond(plan, entrant, rate));
        }
    }
    found
}

/// Exact: `pledged * per > quantity * price`.
fn beyond(plan: &Plan, entrant: &Entrant, rate: &PlausibleRate) -> Option<HighPledge> {
    let price = entrant.content.price?;
    let commitments = entrant.content.commitments.as_ref()?;
    let mut pledged = rate.quantity.with_units(0).ok()?;
    for commitment in commitments {
        if commitment.measure.code == rate.measure {
            pledged = pledged.plus(&commitment.quantity).ok()?;
        }
    }
    let units = |quantity: &Quantity| Fraction::whole(quantity.units());
    let said = units(&pledged).times(rate.per.fraction()).ok()?;
    let converted = Price::of(plan, price).ok()?.minor;
    let plausible = units(&rate.quantity).times(converted).ok()?;
    (said > plausible).then(|| HighPledge {
        bid: entrant.bid,
        measure: rate.measure.clone(),
        pledged,
        price,
        rate: rate.clone(),
    })
}
