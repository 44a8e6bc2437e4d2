//! KPIs: commitments made binding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Quantity;
use crate::catalogue::{Measure, MeasureKind, MeasureRef};
use crate::ids::{KpiId, OrganisationId};
use crate::place::Place;
use crate::time::Period;

use super::claim::Claim;

/// A commitment made binding in a contract: so much of a measure, in a period, at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kpi {
    /// The KPI, unique in the registry.
    pub id: KpiId,
    /// What is counted.
    pub measure: MeasureRef,
    /// The full-term quantity, in the measure's unit.
    pub quantity: Quantity,
    /// When it must be delivered.
    pub period: Period,
    /// Where it must be delivered: a country or place code, such as `KR-11`.
    pub place: Place,
}

/// A KPI of a contract with what was verified for it, as far as a claim outside contracts is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KpiProgress<'a> {
    /// The KPI.
    pub kpi: &'a Kpi,
    /// Who must deliver it.
    pub supplier: OrganisationId,
    /// Smallest units verified to date.
    pub verified_units: i64,
}

impl KpiProgress<'_> {
    /// Whether less was verified than promised.
    pub fn is_open(&self) -> bool {
        self.verified_units < self.kpi.quantity.units()
    }
}

impl Kpi {
    /// Whether an outcome outside contracts would have answered this KPI, given that their measures count the same: a spot
    /// and a day in common.
    pub fn matches(&self, claim: &Claim) -> bool {
        self.place.overlaps(&claim.place) && self.period.overlaps(claim.period)
    }

    /// Whether a claim under the same contract could answer this KPI: same measure and place, and all its days.
    pub fn asks_for(&self, claim: &Claim) -> bool {
        self.measure == claim.measure
            && self.place == claim.place
            && self.period.covers(claim.period)
    }

    /// Whether the quantity is more than nothing of a counted measure, in its unit.
    pub(super) fn fits(&self, measure: &Measure) -> bool {
        measure.kind == MeasureKind::Quantitative
            && measure.measures(&self.quantity)
            && self.quantity.units() > 0
    }
}
