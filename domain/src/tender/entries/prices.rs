//! `prices.opened` and `bid.price_opened`: the second envelopes, by two people, after the consensus on quality.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{BidId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::tender::disclosure::BidField;
use crate::tender::envelopes::{PriceEnvelope, misplaced};
use crate::tender::plan::Plan;
use crate::tender::stage::Step;
use crate::tender::validity::Validity;

/// `prices.opened`: two officers opened the second envelopes. Every bid that takes part stands in exactly one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PricesOpened {
    /// The tender.
    pub tender: TenderId,
    /// Bids whose prices are open now; a `bid.price_opened` follows for each.
    pub opened: Vec<BidId>,
    /// Bids that the plan excludes on quality: their envelopes stay closed for ever.
    pub closed: Vec<BidId>,
}

impl EntryBody for PricesOpened {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.deciders(header, organisations, 2).map(|_| ());
        let next = tender.stage.can_open_prices(&tender.plan);
        tender.move_to(next, Step::OpenPrices, header)?;
        tender.inputs = header.index;
        tender.prices_to_open = self.opened.iter().copied().collect();
        let entrants = tender.entrants();
        match misplaced(&tender.plan, &entrants, &self.opened, &self.closed) {
            None => named,
            Some(bid) => {
                let expected = "every bid that takes part opened once, or closed on a ground";
                Err(header.finding("prices", expected, bid))
            }
        }
    }
}

/// `bid.price_opened`: the prices of a bid, as far as the plan discloses them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidPriceOpened {
    /// The tender.
    pub tender: TenderId,
    /// The bid.
    pub bid: BidId,
    /// The price fields, published or withheld.
    pub envelope: PriceEnvelope,
    /// What the opening found; a bid that is not valid takes no part.
    pub validity: Validity,
}

impl EntryBody for BidPriceOpened {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        if !tender.prices_to_open.remove(&self.bid) {
            let expected = "a bid whose prices the opening names";
            return Err(header.finding("prices", expected, self.bid));
        }
        tender.inputs = header.index;
        let plan = tender.plan.clone();
        let Some(catalogue) = state.catalogues.get(plan.catalogue) else {
            return Err(header.finding("catalogue", "the plan's catalogue", plan.catalogue));
        };
        let opened = tender.eligible(self.bid, header)?;
        let Some(closed) = opened.closed_prices else {
            return Err(header.finding("prices", "prices that were closed", self.bid));
        };
        let (found, known) =
            self.envelope
                .judge(&plan, catalogue, (opened.supplier, &opened.lot), &closed);
        opened.valid = found == Validity::Valid && self.validity == Validity::Valid;
        opened.content.price = known.price;
        opened.content.item_prices = known.item_prices;
        if found == Validity::CommitmentMismatch && self.validity == Validity::Valid {
            return Err(header.finding("commitment", "the prices that were sealed", self.bid));
        }
        // Where the plan withholds prices, prices that do not answer it can only be attested.
        let unseen = found == Validity::Valid && self.validity == Validity::Content;
        let attested = unseen && !prices_public(&plan);
        if self.validity != found && !attested {
            return Err(header.difference("validity", &found, &self.validity));
        }
        if !self.envelope.is_disclosed_as(&plan) {
            let expected = "prices shown as the plan says";
            return Err(header.finding("disclosure", expected, self.bid));
        }
        state.tally.recomputed("prices against their commitment");
        named
    }
}

fn prices_public(plan: &Plan) -> bool {
    [BidField::Price, BidField::ItemPrices]
        .into_iter()
        .all(|field| plan.disclosure.in_log(field))
}
