//! The log entry of signed contracts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALLOWED, acted_for};
use crate::actor::Role;
use crate::contract::signing::{Contract, decide_signing};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};

/// `contract.signed`: an award became a contract, its commitments KPIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractSigned {
    /// The contract.
    pub contract: Contract,
}

impl EntryBody for ContractSigned {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let contract = &self.contract;
        acted_for(header, contract.buyer, &[Role::Officer])?;
        state.organisations.expect(contract.buyer, header)?;
        state.organisations.expect(contract.supplier, header)?;
        if state.contracts.contract(contract.id).is_some() {
            return Err(header.finding("contract", "one signature", contract.id));
        }
        if let Some(kpi) = contract
            .kpis
            .iter()
            .find(|kpi| state.contracts.has_kpi(kpi.id))
        {
            return Err(header.finding("contract", "KPIs with new ids", kpi.id));
        }
        let named = contract.award.as_ref();
        let award = named.and_then(|named| state.tenders.award(named.tender, &named.lot));
        let signed = named.and_then(|named| state.contracts.contract_of(named));
        decide_signing(contract, award, signed, |measure| {
            state.catalogues.measure(measure)
        })
        .map_err(|error| header.finding("contract", ALLOWED, error))?;
        let bound = named.and_then(|named| state.tenders.bound(named.tender));
        let clauses = bound.map_or(Ok(0), |(plan, bound)| {
            let kpis = contract.kpis.len();
            state.policies.check_signing(plan, bound, kpis, header)
        });
        let catalogues = &state.catalogues;
        state
            .contracts
            .sign(contract.clone(), |measure| catalogues.outcome(measure));
        if let Some(named) = &contract.award {
            state.tenders.contract(named.tender, header)?;
        }
        state.tally.recomputed("contracts against awards");
        if clauses? > 0 {
            state.tally.recomputed("clauses of policies at a signature");
        }
        Ok(())
    }
}
