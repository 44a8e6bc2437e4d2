//! Retirements: units claimed for ever, with a certificate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::serials::SerialRange;
use crate::ids::{Id, KpiId, OrganisationId, RetirementId};
use crate::log::hash::Hash;
use crate::place::Place;
use crate::time::Period;

/// Why units were retired.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RetirementReason {
    /// At issue, to the contract's buyer, to whom the outcome already belongs.
    Obligation,
    /// At issue, to the contract's buyer: delivery beyond the KPI that may not be traded.
    Surplus,
    /// Its holder chose to, for itself or for the beneficiary.
    Voluntary,
    /// Bought cover: a supplier that is short on a KPI retires others' outcomes to its buyer.
    Substitution,
}

impl RetirementReason {
    /// The word for the reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Obligation => "obligation",
            Self::Surplus => "surplus",
            Self::Voluntary => "voluntary",
            Self::Substitution => "substitution",
        }
    }
}

/// Units claimed for ever: by whom, where, for when, and which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retirement {
    /// The retirement.
    pub id: RetirementId,
    /// The registered organisation that may say that the outcome is its own.
    pub beneficiary: OrganisationId,
    /// The country or place code in which it says so.
    pub jurisdiction: Place,
    /// The period for which it says so, such as a financial year.
    pub period: Period,
    /// Why.
    pub reason: RetirementReason,
    /// The KPI that the units answer or cover; none for other reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kpi: Option<KpiId>,
    /// SHA-256 of words about it, whose text lives in the erasable directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Hash>,
    /// Which units, from the low end of the batch.
    pub serials: SerialRange,
    /// The number on the certificate: [`certificate_number`].
    pub certificate: String,
}

impl Retirement {
    /// How many smallest units.
    pub fn units(&self) -> i64 {
        self.serials.units()
    }
}

/// The number that people type: the vintage and the random digits of the retirement's id, such as
/// `CW-2026-9C1D-24AB-03F7-11E0`.
pub fn certificate_number(retirement: RetirementId, vintage: i16) -> String {
    let hex = retirement.uuid().as_simple().to_string().to_uppercase();
    let random = hex.get(16..).unwrap_or_default();
    let groups: Vec<&str> = (0..4_usize)
        .filter_map(|n| {
            let from = n.checked_mul(4)?;
            random.get(from..from.checked_add(4)?)
        })
        .collect();
    format!("CW-{vintage}-{}", groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_named_after_its_retirement() {
        let id = "01931f3e-7c2a-7000-9c1d-24ab03f711e0".parse().unwrap();
        assert_eq!(certificate_number(id, 2026), "CW-2026-9C1D-24AB-03F7-11E0");
    }
}
