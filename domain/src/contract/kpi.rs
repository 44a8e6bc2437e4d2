//! KPIs: commitments made binding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rating::Thresholds;
use super::schedule::Instalment;
use crate::amount::{Number, Quantity, Share};
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
    /// What else the tender documents and the measure say of it.
    #[serde(default, skip_serializing_if = "KpiTerms::is_empty")]
    pub terms: KpiTerms,
}

/// What the tender documents and the measure say of a KPI, copied at the signature.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiTerms {
    /// How much it counts among the contract's KPIs, where the buyer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Share>,
    /// What there was before the contract, in the measure's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Number>,
    /// Kinds of evidence that a claim must carry at least one of.
    pub evidence: Vec<String>,
    /// How a verifier checks it.
    pub verification_method: String,
    /// From which part of the promise on a period is rated how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// What is due when, as signed.
    pub schedule: Vec<Instalment>,
}

impl KpiTerms {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A KPI of a contract with what was verified for it, as far as a claim outside contracts is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KpiProgress<'a> {
    /// The KPI.
    pub kpi: &'a Kpi,
    /// Who must deliver it.
    pub supplier: OrganisationId,
    /// Smallest units that it binds to: [`super::variation::binding_units`].
    pub binding_units: i64,
    /// Smallest units verified to date.
    pub verified_units: i64,
}

impl KpiProgress<'_> {
    /// Whether less was verified than promised.
    pub fn is_open(&self) -> bool {
        self.verified_units < self.binding_units
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
