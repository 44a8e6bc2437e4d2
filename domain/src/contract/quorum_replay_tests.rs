//! Quorums in the log: clean, then tampered with.

use super::ClaimStatus;
use super::Verification;
use super::entries::*;
use super::fixtures::*;
use super::quorum::draw::{candidates, seed};
use super::quorum::judgement::seal;
use super::quorum::tests::quorum;
use super::quorum::{Quorum, chain, duty};
use super::story::*;
use crate::actor::Role;
use crate::ids::PersonId;
use crate::log::commitment::Salt;
use crate::log::entry::EntryActor;
use crate::log::hash::{Hash, sha256};
use crate::organisation::entries::{RoleGranted, RoleRevoked};

fn secret() -> Hash {
    sha256(b"the registry's secret")
}

pub(super) fn published(number: u32, quorum: Quorum) -> QuorumPublished {
    QuorumPublished {
        number,
        quorum,
        commitment: chain::commitment(sha256(
            &[secret().as_bytes(), &number.to_be_bytes()[..]].concat(),
        )),
    }
}

/// The link of the first claim under the first quorum.
pub(super) fn link() -> Hash {
    let secret = sha256(&[secret().as_bytes(), &1_u32.to_be_bytes()[..]].concat());
    chain::link(secret, 1).unwrap()
}

/// A claim of 6.0 hours that a quorum binds.
pub(super) fn bound(quorum: Quorum) -> Story {
    let mut story = Story::new();
    story.push(registrar(), published(1, quorum));
    story.submit(claim_under(5, 101, "6.0"));
    story
}

/// What the rules draw next for claim 5.
pub(super) fn next(story: &Story, third: bool) -> VerifiersAssigned {
    let state = story.clean();
    let task = state.contracts.quorums.task(id(5)).unwrap();
    let recorded = state.contracts.claim(id(5)).unwrap();
    let facts = state.contracts.claim_facts(recorded, &state.organisations);
    let groups = |person| state.organisations.groups_of(person);
    let found = candidates(
        state.organisations.verifiers(),
        &facts,
        task.submitted,
        groups,
    );
    let seed = seed(link(), &claim_under(5, 101, "6.0").evidence);
    let drawn = duty::decide_assignment(
        &task.published.quorum,
        (recorded.status, seed),
        &found,
        &task.assignments,
        third,
    )
    .unwrap();
    VerifiersAssigned {
        claim: id(5),
        link: link(),
        verifiers: drawn.iter().map(Into::into).collect(),
        third,
        fee_from: organisation(BUYER),
    }
}

/// With the verifiers of the first draw.
fn assigned(quorum: Quorum) -> (Story, Vec<Drawn>) {
    let mut story = bound(quorum);
    let entry = next(&story, false);
    let drawn = entry.verifiers.clone();
    story.push(reporter(), entry);
    (story, drawn)
}

pub(super) fn acting(drawn: Drawn) -> Vec<EntryActor> {
    vec![EntryActor {
        role: Role::Verifier,
        id: drawn.verifier,
        organisation: drawn.organisation,
    }]
}

pub(super) fn finding(drawn: Drawn, hours: &str) -> Verification {
    Verification {
        verifier: drawn.verifier,
        organisation: drawn.organisation,
        accepted: measure().quantity(hours).unwrap(),
        method: "ISAE 3000".into(),
        reason: sha256(b"why"),
        salt: Some(Salt([7; 32])),
    }
}

pub(super) fn sealed(drawn: Drawn, hours: &str) -> VerificationSealed {
    let commitment = seal(id(5), &finding(drawn, hours), Salt([7; 32])).unwrap();
    VerificationSealed {
        claim: id(5),
        commitment,
    }
}

pub(super) fn verified(hours: &str, verifications: Vec<Verification>) -> ClaimVerified {
    ClaimVerified {
        claim: id(5),
        verified: measure().quantity(hours).unwrap(),
        verifications,
    }
}

fn declined() -> VerifierDeclined {
    VerifierDeclined {
        claim: id(5),
        reason: sha256(b"no time"),
    }
}

#[test]
fn two_of_two_sectors_judge_and_the_lower_quantity_counts() {
    let (mut story, drawn) = assigned(quorum(2, 2));
    assert_eq!(drawn.len(), 2);
    story.push(acting(drawn[0]), sealed(drawn[0], "6.0"));
    story.push(acting(drawn[1]), sealed(drawn[1], "5.5"));
    let findings = vec![finding(drawn[0], "6.0"), finding(drawn[1], "5.5")];
    let last = acting(drawn[1]);
    let above = story.refused(last.clone(), verified("6.0", findings.clone()));
    assert_eq!(above.check, "verified quantity");
    let one = vec![findings[1].clone()];
    let short = story.refused(last.clone(), verified("5.5", one));
    assert!(short.found.contains("have judged"), "{short}");
    let mut changed = findings.clone();
    changed[0].accepted = measure().quantity("5.8").unwrap();
    let changed = story.refused(last.clone(), verified("5.5", changed));
    assert!(changed.found.contains("not what was sealed"), "{changed}");
    let stranger = by(43, ASSURER, Role::Verifier);
    if drawn.iter().all(|one| one.verifier != id(43)) {
        let finding = story.refused(stranger, verified("5.5", findings.clone()));
        assert_eq!(finding.check, "actors");
    }
    story.push(last, verified("5.5", findings));
    let state = story.clean();
    let recorded = state.contracts.claim(id(5)).unwrap();
    assert_eq!(recorded.status, ClaimStatus::Verified);
    assert_eq!(recorded.verified.as_ref().unwrap().units(), 55);
    assert_eq!(recorded.verifiers.len(), 2);
    assert!(state.contracts.quorums.task(id(5)).is_none());
}

#[test]
fn a_draw_that_was_altered_is_found() {
    let story = bound(quorum(2, 2));
    let right = next(&story, false);
    let mut turned = right.clone();
    turned.verifiers.reverse();
    assert_eq!(story.refused(registrar(), turned).check, "draw");
    let other = VERIFIERS
        .iter()
        .map(|(person, at)| Drawn {
            verifier: id(*person),
            organisation: organisation(*at),
        })
        .find(|one| !right.verifiers.contains(one))
        .unwrap();
    let mut chosen = right.clone();
    chosen.verifiers[1] = other;
    assert_eq!(story.refused(registrar(), chosen).check, "draw");
    let mut one = right.clone();
    one.verifiers.pop();
    assert_eq!(story.refused(registrar(), one).check, "draw");
    let mut link = right.clone();
    link.link = sha256(b"a better one");
    assert_eq!(story.refused(registrar(), link).check, "link");
    let mut paid = right;
    paid.fee_from = organisation(SUPPLIER);
    assert_eq!(story.refused(registrar(), paid).check, "fee");
}

#[test]
fn whoever_was_not_drawn_neither_judges_nor_asks() {
    let (story, drawn) = assigned(quorum(1, 1));
    let (person, at) = VERIFIERS
        .into_iter()
        .find(|(person, _)| drawn[0].verifier != id(*person))
        .unwrap();
    let other = Drawn {
        verifier: id(person),
        organisation: organisation(at),
    };
    let open = |drawn| Verification {
        salt: None,
        ..finding(drawn, "6.0")
    };
    let judged = story.refused(acting(other), verified("6.0", vec![open(other)]));
    assert!(judged.found.contains("was not drawn"), "{judged}");
    let rejected = ClaimRejected {
        claim: id(5),
        reason: sha256(b"no"),
        verifications: vec![],
    };
    story.refused(acting(other), rejected);
    let asked = InformationRequested {
        claim: id(5),
        question: sha256(b"which?"),
    };
    story.refused(acting(other), asked);
    let mut story = story;
    story.push(acting(drawn[0]), verified("6.0", vec![open(drawn[0])]));
    story.clean();
}

#[test]
fn a_claim_that_a_quorum_binds_waits_for_its_draw() {
    let story = bound(quorum(1, 1));
    let (person, at) = VERIFIERS[0];
    let early = Drawn {
        verifier: id(person),
        organisation: organisation(at),
    };
    let early = Verification {
        salt: None,
        ..finding(early, "6.0")
    };
    let refused = story.refused(verifier(0), verified("6.0", vec![early]));
    assert!(refused.found.contains("was not drawn"), "{refused}");
    // Nothing is known yet, so the claimant may still take it back; afterwards nobody may try for other verifiers.
    let mut back = story.clone();
    back.push(reporter(), ClaimWithdrawn { claim: id(5) });
    back.clean();
    let (drawn, _) = assigned(quorum(1, 1));
    let late = drawn.refused(reporter(), ClaimWithdrawn { claim: id(5) });
    assert!(late.found.contains("are drawn"), "{late}");
}

#[test]
fn a_verifier_who_declines_is_followed_by_the_next_by_lot() {
    let (mut story, drawn) = assigned(quorum(2, 2));
    story.push(acting(drawn[0]), declined());
    story.refused(acting(drawn[0]), declined());
    let replacement = next(&story, false);
    assert_eq!(replacement.verifiers.len(), 1);
    assert_ne!(replacement.verifiers[0].verifier, drawn[0].verifier);
    let mut again = replacement.clone();
    again.verifiers = vec![drawn[0]];
    assert_eq!(story.refused(registrar(), again).check, "draw");
    let withdrew = VerifierWithdrew {
        claim: id(5),
        reason: sha256(b"ill"),
    };
    let unbegun = story.refused(acting(drawn[1]), withdrew.clone());
    assert!(unbegun.found.contains("decline"), "{unbegun}");
    story.push(acting(drawn[0]), replacement);
    let asked = InformationRequested {
        claim: id(5),
        question: sha256(b"which?"),
    };
    story.push(acting(drawn[1]), asked);
    let begun = story.refused(acting(drawn[1]), declined());
    assert!(begun.found.contains("withdraw"), "{begun}");
    story.push(acting(drawn[1]), withdrew);
    story.clean();
}

#[test]
fn a_disagreement_goes_to_a_third_and_no_agreement_does() {
    let (mut story, drawn) = assigned(quorum(2, 2));
    let early = VerifiersAssigned {
        third: true,
        ..next(&bound(quorum(2, 2)), false)
    };
    story.refused(registrar(), early);
    story.push(acting(drawn[0]), sealed(drawn[0], "6.0"));
    story.push(acting(drawn[1]), sealed(drawn[1], "3.0"));
    let two = vec![finding(drawn[0], "6.0"), finding(drawn[1], "3.0")];
    let without = story.refused(acting(drawn[1]), verified("3.0", two.clone()));
    assert!(without.expected.contains("further verifier"), "{without}");
    let third = next(&story, true);
    let one = third.verifiers[0];
    story.push(acting(drawn[1]), third);
    story.push(acting(one), sealed(one, "5.0"));
    let mut three = two;
    three.push(finding(one, "5.0"));
    story.push(acting(one), verified("5.0", three));
    story.clean();

    let (mut story, drawn) = assigned(quorum(2, 2));
    story.push(acting(drawn[0]), sealed(drawn[0], "6.0"));
    story.push(acting(drawn[1]), sealed(drawn[1], "6.0"));
    let third = next(&story, true);
    let one = third.verifiers[0];
    story.push(acting(drawn[1]), third);
    story.push(acting(one), sealed(one, "6.0"));
    let all = vec![
        finding(drawn[0], "6.0"),
        finding(drawn[1], "6.0"),
        finding(one, "6.0"),
    ];
    let needless = story.refused(acting(one), verified("6.0", all));
    assert!(needless.found.contains("did not disagree"), "{needless}");
}

#[test]
fn a_quorum_that_accepts_nothing_rejects_the_claim() {
    let (mut story, drawn) = assigned(quorum(2, 2));
    for one in &drawn {
        story.push(acting(*one), sealed(*one, "0"));
    }
    let findings: Vec<Verification> = drawn.iter().map(|one| finding(*one, "0")).collect();
    let rejected = |verifications| ClaimRejected {
        claim: id(5),
        reason: sha256(b"unsigned"),
        verifications,
    };
    let short = story.refused(acting(drawn[1]), rejected(findings[1..].to_vec()));
    assert!(short.found.contains("have judged"), "{short}");
    story.push(acting(drawn[1]), rejected(findings));
    let state = story.clean();
    assert_eq!(
        state.contracts.claim(id(5)).unwrap().status,
        ClaimStatus::Rejected
    );

    let (mut story, drawn) = assigned(quorum(2, 2));
    for one in &drawn {
        story.push(acting(*one), sealed(*one, "6.0"));
    }
    let accepting = drawn.iter().map(|one| finding(*one, "6.0")).collect();
    let against = story.refused(acting(drawn[1]), rejected(accepting));
    assert_eq!(against.check, "rejection");
}

#[test]
fn nobody_who_comes_to_a_party_is_drawn_or_judges() {
    let joins = |person: PersonId| RoleGranted {
        person,
        organisation: organisation(SUBSIDIARY),
        role: Role::Supplier,
    };
    let story = bound(quorum(2, 2));
    let first = next(&story, false);
    let mut joined = story.clone();
    joined.push(registrar(), joins(first.verifiers[0].verifier));
    assert_eq!(joined.refused(registrar(), first.clone()).check, "draw");
    let (mut story, drawn) = assigned(quorum(2, 2));
    story.push(registrar(), joins(drawn[0].verifier));
    let judged = story.refused(acting(drawn[0]), sealed(drawn[0], "6.0"));
    assert_eq!(judged.check, "independence");
    let discharged = |one: Drawn| VerifierDischarged {
        claim: id(5),
        verifier: one.verifier,
    };
    let fit = story.refused(registrar(), discharged(drawn[1]));
    assert!(fit.found.contains("is fit"), "{fit}");
    story.push(registrar(), discharged(drawn[0]));
    story.clean();
}

#[test]
fn a_revoked_verifier_gives_the_seat_free() {
    let (mut story, drawn) = assigned(quorum(1, 1));
    let revoked = RoleRevoked {
        person: drawn[0].verifier,
        organisation: drawn[0].organisation,
        role: Role::Verifier,
    };
    story.push(registrar(), revoked);
    let discharged = VerifierDischarged {
        claim: id(5),
        verifier: drawn[0].verifier,
    };
    story.refused(reporter(), discharged.clone());
    story.push(registrar(), discharged);
    let replacement = next(&story, false);
    story.push(registrar(), replacement);
    story.clean();
}

#[test]
fn a_quorum_binds_later_claims_and_is_published_by_a_registrar_once() {
    let mut story = Story::new();
    story.submit(claim_under(5, 101, "6.0"));
    story.push(registrar(), published(1, quorum(2, 2)));
    let state = story.clean();
    assert!(state.contracts.quorums.task(id(5)).is_none());
    story.refused(officer(), published(2, quorum(1, 1)));
    story.refused(registrar(), published(3, quorum(1, 1)));
    let again = QuorumPublished {
        number: 2,
        ..published(1, quorum(1, 1))
    };
    assert_eq!(story.refused(registrar(), again).check, "commitment");
    story.refused(registrar(), published(2, quorum(1, 2)));
    // The earlier claim needs no draw.
    let alone = Verification {
        verifier: id(VERIFIERS[0].0),
        organisation: organisation(VERIFIERS[0].1),
        salt: None,
        ..finding(
            Drawn {
                verifier: id(40),
                organisation: organisation(ASSURER),
            },
            "6.0",
        )
    };
    story.push(verifier(0), verified("6.0", vec![alone]));
    story.clean();
}

#[test]
fn the_days_of_a_late_verifier_end() {
    let mut story = bound(Quorum {
        days: 1,
        ..quorum(1, 1)
    });
    let entry = next(&story, false);
    let late = entry.verifiers[0];
    story.push(registrar(), entry);
    let discharged = VerifierDischarged {
        claim: id(5),
        verifier: late.verifier,
    };
    let early = story.refused(registrar(), discharged.clone());
    assert!(early.found.contains("has until"), "{early}");
    story.wait(86_400);
    story.push(registrar(), discharged);
    story.clean();
}
