//! What may happen to issued units: transfer, retirement and cancellation.

use super::class::Class;
use super::entries::{CreditsCancelled, CreditsRetired, TransferReason};
use super::retirement::{Retirement, RetirementReason, certificate_number};
use super::serials::SerialsError;
use super::state::Batch;
use crate::contract::text::{InvalidText, check_line};
use crate::ids::{BatchId, ClassId, KpiId, LiabilityId, OrganisationId, RetirementId};
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
        "`batch`: credits of class:{0} are not transferable: they can be retired by their holder"
    )]
    NotTransferable(ClassId),
    /// From one account to itself.
    #[error("`to`: organisation:{0} already holds these units: name another organisation")]
    SameHolder(OrganisationId),
    /// Called a move within the group although it leaves it.
    #[error("`reason`: sender and receiver belong to different groups: name `sale` or `gift`")]
    NotOneGroup,
    /// A sale to oneself under another name: it would make a price and a demand that are not there.
    #[error("`reason`: sender and receiver belong to one group: name `group`")]
    OneGroup,
    /// A public body buys like a public body.
    #[error(
        "`procurement_reference`: the receiver is a public body: name the procurement of this purchase"
    )]
    ProcurementReference,
    /// A text that cannot stand.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Somebody objects to the outcome, with a case.
    #[error(
        "`batch`: a challenge of batch:{0} or of another batch of its KPI has a case: its unsold units stay where they are until the \
         challenge is settled"
    )]
    Frozen(BatchId),
    /// Units are owed.
    #[error(
        "`from`: the holder's group owes the units of liability:{0}: make it good before trading"
    )]
    Liable(LiabilityId),
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

/// What may keep a holder's units where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Blocks {
    /// The holder is of the claimant's group, and a challenge freezes the batch.
    pub frozen: bool,
    /// A liability of the holder's group that was not made good.
    pub liable: Option<LiabilityId>,
}

impl Blocks {
    /// Whether units may leave the holder for good: only what was not sold is frozen.
    pub fn check_frozen(self, batch: BatchId) -> Result<(), MovementError> {
        if self.frozen {
            return Err(MovementError::Frozen(batch));
        }
        Ok(())
    }

    /// Whether the holder may trade them.
    pub fn check_trade(self, batch: BatchId) -> Result<(), MovementError> {
        self.check_frozen(batch)?;
        self.liable
            .map_or(Ok(()), |liability| Err(MovementError::Liable(liability)))
    }
}

/// Units on their way from one holder to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trade<'a> {
    /// The batch.
    pub batch: BatchId,
    /// Who has them.
    pub from: OrganisationId,
    /// Who gets them.
    pub to: OrganisationId,
    /// How many.
    pub units: i64,
    /// Why.
    pub reason: TransferReason,
    /// The procurement in which a public body buys them.
    pub procurement_reference: Option<&'a str>,
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
    /// Whether the receiver is a public body.
    pub receiver_public: bool,
    /// What keeps the sender's units where they are.
    pub blocks: Blocks,
}

/// The longest reference of a procurement.
pub const MAX_REFERENCE: usize = 100;

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
    /// The KPI that is covered; that it may be is decided by [`super::substitution::decide_substitution`].
    pub covers: Option<KpiId>,
}

/// Whether units may change hands.
pub fn decide_transfer(
    trade: Trade<'_>,
    class: &Class,
    facts: TransferFacts,
) -> Result<(), MovementError> {
    let asked = trade.units;
    check_available(asked, facts.available)?;
    if trade.from == trade.to {
        return Err(MovementError::SameHolder(trade.to));
    }
    if !class.transferable {
        return Err(MovementError::NotTransferable(class.id));
    }
    facts.blocks.check_trade(trade.batch)?;
    check_reason(trade, facts)?;
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

fn check_reason(trade: Trade<'_>, facts: TransferFacts) -> Result<(), MovementError> {
    match (trade.reason, facts.related) {
        (TransferReason::Group, false) => return Err(MovementError::NotOneGroup),
        (TransferReason::Sale | TransferReason::Gift, true) => {
            return Err(MovementError::OneGroup);
        }
        _ => {}
    }
    match trade.procurement_reference {
        Some(reference) => Ok(check_line(
            "procurement_reference",
            reference,
            MAX_REFERENCE,
        )?),
        None if trade.reason == TransferReason::Sale && facts.receiver_public => {
            Err(MovementError::ProcurementReference)
        }
        None => Ok(()),
    }
}

/// The retirement that a request leads to: serials from the low end, and the number of its certificate.
pub fn decide_retirement(
    request: RetirementRequest,
    batch: &Batch,
    class: &Class,
    (available, blocks): (i64, Blocks),
) -> Result<CreditsRetired, MovementError> {
    check_available(request.units, available)?;
    blocks.check_frozen(batch.id)?;
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
            reason: match request.covers {
                Some(_) => RetirementReason::Substitution,
                None => RetirementReason::Voluntary,
            },
            kpi: request.covers,
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
    (available, blocks): (i64, Blocks),
) -> Result<CreditsCancelled, MovementError> {
    check_available(units, available)?;
    blocks.check_frozen(batch.id)?;
    let mut serials = batch.serials;
    Ok(CreditsCancelled {
        batch: batch.id,
        holder,
        serials: serials.take_high(units)?,
        note,
    })
}

pub(super) fn check_available(asked: i64, available: i64) -> Result<(), MovementError> {
    if asked <= 0 {
        Err(MovementError::Units(asked))
    } else if asked > available {
        Err(MovementError::Insufficient { available, asked })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
