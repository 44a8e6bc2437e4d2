//! Whether the lots of a plan can decide their rankings.

use std::collections::BTreeSet;

use super::code::CriterionCode;
use super::lot::{Lot, MAX_LOTS};
use super::plan::Plan;
use super::plan_check::{at, check_codes, check_leaves, check_line, check_money, check_siblings};
use super::plan_error::{PlanError, PlanProblem};
use crate::scoring::rules::PlanFacts;

impl Plan {
    /// Checks every lot, and that the limits can be kept.
    pub(super) fn check_lots(&self, facts: &PlanFacts<'_>) -> Result<(), PlanError> {
        let count = self.lots.len();
        if !(1..=MAX_LOTS).contains(&count) {
            return Err(at("/lots", PlanProblem::Lots(count)));
        }
        let (mut lots, mut codes) = (BTreeSet::new(), BTreeSet::new());
        for (index, lot) in self.lots.iter().enumerate() {
            let path = format!("/lots/{index}");
            if !lots.insert(&lot.code) {
                let problem = PlanProblem::DuplicateLot(lot.code.clone());
                return Err(at(format!("{path}/code"), problem));
            }
            check_lot(self, lot, &path, facts, &mut codes)?;
        }
        let limits = self.lot_limits.as_ref();
        let limit = |name, given: Option<u32>| match given {
            Some(limit) if limit == 0 || usize::try_from(limit).is_ok_and(|n| n > count) => {
                let problem = PlanProblem::LotLimit { limit, lots: count };
                Err(at(format!("/lot_limits/{name}"), problem))
            }
            _ => Ok(()),
        };
        limit(
            "max_bids_per_supplier",
            limits.and_then(|limits| limits.max_bids_per_supplier),
        )?;
        limit(
            "max_awards_per_supplier",
            limits.and_then(|limits| limits.max_awards_per_supplier),
        )
    }
}

fn check_lot<'a>(
    plan: &Plan,
    lot: &'a Lot,
    path: &str,
    facts: &PlanFacts<'_>,
    codes: &mut BTreeSet<&'a CriterionCode>,
) -> Result<(), PlanError> {
    check_line(&lot.title).map_err(|problem| at(format!("{path}/title"), problem))?;
    let criteria = format!("{path}/criteria");
    check_siblings(&lot.criteria, &criteria, 1, facts)?;
    let leaves = plan
        .leaves_of(lot)
        .map_err(|_| at(&criteria, PlanProblem::OutOfRange))?;
    check_leaves(&leaves, &criteria)?;
    plan.check_price_counted_once(&leaves, &criteria)?;
    check_codes(&lot.criteria, &criteria, codes)?;
    match lot.minimum_price {
        None => Ok(()),
        Some(minimum) => check_money(minimum, facts.currency)
            .map_err(|problem| at(format!("{path}/minimum_price"), problem)),
    }
}
