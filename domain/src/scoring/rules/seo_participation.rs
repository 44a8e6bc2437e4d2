//! Work done by social economy organisations: `W * min(share / target, 1)`, where the share is the part of the contract
//! value that organisations with a valid certification of the named kinds do themselves. Shares of a chain are multiplied
//! ([`crate::tender::participation::own_parts`]). A certification counts when it is valid on the closing day and stood
//! in the log before the evaluation.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule};
use crate::amount::Share;
use crate::fraction::Fraction;
use crate::ids::OrganisationId;
use crate::organisation::certification::SeoKind;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::participation::own_parts;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeoParticipation {
    /// The kinds of certification that count.
    pub kinds: Vec<SeoKind>,
    /// The share that brings the whole mark.
    pub target: Share,
}

impl SeoParticipation {
    /// `W * min(share / target, 1)`, exact.
    pub fn exact(&self, points: Fraction, share: Fraction) -> Result<Fraction, Gap> {
        let target = self.target.fraction()?;
        if target.is_zero() {
            return Err(Gap::Undefined(Reason::ZeroTarget));
        }
        Ok(points.times(share.at_most(target))?.over(target)?)
    }

    fn certified(&self, case: &Case<'_>, organisation: OrganisationId) -> bool {
        let certified = &case.facts.certified;
        self.kinds
            .iter()
            .any(|kind| certified.contains(&(organisation, *kind)))
    }

    /// Each organisation with its own part and whether it counts.
    fn parts(&self, case: &Case<'_>) -> Result<Vec<(OrganisationId, Fraction, bool)>, Gap> {
        let participations = case.entrant.content.participations.as_ref();
        let parts = own_parts(participations.ok_or(Gap::Withheld(BidField::Participations))?)?;
        Ok(parts
            .into_iter()
            .map(|(organisation, own)| (organisation, own, self.certified(case, organisation)))
            .collect())
    }

    fn share(parts: &[(OrganisationId, Fraction, bool)]) -> Result<Fraction, Gap> {
        let counted = parts.iter().filter(|(_, _, certified)| *certified);
        Ok(counted
            .map(|(_, own, _)| own)
            .try_fold(Fraction::ZERO, |sum, own| sum.plus(*own))?)
    }
}

impl ScoringRule for SeoParticipation {
    fn formula(&self) -> &'static str {
        "W * min(share / target, 1)"
    }

    fn reads(&self) -> Option<BidField> {
        Some(BidField::Participations)
    }

    fn check(&self, _plan: &PlanFacts<'_>) -> Result<(), Fault> {
        let distinct: BTreeSet<SeoKind> = self.kinds.iter().copied().collect();
        if self.kinds.is_empty() || distinct.len() != self.kinds.len() {
            return Err(Fault {
                field: "kinds",
                problem: PlanProblem::List,
            });
        }
        if self.target == Share::NONE {
            return Err(Fault {
                field: "target",
                problem: PlanProblem::TargetZero,
            });
        }
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.exact(case.points, Self::share(&self.parts(case)?)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let parts = self.parts(case).unwrap_or_default();
        let Ok(share) = Self::share(&parts) else {
            return Vec::new();
        };
        if parts.is_empty() {
            return Vec::new();
        }
        let named = parts.iter().map(|(organisation, own, certified)| {
            let what = if *certified {
                "certified"
            } else {
                "not certified"
            };
            Input::new(format!("part of {organisation}, {what}"), own)
        });
        named
            .chain([
                Input::new("share", share),
                Input::new("target", self.target),
            ])
            .collect()
    }
}
