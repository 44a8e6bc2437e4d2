//! What a claim answers, as far as its credits are concerned.

use crate::amount::Share;
use crate::ids::{ContractId, KpiId, OrganisationId};
use crate::time::Date;

/// What credits have done for a KPI to date, in smallest units, without what was undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KpiAccount {
    /// Units that answer it.
    pub obligated_units: i64,
    /// Units of its claims beyond it.
    pub surplus_units: i64,
    /// Those of them that circulate.
    pub tradable_units: i64,
    /// Units of others' outcomes bought to cover what is short.
    pub covered_units: i64,
}

/// A KPI with what credits have done for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KpiStanding {
    /// The contract.
    pub contract: ContractId,
    /// A KPI of it.
    pub kpi: KpiId,
    /// The contract's buyer, to whom obligated units retire.
    pub buyer: OrganisationId,
    /// Q: the full-term quantity in smallest units, in the highest version in force in any started period.
    pub quantity_units: i64,
    /// What was issued before.
    pub account: KpiAccount,
    /// Whether the claim answers it: the same measure and place, and its days.
    pub matches: bool,
}

impl KpiStanding {
    /// Units that are still to be delivered; bought cover is no delivery.
    pub fn open_units(&self) -> i64 {
        self.quantity_units
            .saturating_sub(self.account.obligated_units)
            .max(0)
    }
}

/// What a claim answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    /// A KPI of a contract.
    Contract {
        /// The KPI that the claim names; its surplus is surplus of this one.
        named: KpiId,
        /// Whether the contract's documents let surplus be traded.
        surplus_tradable: bool,
        /// The day on which the intent to trade surplus of the named KPI was registered.
        intended_on: Option<Date>,
        /// Every KPI of the contract, in its order.
        kpis: Vec<KpiStanding>,
    },
    /// No contract.
    Outside {
        /// The measure's deadweight; none where it is not known.
        deadweight: Option<Share>,
        /// KPIs of the claimant's group, in the order of their contracts.
        kpis: Vec<KpiStanding>,
    },
}

impl Terms {
    /// The KPIs that the claim could fill, in order.
    pub fn kpis(&self) -> &[KpiStanding] {
        match self {
            Self::Contract { kpis, .. } | Self::Outside { kpis, .. } => kpis,
        }
    }

    /// The KPI that the claim names.
    pub fn named(&self) -> Option<&KpiStanding> {
        match self {
            Self::Contract { named, kpis, .. } => kpis.iter().find(|kpi| kpi.kpi == *named),
            Self::Outside { .. } => None,
        }
    }
}
