//! `letters.sent`, `award.notified`, `standstill.suspended`, `standstill.resumed` and `award.annulled`: what lies between
//! the award and the contract.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{BidId, ContractId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::tender::LotRef;
use crate::tender::stage::Step;
use crate::tender::standstill::Running;
use crate::time::Time;

/// A letter to a bidder, behind a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// The bid that it answers.
    pub bid: BidId,
    /// Salted hash of its text ([`crate::tender::sealing::commit_reason`]).
    pub letter: Hash,
}

/// `letters.sent`: every bidder whose bid was opened has a letter with reasons, the winner too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LettersSent {
    /// The tender.
    pub tender: TenderId,
    /// One letter for each opened bid.
    pub letters: Vec<Letter>,
}

impl EntryBody for LettersSent {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.deciders(header, &state.organisations, 1).map(|_| ());
        tender.step(Step::SendLetters, header)?;
        let answered: BTreeSet<BidId> = self.letters.iter().map(|letter| letter.bid).collect();
        let whole = answered.len() == self.letters.len()
            && answered.len() == tender.bids.len()
            && answered.iter().all(|bid| tender.bids.contains_key(bid));
        if !whole {
            let expected = format!("one letter for each of {} opened bids", tender.bids.len());
            return Err(header.finding("letters", expected, self.letters.len()));
        }
        state.tally.attested("letters to bidders");
        named
    }
}

/// `award.notified`: the award notice, from which the standstill counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwardNotified {
    /// The tender.
    pub tender: TenderId,
    /// Index of the award's decision.
    pub award: u64,
    /// The first instant after the standstill; none where the plan has no standstill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standstill_ends_at: Option<Time>,
}

impl EntryBody for AwardNotified {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        tender.step(Step::Notify, header)?;
        tender.running = Running::start(&tender.plan.standstill, header.at);
        let decided = tender.awards.first().map(|award| award.index);
        if decided != Some(self.award) {
            let expected = decided.map_or("a decided award".to_owned(), |at| at.to_string());
            return Err(header.finding("award", expected, self.award));
        }
        check_end(tender.running, self.standstill_ends_at, header)?;
        state.tally.recomputed("standstill");
        named
    }
}

/// `standstill.suspended`: a challenge stops the standstill. No contract can be signed until it is resumed and has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandstillSuspended {
    /// The tender.
    pub tender: TenderId,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for StandstillSuspended {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        let ends_at = tender.running.map(|running| running.ends_at);
        let next = tender.stage.can_suspend(ends_at, header.at);
        tender.move_to(next, Step::Suspend, header)?;
        if let Some(running) = &mut tender.running {
            running.suspend(&tender.plan.standstill, header.at);
        }
        state.tally.attested("reason of a suspension");
        named
    }
}

/// `standstill.resumed`: the challenge is settled, and the days that were left run on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandstillResumed {
    /// The tender.
    pub tender: TenderId,
    /// The first instant after the standstill.
    pub standstill_ends_at: Time,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for StandstillResumed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        tender.step(Step::Resume, header)?;
        if let Some(running) = &mut tender.running {
            running.resume(&tender.plan.standstill, header.at);
        }
        check_end(tender.running, Some(self.standstill_ends_at), header)?;
        state.tally.recomputed("standstill");
        named
    }
}

fn check_end(running: Option<Running>, said: Option<Time>, header: &Header) -> Result<(), Finding> {
    let expected = running.map(|running| running.ends_at);
    if expected == said {
        return Ok(());
    }
    let text = |end: Option<Time>| end.map_or("no standstill".to_owned(), |end| end.to_string());
    Err(header.finding("standstill", text(expected), text(said)))
}

/// `award.annulled`: the award is void. Before the contract the ranking stands and another award can follow. After it the
/// contract ends: its KPIs can be claimed for what was delivered before that day, and what was verified and the credits
/// that were issued stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwardAnnulled {
    /// The tender.
    pub tender: TenderId,
    /// Index of the award's decision.
    pub award: u64,
    /// The contracts that end with it, in the order of the plan's lots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<ContractId>,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for AwardAnnulled {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        let next = tender.stage.can_annul(tender.signed);
        tender.move_to(next, Step::Annul, header)?;
        let annulled = std::mem::take(&mut tender.awards);
        tender.proposal = None;
        tender.running = None;
        let contracts = &mut state.contracts;
        let ended: Vec<ContractId> = tender
            .plan
            .lots
            .iter()
            .filter_map(|lot| {
                contracts.contract_of(&LotRef {
                    tender: self.tender,
                    lot: lot.code.clone(),
                })
            })
            .collect();
        for contract in &ended {
            contracts.annul(*contract, header.at.date());
        }
        state.tally.attested("reason of an annulment");
        let decided = annulled.first().map(|award| award.index);
        if decided != Some(self.award) {
            return Err(header.finding("award", "the decision that stands", self.award));
        }
        if self.contracts != ended {
            return Err(header.difference("contracts", &ended, &self.contracts));
        }
        named
    }
}
