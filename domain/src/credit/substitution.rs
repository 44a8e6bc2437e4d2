//! Bought cover: a supplier that is short on a KPI retires others' outcomes to its buyer, up to a small part.

use super::class::Class;
use super::split::part;
use super::state::Batch;
use super::terms::KpiStanding;
use crate::amount::Share;
use crate::contract::Kpi;
use crate::fraction::ArithmeticError;
use crate::ids::{KpiId, OrganisationId};

/// What the decision needs.
#[derive(Debug, Clone, Copy)]
pub struct SubstitutionFacts<'a> {
    /// The KPI.
    pub kpi: &'a Kpi,
    /// What credits have done for it.
    pub standing: KpiStanding,
    /// The contract's supplier.
    pub supplier: OrganisationId,
    /// The part of a KPI that the tender documents let be covered; nothing where they say nothing.
    pub published: Share,
    /// Whose units.
    pub holder: OrganisationId,
    /// To whom they retire.
    pub beneficiary: OrganisationId,
}

/// Why units cover nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubstitutionError {
    /// Somebody else's KPI.
    #[error(
        "`holder`: kpi:{kpi} is promised by organisation:{supplier}: only its supplier covers it"
    )]
    NotTheSupplier {
        /// The KPI.
        kpi: KpiId,
        /// Who must deliver it.
        supplier: OrganisationId,
    },
    /// Retired to somebody else.
    #[error("`beneficiary`: expected the contract's buyer, organisation:{0}")]
    NotTheBuyer(OrganisationId),
    /// Another outcome than the KPI's.
    #[error("`batch`: its {0} is not the KPI's: cover needs the same measure, place and period")]
    AnotherOutcome(&'static str),
    /// Nothing is short.
    #[error("`units`: {asked} asked, but the KPI is short of {short} only")]
    NotShort {
        /// What was asked.
        asked: i64,
        /// What is neither delivered nor covered.
        short: i64,
    },
    /// More than the documents and the class allow.
    #[error(
        "`units`: {asked} asked, but cover may be {most} units of the KPI, of which {covered} are used"
    )]
    TooMuch {
        /// What was asked.
        asked: i64,
        /// The most over all time.
        most: i64,
        /// What was covered before.
        covered: i64,
    },
    /// Too much to count.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

/// Whether some units of a batch may cover a KPI: the same measure (and with it the kind of cohort), place and period; at
/// most what is short; and over all time at most the smaller of the class's share and what the tender documents published.
/// It discharges the agreed remedy. The rating still shows the supplier's own delivery.
pub fn decide_substitution(
    units: i64,
    batch: &Batch,
    class: &Class,
    facts: &SubstitutionFacts<'_>,
) -> Result<(), SubstitutionError> {
    let kpi = facts.kpi;
    if facts.holder != facts.supplier {
        return Err(SubstitutionError::NotTheSupplier {
            kpi: kpi.id,
            supplier: facts.supplier,
        });
    }
    if facts.beneficiary != facts.standing.buyer {
        return Err(SubstitutionError::NotTheBuyer(facts.standing.buyer));
    }
    let fields = [
        ("measure", class.measure == kpi.measure),
        ("place", class.place == kpi.place),
        ("period", kpi.period.covers(batch.period)),
    ];
    if let Some((field, _)) = fields.into_iter().find(|(_, same)| !same) {
        return Err(SubstitutionError::AnotherOutcome(field));
    }
    let covered = facts.standing.account.covered_units;
    let short = facts.standing.open_units().saturating_sub(covered).max(0);
    if units > short {
        return Err(SubstitutionError::NotShort {
            asked: units,
            short,
        });
    }
    let share = facts.published.min(class.substitution_share);
    let most = part(facts.standing.quantity_units, share.fraction()?)?;
    if covered.saturating_add(units) > most {
        return Err(SubstitutionError::TooMuch {
            asked: units,
            most,
            covered,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::class::example;
    use super::super::serials::Serials;
    use super::super::terms::KpiAccount;
    use super::*;
    use crate::contract::Contract;
    use crate::contract::fixtures::{
        BUYER, FUND, SUPPLIER, award, id, measure, organisation, period,
    };

    fn decide(
        units: i64,
        change: impl FnOnce(&mut Batch, &mut Class, &mut SubstitutionFacts<'_>),
    ) -> Result<(), SubstitutionError> {
        let contract =
            Contract::from_award(id(1), &award("12.0"), || id(101), |_| Some(measure())).unwrap();
        let mut batch = Batch {
            id: id(90),
            class: id(80),
            claim: id(5),
            claimant: organisation(FUND),
            period: period("2026-03-01", "2026-06-01"),
            serials: Serials::issue(50).unwrap(),
        };
        let mut facts = SubstitutionFacts {
            kpi: &contract.kpis[0],
            standing: KpiStanding {
                contract: id(1),
                kpi: id(101),
                buyer: organisation(BUYER),
                quantity_units: 120,
                account: KpiAccount {
                    obligated_units: 100,
                    ..KpiAccount::default()
                },
                matches: true,
            },
            supplier: organisation(SUPPLIER),
            published: Share::WHOLE,
            holder: organisation(SUPPLIER),
            beneficiary: organisation(BUYER),
        };
        let mut class = example();
        change(&mut batch, &mut class, &mut facts);
        decide_substitution(units, &batch, &class, &facts)
    }

    #[test]
    fn a_tenth_of_a_kpi_may_be_covered() {
        assert_eq!(decide(12, |_, _, _| ()), Ok(()));
        let (asked, most, covered) = (13, 12, 0);
        let expected = SubstitutionError::TooMuch {
            asked,
            most,
            covered,
        };
        assert_eq!(decide(13, |_, _, _| ()), Err(expected));
        let again = decide(5, |_, _, facts| facts.standing.account.covered_units = 8);
        assert!(matches!(
            again,
            Err(SubstitutionError::TooMuch { covered: 8, .. })
        ));
    }

    #[test]
    fn nothing_is_covered_unless_the_tender_documents_said_so() {
        let silent = decide(1, |_, _, facts| facts.published = Share::NONE);
        assert!(matches!(
            silent,
            Err(SubstitutionError::TooMuch { most: 0, .. })
        ));
        let little = decide(7, |_, _, facts| facts.published = Share::percent(5));
        assert!(matches!(
            little,
            Err(SubstitutionError::TooMuch { most: 6, .. })
        ));
    }

    #[test]
    fn only_what_is_short_is_covered() {
        let full = decide(1, |_, _, facts| {
            facts.standing.account.obligated_units = 120;
        });
        let expected = SubstitutionError::NotShort { asked: 1, short: 0 };
        assert_eq!(full, Err(expected));
        let nearly = decide(3, |_, _, facts| {
            facts.standing.account.obligated_units = 115;
            facts.standing.account.covered_units = 3;
        });
        assert_eq!(
            nearly,
            Err(SubstitutionError::NotShort { asked: 3, short: 2 })
        );
    }

    #[test]
    fn cover_is_of_the_same_measure_place_and_period() {
        let place = decide(1, |_, class, _| class.place = "KR-26".into());
        assert_eq!(place, Err(SubstitutionError::AnotherOutcome("place")));
        let measure = decide(1, |_, class, _| class.measure.catalogue = id(51));
        assert_eq!(measure, Err(SubstitutionError::AnotherOutcome("measure")));
        let period = decide(1, |batch, _, _| {
            batch.period = period("2025-12-01", "2026-01-01");
        });
        assert_eq!(period, Err(SubstitutionError::AnotherOutcome("period")));
    }

    #[test]
    fn the_supplier_covers_its_own_kpi_for_its_own_buyer() {
        let other = decide(1, |_, _, facts| facts.holder = organisation(FUND));
        assert!(matches!(
            other,
            Err(SubstitutionError::NotTheSupplier { .. })
        ));
        let elsewhere = decide(1, |_, _, facts| facts.beneficiary = organisation(FUND));
        assert_eq!(
            elsewhere,
            Err(SubstitutionError::NotTheBuyer(organisation(BUYER)))
        );
    }
}
