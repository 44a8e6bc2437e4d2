//! Small cells: a published figure never describes so few people that they could be recognised.
//!
//! Every public figure about people is a sum of whole claims, so that it is enough that no claim and no verified quantity is
//! about fewer than [`MIN_PEOPLE`], also after a correction or reversal.

use super::claim::Claim;
use super::counting::MIN_PEOPLE;
use crate::amount::Quantity;
use crate::catalogue::{Basis, Measure};
use crate::fraction::{ArithmeticError, Fraction};

/// A verified quantity about too few people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmallCell {
    /// Not nobody, and not enough.
    #[error(
        "`accepted`: {0} would describe fewer than {MIN_PEOPLE} people, who could be recognised: reject the claim, so that it is \
         made for a longer period or a wider place"
    )]
    Few(Quantity),
    /// The same of what a correction or reversal leaves.
    #[error(
        "`verified`: {0} would describe fewer than {MIN_PEOPLE} people, who could be recognised: leave at least {MIN_PEOPLE}, or \
         nothing, so that what was delivered is claimed anew for a longer period or a wider place"
    )]
    FewLeft(Quantity),
    /// Too much.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

/// Whether a verified quantity of a claim may be published. Of a measure that counts people it is their number, times the share.
pub fn check_verified(
    claim: &Claim,
    measure: &Measure,
    verified: &Quantity,
) -> Result<(), SmallCell> {
    if describes_few(claim, measure, verified)? {
        Err(SmallCell::Few(verified.clone()))
    } else {
        Ok(())
    }
}

/// Whether a correction or reversal may leave so much of a claim: nobody, or enough people.
pub fn check_left(claim: &Claim, measure: &Measure, left: &Quantity) -> Result<(), SmallCell> {
    if left.units() != 0 && describes_few(claim, measure, left)? {
        Err(SmallCell::FewLeft(left.clone()))
    } else {
        Ok(())
    }
}

fn describes_few(
    claim: &Claim,
    measure: &Measure,
    quantity: &Quantity,
) -> Result<bool, ArithmeticError> {
    if measure.counting.basis != Some(Basis::People) || claim.share.millionths() == 0 {
        return Ok(false);
    }
    let smallest = 10_i128
        .checked_pow(u32::from(quantity.scale()))
        .ok_or(ArithmeticError::Overflow)?;
    let people = Fraction::new(i128::from(quantity.units()), smallest)?;
    let people = people.over(claim.share.fraction()?)?;
    Ok(people < Fraction::whole(i64::from(MIN_PEOPLE)))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{claim, measure};
    use super::*;

    #[test]
    fn fewer_than_five_verified_people_are_not_published() {
        let mut measure = measure();
        let verified = |text: &str| measure.quantity(text).unwrap();
        let (four, five) = (verified("4.9"), verified("5.0"));
        let mut claim = claim(1, "9.0");
        assert_eq!(check_verified(&claim, &measure, &four), Ok(()), "hours");
        measure.counting.basis = Some(Basis::People);
        let few = SmallCell::Few(four.clone());
        assert_eq!(check_verified(&claim, &measure, &four), Err(few));
        assert_eq!(check_verified(&claim, &measure, &five), Ok(()));
        claim.share = "0.5".parse().unwrap();
        assert_eq!(
            check_verified(&claim, &measure, &four),
            Ok(()),
            "half of an outcome for more than nine"
        );
        measure.counting.basis = Some(Basis::FteYears);
        claim.share = crate::amount::Share::WHOLE;
        assert_eq!(
            check_verified(&claim, &measure, &four),
            Ok(()),
            "years of work are not people"
        );
    }

    #[test]
    fn a_correction_leaves_nobody_or_enough_people() {
        let mut measure = measure();
        measure.counting.basis = Some(Basis::People);
        let claim = claim(1, "9.0");
        for (left, few) in [("0.0", false), ("0.1", true), ("4.9", true), ("5.0", false)] {
            let left = measure.quantity(left).unwrap();
            let expected = if few {
                Err(SmallCell::FewLeft(left.clone()))
            } else {
                Ok(())
            };
            assert_eq!(check_left(&claim, &measure, &left), expected);
        }
        measure.counting.basis = None;
        let hours = measure.quantity("0.1").unwrap();
        assert_eq!(check_left(&claim, &measure, &hours), Ok(()));
    }
}
