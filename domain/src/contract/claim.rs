//! Claims: a delivered quantity with evidence.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{InvalidText, MAX_PLACE, check_line};
use crate::amount::Quantity;
use crate::catalogue::{Measure, MeasureKind, MeasureRef};
use crate::ids::{ClaimId, ContractId, KpiId, OrganisationId};
use crate::log::hash::Hash;
use crate::time::Period;

/// The most files behind one claim.
pub const MAX_EVIDENCE: usize = 100;
/// The largest evidence file in bytes: 1 TiB.
pub const MAX_EVIDENCE_BYTES: u64 = 1 << 40;

/// The KPI that a claim answers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct KpiRef {
    /// The contract.
    pub contract: ContractId,
    /// A KPI of it.
    pub kpi: KpiId,
}

/// One file of evidence. The file itself is private; the log holds only this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// Kind of evidence in the measure's words, such as `payroll`.
    pub kind: String,
    /// Length in bytes.
    pub size: u64,
    /// Media type, such as `application/pdf`.
    pub media_type: String,
}

/// A delivered quantity with evidence, under a KPI or outside any contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The claim.
    pub id: ClaimId,
    /// The organisation that delivered.
    pub claimant: OrganisationId,
    /// The KPI that it answers; none outside contracts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<KpiRef>,
    /// What was delivered.
    pub measure: MeasureRef,
    /// How much, in the measure's unit.
    pub quantity: Quantity,
    /// When, inside one calendar year: the vintage.
    pub period: Period,
    /// Where: a country or place code, such as `KR-11`.
    pub place: String,
    /// The files behind it.
    pub evidence: Vec<Evidence>,
    /// The claimant's own reference for the outcome in another register, never used twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
}

/// A claim that is malformed whatever else is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClaim {
    /// A text field.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Two calendar years.
    #[error(
        "`period`: [{}, {}) touches two calendar years: a claim stays inside one vintage, so make one claim for each year",
        .0.from(), .0.to()
    )]
    TwoVintages(Period),
    /// Nothing claimed.
    #[error("`quantity` is zero: claim more than nothing")]
    Nothing,
    /// A described measure.
    #[error("`measure`: `{0}` is described and not counted: claims need a quantitative measure")]
    NotCounted(String),
    /// Another unit or scale than the measure's.
    #[error(
        "`quantity`: {found} is not in the measure's unit: expected `{unit}` with {scale} decimal places"
    )]
    WrongUnit {
        /// The claimed quantity.
        found: Quantity,
        /// The measure's unit.
        unit: String,
        /// The measure's decimal places.
        scale: u8,
    },
    /// No file or too many.
    #[error("`evidence`: {0} files, expected 1 to {MAX_EVIDENCE}")]
    EvidenceCount(usize),
    /// A file that no file can be.
    #[error("`evidence.size`: {0} bytes, expected 1 to {MAX_EVIDENCE_BYTES}")]
    EvidenceSize(u64),
    /// A file twice.
    #[error("`evidence`: the file {0} stands twice: name each file once")]
    EvidenceTwice(Hash),
    /// No file of a kind that the measure asks for.
    #[error("`evidence`: no file is of a kind that the measure asks for: add one of {}", .0.join(", "))]
    EvidenceKind(Vec<String>),
}

impl Claim {
    /// The calendar year in which it was delivered, or an error when there are two.
    pub fn vintage(&self) -> Result<i16, InvalidClaim> {
        self.period
            .vintage()
            .ok_or(InvalidClaim::TwoVintages(self.period))
    }

    /// Checks everything that needs only the measure.
    pub fn check(&self, measure: &Measure) -> Result<(), InvalidClaim> {
        check_line("place", &self.place, MAX_PLACE)?;
        if let Some(reference) = &self.external_reference {
            check_line("external_reference", reference, 100)?;
        }
        self.vintage()?;
        if measure.kind != MeasureKind::Quantitative {
            return Err(InvalidClaim::NotCounted(measure.code.to_string()));
        }
        if !measure.measures(&self.quantity) {
            return Err(InvalidClaim::WrongUnit {
                found: self.quantity.clone(),
                unit: measure.unit.to_string(),
                scale: measure.scale,
            });
        }
        if self.quantity.units() == 0 {
            return Err(InvalidClaim::Nothing);
        }
        self.check_evidence(measure)
    }

    fn check_evidence(&self, measure: &Measure) -> Result<(), InvalidClaim> {
        if !(1..=MAX_EVIDENCE).contains(&self.evidence.len()) {
            return Err(InvalidClaim::EvidenceCount(self.evidence.len()));
        }
        let mut seen = BTreeSet::new();
        for file in &self.evidence {
            check_line("evidence.kind", &file.kind, 60)?;
            check_line("evidence.media_type", &file.media_type, 100)?;
            if !(1..=MAX_EVIDENCE_BYTES).contains(&file.size) {
                return Err(InvalidClaim::EvidenceSize(file.size));
            }
            if !seen.insert(file.sha256) {
                return Err(InvalidClaim::EvidenceTwice(file.sha256));
            }
        }
        let asked = |file: &Evidence| measure.evidence.contains(&file.kind);
        if measure.evidence.is_empty() || self.evidence.iter().any(asked) {
            Ok(())
        } else {
            Err(InvalidClaim::EvidenceKind(measure.evidence.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{claim, measure};
    use super::*;

    fn refused(change: impl FnOnce(&mut Claim)) -> InvalidClaim {
        let mut claim = claim(1, "6.0");
        change(&mut claim);
        claim.check(&measure()).unwrap_err()
    }

    #[test]
    fn a_plain_claim_is_accepted() {
        assert_eq!(claim(1, "6.0").check(&measure()), Ok(()));
        assert_eq!(claim(1, "6.0").vintage(), Ok(2026));
    }

    #[test]
    fn a_claim_over_new_year_is_refused() {
        let period =
            Period::new("2026-12-01".parse().unwrap(), "2027-01-02".parse().unwrap()).unwrap();
        assert_eq!(
            refused(|claim| claim.period = period),
            InvalidClaim::TwoVintages(period)
        );
    }

    #[test]
    fn nothing_and_foreign_units_are_refused() {
        let nothing = measure().quantity("0").unwrap();
        assert_eq!(refused(|c| c.quantity = nothing), InvalidClaim::Nothing);
        let fine = Quantity::parse("6", 2, measure().unit).unwrap();
        let error = refused(|c| c.quantity = fine);
        assert!(matches!(error, InvalidClaim::WrongUnit { scale: 1, .. }));
    }

    #[test]
    fn evidence_is_there_once_and_of_a_kind_that_the_measure_asks_for() {
        assert_eq!(
            refused(|c| c.evidence.clear()),
            InvalidClaim::EvidenceCount(0)
        );
        let twice = refused(|c| c.evidence.push(c.evidence[0].clone()));
        assert!(matches!(twice, InvalidClaim::EvidenceTwice(_)));
        let error = refused(|c| c.evidence[0].kind = "photo".into());
        assert!(error.to_string().ends_with("add one of payroll"), "{error}");
        let empty = refused(|c| c.evidence[0].size = 0);
        assert_eq!(empty, InvalidClaim::EvidenceSize(0));
    }
}
