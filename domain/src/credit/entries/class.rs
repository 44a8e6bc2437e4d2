//! Log entries of classes, and of the intent to trade surplus.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::class::{Class, decide_class};
use crate::actor::Role;
use crate::contract::KpiRef;
use crate::contract::entries::{ALLOWED, acted_for};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};

/// `class.defined`: credits of a measure, place and vintage can be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassDefined {
    /// The class.
    pub class: Class,
}

impl EntryBody for ClassDefined {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        header.actor(Role::Registrar)?;
        if state.credits.class(self.class.id).is_some() {
            return Err(header.finding("class", "one definition", self.class.id));
        }
        let measure = state.catalogues.measure(&self.class.measure);
        let same = state.credits.class_with(&self.class.key());
        decide_class(&self.class, measure, same)
            .map_err(|error| header.finding("class", ALLOWED, error))?;
        state.credits.define(self.class.clone());
        Ok(())
    }
}

/// `surplus.intended`: a supplier says, before it begins, that it means to deliver more than a KPI asks for and to trade it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurplusIntended {
    /// The KPI.
    pub kpi: KpiRef,
}

impl EntryBody for SurplusIntended {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let contract = state.contracts.contract(self.kpi.contract);
        let contract = contract.filter(|contract| contract.kpi(self.kpi.kpi).is_some());
        let contract = contract
            .ok_or_else(|| header.finding("KPI", "a KPI of a signed contract", self.kpi.kpi))?;
        acted_for(header, contract.supplier, &[Role::Supplier])?;
        if state.credits.intent(self.kpi.kpi).is_some() {
            return Err(header.finding("intent", "one for a KPI", self.kpi.kpi));
        }
        state.credits.intend(self.kpi.kpi, header.at.date());
        Ok(())
    }
}
