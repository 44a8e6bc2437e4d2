use super::super::class::example;
use super::super::posting::{Bucket, check_balanced};
use super::super::serials::SerialRange;
use super::super::terms::{KpiAccount, KpiStanding};
use super::*;
use crate::amount::Share;
use crate::contract::fixtures::{BUYER, claim, id, measure, organisation};
use crate::log::entry::EntryBody;

/// A KPI of 12.0 hours of which some units were issued before.
fn under(issued_units: i64, surplus_tradable: bool) -> Terms {
    Terms::Contract {
        named: id(101),
        surplus_tradable,
        intended_on: Some("2026-01-01".parse().unwrap()),
        kpis: vec![KpiStanding {
            contract: id(1),
            kpi: id(101),
            buyer: organisation(BUYER),
            quantity_units: 120,
            account: KpiAccount {
                obligated_units: issued_units,
                ..KpiAccount::default()
            },
            matches: true,
        }],
    }
}

fn outside() -> Terms {
    Terms::Outside {
        deadweight: measure().deadweight,
        kpis: Vec::new(),
    }
}

fn ids() -> impl FnMut() -> RetirementId {
    let mut ids = (95..).map(id);
    move || ids.next().unwrap()
}

fn issue(terms: &Terms, verified: &str, class: &Class) -> Result<CreditsIssued, IssueError> {
    changed(terms, verified, class, |_| ())
}

fn changed(
    terms: &Terms,
    verified: &str,
    class: &Class,
    change: impl FnOnce(&mut IssueFacts<'_>),
) -> Result<CreditsIssued, IssueError> {
    let verified = measure().quantity(verified).unwrap();
    let mut facts = IssueFacts {
        claim: &claim(5, "90.0"),
        verified: Some(&verified),
        issued: None,
        class,
        terms,
        challenged: None,
        liable: None,
        elsewhere: None,
        registrar: id(20),
        related: false,
        earlier: &[id(30), id(40)],
    };
    change(&mut facts);
    decide_issue(id(90), ids(), &facts)
}

fn moved(issued: &CreditsIssued, bucket: Bucket) -> i64 {
    let postings = issued.postings();
    check_balanced(&postings).unwrap();
    let of = |posting: &&crate::credit::posting::Posting| posting.account.bucket == bucket;
    postings
        .iter()
        .filter(of)
        .map(|posting| posting.amount)
        .sum()
}

#[test]
fn obligated_units_retire_to_the_buyer_at_issue() {
    let issued = issue(&under(0, true), "8.0", &example()).unwrap();
    let [retirement] = issued.retirements.as_slice() else {
        panic!("one retirement");
    };
    assert_eq!(retirement.beneficiary, organisation(BUYER));
    assert_eq!(retirement.reason, RetirementReason::Obligation);
    assert_eq!(retirement.kpi, Some(id(101)));
    assert_eq!(retirement.serials, SerialRange::new(0, 80).unwrap());
    assert_eq!(moved(&issued, Bucket::Retired), 80);
    assert_eq!(moved(&issued, Bucket::Issuance), -80);
    assert_eq!(moved(&issued, Bucket::Available), 0);
}

#[test]
fn tradable_surplus_goes_to_the_claimant_less_the_buffer_rounded_down() {
    let issued = issue(&under(100, true), "3.9", &example()).unwrap();
    assert_eq!((issued.obligated_units(), issued.surplus_units()), (20, 19));
    assert_eq!((issued.buffer_units, issued.available_units), (1, 18));
    assert_eq!(moved(&issued, Bucket::Buffer), 1);
    assert_eq!(moved(&issued, Bucket::Available), 18);
    assert_eq!(moved(&issued, Bucket::Retired), 20);
}

#[test]
fn surplus_that_may_not_be_traded_retires_to_the_buyer_with_a_certificate_of_its_own() {
    let mut closed = example();
    closed.transferable = false;
    for (terms, class) in [(under(100, false), example()), (under(100, true), closed)] {
        let issued = issue(&terms, "3.9", &class).unwrap();
        assert_eq!((issued.buffer_units, issued.available_units), (0, 0));
        let parts: Vec<_> = issued
            .retirements
            .iter()
            .map(|r| (r.reason, r.units()))
            .collect();
        let expected = [
            (RetirementReason::Obligation, 20),
            (RetirementReason::Surplus, 19),
        ];
        assert_eq!(parts, expected);
        let [first, second] = issued.retirements.as_slice() else {
            panic!("two retirements");
        };
        assert_eq!(second.serials.from(), first.serials.to());
        assert_ne!(first.certificate, second.certificate);
    }
}

#[test]
fn outside_contracts_nothing_retires_and_the_deadweight_is_left_out() {
    let issued = issue(&outside(), "10.0", &example()).unwrap();
    assert_eq!((issued.obligated_units(), issued.surplus_units()), (0, 75));
    assert_eq!((issued.buffer_units, issued.available_units), (7, 68));
    assert_eq!(issued.retirements, []);
    let nothing = issue(&outside(), "0.1", &example());
    assert_eq!(nothing, Err(IssueError::Nothing));
}

#[test]
fn everything_issued_is_what_was_verified() {
    let mut class = example();
    class.buffer_share = Share::percent(33);
    for verified in ["0.1", "1.9", "12.0", "12.1", "14.4", "14.5", "90.0"] {
        let issued = issue(&under(0, true), verified, &class).unwrap();
        assert_eq!(
            issued.units(),
            measure().quantity(verified).unwrap().units()
        );
        assert_eq!(moved(&issued, Bucket::Issuance), -issued.units());
    }
}

#[test]
fn a_retry_does_not_mint_110_for_100() {
    let issued = Err(IssueError::AlreadyIssued { batch: id(90) });
    let again = changed(&under(0, true), "10.0", &example(), |facts| {
        facts.issued = Some(id(90));
    });
    assert_eq!(again, issued);
    let early = changed(&under(0, true), "10.0", &example(), |facts| {
        facts.verified = None;
    });
    assert_eq!(early, Err(IssueError::NotVerified(id(5))));
}

#[test]
fn the_registrar_is_a_second_person() {
    let same = changed(&under(0, true), "8.0", &example(), |facts| {
        facts.registrar = id(40);
    });
    assert_eq!(same, Err(IssueError::SamePerson(id(40))));
    let own = changed(&under(0, true), "8.0", &example(), |facts| {
        facts.related = true;
    });
    assert_eq!(own, Err(IssueError::NotIndependent(id(20))));
}

#[test]
fn a_challenge_with_a_case_and_a_liability_block_the_issue() {
    let challenged = changed(&under(0, true), "8.0", &example(), |facts| {
        facts.challenged = Some(id(7));
    });
    assert_eq!(challenged, Err(IssueError::Challenged(id(7))));
    let liable = changed(&under(0, true), "8.0", &example(), |facts| {
        facts.liable = Some(id(8));
    });
    assert_eq!(liable, Err(IssueError::Liable(id(8))));
}

#[test]
fn a_class_of_another_year_or_place_is_refused() {
    let refused = |change: fn(&mut Class)| {
        let mut class = example();
        change(&mut class);
        match issue(&under(0, true), "8.0", &class) {
            Err(IssueError::WrongClass { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(|class| class.vintage = 2025), "vintage");
    assert_eq!(refused(|class| class.place = "KR-26".into()), "place");
}

#[test]
fn a_person_period_stands_behind_credits_of_one_class() {
    let class = example();
    let issued = changed(&outside(), "90.0", &class, |facts| {
        facts.elsewhere = Some(id(91));
    });
    assert_eq!(issued, Err(IssueError::Elsewhere(id(91))));
}
