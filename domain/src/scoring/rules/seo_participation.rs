//! Work done by social economy organisations: `W * min(share / target, 1)`, where the share is the part of the contract
//! value that organisations with a valid certification of the named kinds do themselves. Shares of a chain are multiplied
//! ([`crate::tender::participation::own_parts`]). A certification counts when it is valid on the closing day and stood
//! in the log before the opening. The part of a named organisation counts when it, and each one above it, confirmed its
//! share before closing ([`crate::tender::confirmation`]); what is not confirmed counts nothing.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, part_of};
use crate::amount::Share;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::OrganisationId;
use crate::organisation::certification::SeoKind;
use crate::scoring::scorecard::Input;
use crate::tender::confirmation::missing;
use crate::tender::disclosure::BidField;
use crate::tender::participation::own_parts;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeoParticipation {
    /// The kinds of certification that count.
    pub kinds: Vec<SeoKind>,
    /// The share that brings the whole mark.
    pub target: Share,
}

/// What one organisation does itself, and whether it counts.
#[derive(Debug)]
pub(super) struct Part {
    organisation: OrganisationId,
    own: Fraction,
    /// It is the bidder, who signs the bid.
    bids: bool,
    certified: bool,
    /// Whose confirmation is missing.
    missing: Option<OrganisationId>,
}

impl Part {
    fn counts(&self) -> bool {
        self.certified && self.missing.is_none()
    }

    pub(super) fn input(&self) -> Input {
        let certified = if self.certified {
            "certified"
        } else {
            "not certified"
        };
        let confirmed = match self.missing {
            None if self.bids => String::new(),
            None => ", confirmed".to_owned(),
            Some(id) if id == self.organisation => ", not confirmed".to_owned(),
            Some(id) => format!(", not confirmed by {id} above it"),
        };
        let name = format!("part of {}, {certified}{confirmed}", self.organisation);
        Input::new(name, self.own)
    }
}

/// Each organisation of the bid with its own part, and whether it counts for certifications of the kinds.
pub(super) fn parts(case: &Case<'_>, kinds: &[SeoKind]) -> Result<Vec<Part>, Gap> {
    let entrant = case.entrant;
    let participations = entrant.content.participations.as_ref();
    let participations = participations.ok_or(Gap::NotKnown(BidField::Participations))?;
    let certified = |organisation| {
        kinds
            .iter()
            .any(|kind| case.facts.certified.contains(&(organisation, *kind)))
    };
    let part = |(organisation, own)| Part {
        organisation,
        own,
        bids: organisation == entrant.supplier,
        certified: certified(organisation),
        missing: missing(
            entrant.supplier,
            participations,
            &entrant.confirmed,
            organisation,
        ),
    };
    Ok(own_parts(participations)?.into_iter().map(part).collect())
}

/// The part of the work that organisations do that are certified and confirmed.
pub(super) fn certified_share(parts: &[Part]) -> Result<Fraction, ArithmeticError> {
    parts
        .iter()
        .filter(|part| part.counts())
        .try_fold(Fraction::ZERO, |sum, part| sum.plus(part.own))
}

impl SeoParticipation {
    /// `W * min(share / target, 1)`, exact.
    pub fn exact(&self, points: Fraction, share: Fraction) -> Result<Fraction, Gap> {
        let target = self.target.fraction()?;
        if target.is_zero() {
            return Err(Reason::ZeroTarget.into());
        }
        part_of(points, share.at_most(target), target)
    }
}

impl ScoringRule for SeoParticipation {
    fn formula(&self) -> &'static str {
        "W * min(share / target, 1)"
    }

    fn reads(&self) -> Vec<BidField> {
        vec![BidField::Participations]
    }

    fn check(&self, _plan: &PlanFacts<'_>) -> Result<(), Fault> {
        let distinct: BTreeSet<SeoKind> = self.kinds.iter().copied().collect();
        if self.kinds.is_empty() || distinct.len() != self.kinds.len() {
            return Err(Fault::at("kinds", PlanProblem::List));
        }
        if self.target == Share::NONE {
            return Err(Fault::at("target", PlanProblem::TargetZero));
        }
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let share = certified_share(&parts(case, &self.kinds)?)?;
        self.exact(case.points, share)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let Ok(parts) = parts(case, &self.kinds) else {
            return Vec::new();
        };
        let Ok(share) = certified_share(&parts) else {
            return Vec::new();
        };
        let named = parts.iter().map(Part::input);
        named
            .chain([
                Input::new("share", share),
                Input::new("target", self.target),
            ])
            .collect()
    }

    fn kinds(&self) -> Vec<SeoKind> {
        self.kinds.clone()
    }
}
