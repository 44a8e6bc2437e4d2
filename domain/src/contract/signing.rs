//! Contracts and their signature: commitments of the award become KPIs as they are, and parts of the work obligations.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kpi::{Kpi, KpiTerms};
use super::schedule::{MAX_INSTALMENTS, periods, spread};
use crate::amount::{AmountError, Share};
use crate::catalogue::{Measure, MeasureRef};
use crate::ids::{ContractId, Id, KpiId, OrganisationId};
use crate::log::difference::difference;
use crate::place::InvalidPlace;
use crate::tender::{Award, Commitment, LotRef, Participation};
use uuid::Uuid;

/// A signed contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The contract.
    pub id: ContractId,
    /// The award that led to it; none for a contract made without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub award: Option<LotRef>,
    /// Who buys.
    pub buyer: OrganisationId,
    /// Who delivers.
    pub supplier: OrganisationId,
    /// Whether delivery beyond a KPI may be traded; otherwise it retires to the buyer.
    pub surplus_tradable: bool,
    /// The part of a KPI that the supplier may cover with bought credits when it is short; nothing unless the tender documents said so.
    #[serde(default, skip_serializing_if = "Share::is_none")]
    pub substitution_share: Share,
    /// The KPIs, in the order of the award's commitments.
    pub kpis: Vec<Kpi>,
    /// Who is obliged to do which part of the work, in the order of the winning bid: an obligation that counts no measure, so
    /// that no credit comes of it. None where the plan withholds participations, and for a contract made without an award.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participations: Option<Vec<Participation>>,
}

/// Why a contract cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The lot has no award.
    #[error("`lot`: {0} has no award: decide the award first, or name a lot that has a winner")]
    NoAward(LotRef),
    /// The award has its contract.
    #[error("`lot`: the award already has contract:{0}: one award makes one contract")]
    AlreadySigned(ContractId),
    /// Something differs from the award.
    #[error(
        "`{field}` differs from the award: expected {expected}, found {found}; nobody retypes an award"
    )]
    NotTheAward {
        /// The field.
        field: &'static str,
        /// What the award says.
        expected: String,
        /// What the contract says.
        found: String,
    },
    /// Obligations without an award.
    #[error(
        "`participations`: only an award obliges others to a part of the work: leave them out of a contract made without one"
    )]
    NoAwardToOblige,
    /// One organisation on both sides.
    #[error("`supplier`: buyer and supplier are one organisation")]
    OneParty,
    /// A KPI id twice.
    #[error("`kpis`: kpi:{0} stands twice: give each KPI its own id")]
    KpiTwice(KpiId),
    /// A measure that no published catalogue has.
    #[error("`kpis.measure`: no published catalogue:{} has a measure `{}`", .0.catalogue, .0.code)]
    UnknownMeasure(MeasureRef),
    /// A quantity that cannot be delivered or counted.
    #[error(
        "`kpis.quantity`: kpi:{0} needs more than nothing of a quantitative measure, in the measure's unit and scale"
    )]
    Quantity(KpiId),
    /// More periods than a KPI can have.
    #[error(
        "`kpis.schedule`: {0} periods, at most {MAX_INSTALMENTS}: choose longer reporting periods or a shorter commitment"
    )]
    Schedule(usize),
    /// Too much to divide.
    #[error("`kpis.schedule`: {0}")]
    Amount(#[from] AmountError),
    /// A commitment at no place.
    #[error("`kpis.place`: {0}")]
    Place(#[from] InvalidPlace),
}

impl Contract {
    /// The contract that an award leads to; `kpi_id` makes an id for each commitment, and `measure` looks its measure up.
    pub fn from_award(
        id: ContractId,
        award: &Award,
        mut kpi_id: impl FnMut() -> KpiId,
        measure: impl Fn(&MeasureRef) -> Option<Measure>,
    ) -> Result<Self, SigningError> {
        let mut kpi = |commitment: &Commitment| -> Result<Kpi, SigningError> {
            Ok(Kpi {
                id: kpi_id(),
                measure: commitment.measure.clone(),
                quantity: commitment.quantity.clone(),
                period: commitment.period,
                place: commitment.place.parse()?,
                terms: terms(award, commitment, measure(&commitment.measure))?,
            })
        };
        Ok(Self {
            id,
            award: Some(award.reference()),
            buyer: award.buyer,
            supplier: award.supplier,
            surplus_tradable: award.surplus_tradable,
            substitution_share: award.substitution_share,
            kpis: award
                .commitments
                .iter()
                .map(&mut kpi)
                .collect::<Result<_, _>>()?,
            participations: award.participations.clone(),
        })
    }

    /// The KPI with an id.
    pub fn kpi(&self, id: KpiId) -> Option<&Kpi> {
        self.kpis.iter().find(|kpi| kpi.id == id)
    }
}

/// What the tender documents and the measure say of a commitment.
fn terms(
    award: &Award,
    commitment: &Commitment,
    measure: Option<Measure>,
) -> Result<KpiTerms, SigningError> {
    let unknown = || SigningError::UnknownMeasure(commitment.measure.clone());
    let measure = measure.ok_or_else(unknown)?;
    let delivery = &award.delivery;
    let own = delivery.of(&commitment.measure.code);
    let periods = periods(commitment.period, delivery.reporting_months);
    if periods.len() > MAX_INSTALMENTS {
        return Err(SigningError::Schedule(periods.len()));
    }
    let same = award.commitments.iter();
    let same = same
        .filter(|other| other.measure == commitment.measure)
        .count();
    Ok(KpiTerms {
        weight: own
            .and_then(|own| own.weight)
            .and_then(|weight| part(weight, same)),
        baseline: own.and_then(|own| own.baseline),
        evidence: measure.evidence,
        verification_method: measure.verification_method,
        thresholds: delivery.thresholds,
        schedule: spread(&commitment.quantity, &periods)?,
    })
}

/// The weight of a measure falls on its commitments in equal parts, rounded down to a millionth.
fn part(weight: Share, commitments: usize) -> Option<Share> {
    let commitments = u32::try_from(commitments).ok()?;
    Share::from_millionths(weight.millionths().checked_div(commitments)?).ok()
}

/// Whether the contract may be signed.
///
/// `award` is the award that the contract names, `signed` the contract that this award already has, and `measure`
/// looks a measure up in the published catalogues.
pub fn decide_signing<'m>(
    contract: &Contract,
    award: Option<&Award>,
    signed: Option<ContractId>,
    measure: impl Fn(&MeasureRef) -> Option<&'m Measure>,
) -> Result<(), SigningError> {
    let mut ids = BTreeSet::new();
    if let Some(twice) = contract.kpis.iter().find(|kpi| !ids.insert(kpi.id)) {
        return Err(SigningError::KpiTwice(twice.id));
    }
    if contract.buyer == contract.supplier {
        return Err(SigningError::OneParty);
    }
    match (&contract.award, award) {
        (None, _) if contract.participations.is_some() => Err(SigningError::NoAwardToOblige),
        (None, _) => check_kpis(contract, measure),
        (Some(named), None) => Err(SigningError::NoAward(named.clone())),
        (Some(_), Some(award)) => match signed {
            Some(signed) => Err(SigningError::AlreadySigned(signed)),
            None => check_against_award(contract, award, measure),
        },
    }
}

fn check_kpis<'m>(
    contract: &Contract,
    measure: impl Fn(&MeasureRef) -> Option<&'m Measure>,
) -> Result<(), SigningError> {
    for kpi in &contract.kpis {
        let measure = measure(&kpi.measure)
            .ok_or_else(|| SigningError::UnknownMeasure(kpi.measure.clone()))?;
        if !kpi.fits(measure) {
            return Err(SigningError::Quantity(kpi.id));
        }
    }
    Ok(())
}

fn check_against_award<'m>(
    contract: &Contract,
    award: &Award,
    measure: impl Fn(&MeasureRef) -> Option<&'m Measure>,
) -> Result<(), SigningError> {
    let same = |field, expected: &dyn ToString, found: &dyn ToString| {
        let (expected, found) = (expected.to_string(), found.to_string());
        if expected == found {
            Ok(())
        } else {
            Err(SigningError::NotTheAward {
                field,
                expected,
                found,
            })
        }
    };
    let named = contract.award.as_ref();
    let named = named.map_or(String::new(), ToString::to_string);
    same("award", &award.reference(), &named)?;
    same("buyer", &award.buyer, &contract.buyer)?;
    same("supplier", &award.supplier, &contract.supplier)?;
    same(
        "surplus_tradable",
        &award.surplus_tradable,
        &contract.surplus_tradable,
    )?;
    same(
        "substitution_share",
        &award.substitution_share,
        &contract.substitution_share,
    )?;
    same("kpis", &award.commitments.len(), &contract.kpis.len())?;
    let mut ids = contract.kpis.iter().map(|kpi| kpi.id);
    let expected = Contract::from_award(
        contract.id,
        award,
        || ids.next().unwrap_or_else(|| KpiId::from_uuid(Uuid::nil())),
        |reference| measure(reference).cloned(),
    )?;
    for (expected, found) in expected.kpis.iter().zip(&contract.kpis) {
        same("kpis", &describe(expected), &describe(found))?;
        if expected.terms != found.terms {
            let (expected, found) = difference(&expected.terms, &found.terms);
            same("kpis.terms", &expected, &found)?;
        }
    }
    same(
        "participations",
        &obligations(award.participations.as_deref()),
        &obligations(contract.participations.as_deref()),
    )
}

fn obligations(participations: Option<&[Participation]>) -> String {
    let one = |part: &Participation| match part.under {
        Some(under) => format!("{} of {under} by {}", part.share, part.organisation),
        None => format!("{} by {}", part.share, part.organisation),
    };
    participations.map_or("withheld".to_owned(), |parts| {
        parts.iter().map(one).collect::<Vec<_>>().join(", ")
    })
}

fn describe(kpi: &Kpi) -> String {
    format!(
        "{} of `{}` of catalogue {} in [{}, {}) at {}",
        kpi.quantity,
        kpi.measure.code,
        kpi.measure.catalogue,
        kpi.period.from(),
        kpi.period.to(),
        kpi.place,
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{award, id, measure, measure_ref};
    use super::*;

    fn signed() -> Contract {
        Contract::from_award(id(1), &award("12.0"), || id(101), |_| Some(measure())).unwrap()
    }

    fn decide(contract: &Contract) -> Result<(), SigningError> {
        let measure = measure();
        decide_signing(contract, Some(&award("12.0")), None, |_| Some(&measure))
    }

    #[test]
    fn the_kpis_are_the_commitments_of_the_award() {
        let contract = signed();
        assert_eq!(decide(&contract), Ok(()));
        assert_eq!(
            contract.kpis[0].quantity,
            measure().quantity("12.0").unwrap()
        );
        assert!(contract.kpi(id(101)).is_some());
        assert_eq!(contract.participations, award("12.0").participations);
    }

    #[test]
    fn an_obligation_that_differs_from_the_award_is_refused() {
        let with = |change: &dyn Fn(&mut Contract)| {
            let mut contract = signed();
            change(&mut contract);
            decide(&contract).unwrap_err().to_string()
        };
        let part = |contract: &mut Contract| contract.participations.clone().unwrap_or_default();
        let smaller = with(&|contract| {
            let mut parts = part(contract);
            parts[1].share = "0.2".parse().unwrap();
            contract.participations = Some(parts);
        });
        assert!(
            smaller.starts_with("`participations` differs") && smaller.contains("found 1 by"),
            "{smaller}"
        );
        let dropped = with(&|contract| {
            let mut parts = part(contract);
            parts.pop();
            contract.participations = Some(parts);
        });
        assert!(dropped.contains("0.3 of"), "{dropped}");
        let hidden = with(&|contract| contract.participations = None);
        assert!(hidden.contains("found withheld"), "{hidden}");
    }

    #[test]
    fn a_retyped_promise_is_refused() {
        let mut contract = signed();
        contract.kpis[0].quantity = measure().quantity("11.0").unwrap();
        let error = decide(&contract).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("expected 12.0") && text.contains("found 11.0"),
            "{text}"
        );
        let mut contract = signed();
        contract.kpis.clear();
        assert!(decide(&contract).is_err());
        let mut contract = signed();
        contract.surplus_tradable = false;
        assert!(decide(&contract).is_err());
        let mut contract = signed();
        contract.kpis[0].terms.weight = Some("0.1".parse().unwrap());
        let error = decide(&contract).unwrap_err();
        assert!(error.to_string().contains("kpis.terms"), "{error}");
    }

    #[test]
    fn an_award_makes_one_contract() {
        let again = decide_signing(&signed(), Some(&award("12.0")), Some(id(9)), |_| None);
        assert_eq!(again, Err(SigningError::AlreadySigned(id(9))));
        let none = decide_signing(&signed(), None, None, |_| None);
        assert!(matches!(none, Err(SigningError::NoAward(_))));
    }

    #[test]
    fn a_contract_without_a_tender_has_countable_kpis() {
        let measure = measure();
        let known = |reference: &MeasureRef| (*reference == measure_ref()).then_some(&measure);
        let mut contract = signed();
        contract.award = None;
        let obliged = decide_signing(&contract, None, None, known);
        assert_eq!(obliged, Err(SigningError::NoAwardToOblige));
        contract.participations = None;
        assert_eq!(decide_signing(&contract, None, None, known), Ok(()));
        contract.kpis[0].quantity = measure.quantity("0").unwrap();
        let nothing = decide_signing(&contract, None, None, known);
        assert!(matches!(nothing, Err(SigningError::Quantity(_))));
        let unknown = decide_signing(&contract, None, None, |_| None);
        assert!(matches!(unknown, Err(SigningError::UnknownMeasure(_))));
        contract.kpis.push(contract.kpis[0].clone());
        let twice = decide_signing(&contract, None, None, known);
        assert!(matches!(twice, Err(SigningError::KpiTwice(_))));
    }
}
