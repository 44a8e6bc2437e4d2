//! Who may read what is private behind a claim: files of evidence, and the working.

use crate::actor::{Actor, Role};
use crate::ids::OrganisationId;

/// A claim behind which something private stands, in the eyes of one reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimSight {
    /// The buyer of the contract under which it was claimed.
    pub buyer: Option<OrganisationId>,
    /// Whether it waits for a decision that the reader may take: as any verifier where no quorum binds it, else as one who was
    /// drawn and has not left.
    pub awaits_reader: bool,
    /// Whether the reader is among those who found something on it.
    pub found_by_reader: bool,
    /// Whether the reader holds a role in the group of the claimant or of the buyer.
    pub interested: bool,
}

/// Whether someone may read a file or a working: a person of the organisation that owns it, one of an organisation to which
/// it was released, an officer of the buyer, and a verifier outside the groups of the parties, while the claim waits for them or
/// after they decided on it. To everyone else it is as if it did not exist.
pub fn may_read(
    reader: &Actor,
    owner: OrganisationId,
    released_to: &[OrganisationId],
    claims: &[ClaimSight],
) -> bool {
    let mut held = reader.grants().iter().map(|grant| grant.organisation);
    if held.any(|at| at == owner || released_to.contains(&at)) {
        return true;
    }
    let verifies = reader.organisations(Role::Verifier).next().is_some();
    claims.iter().any(|claim| {
        let buys = claim
            .buyer
            .is_some_and(|at| reader.holds(at, Role::Officer));
        let decides =
            verifies && !claim.interested && (claim.awaits_reader || claim.found_by_reader);
        buys || decides
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{id, organisation};
    use super::*;
    use crate::actor::Grant;

    fn reader(n: u128, role: Role) -> Actor {
        let grant = Grant {
            organisation: organisation(n),
            role,
        };
        Actor::person(id(1), vec![grant])
    }

    #[test]
    fn evidence_is_seen_by_its_owner_the_parties_who_decide_and_those_it_was_released_to() {
        let owner = organisation(3);
        let claim = ClaimSight {
            buyer: Some(organisation(2)),
            awaits_reader: true,
            found_by_reader: false,
            interested: false,
        };
        let decided = ClaimSight {
            awaits_reader: false,
            ..claim
        };
        let own = ClaimSight {
            found_by_reader: true,
            ..decided
        };
        let biased = ClaimSight {
            interested: true,
            ..own
        };
        let cases = [
            (reader(3, Role::Supplier), None, true),
            (reader(3, Role::Officer), None, true),
            (reader(5, Role::Officer), None, false),
            (reader(5, Role::Supplier), Some(claim), false),
            (reader(5, Role::Registrar), Some(claim), false),
            (reader(2, Role::Officer), Some(decided), true),
            (reader(2, Role::Evaluator), Some(claim), false),
            (reader(4, Role::Verifier), None, false),
            (reader(4, Role::Verifier), Some(claim), true),
            (reader(4, Role::Verifier), Some(decided), false),
            (reader(4, Role::Verifier), Some(own), true),
            (reader(4, Role::Verifier), Some(biased), false),
            (Actor::public(), Some(claim), false),
        ];
        for (reader, claim, expected) in cases {
            let claims: Vec<ClaimSight> = claim.into_iter().collect();
            assert_eq!(
                may_read(&reader, owner, &[], &claims),
                expected,
                "{reader:?} {claims:?}"
            );
        }
    }

    #[test]
    fn a_release_opens_a_file_to_the_named_organisation_and_to_no_other() {
        let (owner, released) = (organisation(3), [organisation(5)]);
        assert!(may_read(&reader(5, Role::Auditor), owner, &released, &[]));
        assert!(!may_read(&reader(6, Role::Auditor), owner, &released, &[]));
        assert!(!may_read(&Actor::public(), owner, &released, &[]));
    }
}
