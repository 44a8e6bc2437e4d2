//! Liabilities: units that were issued, fell, and are in the hands of others. Whoever delivered owes as many of the same
//! measure and place, and neither is issued to nor trades until they are made good.

use super::class::Class;
use super::entries::LiabilityCleared;
use super::movement::{Blocks, MovementError, check_available};
use super::serials::SerialsError;
use super::state::Batch;
use crate::ids::{ClassId, LiabilityId, OrganisationId};

/// Units that are owed to a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liability {
    /// The liability.
    pub id: LiabilityId,
    /// Who owes them.
    pub organisation: OrganisationId,
    /// The class of the units that fell.
    pub class: ClassId,
    /// How many are still owed.
    pub units: i64,
}

/// Why units make nothing good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiabilityError {
    /// Units that are not there.
    #[error(transparent)]
    Movement(#[from] MovementError),
    /// Units of something else.
    #[error("`batch`: its measure or place is another than that of the units owed")]
    AnotherPool,
    /// More than is owed.
    #[error("`units`: {asked} asked, but only {owed} are owed")]
    TooMany {
        /// What was asked.
        asked: i64,
        /// What is owed.
        owed: i64,
    },
    /// Serials and balances disagree.
    #[error(transparent)]
    Serials(#[from] SerialsError),
}

/// Units of whoever owes, bought or delivered, leave for good in the place of those that fell.
pub fn decide_clearance(
    liability: &Liability,
    owed_class: &Class,
    (batch, class): (&Batch, &Class),
    units: i64,
    (available, blocks): (i64, Blocks),
) -> Result<LiabilityCleared, LiabilityError> {
    check_available(units, available)?;
    blocks.check_frozen(batch.id)?;
    if class.pool() != owed_class.pool() {
        return Err(LiabilityError::AnotherPool);
    }
    if units > liability.units {
        return Err(LiabilityError::TooMany {
            asked: units,
            owed: liability.units,
        });
    }
    let mut serials = batch.serials;
    Ok(LiabilityCleared {
        liability: liability.id,
        batch: batch.id,
        holder: liability.organisation,
        serials: serials.take_high(units)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::class::example;
    use super::super::serials::Serials;
    use super::*;
    use crate::contract::fixtures::{FUND, SUPPLIER, id, organisation, period};

    fn clear(
        units: i64,
        available: i64,
        change: fn(&mut Class),
    ) -> Result<LiabilityCleared, LiabilityError> {
        clear_with(units, (available, Blocks::default()), change)
    }

    fn clear_with(
        units: i64,
        free: (i64, Blocks),
        change: fn(&mut Class),
    ) -> Result<LiabilityCleared, LiabilityError> {
        let liability = Liability {
            id: id(75),
            organisation: organisation(SUPPLIER),
            class: id(80),
            units: 10,
        };
        let batch = Batch {
            id: id(90),
            class: id(80),
            claim: id(5),
            claimant: organisation(FUND),
            period: period("2026-03-01", "2026-06-01"),
            serials: Serials::resume(50, 20, 0).unwrap(),
        };
        let mut class = example();
        change(&mut class);
        decide_clearance(&liability, &example(), (&batch, &class), units, free)
    }

    #[test]
    fn a_liability_is_made_good_with_units_of_its_pool() {
        let cleared = clear(10, 30, |_| ()).unwrap();
        assert_eq!((cleared.serials.from(), cleared.serials.to()), (40, 50));
        assert!(
            clear(4, 30, |class| class.vintage = 2027).is_ok(),
            "any vintage"
        );
        let other = clear(4, 30, |class| class.place = "KR-26".into());
        assert_eq!(other, Err(LiabilityError::AnotherPool));
    }

    #[test]
    fn frozen_units_make_nothing_good() {
        let frozen = Blocks {
            frozen: true,
            ..Blocks::default()
        };
        assert_eq!(
            clear_with(4, (30, frozen), |_| ()),
            Err(LiabilityError::Movement(MovementError::Frozen(id(90))))
        );
    }

    #[test]
    fn no_more_than_is_owed_and_no_more_than_is_there() {
        let (asked, owed) = (11, 10);
        assert_eq!(
            clear(11, 30, |_| ()),
            Err(LiabilityError::TooMany { asked, owed })
        );
        assert!(matches!(
            clear(4, 3, |_| ()),
            Err(LiabilityError::Movement(_))
        ));
        assert!(matches!(
            clear(0, 3, |_| ()),
            Err(LiabilityError::Movement(_))
        ));
    }
}
