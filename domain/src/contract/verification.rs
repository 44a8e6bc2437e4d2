//! Verification: who may decide a claim, and which quantity follows.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claim::Claim;
use super::status::{ClaimStatus, ClaimStep, WrongStatus};
use super::text::{InvalidText, check_line};
use crate::amount::Quantity;
use crate::ids::{OrganisationId, PersonId};
use crate::log::commitment::Salt;
use crate::log::hash::Hash;

/// What one verifier found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Who.
    pub verifier: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// How much of the claim is accepted: more than nothing and at most what was claimed. Of several drawn verifiers each may
    /// accept nothing.
    pub accepted: Quantity,
    /// The method, with the standard named.
    pub method: String,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
    /// What hid the finding until the last of several drawn verifiers had judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<Salt>,
}

/// A claim with what a decision about it needs.
#[derive(Debug, Clone, Copy)]
pub struct ClaimFacts<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// Where it stands.
    pub status: ClaimStatus,
    /// The person who submitted it.
    pub submitted_by: PersonId,
    /// Group of the claimant.
    pub claimant_group: OrganisationId,
    /// Group of the contract's buyer; none outside contracts.
    pub buyer_group: Option<OrganisationId>,
}

/// Why a verifier's decision is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerificationError {
    /// The claim is decided or withdrawn.
    #[error(transparent)]
    Status(#[from] WrongStatus),
    /// Nobody verified.
    #[error("`verifications`: expected at least one")]
    Nobody,
    /// One person twice.
    #[error("`verifications`: person:{0} stands twice: each verifier decides once")]
    Twice(PersonId),
    /// The submitter verifies.
    #[error("`verifier`: person:{0} submitted the claim: whoever submits cannot verify")]
    Submitter(PersonId),
    /// The verifier belongs to a party.
    #[error(
        "`verifier`: person:{verifier} belongs to the {party}'s group: choose a verifier outside it"
    )]
    NotIndependent {
        /// Who.
        verifier: PersonId,
        /// Claimant or buyer.
        party: &'static str,
    },
    /// More than was claimed, nothing, or another unit.
    #[error(
        "`accepted`: {accepted}, expected more than nothing and at most the claimed {claimed}; reject the claim to accept nothing"
    )]
    Accepted {
        /// What was accepted.
        accepted: Quantity,
        /// What was claimed.
        claimed: Quantity,
    },
    /// A text.
    #[error(transparent)]
    Text(#[from] InvalidText),
}

/// The verified quantity of a claim: the lower median of what its verifiers accepted (of two: the lower).
///
/// `groups` gives the groups of all organisations in which a verifier holds a role, whichever they act for.
pub fn decide_verification(
    facts: &ClaimFacts<'_>,
    verifications: &[Verification],
    groups: impl Fn(PersonId) -> Vec<OrganisationId>,
) -> Result<Quantity, VerificationError> {
    facts.status.after(ClaimStep::Verify)?;
    let mut seen = BTreeSet::new();
    for verification in verifications {
        if !seen.insert(verification.verifier) {
            return Err(VerificationError::Twice(verification.verifier));
        }
        check_independent(facts, verification.verifier, &groups)?;
        check_accepted(&facts.claim.quantity, &verification.accepted)?;
        check_line("method", &verification.method, 200)?;
    }
    let accepted = verifications.iter().map(|v| v.accepted.units()).collect();
    let units = lower_median(accepted).ok_or(VerificationError::Nobody)?;
    verifications
        .iter()
        .find(|verification| verification.accepted.units() == units)
        .map(|verification| verification.accepted.clone())
        .ok_or(VerificationError::Nobody)
}

/// Whether a verifier may reject the claim; `groups` as in [`decide_verification`].
pub fn decide_rejection(
    facts: &ClaimFacts<'_>,
    verifier: PersonId,
    groups: impl Fn(PersonId) -> Vec<OrganisationId>,
) -> Result<(), VerificationError> {
    facts.status.after(ClaimStep::Reject)?;
    check_independent(facts, verifier, &groups)
}

/// Why a claimant cannot take a claim back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawalError {
    /// It is decided or withdrawn.
    #[error(transparent)]
    Status(#[from] WrongStatus),
    /// Its verifiers are known.
    #[error(
        "the verifiers of the claim are drawn: nobody may try for others, so tell them to reject it"
    )]
    Drawn,
}

/// Whether the claimant may still take the claim back; `drawn` once its verifiers are known.
pub fn decide_withdrawal(status: ClaimStatus, drawn: bool) -> Result<(), WithdrawalError> {
    status.after(ClaimStep::Withdraw)?;
    if drawn {
        return Err(WithdrawalError::Drawn);
    }
    Ok(())
}

/// Whether somebody did not submit the claim and holds no role in a party's group; `groups` as in [`decide_verification`].
pub fn check_independent(
    facts: &ClaimFacts<'_>,
    verifier: PersonId,
    groups: &impl Fn(PersonId) -> Vec<OrganisationId>,
) -> Result<(), VerificationError> {
    if verifier == facts.submitted_by {
        return Err(VerificationError::Submitter(verifier));
    }
    let groups = groups(verifier);
    let party = if groups.contains(&facts.claimant_group) {
        "claimant"
    } else if facts
        .buyer_group
        .is_some_and(|buyer| groups.contains(&buyer))
    {
        "buyer"
    } else {
        return Ok(());
    };
    Err(VerificationError::NotIndependent { verifier, party })
}

/// Whether a quantity can be accepted of what was claimed: more than nothing, at most all, in its unit.
pub fn check_accepted(claimed: &Quantity, accepted: &Quantity) -> Result<(), VerificationError> {
    let inside = (1..=claimed.units()).contains(&accepted.units());
    if inside && claimed.same_unit(accepted).is_ok() {
        Ok(())
    } else {
        Err(VerificationError::Accepted {
            accepted: accepted.clone(),
            claimed: claimed.clone(),
        })
    }
}

/// The middle value; of an even number the lower of the two in the middle. None where there is no value.
pub(crate) fn lower_median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let middle = values.len().checked_sub(1)?.checked_div(2)?;
    values.get(middle).copied()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ASSURER, BUYER, SUPPLIER, claim, id, measure, organisation};
    use super::*;
    use crate::log::hash::sha256;

    fn accepts(verifier: u128, quantity: &str) -> Verification {
        Verification {
            verifier: id(verifier),
            organisation: organisation(ASSURER),
            accepted: measure().quantity(quantity).unwrap(),
            method: "ISAE 3000, sample of 20 time sheets".into(),
            reason: sha256(b"the sheets agree"),
            salt: None,
        }
    }

    fn decide(
        verifications: &[Verification],
        groups: &[u128],
    ) -> Result<Quantity, VerificationError> {
        let claim = claim(5, "6.0");
        let facts = ClaimFacts {
            claim: &claim,
            status: ClaimStatus::Submitted,
            submitted_by: id(30),
            claimant_group: organisation(SUPPLIER),
            buyer_group: Some(organisation(BUYER)),
        };
        decide_verification(&facts, verifications, |_| {
            groups.iter().map(|n| organisation(*n)).collect()
        })
    }

    #[test]
    fn one_verifier_decides_up_to_what_was_claimed() {
        let verified = decide(&[accepts(40, "5.5")], &[ASSURER]).unwrap();
        assert_eq!(verified.units(), 55);
        for wrong in ["6.1", "0"] {
            let error = decide(&[accepts(40, wrong)], &[ASSURER]).unwrap_err();
            assert!(
                matches!(error, VerificationError::Accepted { .. }),
                "{wrong}"
            );
        }
        assert_eq!(decide(&[], &[]), Err(VerificationError::Nobody));
    }

    #[test]
    fn of_two_the_lower_counts_and_of_three_the_middle() {
        let two = [accepts(40, "6.0"), accepts(41, "4.0")];
        assert_eq!(decide(&two, &[ASSURER]).unwrap().units(), 40);
        let three = [accepts(40, "6.0"), accepts(41, "4.0"), accepts(42, "5.0")];
        assert_eq!(decide(&three, &[ASSURER]).unwrap().units(), 50);
        let twice = [accepts(40, "6.0"), accepts(40, "6.0")];
        assert_eq!(
            decide(&twice, &[ASSURER]),
            Err(VerificationError::Twice(id(40)))
        );
    }

    #[test]
    fn a_verifier_of_a_party_is_refused_whichever_organisation_they_act_for() {
        for (group, party) in [(SUPPLIER, "claimant"), (BUYER, "buyer")] {
            let error = decide(&[accepts(40, "6.0")], &[ASSURER, group]).unwrap_err();
            let verifier = id(40);
            assert_eq!(error, VerificationError::NotIndependent { verifier, party });
        }
        let own = decide(&[accepts(30, "6.0")], &[ASSURER]);
        assert_eq!(own, Err(VerificationError::Submitter(id(30))));
    }
}
