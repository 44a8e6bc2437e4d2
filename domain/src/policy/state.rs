//! What replay knows of policies.

use std::collections::BTreeSet;

use super::at_signing::checks_at_signing;
use super::check::{Answer, Check, checks};
use super::clause::{ClauseRule, ReservedParticipation};
use super::code::ClauseCode;
use super::plan_view::PlanView;
use super::procurement::Framework;
use super::recorded::RecordedCheck;
use super::selection::TenderFacts;
use super::{MAX_POLICIES, Policy, PolicyProblem};
use crate::ids::PolicyId;
use crate::log::entry::Header;
use crate::log::state::Finding;
use crate::tender;
use crate::tender::plan::Plan;
use crate::time::Date;

/// Published policy versions, in the order of their publication.
#[derive(Debug, Default)]
pub struct State {
    published: Vec<Policy>,
}

/// Why a policy version cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicationError {
    /// It is not well-formed.
    #[error(transparent)]
    Form(#[from] PolicyProblem),
    /// Its code and version are taken.
    #[error(
        "version {version} of `{code}` is published already and never changes: publish another version"
    )]
    VersionTaken {
        /// The policy.
        code: super::PolicyCode,
        /// The version.
        version: String,
    },
    /// Too many.
    #[error("there are {MAX_POLICIES} policy versions, which is the most that a registry holds")]
    TooMany,
}

/// Whether a version may join those that are published.
pub fn decide_policy(published: &[Policy], policy: &Policy) -> Result<(), PublicationError> {
    policy.text.check()?;
    let (code, version) = (&policy.text.code, &policy.text.version);
    if published
        .iter()
        .any(|known| known.text.code == *code && known.text.version == *version)
    {
        return Err(PublicationError::VersionTaken {
            code: code.clone(),
            version: version.clone(),
        });
    }
    if published.len() >= MAX_POLICIES {
        return Err(PublicationError::TooMany);
    }
    Ok(())
}

/// The day that chooses the policies: of a call-off that of its framework agreement. `tendered` answers the plan of a
/// tender of this registry.
pub fn governing_day<'p>(
    plan: &Plan,
    tendered: impl FnOnce(crate::ids::TenderId) -> Option<&'p Plan>,
) -> Option<Date> {
    match &plan.procurement.framework {
        None => plan.commencement,
        Some(Framework::Elsewhere { commenced, .. }) => *commenced,
        Some(Framework::Tender(id)) => tendered(*id)?.commencement,
    }
}

/// The clauses on reserved participation among those that a tender's publication names.
pub fn reserved_under<'a>(
    published: &[Policy],
    named: impl Iterator<Item = (PolicyId, &'a ClauseCode)>,
) -> Vec<ReservedParticipation> {
    let rule = |(policy, clause): (PolicyId, &ClauseCode)| {
        let policy = published.iter().find(|known| known.id == policy)?;
        match &policy.text.clause(clause)?.rule {
            ClauseRule::ReservedParticipation(rule) => Some(rule.clone()),
            _ => None,
        }
    };
    named.filter_map(rule).collect()
}

impl State {
    /// A published version.
    pub fn get(&self, id: PolicyId) -> Option<&Policy> {
        self.published.iter().find(|policy| policy.id == id)
    }

    /// Every published version, in the order of publication.
    pub fn published(&self) -> &[Policy] {
        &self.published
    }

    /// The clauses by which a publication reserved participation: those among the recorded ones that had something to say of
    /// its reservation.
    pub(crate) fn reserved(&self, recorded: &[RecordedCheck]) -> Vec<ReservedParticipation> {
        let named = recorded.iter().map(|check| (check.policy, &check.clause));
        reserved_under(&self.published, named)
    }

    pub(super) fn publish(&mut self, policy: Policy, header: &Header) -> Result<(), Finding> {
        if self.get(policy.id).is_some() {
            return Err(header.finding("policy", "one publication", policy.id));
        }
        let decided = decide_policy(&self.published, &policy);
        self.published.push(policy);
        decided.map_err(|error| header.finding("policy", "a policy that can be published", error))
    }

    /// Recomputes the answers that a publication records: each clause of each policy that bound the tender, none not met,
    /// and an unknown one only with a justification.
    pub(crate) fn check_publication(
        &self,
        plan: &Plan,
        recorded: &[RecordedCheck],
        tenders: &tender::State,
        header: &Header,
    ) -> Result<(), Finding> {
        let facts = TenderFacts {
            commencement: governing_day(plan, |id| tenders.plan(id)),
            procurement: &plan.procurement,
        };
        let found = PlanView::new(plan)
            .and_then(|view| checks(&self.published, &view, &facts))
            .map_err(|error| header.finding("policies", "policies that can be checked", error))?;
        if let Some(not_enabled) = found.not_enabled.first() {
            return Err(header.finding("policies", "nothing that no clause enables", not_enabled));
        }
        let expected: Vec<RecordedCheck> = found.checks.iter().map(RecordedCheck::of).collect();
        let bare: Vec<RecordedCheck> = recorded
            .iter()
            .map(|check| RecordedCheck {
                justification: None,
                ..check.clone()
            })
            .collect();
        if bare != expected {
            return Err(header.finding("policies", describe(&expected), describe(&bare)));
        }
        let wrong = recorded.iter().find(|check| match check.answer {
            Answer::Met => check.justification.is_some(),
            Answer::NotMet => true,
            Answer::Unknown => check.justification.is_none(),
        });
        match wrong {
            None => Ok(()),
            Some(check) => Err(header.finding(
                "policies",
                "every clause met, or unknown with a justification",
                describe(std::slice::from_ref(check)),
            )),
        }
    }
}

impl State {
    /// Asks the clauses on KPIs again of a contract with so many. Answers how many clauses were asked.
    pub(crate) fn check_signing(
        &self,
        plan: &Plan,
        bound: &BTreeSet<PolicyId>,
        kpis: usize,
        header: &Header,
    ) -> Result<usize, Finding> {
        let checks = checks_at_signing(&self.published, bound, plan, kpis)
            .map_err(|error| header.finding("policies", "policies that can be checked", error))?;
        let not_met = |check: &&Check| check.judged.answer == Answer::NotMet;
        match checks.iter().find(not_met) {
            None => Ok(checks.len()),
            Some(check) => {
                Err(header.finding("policies", "a contract that every clause allows", check))
            }
        }
    }
}

fn describe(checks: &[RecordedCheck]) -> String {
    let one = |check: &RecordedCheck| {
        format!(
            "{} `{}` {}",
            check.policy,
            check.clause,
            check.answer.as_str()
        )
    };
    match checks {
        [] => "no clause".to_owned(),
        checks => checks.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}
