//! Clauses that are asked again when a contract is signed: what the plan announced of KPIs, the contract must have.

use std::collections::BTreeSet;

use super::check::{Check, checks_of};
use super::clause::Case;
use super::plan_view::PlanView;
use super::procurement::Procurement;
use super::{ClauseRule, Policy};
use crate::fraction::ArithmeticError;
use crate::ids::PolicyId;
use crate::tender::plan::Plan;

/// What the clauses on KPIs and their assessment say of a contract with so many KPIs. `bound` are the versions whose clauses
/// stood in the publication of the tender; a policy that was published later asks nothing.
pub fn checks_at_signing(
    published: &[Policy],
    bound: &BTreeSet<PolicyId>,
    plan: &Plan,
    kpis: usize,
) -> Result<Vec<Check>, ArithmeticError> {
    let view = PlanView::new(plan)?;
    let procurement = Procurement {
        kpis: Some(u32::try_from(kpis).unwrap_or(u32::MAX)),
        ..plan.procurement.clone()
    };
    let case = Case {
        plan: &view,
        procurement: &procurement,
        enabled: &[],
    };
    let asked = |rule: &ClauseRule| {
        matches!(
            rule,
            ClauseRule::MinimumKpis(_) | ClauseRule::PerformanceAssessment(_)
        )
    };
    let mut checks = Vec::new();
    for policy in published.iter().filter(|policy| bound.contains(&policy.id)) {
        checks.extend(checks_of(policy, &case, asked)?);
    }
    Ok(checks)
}
