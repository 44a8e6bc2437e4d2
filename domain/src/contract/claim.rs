//! Claims: a delivered quantity with evidence.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::beneficiary::Beneficiaries;
use super::counting::{Counted, MIN_PEOPLE};
use super::reference::ExternalReference;
use super::text::{InvalidText, check_line};
use crate::amount::{Quantity, Share};
use crate::catalogue::{Measure, MeasureKind, MeasureRef};
use crate::ids::{ClaimId, ContractId, KpiId, OrganisationId};
use crate::log::hash::Hash;
use crate::place::Place;
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
    pub place: Place,
    /// The claimant's part of an outcome that several organisations delivered together; the whole where it is left out.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub share: Share,
    /// The people behind the quantity, where the measure counts people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// How many of them are named by tokens, with the root of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beneficiaries: Option<Beneficiaries>,
    /// The files behind it.
    pub evidence: Vec<Evidence>,
    /// Where the outcome stands in another register; used once in the whole registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<ExternalReference>,
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
    /// No file of a kind that the measure cannot do without.
    #[error("`evidence`: no file is of the kind `{0}`, which every claim of this measure needs")]
    EvidenceNeeded(String),
    /// No part of anything.
    #[error("`share` is 0: claim more than nothing")]
    NoShare,
    /// A part of an outcome that has no name.
    #[error(
        "`external_reference`: a share of an outcome needs the reference under which the others claim theirs"
    )]
    ShareOfWhat,
    /// A measure that counts people, without them.
    #[error("`working`: the measure `{0}` counts people: say who worked how much, and when")]
    NeedsWorking(String),
    /// People behind a measure that counts none.
    #[error("`working`: the measure `{0}` does not count people: leave the working out")]
    NoPeople(String),
    /// So few that they could be recognised.
    #[error(
        "`working`: the figure would describe {0} people, and fewer than {MIN_PEOPLE} could be recognised: claim a longer \
         period or a wider place together, or wait until there are more"
    )]
    FewPeople(u32),
    /// A measure that counts every person once, without the persons.
    #[error(
        "`beneficiaries`: the measure `{0}` counts each person under one kind: name the people behind the claim with the file \
         that `commonweal tokens` makes"
    )]
    NeedsBeneficiaries(String),
    /// More persons than people.
    #[error(
        "`beneficiaries`: {named} people are named and {counted} counted: name each person who is counted, and no other"
    )]
    MorePeople {
        /// Persons by their tokens.
        named: u32,
        /// People in the working.
        counted: u32,
    },
    /// A measure of contracts alone.
    #[error(
        "`answers`: of the measure `{0}` only what a contract caused counts: name the KPI that it answers"
    )]
    ContractOnly(String),
}

fn whole() -> Share {
    Share::WHOLE
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_whole(share: &Share) -> bool {
    *share == Share::WHOLE
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
        if self.share == Share::NONE {
            return Err(InvalidClaim::NoShare);
        }
        if self.share != Share::WHOLE && self.external_reference.is_none() {
            return Err(InvalidClaim::ShareOfWhat);
        }
        if measure.counting.contract_only && self.answers.is_none() {
            return Err(InvalidClaim::ContractOnly(measure.code.to_string()));
        }
        self.check_people(measure)?;
        self.check_evidence(measure)
    }

    fn check_people(&self, measure: &Measure) -> Result<(), InvalidClaim> {
        let code = || measure.code.to_string();
        match (measure.counting.basis, self.counted) {
            (Some(_), None) => Err(InvalidClaim::NeedsWorking(code())),
            (None, Some(_)) => Err(InvalidClaim::NoPeople(code())),
            (Some(_), Some(counted)) if counted.people < MIN_PEOPLE => {
                Err(InvalidClaim::FewPeople(counted.people))
            }
            (None, None) | (Some(_), Some(_)) => Ok(()),
        }?;
        match (&self.beneficiaries, self.counted) {
            (None, _) if measure.counting.names_people() => {
                Err(InvalidClaim::NeedsBeneficiaries(code()))
            }
            (Some(_), None) => Err(InvalidClaim::NoPeople(code())),
            (Some(named), _) if named.people < MIN_PEOPLE => {
                Err(InvalidClaim::FewPeople(named.people))
            }
            (Some(named), Some(counted)) if named.people > counted.people => {
                Err(InvalidClaim::MorePeople {
                    named: named.people,
                    counted: counted.people,
                })
            }
            (None, _) | (Some(_), Some(_)) => Ok(()),
        }
    }

    /// Whether both are shares of one outcome.
    pub fn shares_with(&self, other: &Self) -> bool {
        let key = |claim: &Self| {
            claim
                .external_reference
                .as_ref()
                .map(ExternalReference::key)
        };
        let parts = self.share != Share::WHOLE && other.share != Share::WHOLE;
        parts && key(self) == key(other)
    }

    /// Whether a claim of another organisation is about the same outcome, given that their measures count the same: a spot
    /// and a day in common, and not shares of it.
    pub fn same_outcome(&self, other: &Self) -> bool {
        self.claimant != other.claimant
            && self.place.overlaps(&other.place)
            && self.period.overlaps(other.period)
            && !self.shares_with(other)
    }

    pub(super) fn check_evidence(&self, measure: &Measure) -> Result<(), InvalidClaim> {
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
        let has = |kind: &String| self.evidence.iter().any(|file| file.kind == *kind);
        let needed = measure
            .counting
            .needs_evidence
            .iter()
            .find(|kind| !has(kind));
        if let Some(kind) = needed {
            return Err(InvalidClaim::EvidenceNeeded(kind.clone()));
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

    #[test]
    fn evidence_of_the_recruitment_programme_is_needed_where_the_measure_says_so() {
        let mut measure = measure();
        measure.counting.needs_evidence = vec!["recruitment_programme".into()];
        let mut claim = claim(1, "6.0");
        let missing = InvalidClaim::EvidenceNeeded("recruitment_programme".into());
        assert_eq!(claim.check(&measure), Err(missing));
        claim.evidence.push(Evidence {
            sha256: crate::log::hash::sha256(b"programme"),
            kind: "recruitment_programme".into(),
            ..claim.evidence[0].clone()
        });
        assert_eq!(claim.check(&measure), Ok(()));
    }

    #[test]
    fn what_no_contract_caused_is_not_claimed_where_only_contracts_count() {
        let mut measure = measure();
        measure.counting.contract_only = true;
        let outside = claim(1, "6.0").check(&measure);
        assert!(matches!(outside, Err(InvalidClaim::ContractOnly(_))));
        let under = super::super::fixtures::claim_under(1, 101, "6.0");
        assert_eq!(under.check(&measure), Ok(()));
    }

    #[test]
    fn fewer_than_five_people_are_not_published() {
        let mut measure = measure();
        measure.counting.basis = Some(crate::catalogue::Basis::People);
        let of = |people| Claim {
            counted: Some(Counted {
                people,
                working: crate::log::hash::sha256(b"working"),
            }),
            ..claim(1, "6.0")
        };
        assert_eq!(of(4).check(&measure), Err(InvalidClaim::FewPeople(4)));
        assert_eq!(of(5).check(&measure), Ok(()));
        let unsaid = claim(1, "6.0").check(&measure);
        assert!(matches!(unsaid, Err(InvalidClaim::NeedsWorking(_))));
        let people = of(9).check(&super::super::fixtures::measure());
        assert!(matches!(people, Err(InvalidClaim::NoPeople(_))));
    }

    #[test]
    fn who_counts_once_is_named_and_no_more_people_than_are_counted() {
        let mut measure = measure();
        measure.counting.basis = Some(crate::catalogue::Basis::People);
        measure.counting.one_kind = Some("disadvantage".into());
        let of = |named: Option<u32>| Claim {
            counted: Some(Counted {
                people: 6,
                working: crate::log::hash::sha256(b"working"),
            }),
            beneficiaries: named.map(|people| Beneficiaries {
                people,
                root: crate::log::hash::sha256(b"root"),
            }),
            ..claim(1, "6.0")
        };
        let unnamed = of(None).check(&measure);
        assert!(matches!(unnamed, Err(InvalidClaim::NeedsBeneficiaries(_))));
        assert_eq!(of(Some(4)).check(&measure), Err(InvalidClaim::FewPeople(4)));
        assert_eq!(of(Some(5)).check(&measure), Ok(()));
        assert_eq!(of(Some(6)).check(&measure), Ok(()));
        let (named, counted) = (7, 6);
        let more = InvalidClaim::MorePeople { named, counted };
        assert_eq!(of(Some(7)).check(&measure), Err(more));
    }

    #[test]
    fn a_share_names_the_outcome_of_which_it_is_one() {
        let half = |c: &mut Claim| c.share = "0.5".parse().unwrap();
        assert_eq!(refused(half), InvalidClaim::ShareOfWhat);
        assert_eq!(refused(|c| c.share = Share::NONE), InvalidClaim::NoShare);
        let mut shared = claim(1, "6.0");
        half(&mut shared);
        shared.external_reference = Some(ExternalReference::new("GB-NTS", "7").unwrap());
        assert_eq!(shared.check(&measure()), Ok(()));
    }
}
