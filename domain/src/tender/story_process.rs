//! The same tender with two envelopes, and from its award to its contract.

use super::entries::*;
use super::envelopes::PriceEnvelope;
use super::fixtures::*;
use super::sealing::commit_reason;
use super::standstill::Running;
use super::story::{APPROVER, Bidder, PROPOSER, Story, actor, ciphertext, salts, sealed_bid};
use super::validity::Validity;
use crate::actor::Role;
use crate::contract::Contract;
use crate::contract::entries::ContractSigned;
use crate::ids::{ContractId, Id};
use crate::time::Time;

impl Story {
    /// Two officers open the prices of some bids; the others' stay closed.
    pub(crate) fn open_prices(&mut self, opened: &[Bidder], closed: &[u128]) {
        let officers = vec![
            actor(Role::Officer, PROPOSER),
            actor(Role::Officer, APPROVER),
        ];
        let prices = PricesOpened {
            tender: tender(),
            opened: opened.iter().map(|bidder| bid(bidder.n)).collect(),
            closed: closed.iter().map(|n| bid(*n)).collect(),
        };
        self.add(officers.clone(), tender(), prices);
        for bidder in opened {
            let disclosure = &self.plan.disclosure;
            let opening = sealed_bid(bidder)
                .open(ciphertext(bidder.n), |name| disclosure.publishes(name))
                .unwrap();
            let shown = BidPriceOpened {
                tender: tender(),
                bid: bid(bidder.n),
                envelope: PriceEnvelope::of(&opening).unwrap(),
                validity: Validity::Valid,
            };
            self.add(officers.clone(), bid(bidder.n), shown);
        }
    }

    pub(crate) fn send_letters(&mut self, bidders: &[Bidder]) {
        let letter = |bidder: &Bidder| Letter {
            bid: bid(bidder.n),
            letter: commit_reason("Because", salts(8)()).unwrap(),
        };
        let sent = LettersSent {
            tender: tender(),
            letters: bidders.iter().map(letter).collect(),
        };
        self.add(vec![actor(Role::Officer, PROPOSER)], tender(), sent);
    }

    /// The award notice; answers the end of the standstill.
    pub(crate) fn notify(&mut self) -> Time {
        let standstill = &self.plan.standstill;
        let ends_at = Running::start(standstill, self.next_at()).unwrap().ends_at;
        let notified = AwardNotified {
            tender: tender(),
            award: self.position("award.decided"),
            standstill_ends_at: Some(ends_at),
        };
        self.add(vec![actor(Role::Officer, PROPOSER)], tender(), notified);
        ends_at
    }

    /// The contract that the award leads to, and its signature.
    pub(crate) fn contract(&mut self) -> ContractId {
        let (_, state) = self.replay();
        let mut next = 900;
        let award = state.tenders.award(tender(), &lot("1")).unwrap();
        let contract = Contract::from_award(
            Id::from_uuid(uuid(899)),
            award,
            || {
                next += 1;
                Id::from_uuid(uuid(next))
            },
            |measure| state.catalogues.measure(measure).cloned(),
        )
        .unwrap();
        let id = contract.id;
        self.add(
            vec![actor(Role::Officer, PROPOSER)],
            id,
            ContractSigned { contract },
        );
        id
    }
}
