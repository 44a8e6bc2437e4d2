//! `confirmation.sealed`, `.replaced`, `.withdrawn`, `.opened` and `confirmations.settled`: the named organisations' own
//! word on their shares. Until the opening no entry names a tender or an organisation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::opening::settle;
use crate::actor::Role;
use crate::ids::{SealedId, TenderId};
use crate::log::commitment::{Opening, SealedCommitment, verify_opening};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::tender::confirmation::{ConfirmedShare, tender_of};
use crate::tender::disclosure::BidField;
use crate::tender::register::{Fate, Listed, SealedEntry, SealedKind, check_anonymous};
use crate::tender::state::Tender;
use crate::time::Time;

/// `confirmation.sealed`: an organisation confirmed a share in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationSealed {
    /// Random id.
    pub sealed: SealedId,
    /// What it commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for ConfirmationSealed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let kind = SealedKind::Confirmation;
        let register = &mut state.tenders.sealed;
        register.seal(self.sealed, kind, self.commitment, header)
    }
}

/// `confirmation.replaced`: a confirmation took the place of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationReplaced {
    /// The earlier one.
    pub replaced: SealedId,
    /// Random id of the new one; the entry's subject.
    pub sealed: SealedId,
    /// What the new one commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for ConfirmationReplaced {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let (register, kind) = (&mut state.tenders.sealed, SealedKind::Confirmation);
        let replaced = register.decide(self.replaced, kind, Fate::Replaced, header);
        register.seal(self.sealed, kind, self.commitment, header)?;
        replaced
    }
}

/// `confirmation.withdrawn`: an organisation took its confirmation back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationWithdrawn {
    /// The confirmation.
    pub sealed: SealedId,
    /// When the request arrived.
    pub received_at: Time,
}

impl EntryBody for ConfirmationWithdrawn {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        check_anonymous(header, self.sealed)?;
        let fate = Fate::Withdrawn(self.received_at);
        let register = &mut state.tenders.sealed;
        register.decide(self.sealed, SealedKind::Confirmation, fate, header)?;
        if self.received_at > header.at {
            let expected = format!("at most {}", header.at);
            return Err(header.finding("received_at", expected, self.received_at));
        }
        Ok(())
    }
}

/// `confirmation.opened`: what was in a sealed confirmation, as far as the plan discloses participations. It stands before
/// the first bid that the opening shows, so that nobody chooses among confirmations in the knowledge of the bids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationOpened {
    /// The tender.
    pub tender: TenderId,
    /// The sealed entry.
    pub sealed: SealedId,
    /// When the confirmation arrived.
    pub received_at: Time,
    /// The fields, published or withheld.
    pub opening: Opening,
}

impl EntryBody for ConfirmationOpened {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let sealed = state.tenders.sealed.settle(self.sealed, header)?;
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        check_moment(tender, header)?;
        tender.inputs = header.index;
        self.check_sealed(&sealed, tender, header)?;
        let disclosure = &tender.plan.disclosure;
        let mut fields = self.opening.fields.iter();
        let as_planned = |name: &str| disclosure.publishes_confirmed(name);
        if let Some((name, _)) =
            fields.find(|(name, field)| as_planned(name) != field.value().is_some())
        {
            return Err(header.finding("disclosure", "fields shown as the plan says", name));
        }
        if tender_of(&self.opening) != Ok(self.tender) {
            return Err(header.finding("confirmation", "one of this tender", self.sealed));
        }
        if !disclosure.in_log(BidField::Participations) {
            state.tally.attested("confirmation of a withheld share");
            return named;
        }
        let share = ConfirmedShare::from_opening(&self.opening)
            .map_err(|error| header.finding("confirmation", "one with its fields", error))?;
        if tender.plan.lot(&share.lot).is_none() {
            return Err(header.finding("confirmation", "one for a lot of the plan", share.lot));
        }
        let same = |other: &ConfirmedShare| {
            (other.bidder, &other.lot, other.organisation)
                == (share.bidder, &share.lot, share.organisation)
        };
        if tender.confirmed.iter().any(same) {
            let expected = "one confirmation of an organisation for a bidder and lot";
            return Err(header.finding("confirmation", expected, share.organisation));
        }
        let parties = [share.bidder, share.organisation];
        tender.confirmed.push(share);
        for organisation in parties {
            state.organisations.expect(organisation, header)?;
        }
        state
            .tally
            .recomputed("confirmation against its commitment");
        named
    }
}

impl ConfirmationOpened {
    /// It was sealed for this tender's time, waited, arrived by the deadline, and is what was committed to.
    fn check_sealed(
        &self,
        sealed: &SealedEntry,
        tender: &Tender,
        header: &Header,
    ) -> Result<(), Finding> {
        let waits = sealed.kind == SealedKind::Confirmation && sealed.fate == Fate::Waiting;
        if !waits || sealed.index < tender.published {
            let expected = "a waiting confirmation that was sealed after the publication";
            return Err(header.finding("sealed", expected, self.sealed));
        }
        let latest = tender.plan.closes_at.min(sealed.at);
        if self.received_at > latest {
            let expected = format!("at most {latest}");
            return Err(header.finding("received_at", expected, self.received_at));
        }
        verify_opening(&sealed.commitment, &self.opening)
            .map_err(|error| header.finding("commitment", sealed.commitment, error))
    }
}

/// `confirmations.settled`: sealed confirmations of a tender that are not shown, each by its fate. Many come in several
/// entries. A cancelled tender lists all of its own under `void`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationsSettled {
    /// The tender.
    pub tender: TenderId,
    /// Confirmations whose place another took.
    pub replaced: Vec<SealedId>,
    /// Confirmations that were taken back.
    pub withdrawn: Vec<SealedId>,
    /// Confirmations that stay closed for ever: there is no bid that they could belong to, or they cannot be opened.
    pub void: Vec<SealedId>,
}

impl ConfirmationsSettled {
    /// The most ids in one entry: they fit its size with room to spare.
    pub const MOST: usize = 1_000;
}

impl EntryBody for ConfirmationsSettled {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tenders = &mut state.tenders;
        tenders.expect(self.tender, header)?;
        let (Some(tender), register) = (tenders.tenders.get_mut(&self.tender), &mut tenders.sealed)
        else {
            return Ok(());
        };
        let mut outcome = tender.people(header, Role::Officer, 1).map(|_| ());
        let cancelled = tender.cancelled.is_some();
        if !cancelled {
            check_moment(tender, header)?;
        }
        let closes_at = tender.plan.closes_at;
        let void = |entry: &SealedEntry| cancelled || entry.fate == Fate::Waiting;
        let in_time = |entry: &SealedEntry| matches!(entry.fate, Fate::Withdrawn(received_at) if received_at <= closes_at);
        let lists: [Listed<'_>; 3] = [
            (&self.replaced, &|entry| entry.fate == Fate::Replaced),
            (&self.withdrawn, &in_time),
            (&self.void, &void),
        ];
        for (ids, fits) in lists {
            for id in ids {
                let entry = (*id, SealedKind::Confirmation);
                outcome = outcome.and(settle(entry, fits, register, tender, header));
            }
        }
        for _ in &self.void {
            state.tally.attested("confirmation that stays closed");
        }
        outcome
    }
}

/// Confirmations are accounted for by the opening, before it shows the first bid.
fn check_moment(tender: &Tender, header: &Header) -> Result<(), Finding> {
    if tender.opened.is_some() && tender.bids.is_empty() && tender.cancelled.is_none() {
        return Ok(());
    }
    let expected = "confirmations between the opening and the first bid that it shows";
    Err(header.finding("confirmation", expected, "another moment"))
}
