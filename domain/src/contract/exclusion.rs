//! Exclusions: a logged decision that two claims which look alike are about different outcomes.

use super::claim::Claim;
use super::status::ClaimStatus;
use crate::ids::{ClaimId, OrganisationId};

/// Why an exclusion is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExclusionError {
    /// The earlier claim takes nothing from anybody.
    #[error("`earlier`: claim:{0} does not stand any more: nothing has to be excluded")]
    NotLive(ClaimId),
    /// The earlier claim's own claimant.
    #[error(
        "`claimant`: organisation:{0} made the earlier claim itself: an exclusion is for another organisation of its group"
    )]
    SameClaimant(OrganisationId),
    /// No relation between the two.
    #[error(
        "`claimant`: organisation:{0} does not belong to the group of the earlier claim's claimant: nothing has to be excluded"
    )]
    NotRelated(OrganisationId),
    /// Logged before.
    #[error("`claimant`: an exclusion of this organisation from claim:{0} is logged already")]
    Logged(ClaimId),
    /// The registrar belongs to the group of one of the two.
    #[error(
        "the registrar belongs to the group of one of the claimants: this needs someone independent"
    )]
    NotIndependent,
}

/// What the decision needs.
#[derive(Debug, Clone, Copy)]
pub struct ExclusionFacts<'a> {
    /// The earlier claim.
    pub earlier: &'a Claim,
    /// Where it stands.
    pub status: ClaimStatus,
    /// Whether both claimants belong to one group.
    pub related: bool,
    /// Whether the same exclusion is logged already.
    pub logged: bool,
    /// Whether the registrar holds a role in the group of either claimant.
    pub own_group: bool,
}

/// Whether it may be logged that claims of `claimant` are about other outcomes than the earlier claim.
pub fn decide_exclusion(
    claimant: OrganisationId,
    facts: &ExclusionFacts<'_>,
) -> Result<(), ExclusionError> {
    let earlier = facts.earlier;
    if !facts.status.is_live() {
        return Err(ExclusionError::NotLive(earlier.id));
    }
    // A person may stand behind claims of anybody, so that claims that name people may look alike whoever made them.
    let names_people = earlier.beneficiaries.is_some();
    if earlier.claimant == claimant && !names_people {
        return Err(ExclusionError::SameClaimant(claimant));
    }
    if !facts.related && !names_people {
        return Err(ExclusionError::NotRelated(claimant));
    }
    if facts.logged {
        return Err(ExclusionError::Logged(earlier.id));
    }
    if facts.own_group {
        return Err(ExclusionError::NotIndependent);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::beneficiary::Beneficiaries;
    use super::super::fixtures::{claim, organisation};
    use super::*;

    #[test]
    fn an_exclusion_is_for_a_related_organisation_and_by_someone_outside() {
        let earlier = claim(5, "6.0");
        let other = organisation(9);
        let facts = ExclusionFacts {
            earlier: &earlier,
            status: ClaimStatus::Verified,
            related: true,
            logged: false,
            own_group: false,
        };
        assert_eq!(decide_exclusion(other, &facts), Ok(()));
        let refused = |claimant, change: fn(&mut ExclusionFacts<'_>)| {
            let mut facts = facts;
            change(&mut facts);
            decide_exclusion(claimant, &facts).unwrap_err()
        };
        assert_eq!(
            refused(earlier.claimant, |_| ()),
            ExclusionError::SameClaimant(earlier.claimant)
        );
        assert_eq!(
            refused(other, |f| f.related = false),
            ExclusionError::NotRelated(other)
        );
        assert_eq!(
            refused(other, |f| f.logged = true),
            ExclusionError::Logged(earlier.id)
        );
        assert_eq!(
            refused(other, |f| f.own_group = true),
            ExclusionError::NotIndependent
        );
        let gone = refused(other, |f| f.status = ClaimStatus::Rejected);
        assert_eq!(gone, ExclusionError::NotLive(earlier.id));
        let mut naming = earlier.clone();
        naming.beneficiaries = Some(Beneficiaries {
            people: 5,
            root: crate::log::hash::sha256(b"root"),
        });
        let facts = ExclusionFacts {
            earlier: &naming,
            related: false,
            ..facts
        };
        assert_eq!(decide_exclusion(other, &facts), Ok(()));
        assert_eq!(decide_exclusion(naming.claimant, &facts), Ok(()));
    }
}
