//! Holds: units bound to a trade until it is settled, given up or expired. A hold ends once, in an entry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::entries::{CreditsReleased, TransferReason};
use super::movement::{
    Blocks, MovementError, Trade, TransferFacts, check_available, decide_transfer,
};
use super::units;
use crate::ids::{BatchId, HoldId, OrganisationId};
use crate::log::schema;
use crate::time::Time;

/// The longest time for which units may be held: 90 days in microseconds.
pub const MAX_HOLD_MICROS: i64 = 90 * 86_400_000_000;

/// Units bound to a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The hold.
    pub id: HoldId,
    /// The batch.
    pub batch: BatchId,
    /// Whose units.
    pub holder: OrganisationId,
    /// For whom they are held; none when that is still open.
    pub to: Option<OrganisationId>,
    /// How many smallest units.
    pub units: i64,
    /// From when on nobody can deliver them.
    pub expires_at: Time,
}

/// How a hold ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HoldEnd {
    /// Units were delivered; what was not delivered is the holder's again.
    Delivered,
    /// Whoever they were held for gave them up, or the holder where nobody was named.
    GivenUp,
    /// Its time is over.
    Expired,
}

impl HoldEnd {
    /// The word for the end.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
            Self::Expired => "expired",
        }
    }
}

/// What is delivered of a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Who gets the units.
    pub to: OrganisationId,
    /// How many smallest units.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
    /// Why.
    pub reason: TransferReason,
    /// The procurement in which a public body buys them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procurement_reference: Option<String>,
}

impl Delivery {
    /// The trade that the delivery makes.
    pub fn trade(&self, hold: &Hold) -> Trade<'_> {
        Trade {
            batch: hold.batch,
            from: hold.holder,
            to: self.to,
            units: self.units,
            reason: self.reason,
            procurement_reference: self.procurement_reference.as_deref(),
        }
    }
}

/// Why a hold is not made or does not end so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// Units that may not move.
    #[error(transparent)]
    Movement(#[from] MovementError),
    /// An end in the past or too far away.
    #[error("`expires_at`: {0}, expected a time within 90 days from now")]
    Expiry(Time),
    /// Nothing to end: it never was, or it ended before.
    #[error("`hold`: hold:{0} is no open hold: a hold ends once")]
    NotOpen(HoldId),
    /// Over.
    #[error("`hold`: it expired at {0}: let it expire, and hold again")]
    Expired(Time),
    /// Not over yet.
    #[error("`hold`: it expires at {0}, which has not come")]
    NotExpired(Time),
    /// Held for someone else.
    #[error("`to`: the units are held for organisation:{0}")]
    HeldForAnother(OrganisationId),
    /// Somebody else's to give up.
    #[error("`hold`: organisation:{0} gives it up, for whom the units are held")]
    NotYours(OrganisationId),
}

/// Whether units may be held.
pub fn decide_hold(
    hold: &Hold,
    class: &Class,
    (available, blocks): (i64, Blocks),
    at: Time,
) -> Result<(), HoldError> {
    check_available(hold.units, available)?;
    if !class.transferable {
        return Err(MovementError::NotTransferable(class.id).into());
    }
    if let Some(to) = hold.to.filter(|to| *to == hold.holder) {
        return Err(MovementError::SameHolder(to).into());
    }
    blocks.check_trade(hold.batch)?;
    let latest = at.plus_micros(MAX_HOLD_MICROS);
    if at < hold.expires_at && hold.expires_at <= latest {
        Ok(())
    } else {
        Err(HoldError::Expiry(hold.expires_at))
    }
}

/// How somebody wants a hold to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldRequest {
    /// The holder delivers; the facts are those of the transfer that it makes.
    Deliver(Delivery, TransferFacts),
    /// An organisation gives it up.
    GiveUp(OrganisationId),
    /// Its time is over.
    Expire,
}

/// How the hold ends.
pub fn decide_release(
    hold: &Hold,
    class: &Class,
    request: HoldRequest,
    at: Time,
) -> Result<CreditsReleased, HoldError> {
    let over = at >= hold.expires_at;
    let expires = matches!(request, HoldRequest::Expire);
    match (over, expires) {
        (true, false) => return Err(HoldError::Expired(hold.expires_at)),
        (false, true) => return Err(HoldError::NotExpired(hold.expires_at)),
        _ => {}
    }
    let (end, delivered) = match request {
        HoldRequest::Expire => (HoldEnd::Expired, None),
        HoldRequest::GiveUp(by) => {
            let whose = hold.to.unwrap_or(hold.holder);
            if by != whose {
                return Err(HoldError::NotYours(whose));
            }
            (HoldEnd::GivenUp, None)
        }
        HoldRequest::Deliver(delivery, facts) => {
            if let Some(to) = hold.to.filter(|to| *to != delivery.to) {
                return Err(HoldError::HeldForAnother(to));
            }
            let from_hold = TransferFacts {
                available: hold.units,
                ..facts
            };
            decide_transfer(delivery.trade(hold), class, from_hold)?;
            (HoldEnd::Delivered, Some(delivery))
        }
    };
    let units = delivered.as_ref().map_or(0, |delivery| delivery.units);
    Ok(CreditsReleased {
        hold: hold.id,
        batch: hold.batch,
        holder: hold.holder,
        end,
        delivered,
        returned_units: hold.units.saturating_sub(units),
    })
}

#[cfg(test)]
mod tests {
    use super::super::class::example;
    use super::*;
    use crate::contract::fixtures::{BUYER, FUND, SUPPLIER, id, organisation};

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn now() -> Time {
        at("2026-07-01T00:00:00Z")
    }

    fn hold(units: i64) -> Hold {
        Hold {
            id: id(70),
            batch: id(90),
            holder: organisation(SUPPLIER),
            to: Some(organisation(FUND)),
            units,
            expires_at: at("2026-07-08T00:00:00Z"),
        }
    }

    fn deliver(units: i64) -> HoldRequest {
        let delivery = Delivery {
            to: organisation(FUND),
            units,
            reason: TransferReason::Sale,
            procurement_reference: None,
        };
        let facts = TransferFacts {
            available: 0,
            receiver_holds: 0,
            related: false,
            receiver_public: false,
            blocks: Blocks::default(),
        };
        HoldRequest::Deliver(delivery, facts)
    }

    fn end(request: HoldRequest, at: Time) -> Result<CreditsReleased, HoldError> {
        decide_release(&hold(10), &example(), request, at)
    }

    #[test]
    fn only_available_units_are_held_and_for_90_days_at_most() {
        let free = (18, Blocks::default());
        assert_eq!(decide_hold(&hold(18), &example(), free, now()), Ok(()));
        let short = decide_hold(&hold(19), &example(), free, now());
        assert!(matches!(
            short,
            Err(HoldError::Movement(MovementError::Insufficient { .. }))
        ));
        for wrong in ["2026-07-01T00:00:00Z", "2026-09-29T00:00:01Z"] {
            let mut wrong_end = hold(1);
            wrong_end.expires_at = at(wrong);
            let refused = decide_hold(&wrong_end, &example(), free, now());
            assert_eq!(refused, Err(HoldError::Expiry(at(wrong))));
        }
        let mut own = hold(1);
        own.to = Some(own.holder);
        let refused = decide_hold(&own, &example(), free, now());
        assert!(matches!(
            refused,
            Err(HoldError::Movement(MovementError::SameHolder(_)))
        ));
    }

    #[test]
    fn what_is_delivered_and_what_is_returned_is_what_was_held() {
        for units in [1, 4, 10] {
            let ended = end(deliver(units), now()).unwrap();
            assert_eq!(ended.end, HoldEnd::Delivered);
            assert_eq!(ended.delivered.unwrap().units, units);
            assert_eq!(ended.returned_units, 10 - units);
        }
        for units in [0, 11, i64::MAX] {
            assert!(matches!(
                end(deliver(units), now()),
                Err(HoldError::Movement(_))
            ));
        }
    }

    #[test]
    fn whoever_the_units_are_held_for_gives_them_up() {
        let theirs = end(HoldRequest::GiveUp(organisation(FUND)), now()).unwrap();
        assert_eq!((theirs.end, theirs.returned_units), (HoldEnd::GivenUp, 10));
        let holder = end(HoldRequest::GiveUp(organisation(SUPPLIER)), now());
        assert_eq!(holder, Err(HoldError::NotYours(organisation(FUND))));
        let mut open = hold(10);
        open.to = None;
        let request = HoldRequest::GiveUp(organisation(SUPPLIER));
        assert!(decide_release(&open, &example(), request, now()).is_ok());
    }

    #[test]
    fn units_held_for_one_are_not_delivered_to_another() {
        let HoldRequest::Deliver(mut delivery, facts) = deliver(1) else {
            unreachable!()
        };
        delivery.to = organisation(BUYER);
        let refused = end(HoldRequest::Deliver(delivery, facts), now());
        assert_eq!(refused, Err(HoldError::HeldForAnother(organisation(FUND))));
    }

    #[test]
    fn a_hold_is_delivered_before_its_end_and_expires_after_it() {
        let last = hold(10).expires_at;
        let before = last.plus_micros(-1);
        assert!(end(deliver(1), before).is_ok());
        assert_eq!(end(deliver(1), last), Err(HoldError::Expired(last)));
        assert_eq!(
            end(HoldRequest::Expire, before),
            Err(HoldError::NotExpired(last))
        );
        let expired = end(HoldRequest::Expire, last).unwrap();
        assert_eq!(
            (expired.end, expired.returned_units),
            (HoldEnd::Expired, 10)
        );
    }
}
