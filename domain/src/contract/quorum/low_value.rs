//! The route of claims below a published quantity: the buyer alone confirms, and chance sends some to the verifiers.

use super::Quorum;
use crate::amount::Quantity;
use crate::contract::status::{ClaimStatus, WrongStatus};
use crate::contract::text::check_line;
use crate::contract::verification::{ClaimFacts, Verification, VerificationError, check_accepted};
use crate::ids::{OrganisationId, PersonId};

/// What a confirmation depends on beside the claim.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmationFacts<'a> {
    /// The claim with its parties.
    pub claim: ClaimFacts<'a>,
    /// The buyer of the claim's contract; none outside contracts.
    pub buyer: Option<OrganisationId>,
    /// Whether its verifiers were drawn, or it was confirmed.
    pub drawn: bool,
    /// Smallest units of the claims under the same KPI that the buyer has confirmed alone.
    pub confirmed_units: i64,
}

/// Why a confirmation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmationError {
    /// The claim waits for nobody, or for its verifiers.
    #[error(transparent)]
    Status(#[from] WrongStatus),
    /// Its verifiers were drawn.
    #[error("the verifiers of the claim were drawn: they judge it")]
    Drawn,
    /// No contract.
    #[error("no buyer stands behind a claim outside contracts: it needs its verifiers")]
    NoBuyer,
    /// The measure has no low value.
    #[error("the registry published no low value for the claim's measure: it needs its verifiers")]
    NoLowValue,
    /// Too much.
    #[error(
        "with {confirmed} confirmed before it under its KPI the claim does not stay below {below}: it needs its verifiers"
    )]
    TooMuch {
        /// What the buyer has confirmed alone.
        confirmed: String,
        /// The published quantity.
        below: Quantity,
    },
    /// One person or one group, more than was claimed, or a text.
    #[error(transparent)]
    Finding(#[from] VerificationError),
}

/// Whether a buyer's officer may confirm a claim alone. All that was claimed under a KPI and confirmed so stays below the
/// published quantity: cutting a claim into small ones gains nothing. `groups` as in [`decide_verification`]; nobody with a
/// role in the claimant's group confirms, and so no buyer of that group.
///
/// [`decide_verification`]: crate::contract::verification::decide_verification
pub fn decide_confirmation(
    quorum: &Quorum,
    facts: &ConfirmationFacts<'_>,
    finding: &Verification,
    groups: impl Fn(PersonId) -> Vec<OrganisationId>,
) -> Result<(), ConfirmationError> {
    let claim = facts.claim.claim;
    if facts.claim.status != ClaimStatus::Submitted {
        facts
            .claim
            .status
            .after(crate::contract::status::ClaimStep::Verify)?;
        return Err(ConfirmationError::Drawn);
    }
    if facts.drawn {
        return Err(ConfirmationError::Drawn);
    }
    if facts
        .buyer
        .is_none_or(|buyer| buyer != finding.organisation)
    {
        return Err(ConfirmationError::NoBuyer);
    }
    let low = quorum.low_value.iter();
    let low = low
        .filter(|low| low.measure == claim.measure)
        .find(|low| low.below.same_unit(&claim.quantity).is_ok())
        .ok_or(ConfirmationError::NoLowValue)?;
    let sum = facts.confirmed_units.saturating_add(claim.quantity.units());
    if sum >= low.below.units() {
        let confirmed = low.below.with_units(facts.confirmed_units);
        return Err(ConfirmationError::TooMuch {
            confirmed: confirmed.map_or_else(|_| "more".to_owned(), |quantity| quantity.text()),
            below: low.below.clone(),
        });
    }
    let verifier = finding.verifier;
    if verifier == facts.claim.submitted_by {
        return Err(VerificationError::Submitter(verifier).into());
    }
    if groups(verifier).contains(&facts.claim.claimant_group) {
        let party = "claimant";
        return Err(VerificationError::NotIndependent { verifier, party }.into());
    }
    check_accepted(&claim.quantity, &finding.accepted)?;
    check_line("method", &finding.method, 200).map_err(VerificationError::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::*;
    use super::super::LowValue;
    use super::super::tests::quorum;
    use super::*;
    use crate::log::hash::sha256;

    fn decide(
        hours: &str,
        confirmed_units: i64,
        change: impl FnOnce(&mut ConfirmationFacts<'_>, &mut Verification),
    ) -> Result<(), ConfirmationError> {
        decide_with(&[BUYER], hours, confirmed_units, change)
    }

    /// With an officer who holds roles in some groups.
    fn decide_with(
        groups: &[u128],
        hours: &str,
        confirmed_units: i64,
        change: impl FnOnce(&mut ConfirmationFacts<'_>, &mut Verification),
    ) -> Result<(), ConfirmationError> {
        let mut quorum = quorum(2, 2);
        quorum.low_value = vec![LowValue {
            measure: measure_ref(),
            below: measure().quantity("4.0").unwrap(),
        }];
        let claim = claim_under(5, 101, hours);
        let mut facts = ConfirmationFacts {
            claim: ClaimFacts {
                claim: &claim,
                status: ClaimStatus::Submitted,
                submitted_by: id(30),
                claimant_group: organisation(SUPPLIER),
                buyer_group: Some(organisation(BUYER)),
            },
            buyer: Some(organisation(BUYER)),
            drawn: false,
            confirmed_units,
        };
        let mut finding = Verification {
            verifier: id(31),
            organisation: organisation(BUYER),
            accepted: measure().quantity(hours).unwrap(),
            method: "seen on site".into(),
            reason: sha256(b"there"),
            salt: None,
        };
        change(&mut facts, &mut finding);
        decide_confirmation(&quorum, &facts, &finding, |_| {
            groups.iter().map(|n| organisation(*n)).collect()
        })
    }

    #[test]
    fn all_that_a_buyer_confirms_alone_stays_below_the_published_quantity() {
        assert_eq!(decide("3.9", 0, |_, _| ()), Ok(()));
        let too_much = |done| matches!(done, Err(ConfirmationError::TooMuch { .. }));
        assert!(too_much(decide("4.0", 0, |_, _| ())));
        assert_eq!(decide("1.0", 29, |_, _| ()), Ok(()));
        assert!(too_much(decide("1.0", 30, |_, _| ())));
        assert!(too_much(decide("1.0", i64::MAX, |_, _| ())));
    }

    #[test]
    fn only_the_buyer_confirms_neither_its_own_group_nor_more_than_claimed() {
        let other = decide("1.0", 0, |_, finding| {
            finding.organisation = organisation(FUND);
        });
        assert_eq!(other, Err(ConfirmationError::NoBuyer));
        let outside = decide("1.0", 0, |facts, _| facts.buyer = None);
        assert_eq!(outside, Err(ConfirmationError::NoBuyer));
        let own = decide_with(&[BUYER, SUPPLIER], "1.0", 0, |_, _| ());
        let party = "claimant";
        let verifier = id(31);
        let dependent = VerificationError::NotIndependent { verifier, party };
        assert_eq!(own, Err(ConfirmationError::Finding(dependent)));
        let submitter = decide("1.0", 0, |facts, _| facts.claim.submitted_by = id(31));
        assert!(matches!(submitter, Err(ConfirmationError::Finding(_))));
        let more = decide("1.0", 0, |_, finding| {
            finding.accepted = measure().quantity("1.1").unwrap();
        });
        assert!(matches!(more, Err(ConfirmationError::Finding(_))));
        let drawn = decide("1.0", 0, |facts, _| facts.drawn = true);
        assert_eq!(drawn, Err(ConfirmationError::Drawn));
        let late = decide("1.0", 0, |facts, _| {
            facts.claim.status = ClaimStatus::Verified;
        });
        assert!(matches!(late, Err(ConfirmationError::Status(_))));
    }
}
