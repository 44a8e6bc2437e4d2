//! Log entries of variations and ratings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALLOWED, acted_for};
use crate::actor::Role;
use crate::amount::Quantity;
use crate::contract::performance::{RatingFacts, decide_rating};
use crate::contract::rating::Rating;
use crate::contract::signing::Contract;
use crate::contract::variation::{KpiChange, decide_variation};
use crate::ids::{ContractId, KpiId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::time::Period;

/// `contract.varied`: what a contract asks for changes, for a reason and from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractVaried {
    /// The contract.
    pub contract: ContractId,
    /// Its number among the contract's variations, from 1.
    pub number: u32,
    /// SHA-256 of the reason, whose text lives in the erasable directory.
    pub reason: Hash,
    /// What changes.
    pub changes: Vec<KpiChange>,
}

impl EntryBody for ContractVaried {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let contract = contract(self.contract, header, state)?;
        acted_for(header, contract.buyer, &[Role::Officer])?;
        let before = state.contracts.variations(self.contract);
        let annulled = state.contracts.annulled_on(self.contract).is_some();
        decide_variation(
            contract,
            annulled,
            (before, self.number),
            &self.changes,
            |kpi| state.contracts.versions(kpi).last(),
            header.at,
        )
        .map_err(|error| header.finding("variation", ALLOWED, error))?;
        state
            .contracts
            .vary(self.contract, self.number, &self.changes)
            .map_err(|error| header.finding("variation", ALLOWED, error))?;
        state.tally.attested("variations of contracts");
        Ok(())
    }
}

/// `kpi.rated`: how a period of a KPI went, from the supplier's own delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiRated {
    /// The contract.
    pub contract: ContractId,
    /// The KPI.
    pub kpi: KpiId,
    /// The period, one of the KPI's schedule.
    pub period: Period,
    /// What was due in it.
    pub due: Quantity,
    /// What was verified of it so far.
    pub delivered: Quantity,
    /// How it went.
    pub rating: Rating,
    /// SHA-256 of the reason, whose text lives in the erasable directory; `other` needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Hash>,
}

impl EntryBody for KpiRated {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let contract = contract(self.contract, header, state)?;
        acted_for(header, contract.buyer, &[Role::Officer])?;
        let kpi = contract
            .kpi(self.kpi)
            .ok_or_else(|| header.finding("kpi", "a KPI of the contract", self.kpi))?;
        let schedule = state.contracts.schedule(self.kpi);
        let due = schedule.iter().find(|due| due.period == self.period);
        let delivered = state.contracts.delivered_units(self.kpi, self.period);
        let facts = RatingFacts {
            due: due.map(|due| due.due.units()),
            delivered,
            thresholds: kpi.terms.thresholds,
            last: state.contracts.ratings(self.kpi, self.period.from()).last(),
            at: header.at,
        };
        let given = (self.rating, self.reason.is_some());
        let rated = decide_rating(self.period, given, &facts)
            .map_err(|error| header.finding("rating", ALLOWED, error))?;
        let found = (self.due.units(), self.delivered.units());
        if found != (rated.due, rated.delivered) || !self.in_unit_of(&kpi.quantity) {
            let expected = format!(
                "{} due and {} delivered, in smallest units",
                rated.due, rated.delivered
            );
            let found = format!("{} and {}", self.due, self.delivered);
            return Err(header.finding("delivery", expected, found));
        }
        state.contracts.rate(self.kpi, self.period.from(), rated);
        if self.rating == Rating::Other {
            state.tally.attested("ratings for a reason");
        } else {
            state.tally.recomputed("ratings of KPIs");
        }
        Ok(())
    }
}

impl KpiRated {
    fn in_unit_of(&self, quantity: &Quantity) -> bool {
        self.due.same_unit(quantity).is_ok() && self.delivered.same_unit(quantity).is_ok()
    }
}

fn contract<'s>(
    id: ContractId,
    header: &Header,
    state: &'s State,
) -> Result<&'s Contract, Finding> {
    let found = state.contracts.contract(id);
    found.ok_or_else(|| header.finding("contract", "a signed contract", id))
}
