//! Reserved participation at the admission of bids. A clause says who may take part in a tender that is reserved under it. The
//! log knows certifications and awards, and nothing of a workforce: a bid whose supplier does not qualify by what the log
//! knows needs the decision of an officer before the ranking. It is never excluded by itself.

use std::collections::BTreeMap;

use super::AdmissionDecision;
use super::admission::AdmissionError;
use super::code::CriterionCode;
use super::entries::ExclusionGround;
use super::plan::Plan;
use super::stage::Stage;
use super::state::{State, Tender};
use crate::ids::{BidId, OrganisationId, TenderId};
use crate::organisation;
use crate::organisation::certification::SeoKind;
use crate::policy::clause::{Applicant, ReservedParticipation};
use crate::time::Date;

/// The code under which a decision says whether a supplier may take part in a reserved tender. No criterion, condition or
/// ground of such a plan has it.
pub const RESERVED: &str = "RESERVED";

/// The kinds of certification that a clause may ask for.
pub const RESERVING_KINDS: [SeoKind; 2] = [SeoKind::Mutual, SeoKind::ShelteredWorkshop];

/// Whether a supplier qualifies, on a day, under one of the clauses by which participation is reserved. Without a clause nothing
/// is reserved.
pub fn qualifies(clauses: &[ReservedParticipation], applicant: &Applicant, day: Date) -> bool {
    clauses.is_empty() || clauses.iter().any(|clause| clause.admits(applicant, day))
}

impl Plan {
    /// Whether an officer's decision may be recorded under a code, and the kind of exclusion that it would be: on a condition, a
    /// ground, or the reservation. `described` as in [`super::admission::Admission::decide`].
    pub fn decide_admission(
        &self,
        code: &CriterionCode,
        decision: AdmissionDecision,
        described: Option<bool>,
    ) -> Result<ExclusionGround, AdmissionError> {
        if self.procurement.reservation.is_none() || code.as_str() != RESERVED {
            return self.admission.decide(code, decision, described);
        }
        match decision {
            AdmissionDecision::Met | AdmissionDecision::NotMet => {
                Ok(ExclusionGround::ConditionOfParticipation)
            }
            _ => Err(AdmissionError::DoesNotFit {
                code: code.clone(),
                asked: "the reservation of the tender",
                expected: "met or not met",
            }),
        }
    }
}

impl State {
    /// When suppliers last won another tender that is reserved for the same as this one, as the log knew at its opening. What
    /// was annulled or cancelled since was not won.
    pub(super) fn won_reserved(&self, id: TenderId) -> BTreeMap<OrganisationId, Date> {
        let reserved_for = |tender: &Tender| {
            let reservation = tender.plan.procurement.reservation.as_ref();
            reservation.map(|reservation| reservation.reserved_for)
        };
        let mut won: BTreeMap<OrganisationId, Date> = BTreeMap::new();
        let Some(own) = self.tenders.get(&id) else {
            return won;
        };
        let (Some(own_for), Some(opened)) = (reserved_for(own), own.opened) else {
            return won;
        };
        let alike = self.tenders.iter().filter(|(other, tender)| {
            let given_up = tender.stage == Stage::Cancelled;
            **other != id && !given_up && reserved_for(tender) == Some(own_for)
        });
        let awards = alike.flat_map(|(_, tender)| &tender.awards);
        for award in awards.filter(|award| award.index < opened) {
            let last = won.entry(award.supplier).or_insert(award.decided_on);
            *last = award.decided_on.max(*last);
        }
        won
    }
}

impl Tender {
    /// A bid that takes part though its supplier does not qualify by what the log knew at the opening, and on which nobody has
    /// decided.
    pub(super) fn unqualified(
        &self,
        organisations: &organisation::State,
        won: &BTreeMap<OrganisationId, Date>,
    ) -> Option<BidId> {
        let day = self.plan.certification_day();
        let known = self.opened.unwrap_or_default();
        let undecided = self.bids.iter().filter(|(_, opened)| {
            let decided = opened.decided.keys().any(|code| code.as_str() == RESERVED);
            opened.takes_part() && !decided
        });
        let mut unqualified = undecided.filter(|(_, opened)| {
            let holds =
                |kind: &SeoKind| organisations.certified(opened.supplier, &[*kind], day, known);
            let applicant = Applicant {
                workforce: None,
                certifications: RESERVING_KINDS.into_iter().filter(holds).collect(),
                last_won: won.get(&opened.supplier).copied(),
            };
            !qualifies(&self.reserved, &applicant, day)
        });
        unqualified.next().map(|(bid, _)| *bid)
    }
}
