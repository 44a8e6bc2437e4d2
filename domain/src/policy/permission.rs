//! What a plan may do only where a clause of a policy that binds enables it: prefer social economy organisations by a bonus
//! or an uplift, and reserve participation.

use super::clause::{Case, ClauseRule, ReservedFor};
use crate::tender::code::CriterionCode;

/// Something that no clause enables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEnabled {
    /// A bonus or an uplift.
    #[error(
        "the criterion {0} prefers social economy organisations, and no clause of a policy that binds the tender enables it that high: leave the preference out"
    )]
    Preference(CriterionCode),
    /// A reservation.
    #[error(
        "participation is reserved for {}, and no clause of a policy that binds the tender enables it: open it to everyone", .0.as_str()
    )]
    Reservation(ReservedFor),
}

impl NotEnabled {
    /// Where the plan does it, as a JSON pointer.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Preference(_) => "/criteria",
            Self::Reservation(_) => "/procurement/reservation",
        }
    }
}

/// Everything that the plan does and no clause enables.
pub(super) fn not_enabled(case: &Case<'_>) -> Vec<NotEnabled> {
    let rules = || case.enabled.iter().map(|clause| &clause.rule);
    let mut found = Vec::new();
    for preference in &case.plan.preferences() {
        let enabled = rules().any(|rule| match rule {
            ClauseRule::SeoPreference(clause) => clause.covers(preference, case),
            _ => false,
        });
        if !enabled {
            found.push(NotEnabled::Preference(preference.criterion.clone()));
        }
    }
    if let Some(reservation) = &case.procurement.reservation {
        let enabled = rules().any(|rule| match rule {
            ClauseRule::ReservedParticipation(clause) => {
                clause.reserved_for == reservation.reserved_for
            }
            _ => false,
        });
        if !enabled {
            found.push(NotEnabled::Reservation(reservation.reserved_for));
        }
    }
    found
}
