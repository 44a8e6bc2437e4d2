//! Programmes in the log: clean, then tampered with.

use super::entries::*;
use super::terms::tests::{programme, won};
use super::*;
use crate::actor::Role;
use crate::contract::Verification;
use crate::contract::entries::ClaimVerified;
use crate::contract::fixtures::*;
use crate::contract::story::*;
use crate::ids::ClaimId;
use crate::log::entry::{Draft, EntryBody};
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::log::state;
use crate::time::Time;

/// The time of a statement that nobody signed.
const STATED: Time = Time::from_micros(1_790_000_000_000_000);

/// The buyer pays a quarter of 10,000 won an hour; statements at once and later.
fn terms() -> Programme {
    Programme {
        payer: organisation(BUYER),
        statement_days: vec!["2026-07-01".parse().unwrap()],
        ..programme()
    }
}

fn verify(story: &mut Story, n: u128, hours: &str) {
    let accepted = measure().quantity(hours).unwrap();
    let verification = Verification {
        verifier: id(VERIFIERS[0].0),
        organisation: organisation(VERIFIERS[0].1),
        accepted: accepted.clone(),
        method: "ISAE 3000".into(),
        reason: sha256(b"agrees"),
        salt: None,
    };
    let verified = ClaimVerified {
        claim: id(n),
        verified: accepted,
        verifications: vec![verification],
    };
    story.push(verifier(0), verified);
}

/// A programme, and a verified claim of 6 hours.
fn story() -> Story {
    let mut story = Story::founded();
    story.push(officer(), ProgrammeOpened { programme: terms() });
    story.submit(claim(5, "6.0"));
    verify(&mut story, 5, "6.0");
    story
}

/// The statement that is right after some entries.
fn right(state: &state::State) -> Statement {
    let recorded = state.programmes.programme(id(900)).unwrap();
    let outcomes = recorded.outcomes(state, u64::MAX, STATED);
    let facts = StatementFacts {
        number: recorded.statements.saturating_add(1),
        on: "2026-09-21".parse().unwrap(),
        outcomes: &outcomes,
        before: &recorded.counted,
        standings: &recorded.standings,
    };
    decide_statement(&recorded.programme, facts).unwrap()
}

fn state(story: &mut Story) -> Statement {
    let statement = right(&story.clean());
    let body = ProgrammeStated {
        statement: statement.clone(),
    };
    story.push(officer(), body);
    statement
}

fn paid(amount: i64, reference: &str) -> ProgrammePaid {
    ProgrammePaid {
        payment: Payment {
            programme: id(900),
            organisation: organisation(SUPPLIER),
            direction: Direction::Paid,
            amount: won(amount),
            on: "2026-09-21".parse().unwrap(),
            reference: reference.into(),
        },
    }
}

#[test]
fn a_programme_states_what_it_owes_and_records_what_was_paid() {
    let mut story = story();
    let statement = state(&mut story);
    assert_eq!(statement.lines[0].owed, won(15_000));
    story.push(officer(), paid(15_000, "2026/1"));
    let mut later = claim(6, "2.0");
    later.period = period("2026-07-01", "2026-08-01");
    story.submit(later);
    verify(&mut story, 6, "2.0");
    let statement = state(&mut story);
    assert_eq!((statement.number, statement.counted.len()), (2, 1));
    assert_eq!(statement.lines[0].difference, won(5_000));
    story.push(officer(), paid(5_000, "2026/2"));
    let known = story.clean();
    assert_eq!(
        known.tally.recomputed_counts()["statements of entitlement"],
        2
    );
    assert_eq!(known.tally.attested_counts()["payments"], 2);
    let standing = known.programmes.programme(id(900)).unwrap().standings[&organisation(SUPPLIER)];
    assert_eq!((standing.owed, standing.paid), (20_000, 20_000));
}

#[test]
fn a_statement_that_was_tampered_with_is_found() {
    let story = story();
    let good = right(&story.clean());
    let found = |change: fn(&mut Statement)| {
        let mut statement = good.clone();
        change(&mut statement);
        story
            .refused(officer(), ProgrammeStated { statement })
            .check
    };
    assert_eq!(found(|s| s.lines[0].owed = won(15_001)), "entitlements");
    assert_eq!(found(|s| s.lines.clear()), "entitlements");
    assert_eq!(found(|s| s.counted[0].earned = won(1)), "counted claims");
    assert_eq!(found(|s| s.counted.clear()), "counted claims");
    assert_eq!(
        found(|s| s.counted[0].verified = measure().quantity("7.0").unwrap()),
        "counted claims"
    );
    assert_eq!(found(|s| s.number = 2), "statement number");
    assert_eq!(found(|s| s.left = won(0)), "left of the budget");
    assert_eq!(found(|s| s.programme = id(901)), "programme");
    let body = ProgrammeStated { statement: good };
    assert_eq!(story.refused(reporter(), body).check, "actors");
}

#[test]
fn a_claim_that_is_stated_twice_is_found() {
    let mut story = story();
    let mut again = state(&mut story);
    again.number = 2;
    let finding = story.refused(officer(), ProgrammeStated { statement: again });
    assert!(finding.found.contains("nothing has changed"), "{finding}");
}

#[test]
fn terms_that_were_tampered_with_are_found() {
    let story = Story::founded();
    let found = |change: fn(&mut Programme)| {
        let mut programme = terms();
        change(&mut programme);
        story.refused(officer(), ProgrammeOpened { programme })
    };
    assert_eq!(found(|p| p.payer = organisation(SUPPLIER)).check, "actors");
    assert_eq!(found(|p| p.payer = organisation(77)).check, "organisation");
    let finding = found(|p| p.values[0].measure.catalogue = id(51));
    assert!(finding.found.contains("values.0.measure"), "{finding}");
    let mut twice = story.clone();
    twice.push(officer(), ProgrammeOpened { programme: terms() });
    let finding = twice.refused(officer(), ProgrammeOpened { programme: terms() });
    assert_eq!(finding.expected, "a new id");
}

#[test]
fn a_payment_of_more_than_is_owed_or_of_the_same_reference_is_found() {
    let mut story = story();
    let nobody = story.refused(officer(), paid(1, "2026/1"));
    assert!(nobody.found.contains("`organisation`"), "{nobody}");
    state(&mut story);
    let much = story.refused(officer(), paid(15_001, "2026/1"));
    assert!(much.found.contains("KRW 15000"), "{much}");
    story.refused(by(REPORTER, SUPPLIER, Role::Supplier), paid(1, "2026/1"));
    story.push(officer(), paid(10_000, "2026/1"));
    let again = story.refused(officer(), paid(5_000, "2026/1"));
    assert!(again.found.contains("`reference`"), "{again}");
}

#[test]
fn only_what_the_terms_admit_is_counted() {
    let mut story = Story::founded();
    story.push(officer(), ProgrammeOpened { programme: terms() });
    let mut elsewhere = claim(5, "6.0");
    elsewhere.place = "KR-26".into();
    story.submit(elsewhere);
    verify(&mut story, 5, "6.0");
    // Submitted and not verified.
    story.submit(claim(6, "6.0"));
    let known = story.clean();
    let recorded = known.programmes.programme(id(900)).unwrap();
    assert_eq!(recorded.outcomes(&known, u64::MAX, STATED), []);
}

#[test]
fn a_programme_for_certified_organisations_pays_no_other() {
    let mut story = Story::founded();
    let programme = Programme {
        kinds: vec![crate::organisation::certification::SeoKind::SocialEnterprise],
        ..terms()
    };
    story.push(officer(), ProgrammeOpened { programme });
    story.submit(claim(5, "6.0"));
    verify(&mut story, 5, "6.0");
    let known = story.clean();
    let outcomes = |known: &state::State| {
        let recorded = known.programmes.programme(id(900)).unwrap();
        recorded.outcomes(known, u64::MAX, STATED).len()
    };
    assert_eq!(outcomes(&known), 0);
    let certification = crate::organisation::certification::Certification {
        id: id(800),
        organisation: organisation(SUPPLIER),
        kind: crate::organisation::certification::SeoKind::SocialEnterprise,
        from: "2026-03-01".parse().unwrap(),
        to: None,
        source: "register 7".into(),
    };
    let recorded = crate::organisation::entries::CertificationRecorded { certification };
    story.push(registrar(), recorded);
    assert_eq!(outcomes(&story.clean()), 1);
}

#[test]
fn what_is_undone_is_claimed_back_in_the_next_statement() {
    let mut story = story();
    state(&mut story);
    story.push(officer(), paid(15_000, "2026/1"));
    let mut known = story.clean();
    let left = measure().quantity("2.0").unwrap();
    known.contracts.reduce(id::<ClaimId>(5), left).unwrap();
    let statement = right(&known);
    assert_eq!(statement.counted[0].earned, won(5_000));
    assert_eq!(statement.lines[0].difference, won(-10_000));
    let mut hidden = statement.clone();
    hidden.lines[0].owed = won(15_000);
    hidden.lines[0].difference = won(0);
    let header = Draft {
        actors: officer(),
        subject: "test".into(),
        inputs_upto: None,
        body: Body::from(ProgrammeStated {
            statement: statement.clone(),
        }),
    };
    let header = header
        .at(Time::from_micros(1_790_000_100_000_000))
        .header(99);
    let finding = ProgrammeStated { statement: hidden }.apply(&header, &mut known);
    assert_eq!(finding.unwrap_err().check, "entitlements");
    let mut again = story.clean();
    again
        .contracts
        .reduce(id::<ClaimId>(5), measure().quantity("2.0").unwrap())
        .unwrap();
    let stated = ProgrammeStated { statement };
    assert_eq!(stated.apply(&header, &mut again), Ok(()));
    let mut back = paid(10_000, "2026/1-back");
    back.payment.direction = Direction::Returned;
    assert_eq!(back.apply(&header, &mut again), Ok(()));
    let standing = again.programmes.programme(id(900)).unwrap().standings[&organisation(SUPPLIER)];
    assert_eq!((standing.owed, standing.paid), (5_000, 5_000));
}
