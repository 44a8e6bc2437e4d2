//! Whether a claim may be submitted.

use super::claim::{Claim, InvalidClaim};
use super::counting::Count;
use super::kpi::KpiProgress;
use super::signing::Contract;
use crate::amount::{Quantity, Share};
use crate::catalogue::{Measure, MeasureRef};
use crate::ids::{ClaimId, ContractId, KpiId, OrganisationId};
use crate::log::hash::Hash;
use crate::time::{Date, Time};

/// A day, for places ahead of UTC whose day has ended before the log's.
const DAY_MICROS: i64 = 86_400_000_000;

/// What the decision needs beside the claim.
#[derive(Debug, Clone, Copy)]
pub struct SubmissionFacts<'a> {
    /// The measure that the claim names, when a published catalogue has it.
    pub measure: Option<&'a Measure>,
    /// The contract that the claim names, when it was signed.
    pub contract: Option<&'a Contract>,
    /// The day on which the contract's award was annulled.
    pub annulled_on: Option<Date>,
    /// A live claim that carries one of the claim's evidence hashes, with that hash; other shares of one outcome may carry
    /// the same file.
    pub same_evidence: Option<(ClaimId, Hash)>,
    /// The first live claim of the registry with the same external reference, and the share that all of them claim
    /// together. What was verified once is live for ever.
    pub same_reference: Option<(ClaimId, Share)>,
    /// A live claim of another organisation of the claimant's group about the same outcome ([`Claim::same_outcome`]),
    /// unless an exclusion says that the two are different.
    pub same_outcome: Option<ClaimId>,
    /// A live claim whose beneficiaries exclude this one's ([`super::person::clash`]), unless an exclusion parts the two. Only the
    /// registry can know: none in replay.
    pub same_person: Option<ClaimId>,
    /// For a claim outside contracts: a KPI of the claimant's group that [`super::Kpi::matches`] it and
    /// [`KpiProgress::is_open`], with its contract.
    pub open_kpi: Option<(ContractId, KpiId)>,
    /// The log's time.
    pub at: Time,
}

/// Why a claim is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    /// Malformed whatever else is known.
    #[error(transparent)]
    Form(#[from] InvalidClaim),
    /// A measure that no published catalogue has.
    #[error("`measure`: no published catalogue:{} has a measure `{}`", .0.catalogue, .0.code)]
    UnknownMeasure(MeasureRef),
    /// A contract that was never signed.
    #[error("`answers.contract`: there is no signed contract:{0}")]
    UnknownContract(ContractId),
    /// A KPI that the contract has not.
    #[error("`answers.kpi`: the contract has no kpi:{0}")]
    UnknownKpi(KpiId),
    /// A contract whose award was annulled before the delivery.
    #[error(
        "`period`: the award of the contract was annulled on {on}: claim what was delivered before under its KPIs, and what \
         comes after it outside contracts"
    )]
    Annulled {
        /// The day of the annulment.
        on: Date,
    },
    /// Someone else's contract.
    #[error(
        "`claimant`: the contract's supplier is organisation:{supplier}: only it claims under this contract"
    )]
    NotTheSupplier {
        /// Who may claim.
        supplier: OrganisationId,
    },
    /// A claim that does not answer the KPI that it names.
    #[error("`{field}`: expected {expected}, as the KPI says, found {found}")]
    NotTheKpi {
        /// The field.
        field: &'static str,
        /// What the KPI says.
        expected: String,
        /// What the claim says.
        found: String,
    },
    /// Not delivered yet.
    #[error("`period`: it ends on {ends}, after today ({today}): claim what was delivered")]
    NotDeliveredYet {
        /// First day after the claim's period.
        ends: Date,
        /// The log's date.
        today: Date,
    },
    /// The same file stands behind another claim.
    #[error(
        "`evidence`: the file {sha256} already stands behind claim:{earlier}: one outcome is claimed once"
    )]
    SameEvidence {
        /// The earlier claim.
        earlier: ClaimId,
        /// The file.
        sha256: Hash,
    },
    /// The same external reference.
    #[error(
        "`external_reference`: claim:{earlier} already uses it, for {taken} of the outcome together with others that do: \
         shares of one outcome sum to at most 1"
    )]
    SameReference {
        /// The first claim with it.
        earlier: ClaimId,
        /// What is claimed of the outcome already.
        taken: Share,
    },
    /// A related organisation claims the same.
    #[error(
        "`outcome`: claim:{earlier} of an organisation of the same group is about the same measure, place and days: one \
         outcome is claimed once; where they are two, ask the registrar to log an exclusion"
    )]
    SameOutcome {
        /// The earlier claim.
        earlier: ClaimId,
    },
    /// Someone is counted already.
    #[error(
        "`beneficiaries`: claim:{earlier} already counts someone who stands behind this claim, for days or under a measure that \
         exclude this one: a person's outcome is claimed once; where they are two, ask the registrar to log an exclusion"
    )]
    SamePerson {
        /// The earlier claim.
        earlier: ClaimId,
    },
    /// More than the people and days come to.
    #[error(
        "`quantity`: {claimed} claimed, but the working comes to {counted}: claim at most that"
    )]
    MoreThanCounted {
        /// What is claimed.
        claimed: Quantity,
        /// What the working comes to.
        counted: Quantity,
    },
    /// A promise comes first.
    #[error(
        "`answers`: kpi:{kpi} of contract:{contract} asks for this outcome and is not filled: claim it there, its surplus is counted for you"
    )]
    OpenKpi {
        /// The contract.
        contract: ContractId,
        /// Its KPI.
        kpi: KpiId,
    },
}

/// Whether the claim may be submitted.
pub fn decide_submission(
    claim: &Claim,
    facts: &SubmissionFacts<'_>,
) -> Result<(), SubmissionError> {
    let measure = facts
        .measure
        .ok_or_else(|| SubmissionError::UnknownMeasure(claim.measure.clone()))?;
    claim.check(measure)?;
    check_delivered(claim, facts.at)?;
    match claim.answers {
        Some(answers) => {
            let contract = facts
                .contract
                .filter(|contract| contract.id == answers.contract)
                .ok_or(SubmissionError::UnknownContract(answers.contract))?;
            check_answers(claim, contract, answers.kpi)?;
            if let Some(on) = facts.annulled_on.filter(|on| claim.period.to() > *on) {
                return Err(SubmissionError::Annulled { on });
            }
        }
        None => {
            if let Some((contract, kpi)) = facts.open_kpi {
                return Err(SubmissionError::OpenKpi { contract, kpi });
            }
        }
    }
    if let Some((earlier, sha256)) = facts.same_evidence {
        return Err(SubmissionError::SameEvidence { earlier, sha256 });
    }
    if let Some((earlier, taken)) = facts.same_reference
        && claim.external_reference.is_some()
        && taken.plus(claim.share).is_err()
    {
        return Err(SubmissionError::SameReference { earlier, taken });
    }
    if let Some(earlier) = facts.same_outcome {
        return Err(SubmissionError::SameOutcome { earlier });
    }
    match facts.same_person {
        Some(earlier) => Err(SubmissionError::SamePerson { earlier }),
        None => Ok(()),
    }
}

/// Whether the claimed quantity is at most what its working comes to. Only those who may see the working can check it.
pub fn check_counted(claimed: &Quantity, count: &Count) -> Result<(), SubmissionError> {
    if claimed.units() <= count.quantity.units() {
        Ok(())
    } else {
        Err(SubmissionError::MoreThanCounted {
            claimed: claimed.clone(),
            counted: count.quantity.clone(),
        })
    }
}

/// The first of the progresses whose KPI must be filled before the claim may stand outside contracts. The caller
/// offers the KPIs of the claimant's group whose measures count the same, in the order of their contracts.
pub fn first_open<'a>(
    claim: &Claim,
    kpis: impl IntoIterator<Item = (ContractId, KpiProgress<'a>)>,
) -> Option<(ContractId, KpiId)> {
    kpis.into_iter()
        .find(|(_, progress)| progress.is_open() && progress.kpi.matches(claim))
        .map(|(contract, progress)| (contract, progress.kpi.id))
}

fn check_delivered(claim: &Claim, at: Time) -> Result<(), SubmissionError> {
    let ends = claim.period.to();
    if ends <= at.plus_micros(DAY_MICROS).date() {
        Ok(())
    } else {
        let today = at.date();
        Err(SubmissionError::NotDeliveredYet { ends, today })
    }
}

fn check_answers(claim: &Claim, contract: &Contract, kpi: KpiId) -> Result<(), SubmissionError> {
    if contract.supplier != claim.claimant {
        let supplier = contract.supplier;
        return Err(SubmissionError::NotTheSupplier { supplier });
    }
    let kpi = contract.kpi(kpi).ok_or(SubmissionError::UnknownKpi(kpi))?;
    let differs = |field, expected: String, found: String| {
        Err(SubmissionError::NotTheKpi {
            field,
            expected,
            found,
        })
    };
    if kpi.measure != claim.measure {
        let text = |m: &MeasureRef| format!("`{}` of catalogue:{}", m.code, m.catalogue);
        return differs("measure", text(&kpi.measure), text(&claim.measure));
    }
    if kpi.place != claim.place {
        return differs("place", kpi.place.to_string(), claim.place.to_string());
    }
    if !kpi.period.covers(claim.period) {
        let text = |p: crate::time::Period| format!("[{}, {})", p.from(), p.to());
        let expected = format!("days within {}", text(kpi.period));
        return differs("period", expected, text(claim.period));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{award, claim, claim_under, id, measure, organisation, period};
    use super::super::reference::ExternalReference;
    use super::*;

    fn contract() -> Contract {
        Contract::from_award(id(1), &award("12.0"), || id(101), |_| Some(measure())).unwrap()
    }

    fn facts<'a>(measure: &'a Measure, contract: &'a Contract) -> SubmissionFacts<'a> {
        SubmissionFacts {
            measure: Some(measure),
            contract: Some(contract),
            annulled_on: None,
            same_evidence: None,
            same_reference: None,
            same_outcome: None,
            same_person: None,
            open_kpi: None,
            at: "2026-07-01T00:00:00Z".parse().unwrap(),
        }
    }

    fn refused(claim: &Claim, change: impl FnOnce(&mut SubmissionFacts<'_>)) -> SubmissionError {
        let (measure, contract) = (measure(), contract());
        let mut facts = facts(&measure, &contract);
        assert_eq!(
            decide_submission(&claim_under(5, 101, "6.0"), &facts),
            Ok(())
        );
        change(&mut facts);
        decide_submission(claim, &facts).unwrap_err()
    }

    #[test]
    fn evidence_of_another_live_claim_is_refused_with_its_id() {
        let claim = claim_under(6, 101, "6.0");
        let hash = claim.evidence[0].sha256;
        let error = refused(&claim, |facts| facts.same_evidence = Some((id(5), hash)));
        assert!(error.to_string().contains(&id::<ClaimId>(5).to_string()));
        assert_eq!(
            error,
            SubmissionError::SameEvidence {
                earlier: id(5),
                sha256: hash
            }
        );
    }

    #[test]
    fn an_external_reference_is_used_once() {
        let mut claim = claim_under(6, 101, "6.0");
        claim.external_reference = Some(ExternalReference::new("GB-NTS", "2026/3").unwrap());
        let used =
            |facts: &mut SubmissionFacts<'_>| facts.same_reference = Some((id(5), Share::WHOLE));
        let (earlier, taken) = (id(5), Share::WHOLE);
        let expected = SubmissionError::SameReference { earlier, taken };
        assert_eq!(refused(&claim, used), expected);
    }

    #[test]
    fn attribution_shares_of_one_outcome_sum_to_at_most_one() {
        let (measure, contract) = (measure(), contract());
        let mut facts = facts(&measure, &contract);
        facts.same_reference = Some((id(5), "0.6".parse().unwrap()));
        let mut claim = claim_under(6, 101, "6.0");
        claim.external_reference = Some(ExternalReference::new("GB-NTS", "2026/3").unwrap());
        claim.share = "0.4".parse().unwrap();
        assert_eq!(decide_submission(&claim, &facts), Ok(()));
        claim.share = "0.400001".parse().unwrap();
        let over = decide_submission(&claim, &facts);
        assert!(matches!(over, Err(SubmissionError::SameReference { .. })));
    }

    #[test]
    fn an_outcome_of_a_related_organisation_is_not_claimed_again() {
        let (first, mut second) = (claim(5, "6.0"), claim(6, "6.0"));
        assert!(
            !first.same_outcome(&second),
            "one organisation may claim in parts"
        );
        second.claimant = organisation(9);
        assert!(first.same_outcome(&second));
        second.place = "KR-11-110".into();
        assert!(first.same_outcome(&second), "a district of the same city");
        second.place = "KR-26".into();
        assert!(!first.same_outcome(&second));
        let mut second = claim(6, "6.0");
        second.claimant = organisation(9);
        second.period = period("2026-06-01", "2026-07-01");
        assert!(!first.same_outcome(&second));
        let error = refused(&claim_under(6, 101, "6.0"), |facts| {
            facts.same_outcome = Some(id(5));
        });
        assert!(error.to_string().contains(&id::<ClaimId>(5).to_string()));
    }

    #[test]
    fn a_person_who_is_counted_already_is_refused_with_the_earlier_claim_and_nothing_else() {
        let error = refused(&claim_under(6, 101, "6.0"), |facts| {
            facts.same_person = Some(id(5));
        });
        assert_eq!(error, SubmissionError::SamePerson { earlier: id(5) });
        assert!(error.to_string().contains(&id::<ClaimId>(5).to_string()));
    }

    #[test]
    fn no_more_is_claimed_than_the_working_comes_to() {
        let quantity = |text| measure().quantity(text).unwrap();
        let count = Count {
            people: 9,
            quantity: quantity("6.0"),
        };
        assert_eq!(check_counted(&quantity("6.0"), &count), Ok(()));
        assert!(check_counted(&quantity("6.1"), &count).is_err());
    }

    #[test]
    fn a_claim_answers_the_kpi_that_it_names() {
        let mut other = claim_under(6, 101, "6.0");
        other.place = "KR-26".into();
        assert!(matches!(
            refused(&other, |_| ()),
            SubmissionError::NotTheKpi { field: "place", .. }
        ));
        let mut other = claim_under(6, 101, "6.0");
        other.period = period("2025-12-01", "2026-01-01");
        assert!(matches!(
            refused(&other, |_| ()),
            SubmissionError::NotTheKpi {
                field: "period",
                ..
            }
        ));
        let mut other = claim_under(6, 101, "6.0");
        other.claimant = organisation(9);
        assert!(matches!(
            refused(&other, |_| ()),
            SubmissionError::NotTheSupplier { .. }
        ));
        assert_eq!(
            refused(&claim_under(6, 102, "6.0"), |_| ()),
            SubmissionError::UnknownKpi(id(102))
        );
        assert_eq!(
            refused(&claim_under(6, 101, "6.0"), |facts| facts.contract = None),
            SubmissionError::UnknownContract(id(1))
        );
    }

    #[test]
    fn the_future_cannot_be_claimed() {
        let claim = claim_under(6, 101, "6.0");
        let late: Time = "2026-05-30T23:00:00Z".parse().unwrap();
        assert!(matches!(
            refused(&claim, |facts| facts.at = late),
            SubmissionError::NotDeliveredYet { .. }
        ));
        let (measure, contract) = (measure(), contract());
        let mut facts = facts(&measure, &contract);
        facts.at = "2026-05-31T15:00:00Z".parse().unwrap();
        let midnight_in_seoul = decide_submission(&claim, &facts);
        assert_eq!(midnight_in_seoul, Ok(()));
    }

    #[test]
    fn an_outcome_that_a_kpi_still_asks_for_is_claimed_there() {
        let contract = contract();
        let progress = |verified_units| KpiProgress {
            kpi: &contract.kpis[0],
            supplier: contract.supplier,
            binding_units: 120,
            verified_units,
        };
        let claim = claim(6, "6.0");
        let open = first_open(&claim, [(id(1), progress(119))]);
        assert_eq!(open, Some((id(1), id(101))));
        assert_eq!(first_open(&claim, [(id(1), progress(120))]), None);
        let error = refused(&claim, |facts| facts.open_kpi = open);
        assert!(error.to_string().contains("claim it there"), "{error}");
    }
}
