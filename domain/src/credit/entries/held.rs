//! Log entries of holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::hold::{Delivery, Hold, HoldEnd, HoldRequest, decide_hold, decide_release};
use super::super::ledger::movement;
use super::super::posting::{Bucket, Posting};
use super::super::units;
use super::moved::transfer_facts;
use super::{HOLDER_ROLES, batch_and_class, post};
use crate::actor::Role;
use crate::contract::entries::{ALLOWED, acted_for};
use crate::ids::{BatchId, HoldId, OrganisationId};
use crate::log::entry::{EntryBody, Header};
use crate::log::schema;
use crate::log::state::{Finding, State};
use crate::time::Time;

/// `credits.held`: units were bound to a trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsHeld {
    /// The hold.
    pub hold: HoldId,
    /// The batch.
    pub batch: BatchId,
    /// Whose units.
    pub holder: OrganisationId,
    /// For whom they are held; none when that is still open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<OrganisationId>,
    /// How many smallest units.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
    /// From when on nobody can deliver them.
    pub expires_at: Time,
}

impl CreditsHeld {
    /// The hold that it opens.
    pub fn opened(&self) -> Hold {
        Hold {
            id: self.hold,
            batch: self.batch,
            holder: self.holder,
            to: self.to,
            units: self.units,
            expires_at: self.expires_at,
        }
    }
}

impl EntryBody for CreditsHeld {
    fn postings(&self) -> Vec<Posting> {
        let whose = |bucket| (Some(self.holder), bucket);
        movement(
            self.batch,
            whose(Bucket::Available),
            whose(Bucket::Held),
            self.units,
        )
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        acted_for(header, self.holder, HOLDER_ROLES)?;
        if let Some(to) = self.to {
            state.organisations.expect(to, header)?;
        }
        if !state.credits.is_new_hold(self.hold) {
            return Err(header.finding("hold", "a new id", self.hold));
        }
        let (batch, class) = batch_and_class(self.batch, header, state)?;
        let available = state.credits.ledger().available(self.batch, self.holder);
        let (challenges, organisations) = (&state.challenges, &state.organisations);
        let blocks = state
            .credits
            .blocks(batch, self.holder, challenges, organisations, header.at);
        decide_hold(&self.opened(), class, (available, blocks), header.at)
            .map_err(|error| header.finding("hold", ALLOWED, error))?;
        post(self, header, state)?;
        state.credits.open_hold(self.opened());
        state.tally.recomputed("holds");
        Ok(())
    }
}

/// `credits.released`: a hold ended. What was delivered and what went back is what was held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsReleased {
    /// The hold.
    pub hold: HoldId,
    /// The batch.
    pub batch: BatchId,
    /// Whose units.
    pub holder: OrganisationId,
    /// How it ended.
    pub end: HoldEnd,
    /// What was delivered, and to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Delivery>,
    /// Units that the holder may use again.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub returned_units: i64,
}

impl EntryBody for CreditsReleased {
    fn postings(&self) -> Vec<Posting> {
        let held = (Some(self.holder), Bucket::Held);
        let returned = (Some(self.holder), self.returned_units);
        let delivered = self
            .delivered
            .as_ref()
            .map(|done| (Some(done.to), done.units));
        let places = delivered.into_iter().chain([returned]);
        places
            .filter(|(_, units)| *units != 0)
            .flat_map(|(to, units)| movement(self.batch, held, (to, Bucket::Available), units))
            .collect()
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let open = "an open hold: a hold ends once";
        let found = state.credits.hold(self.hold);
        let hold = *found.ok_or_else(|| header.finding("hold", open, self.hold))?;
        let whose = hold.to.unwrap_or(hold.holder);
        let request = match (self.end, &self.delivered) {
            (HoldEnd::Delivered, Some(delivery)) => {
                acted_for(header, hold.holder, HOLDER_ROLES)?;
                state.organisations.expect(delivery.to, header)?;
                let of = batch_and_class(hold.batch, header, state)?;
                let facts = transfer_facts(delivery.trade(&hold), of, state, header.at);
                HoldRequest::Deliver(delivery.clone(), facts)
            }
            (HoldEnd::GivenUp, None) => {
                let by = acted_for(header, whose, HOLDER_ROLES)?.organisation;
                HoldRequest::GiveUp(by)
            }
            (HoldEnd::Expired, None) => {
                if header.actor(Role::Registrar).is_err() {
                    acted_for(header, hold.holder, HOLDER_ROLES)
                        .or_else(|_| acted_for(header, whose, HOLDER_ROLES))?;
                }
                HoldRequest::Expire
            }
            (end, _) => {
                let expected = "a delivery exactly where the hold was delivered";
                return Err(header.finding("hold", expected, end.as_str()));
            }
        };
        let (_, class) = batch_and_class(hold.batch, header, state)?;
        let expected = decide_release(&hold, class, request, header.at)
            .map_err(|error| header.finding("hold", ALLOWED, error))?;
        if expected != *self {
            let expected = format!("{} units back", expected.returned_units);
            let found = format!("{} of {} back", self.returned_units, self.holder);
            return Err(header.finding("hold", expected, found));
        }
        post(self, header, state)?;
        state.credits.end_hold(self.hold);
        state.tally.recomputed("ends of holds");
        Ok(())
    }
}
