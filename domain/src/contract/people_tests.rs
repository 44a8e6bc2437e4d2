//! Claims that name people, in the log: clean, then tampered with.

use super::beneficiary::Beneficiaries;
use super::entries::*;
use super::erasure::ErasureGround;
use super::fixtures::*;
use super::story::*;
use super::{Claim, Counted, Verification};
use crate::actor::Role;
use crate::amount::Quantity;
use crate::catalogue::entries::CataloguePublished;
use crate::catalogue::{Basis, Catalogue, Counting, Measure, MeasureRef};
use crate::log::entry::EntryActor;
use crate::log::hash::sha256;
use crate::organisation::entries::RoleGranted;

/// People in work, each under one kind.
fn people() -> Measure {
    Measure {
        code: "JOB-9".parse().unwrap(),
        unit: "person".parse().unwrap(),
        scale: 0,
        counting: Counting {
            basis: Some(Basis::People),
            one_kind: Some("disadvantage".into()),
            ..Counting::default()
        },
        ..measure()
    }
}

fn nine() -> Quantity {
    people().quantity("9").unwrap()
}

fn named(n: u128) -> Claim {
    Claim {
        measure: MeasureRef {
            catalogue: id(51),
            code: people().code,
        },
        quantity: nine(),
        counted: Some(Counted {
            people: 9,
            working: sha256(b"working"),
        }),
        beneficiaries: Some(Beneficiaries {
            people: 9,
            root: sha256(b"root"),
        }),
        ..claim(n, "9.0")
    }
}

fn story() -> Story {
    let mut story = Story::founded();
    let catalogue = Catalogue {
        id: id(51),
        code: "people".into(),
        version: "1".into(),
        title: "Measures of people".into(),
        source: "ours".into(),
        measures: vec![people()],
    };
    story.push(
        by(REGISTRAR, REGISTRY, Role::Registrar),
        CataloguePublished { catalogue },
    );
    story.submit(named(5));
    story
}

fn eraser() -> Vec<EntryActor> {
    by(REGISTRAR, REGISTRY, Role::Registrar)
}

fn erased(people: u32, ground: ErasureGround) -> BeneficiariesErased {
    BeneficiariesErased {
        claim: id(5),
        people,
        ground,
    }
}

fn verified(people_accepted: &str) -> ClaimVerified {
    let accepted = people().quantity(people_accepted).unwrap();
    ClaimVerified {
        claim: id(5),
        verified: accepted.clone(),
        verifications: vec![Verification {
            verifier: id(40),
            organisation: organisation(ASSURER),
            accepted,
            method: "payroll".into(),
            reason: sha256(b"agreed"),
            salt: None,
        }],
    }
}

#[test]
fn who_stands_behind_a_claim_is_attested_only() {
    let state = story().clean();
    let attested = state.tally.attested_counts();
    assert_eq!(
        attested.get("people behind claims, each counted once"),
        Some(&1)
    );
}

#[test]
fn a_claim_that_does_not_name_whom_it_counts_once_is_found() {
    let unnamed = ClaimSubmitted {
        claim: Claim {
            beneficiaries: None,
            ..named(6)
        },
    };
    let finding = story().refused(reporter(), unnamed);
    assert!(finding.found.contains("commonweal tokens"), "{finding}");
}

#[test]
fn tokens_are_erased_and_what_was_claimed_stays() {
    let mut story = story();
    story.push(verifier(0), verified("9"));
    story.push(eraser(), erased(1, ErasureGround::Request));
    story.push(eraser(), erased(8, ErasureGround::Request));
    let state = story.clean();
    let recorded = state.contracts.claim(id(5)).unwrap();
    assert_eq!(recorded.verified, Some(nine()));
    let again = story.refused(eraser(), erased(1, ErasureGround::Request));
    assert!(again.found.contains("the tokens of 0"), "{again}");
}

#[test]
fn an_erasure_that_the_rules_forbid_is_found() {
    let story = story();
    story.refused(eraser(), erased(10, ErasureGround::Request));
    let early = story.refused(eraser(), erased(9, ErasureGround::Retention));
    assert!(early.found.contains("2033-06-01"), "{early}");
    story.refused(reporter(), erased(1, ErasureGround::Request));
    let own = by(REPORTER, SUPPLIER, Role::Registrar);
    story.refused(own, erased(1, ErasureGround::Request));
}

#[test]
fn an_exclusion_for_whom_the_registrar_works_is_found() {
    let mut story = story();
    let exclusion = ExclusionLogged {
        earlier: id(5),
        claimant: organisation(FUND),
        reason: sha256(b"two half-time jobs"),
    };
    let mut fair = story.clone();
    fair.push(eraser(), exclusion.clone());
    fair.clean();
    story.push(
        by(10, REGISTRY, Role::Operator),
        RoleGranted {
            person: id(REGISTRAR),
            organisation: organisation(FUND),
            role: Role::Supplier,
        },
    );
    let biased = story.refused(eraser(), exclusion);
    assert!(biased.found.contains("someone independent"), "{biased}");
}

#[test]
fn a_verified_number_of_fewer_than_five_people_is_found() {
    let mut story = story();
    let few = story.refused(verifier(0), verified("4"));
    assert!(few.found.contains("fewer than 5"), "{few}");
    story.push(verifier(0), verified("5"));
    story.clean();
}
