//! Issuing: the credits that follow from one verified claim, and no others.

use super::class::Class;
use super::entries::CreditsIssued;
use super::retirement::{Retirement, RetirementReason, certificate_number};
use super::serials::{SerialRange, SerialsError};
use super::split::{Split, part};
use crate::amount::{Quantity, Share};
use crate::contract::Claim;
use crate::fraction::ArithmeticError;
use crate::ids::{BatchId, ClaimId, OrganisationId, PersonId, RetirementId};

/// What a claim answers, as far as its credits are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terms {
    /// A KPI of a contract.
    Kpi {
        /// The contract's buyer, to whom obligated units retire.
        buyer: OrganisationId,
        /// Whether the contract lets surplus be traded.
        surplus_tradable: bool,
        /// Full-term quantity of the KPI in smallest units.
        kpi_units: i64,
        /// Verified units of the KPI's claims that were issued before.
        issued_units: i64,
    },
    /// No contract.
    Outside {
        /// The measure's deadweight.
        deadweight: Share,
    },
}

/// What the decision needs.
#[derive(Debug, Clone, Copy)]
pub struct IssueFacts<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// Its verified quantity; none when it was not verified.
    pub verified: Option<&'a Quantity>,
    /// The batch that was already issued for the claim.
    pub issued: Option<BatchId>,
    /// The class in which the registrar issues.
    pub class: &'a Class,
    /// What the claim answers.
    pub terms: Terms,
    /// The registrar.
    pub registrar: PersonId,
    /// Who submitted and who verified the claim.
    pub earlier: &'a [PersonId],
}

/// Why nothing is issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The claim was not verified.
    #[error("`claim`: {0} has no verified quantity: have it verified first")]
    NotVerified(ClaimId),
    /// Issued before: a retry, or a second try. The batch is the answer to the first.
    #[error("`claim`: its credits were issued as batch {batch}: one issue per claim")]
    AlreadyIssued {
        /// The batch.
        batch: BatchId,
    },
    /// The class is of something else.
    #[error("`class`: its {field} is {found}, the claim's is {expected}")]
    WrongClass {
        /// What differs.
        field: &'static str,
        /// The claim's.
        expected: String,
        /// The class's.
        found: String,
    },
    /// The registrar took an earlier step.
    #[error("`registrar`: {0} submitted or verified the claim: issuing needs a second person")]
    SamePerson(PersonId),
    /// The deadweight takes everything.
    #[error(
        "the verified quantity less its deadweight is no whole unit: there is nothing to issue"
    )]
    Nothing,
    /// Too much.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
    /// Too much for serials.
    #[error(transparent)]
    Serials(#[from] SerialsError),
}

/// The credits of a verified claim, with the ids that the caller made for the batch and for the retirement at issue
/// (used only when there is one).
///
/// Obligated units retire to the contract's buyer at once. Surplus that the class and the contract let be traded goes
/// to the claimant, less the class's buffer share (rounded down); other surplus retires to the buyer. Outside contracts
/// there is no buyer: surplus goes to the claimant, who can transfer it only if the class is transferable.
pub fn decide_issue(
    batch: BatchId,
    retirement: RetirementId,
    facts: &IssueFacts<'_>,
) -> Result<CreditsIssued, IssueError> {
    let claim = facts.claim;
    if let Some(batch) = facts.issued {
        return Err(IssueError::AlreadyIssued { batch });
    }
    let verified = facts
        .verified
        .ok_or(IssueError::NotVerified(claim.id))?
        .units();
    check_class(claim, facts.class)?;
    if facts.earlier.contains(&facts.registrar) {
        return Err(IssueError::SamePerson(facts.registrar));
    }
    let split = split(verified, facts.terms)?;
    if split.total()? == 0 {
        return Err(IssueError::Nothing);
    }
    let (buyer, circulates) = match facts.terms {
        Terms::Kpi {
            buyer,
            surplus_tradable,
            ..
        } => (Some(buyer), surplus_tradable && facts.class.transferable),
        Terms::Outside { .. } => (None, true),
    };
    let circulating = if circulates { split.surplus } else { 0 };
    let less = |from: i64, taken: i64| from.checked_sub(taken).ok_or(ArithmeticError::Overflow);
    let buffer = part(circulating, facts.class.buffer_share.fraction()?)?;
    let retired = less(split.total()?, circulating)?;
    let retirement = match buyer {
        Some(buyer) if retired > 0 => Some(Retirement {
            id: retirement,
            beneficiary: buyer,
            jurisdiction: claim.place.clone(),
            period: claim.period,
            reason: RetirementReason::Obligation,
            note: None,
            serials: SerialRange::new(0, retired)?,
            certificate: certificate_number(retirement, facts.class.vintage),
        }),
        _ => None,
    };
    Ok(CreditsIssued {
        batch,
        claim: claim.id,
        class: facts.class.id,
        claimant: claim.claimant,
        obligated_units: split.obligated,
        surplus_units: split.surplus,
        buffer_units: buffer,
        available_units: less(circulating, buffer)?,
        retirement,
    })
}

fn split(verified: i64, terms: Terms) -> Result<Split, ArithmeticError> {
    match terms {
        Terms::Kpi {
            kpi_units,
            issued_units,
            ..
        } => Split::of_claim(kpi_units, issued_units, verified),
        Terms::Outside { deadweight } => Split::outside(verified, deadweight),
    }
}

fn check_class(claim: &Claim, class: &Class) -> Result<(), IssueError> {
    let measure =
        |m: &crate::catalogue::MeasureRef| format!("`{}` of catalogue {}", m.code, m.catalogue);
    let vintage = claim
        .period
        .vintage()
        .map_or_else(|| "two years".to_owned(), |year| year.to_string());
    let fields = [
        ("measure", measure(&claim.measure), measure(&class.measure)),
        ("place", claim.place.to_string(), class.place.to_string()),
        ("vintage", vintage, class.vintage.to_string()),
        (
            "scale",
            claim.quantity.scale().to_string(),
            class.scale.to_string(),
        ),
    ];
    match fields.into_iter().find(|(_, claim, class)| claim != class) {
        None => Ok(()),
        Some((field, expected, found)) => Err(IssueError::WrongClass {
            field,
            expected,
            found,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::class::example;
    use super::*;
    use crate::contract::fixtures::{BUYER, claim, id, measure, organisation};
    use crate::credit::posting::{Bucket, check_balanced};
    use crate::log::entry::EntryBody;

    fn kpi(issued_units: i64, surplus_tradable: bool) -> Terms {
        Terms::Kpi {
            buyer: organisation(BUYER),
            surplus_tradable,
            kpi_units: 120,
            issued_units,
        }
    }

    fn issue(terms: Terms, verified: &str, class: &Class) -> Result<CreditsIssued, IssueError> {
        let verified = measure().quantity(verified).unwrap();
        let facts = IssueFacts {
            claim: &claim(5, "90.0"),
            verified: Some(&verified),
            issued: None,
            class,
            terms,
            registrar: id(20),
            earlier: &[id(30), id(40)],
        };
        decide_issue(id(90), id(95), &facts)
    }

    fn moved(issued: &CreditsIssued, bucket: Bucket) -> i64 {
        let postings = issued.postings();
        check_balanced(&postings).unwrap();
        let of = |posting: &&crate::credit::posting::Posting| posting.account.bucket == bucket;
        postings.iter().find(of).map_or(0, |posting| posting.amount)
    }

    #[test]
    fn obligated_units_retire_to_the_buyer_at_issue() {
        let issued = issue(kpi(0, true), "8.0", &example()).unwrap();
        assert_eq!((issued.obligated_units, issued.surplus_units), (80, 0));
        let retirement = issued.retirement.clone().unwrap();
        assert_eq!(retirement.beneficiary, organisation(BUYER));
        assert_eq!(retirement.serials, SerialRange::new(0, 80).unwrap());
        assert_eq!(moved(&issued, Bucket::Retired), 80);
        assert_eq!(moved(&issued, Bucket::Issuance), -80);
        assert_eq!(moved(&issued, Bucket::Available), 0);
    }

    #[test]
    fn tradable_surplus_goes_to_the_claimant_less_the_buffer_rounded_down() {
        let issued = issue(kpi(100, true), "3.9", &example()).unwrap();
        assert_eq!((issued.obligated_units, issued.surplus_units), (20, 19));
        assert_eq!((issued.buffer_units, issued.available_units), (1, 18));
        assert_eq!(moved(&issued, Bucket::Buffer), 1);
        assert_eq!(moved(&issued, Bucket::Available), 18);
        assert_eq!(moved(&issued, Bucket::Retired), 20);
    }

    #[test]
    fn surplus_that_may_not_be_traded_retires_to_the_buyer() {
        let mut closed = example();
        closed.transferable = false;
        for (terms, class) in [(kpi(100, false), example()), (kpi(100, true), closed)] {
            let issued = issue(terms, "3.9", &class).unwrap();
            assert_eq!((issued.obligated_units, issued.surplus_units), (20, 19));
            assert_eq!((issued.buffer_units, issued.available_units), (0, 0));
            assert_eq!(issued.retirement.unwrap().units(), 39);
        }
    }

    #[test]
    fn outside_contracts_nothing_retires_and_the_deadweight_is_left_out() {
        let deadweight = measure().deadweight.unwrap();
        let issued = issue(Terms::Outside { deadweight }, "10.0", &example()).unwrap();
        assert_eq!((issued.obligated_units, issued.surplus_units), (0, 75));
        assert_eq!((issued.buffer_units, issued.available_units), (7, 68));
        assert_eq!(issued.retirement, None);
        let nothing = issue(Terms::Outside { deadweight }, "0.1", &example());
        assert_eq!(nothing, Err(IssueError::Nothing));
    }

    #[test]
    fn a_retry_does_not_mint_twice() {
        let verified = measure().quantity("10.0").unwrap();
        let mut facts = IssueFacts {
            claim: &claim(5, "10.0"),
            verified: Some(&verified),
            issued: None,
            class: &example(),
            terms: kpi(0, true),
            registrar: id(20),
            earlier: &[],
        };
        assert!(decide_issue(id(90), id(95), &facts).is_ok());
        facts.issued = Some(id(90));
        let again = decide_issue(id(91), id(96), &facts);
        assert_eq!(again, Err(IssueError::AlreadyIssued { batch: id(90) }));
        facts.issued = None;
        facts.verified = None;
        let early = decide_issue(id(91), id(96), &facts);
        assert_eq!(early, Err(IssueError::NotVerified(id(5))));
    }

    #[test]
    fn the_registrar_is_a_second_person() {
        let verified = measure().quantity("10.0").unwrap();
        let facts = IssueFacts {
            claim: &claim(5, "10.0"),
            verified: Some(&verified),
            issued: None,
            class: &example(),
            terms: kpi(0, true),
            registrar: id(40),
            earlier: &[id(30), id(40)],
        };
        let error = decide_issue(id(90), id(95), &facts);
        assert_eq!(error, Err(IssueError::SamePerson(id(40))));
    }

    #[test]
    fn a_class_of_another_year_or_place_is_refused() {
        let mut class = example();
        class.vintage = 2025;
        let error = issue(kpi(0, true), "8.0", &class).unwrap_err();
        assert!(matches!(
            error,
            IssueError::WrongClass {
                field: "vintage",
                ..
            }
        ));
        let mut class = example();
        class.place = "KR-26".into();
        let error = issue(kpi(0, true), "8.0", &class).unwrap_err();
        assert!(matches!(
            error,
            IssueError::WrongClass { field: "place", .. }
        ));
    }
}
