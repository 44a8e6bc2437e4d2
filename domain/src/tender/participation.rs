//! Who does which part of the work: consortium members, subcontractors and theirs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Share;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::OrganisationId;

/// The most organisations that one bid names.
pub const MAX_PARTICIPATIONS: usize = 40;

/// The most levels of a chain: a member, its subcontractor, and the subcontractor's own. It keeps the product of the
/// shares within exact numbers.
pub const MAX_LEVELS: usize = 3;

/// The part of an organisation in a bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Participation {
    /// Who takes part. Each organisation stands once in a bid.
    pub organisation: OrganisationId,
    /// Its share of the contract value, or of the part of the organisation above it.
    pub share: Share,
    /// The organisation whose part it takes a share of; `None` for the bidder and the members of its consortium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<OrganisationId>,
}

/// Why the participations of a bid do not add up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParticipation {
    /// Too many.
    #[error("{0} organisations: name at most {MAX_PARTICIPATIONS}")]
    TooMany(usize),
    /// The bidder is missing.
    #[error("the bidder {0} is missing: name it with its own share and without `under`")]
    BidderMissing(OrganisationId),
    /// An organisation twice.
    #[error("{0} stands twice: name each organisation once")]
    Twice(OrganisationId),
    /// Under an organisation that the bid does not name.
    #[error(
        "{organisation} stands under {under}, which the bid does not name: add it or correct `under`"
    )]
    UnknownParent {
        /// The lower one.
        organisation: OrganisationId,
        /// The one above that is missing.
        under: OrganisationId,
    },
    /// In a circle, or in a chain that is too long.
    #[error("the chain above {0} is a circle or has more than {MAX_LEVELS} levels: shorten it")]
    Chain(OrganisationId),
    /// The members do not make up the whole.
    #[error(
        "the shares of the bidder and its consortium sum to {0} of the whole: they must sum to exactly 1"
    )]
    NotWhole(String),
    /// Subcontractors take more than there is.
    #[error("the shares under {0} sum to more than 1: they may sum to at most 1")]
    Overdrawn(OrganisationId),
}

/// Checks that each organisation stands once, that the members make up exactly the whole, and that every chain ends.
pub fn check(
    participations: &[Participation],
    bidder: OrganisationId,
) -> Result<(), InvalidParticipation> {
    if participations.len() > MAX_PARTICIPATIONS {
        return Err(InvalidParticipation::TooMany(participations.len()));
    }
    let mut parents = BTreeMap::new();
    for part in participations {
        if parents.insert(part.organisation, part.under).is_some() {
            return Err(InvalidParticipation::Twice(part.organisation));
        }
    }
    if parents.get(&bidder) != Some(&None) {
        return Err(InvalidParticipation::BidderMissing(bidder));
    }
    let mut sums: BTreeMap<Option<OrganisationId>, u64> = BTreeMap::new();
    for part in participations {
        check_chain(part, &parents)?;
        let sum = sums.entry(part.under).or_default();
        *sum = sum.saturating_add(u64::from(part.share.millionths()));
    }
    let whole = u64::from(Share::WHOLE.millionths());
    for (under, sum) in sums {
        match under {
            None if sum != whole => {
                return Err(InvalidParticipation::NotWhole(format!("{sum} millionths")));
            }
            Some(above) if sum > whole => return Err(InvalidParticipation::Overdrawn(above)),
            _ => {}
        }
    }
    Ok(())
}

fn check_chain(
    part: &Participation,
    parents: &BTreeMap<OrganisationId, Option<OrganisationId>>,
) -> Result<(), InvalidParticipation> {
    let mut at = part.organisation;
    for _ in 0..MAX_LEVELS {
        match parents.get(&at) {
            Some(None) => return Ok(()),
            Some(Some(above)) => {
                if !parents.contains_key(above) {
                    return Err(InvalidParticipation::UnknownParent {
                        organisation: at,
                        under: *above,
                    });
                }
                at = *above;
            }
            None => break,
        }
    }
    Err(InvalidParticipation::Chain(part.organisation))
}

/// The exact part of the contract value that each organisation does itself: its share times the shares above it, less
/// what those under it do. The parts of checked participations sum to exactly 1.
pub fn own_parts(
    participations: &[Participation],
) -> Result<Vec<(OrganisationId, Fraction)>, ArithmeticError> {
    let by_organisation: BTreeMap<_, _> = participations
        .iter()
        .map(|part| (part.organisation, part))
        .collect();
    participations
        .iter()
        .map(|part| {
            let passed_on = participations
                .iter()
                .filter(|lower| lower.under == Some(part.organisation))
                .try_fold(Fraction::ZERO, |sum, lower| {
                    sum.plus(lower.share.fraction()?)
                })?;
            let mut own = Fraction::ONE
                .minus(passed_on)?
                .times(part.share.fraction()?)?;
            let mut above = part.under;
            for _ in 1..MAX_LEVELS {
                let Some(upper) = above.and_then(|id| by_organisation.get(&id)) else {
                    break;
                };
                own = own.times(upper.share.fraction()?)?;
                above = upper.under;
            }
            Ok((part.organisation, own))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn org(n: u128) -> OrganisationId {
        OrganisationId::from_uuid(Uuid::from_u128(n))
    }

    fn part(n: u128, share: &str, under: Option<u128>) -> Participation {
        Participation {
            organisation: org(n),
            share: share.parse().unwrap(),
            under: under.map(org),
        }
    }

    #[test]
    fn shares_of_a_chain_are_multiplied_and_what_is_passed_on_is_taken_off() {
        let parts = [
            part(1, "1", None),
            part(2, "0.4", Some(1)),
            part(3, "0.5", Some(2)),
        ];
        check(&parts, org(1)).unwrap();
        let own = own_parts(&parts).unwrap();
        let f = |n, d| Fraction::new(n, d).unwrap();
        assert_eq!(
            own,
            [(org(1), f(3, 5)), (org(2), f(1, 5)), (org(3), f(1, 5))]
        );
    }

    #[test]
    fn members_must_make_up_exactly_the_whole() {
        let parts = [part(1, "0.6", None), part(2, "0.3", None)];
        assert!(matches!(
            check(&parts, org(1)),
            Err(InvalidParticipation::NotWhole(_))
        ));
        let parts = [part(1, "0.6", None), part(2, "0.4", None)];
        assert_eq!(check(&parts, org(1)), Ok(()));
    }

    #[test]
    fn circles_strangers_and_long_chains_are_refused() {
        let circle = [
            part(1, "1", None),
            part(2, "0.5", Some(3)),
            part(3, "0.5", Some(2)),
        ];
        assert_eq!(
            check(&circle, org(1)),
            Err(InvalidParticipation::Chain(org(2)))
        );
        let stranger = [part(1, "1", None), part(2, "0.5", Some(9))];
        assert!(matches!(
            check(&stranger, org(1)),
            Err(InvalidParticipation::UnknownParent { .. })
        ));
        let long: Vec<_> = (1..=4)
            .map(|n| part(n, "1", n.checked_sub(1).filter(|above| *above > 0)))
            .collect();
        assert_eq!(
            check(&long, org(1)),
            Err(InvalidParticipation::Chain(org(4)))
        );
        assert_eq!(check(&long[..3], org(1)), Ok(()));
    }

    #[test]
    fn the_bidder_stands_at_the_top_and_nobody_twice() {
        let without = [part(2, "1", None)];
        assert!(matches!(
            check(&without, org(1)),
            Err(InvalidParticipation::BidderMissing(_))
        ));
        let twice = [part(1, "0.5", None), part(1, "0.5", None)];
        assert_eq!(
            check(&twice, org(1)),
            Err(InvalidParticipation::Twice(org(1)))
        );
        let overdrawn = [
            part(1, "1", None),
            part(2, "0.7", Some(1)),
            part(3, "0.7", Some(1)),
        ];
        assert_eq!(
            check(&overdrawn, org(1)),
            Err(InvalidParticipation::Overdrawn(org(1)))
        );
    }

    proptest! {
        #[test]
        fn own_parts_sum_to_the_whole(a in 0_u32..=1_000_000, b in 0_u32..=1_000_000, c in 0_u32..=1_000_000) {
            let share = |n| Share::from_millionths(n).unwrap().to_string();
            let parts = [
                part(1, &share(a), None), part(2, &share(1_000_000_u32.saturating_sub(a)), None),
                part(3, &share(b), Some(1)), part(4, &share(c), Some(3)),
            ];
            check(&parts, org(1)).unwrap();
            let sum = own_parts(&parts).unwrap().into_iter()
                .try_fold(Fraction::ZERO, |sum, (_, own)| sum.plus(own)).unwrap();
            prop_assert_eq!(sum, Fraction::ONE);
        }
    }
}
