//! What may happen to issued units: transfer, retirement and cancellation.

use super::class::Class;
use super::entries::{CreditsCancelled, CreditsRetired, CreditsTransferred, TransferReason};
use super::retirement::{Retirement, RetirementReason, certificate_number};
use super::serials::SerialsError;
use super::state::Batch;
use crate::ids::{ClassId, OrganisationId, RetirementId};
use crate::log::hash::Hash;
use crate::place::Place;
use crate::time::{Date, Period};

/// Why units do not move.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MovementError {
    /// Nothing asked.
    #[error("`units`: {0}, expected more than zero")]
    Units(i64),
    /// More than the holder may use.
    #[error(
        "`units`: {asked} asked, but only {available} are available: ask for fewer, or wait until held units are released"
    )]
    Insufficient {
        /// What the holder may use.
        available: i64,
        /// What was asked.
        asked: i64,
    },
    /// Units of this class stay where they are.
    #[error(
        "`batch`: credits of the class {0} are not transferable: they can be retired by their holder"
    )]
    NotTransferable(ClassId),
    /// From one account to itself.
    #[error("`to`: {0} already holds these units: name another organisation")]
    SameHolder(OrganisationId),
    /// Called a move within the group although it leaves it.
    #[error("`reason`: sender and receiver belong to different groups: name `sale` or `gift`")]
    NotOneGroup,
    /// The receiver would hold too much of the class.
    #[error(
        "`units`: the receiver's group holds {holds} units of the class; {asked} more would pass the limit of {limit}"
    )]
    HoldingLimit {
        /// The class's limit.
        limit: i64,
        /// What the receiver's group holds.
        holds: i64,
        /// What was asked.
        asked: i64,
    },
    /// A claim for a time before the outcome.
    #[error(
        "`period`: it ends on {ends}, but the outcome was delivered from {delivered} on: name a later period"
    )]
    TooEarly {
        /// First day after the period.
        ends: Date,
        /// First day of the claim.
        delivered: Date,
    },
    /// The batch's serials do not cover it: its balances and its serials disagree.
    #[error(transparent)]
    Serials(#[from] SerialsError),
}

/// What the decision about a transfer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferFacts {
    /// Units of the batch that the sender may use.
    pub available: i64,
    /// Units of the class, available and held, in all accounts of the receiver's group.
    pub receiver_holds: i64,
    /// Whether sender and receiver belong to one group.
    pub related: bool,
}

/// A retirement as its holder asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetirementRequest {
    /// Id for the retirement, made by the caller.
    pub id: RetirementId,
    /// Whose units.
    pub holder: OrganisationId,
    /// How many smallest units.
    pub units: i64,
    /// See [`Retirement::beneficiary`]. That it is registered is for the caller to check.
    pub beneficiary: OrganisationId,
    /// See [`Retirement::jurisdiction`].
    pub jurisdiction: Place,
    /// See [`Retirement::period`].
    pub period: Period,
    /// See [`Retirement::note`].
    pub note: Option<Hash>,
}

/// Whether a transfer may be made.
pub fn decide_transfer(
    transfer: &CreditsTransferred,
    class: &Class,
    facts: TransferFacts,
) -> Result<(), MovementError> {
    let asked = transfer.units;
    check_available(asked, facts.available)?;
    if transfer.from == transfer.to {
        return Err(MovementError::SameHolder(transfer.to));
    }
    if !class.transferable {
        return Err(MovementError::NotTransferable(class.id));
    }
    if transfer.reason == TransferReason::Group && !facts.related {
        return Err(MovementError::NotOneGroup);
    }
    let holds = facts.receiver_holds;
    match class.holding_limit_units {
        Some(limit) if !facts.related && holds.saturating_add(asked) > limit => {
            Err(MovementError::HoldingLimit {
                limit,
                holds,
                asked,
            })
        }
        _ => Ok(()),
    }
}

/// The retirement that a request leads to: serials from the low end, and the number of its certificate.
pub fn decide_retirement(
    request: RetirementRequest,
    batch: &Batch,
    class: &Class,
    available: i64,
) -> Result<CreditsRetired, MovementError> {
    check_available(request.units, available)?;
    if request.period.to() <= batch.period.from() {
        return Err(MovementError::TooEarly {
            ends: request.period.to(),
            delivered: batch.period.from(),
        });
    }
    let mut serials = batch.serials;
    Ok(CreditsRetired {
        batch: batch.id,
        holder: request.holder,
        retirement: Retirement {
            id: request.id,
            beneficiary: request.beneficiary,
            jurisdiction: request.jurisdiction,
            period: request.period,
            reason: RetirementReason::Voluntary,
            note: request.note,
            serials: serials.take_low(request.units)?,
            certificate: certificate_number(request.id, class.vintage),
        },
    })
}

/// The cancellation of units without a claim: serials from the high end.
pub fn decide_cancellation(
    batch: &Batch,
    holder: OrganisationId,
    units: i64,
    note: Option<Hash>,
    available: i64,
) -> Result<CreditsCancelled, MovementError> {
    check_available(units, available)?;
    let mut serials = batch.serials;
    Ok(CreditsCancelled {
        batch: batch.id,
        holder,
        serials: serials.take_high(units)?,
        note,
    })
}

fn check_available(asked: i64, available: i64) -> Result<(), MovementError> {
    if asked <= 0 {
        Err(MovementError::Units(asked))
    } else if asked > available {
        Err(MovementError::Insufficient { available, asked })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::class::example;
    use super::super::serials::{SerialRange, Serials};
    use super::*;
    use crate::contract::fixtures::{FUND, SUPPLIER, id, organisation, period};

    fn batch() -> Batch {
        Batch {
            id: id(90),
            class: id(80),
            claim: id(5),
            claimant: organisation(SUPPLIER),
            period: period("2026-03-01", "2026-06-01"),
            serials: Serials::resume(25, 5, 2).unwrap(),
        }
    }

    fn transfer(units: i64) -> CreditsTransferred {
        CreditsTransferred {
            batch: id(90),
            from: organisation(SUPPLIER),
            to: organisation(FUND),
            units,
            reason: TransferReason::Sale,
            note: None,
        }
    }

    const FACTS: TransferFacts = TransferFacts {
        available: 18,
        receiver_holds: 0,
        related: false,
    };

    fn request(units: i64) -> RetirementRequest {
        RetirementRequest {
            id: id(95),
            holder: organisation(FUND),
            units,
            beneficiary: organisation(FUND),
            jurisdiction: "KR".into(),
            period: period("2026-01-01", "2027-01-01"),
            note: None,
        }
    }

    #[test]
    fn only_what_is_available_moves() {
        assert_eq!(decide_transfer(&transfer(18), &example(), FACTS), Ok(()));
        let error = decide_transfer(&transfer(19), &example(), FACTS).unwrap_err();
        let (available, asked) = (18, 19);
        assert_eq!(error, MovementError::Insufficient { available, asked });
        for units in [0, -1, i64::MIN] {
            let error = decide_transfer(&transfer(units), &example(), FACTS);
            assert_eq!(error, Err(MovementError::Units(units)));
        }
    }

    #[test]
    fn untransferable_units_stay() {
        let mut class = example();
        class.transferable = false;
        let error = decide_transfer(&transfer(1), &class, FACTS);
        assert_eq!(error, Err(MovementError::NotTransferable(class.id)));
        assert!(decide_retirement(request(1), &batch(), &class, 18).is_ok());
    }

    #[test]
    fn a_transfer_to_oneself_is_refused() {
        let mut own = transfer(1);
        own.to = own.from;
        let error = decide_transfer(&own, &example(), FACTS);
        assert_eq!(error, Err(MovementError::SameHolder(own.to)));
        let mut group = transfer(1);
        group.reason = TransferReason::Group;
        let error = decide_transfer(&group, &example(), FACTS);
        assert_eq!(error, Err(MovementError::NotOneGroup));
    }

    #[test]
    fn a_group_holds_at_most_the_limit_of_the_class() {
        let mut class = example();
        class.holding_limit_units = Some(10);
        let mut facts = FACTS;
        facts.receiver_holds = 6;
        assert_eq!(decide_transfer(&transfer(4), &class, facts), Ok(()));
        let error = decide_transfer(&transfer(5), &class, facts).unwrap_err();
        let (limit, holds, asked) = (10, 6, 5);
        assert_eq!(
            error,
            MovementError::HoldingLimit {
                limit,
                holds,
                asked
            }
        );
        facts.related = true;
        let within = decide_transfer(&transfer(5), &class, facts);
        assert_eq!(within, Ok(()), "the group holds no more than before");
    }

    #[test]
    fn retirements_take_the_low_end_and_cancellations_the_high_end() {
        let retired = decide_retirement(request(4), &batch(), &example(), 18).unwrap();
        assert_eq!(retired.retirement.serials, SerialRange::new(5, 9).unwrap());
        let cancelled = decide_cancellation(&batch(), organisation(FUND), 3, None, 18).unwrap();
        assert_eq!(cancelled.serials, SerialRange::new(20, 23).unwrap());
    }

    #[test]
    fn serials_and_balances_that_disagree_are_refused() {
        let error = decide_retirement(request(19), &batch(), &example(), 19);
        assert!(matches!(error, Err(MovementError::Serials(_))));
    }

    #[test]
    fn an_outcome_cannot_be_claimed_for_a_time_before_it() {
        let mut early = request(1);
        early.period = period("2025-01-01", "2026-03-01");
        let error = decide_retirement(early, &batch(), &example(), 18);
        assert!(matches!(error, Err(MovementError::TooEarly { .. })));
    }
}
