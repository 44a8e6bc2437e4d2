//! Whether a tender may be published as far as policies are concerned.

use std::collections::BTreeSet;

use super::check::{Answer, Check, PolicyReport};
use super::code::{ClauseCode, PolicyCode};
use super::permission::NotEnabled;

/// A clause whose unknown answer the officer justifies.
pub type Justified = (PolicyCode, ClauseCode);

/// Why publication is blocked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// A clause is not met: change the plan.
    #[error("{0}; change the plan")]
    NotMet(Box<Check>),
    /// A clause cannot be answered.
    #[error("{0}; supply the fact or record a justification")]
    Unknown(Box<Check>),
    /// The plan does what no clause enables.
    #[error(transparent)]
    NotEnabled(#[from] NotEnabled),
    /// A justification where nothing needs one.
    #[error(
        "policy `{0}`, clause `{1}`: its answer is not unknown, so there is nothing to justify; leave the justification out"
    )]
    NothingToJustify(PolicyCode, ClauseCode),
    /// A justification twice.
    #[error("policy `{0}`, clause `{1}`: it is justified twice; give one justification")]
    JustifiedTwice(PolicyCode, ClauseCode),
}

/// Publication needs every clause met, or unknown with a justification. A clause that is not met cannot be justified away.
/// Nor can a preference or a reservation that no clause enables.
pub fn decide(report: &PolicyReport, justified: &[Justified]) -> Result<(), Blocked> {
    if let Some(not_enabled) = report.not_enabled.first() {
        return Err(not_enabled.clone().into());
    }
    let checks = &report.checks;
    let mut seen = BTreeSet::new();
    for (policy, clause) in justified {
        if !seen.insert((policy, clause)) {
            return Err(Blocked::JustifiedTwice(policy.clone(), clause.clone()));
        }
        let unknown = checks.iter().any(|check| {
            check.policy_code == *policy
                && check.clause == *clause
                && check.judged.answer == Answer::Unknown
        });
        if !unknown {
            return Err(Blocked::NothingToJustify(policy.clone(), clause.clone()));
        }
    }
    for check in checks {
        match check.judged.answer {
            Answer::Met => {}
            Answer::NotMet => return Err(Blocked::NotMet(Box::new(check.clone()))),
            Answer::Unknown if seen.contains(&(&check.policy_code, &check.clause)) => {}
            Answer::Unknown => return Err(Blocked::Unknown(Box::new(check.clone()))),
        }
    }
    Ok(())
}
