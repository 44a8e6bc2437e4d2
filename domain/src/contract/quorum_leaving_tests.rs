//! How drawn verifiers leave their seats, in the log: clean, then tampered with.

use super::entries::*;
use super::fixtures::*;
use super::quorum::Quorum;
use super::quorum::tests::quorum;
use super::quorum_replay_tests::{acting, assigned, bound, next, sealed};
use super::story::*;
use crate::actor::Role;
use crate::ids::PersonId;
use crate::log::hash::sha256;
use crate::organisation::entries::{RoleGranted, RoleRevoked};

fn declined() -> VerifierDeclined {
    VerifierDeclined {
        claim: id(5),
        reason: sha256(b"no time"),
    }
}

fn discharged(one: Drawn) -> VerifierDischarged {
    VerifierDischarged {
        claim: id(5),
        verifier: one.verifier,
    }
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
    story.refused(reporter(), discharged(drawn[0]));
    story.push(registrar(), discharged(drawn[0]));
    let replacement = next(&story, false);
    story.push(registrar(), replacement);
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
    let early = story.refused(registrar(), discharged(late));
    assert!(early.found.contains("has until"), "{early}");
    story.wait(86_400);
    story.push(registrar(), discharged(late));
    story.clean();
}

#[test]
fn a_late_verifier_buys_no_days_by_a_question() {
    let mut story = bound(Quorum {
        days: 1,
        ..quorum(1, 1)
    });
    let entry = next(&story, false);
    let late = entry.verifiers[0];
    story.push(registrar(), entry);
    let asked = InformationRequested {
        claim: id(5),
        question: sha256(b"which?"),
    };
    story.push(acting(late), asked.clone());
    story.wait(86_400);
    let answered = InformationGiven {
        claim: id(5),
        answer: sha256(b"these"),
        evidence: vec![],
    };
    story.push(reporter(), answered);
    // The claimant was slow, not the verifier: the days run anew.
    let mut again = story.clone();
    again.push(acting(late), asked.clone());
    again.clean();
    story.wait(86_400);
    let refused = story.refused(acting(late), asked);
    assert!(refused.found.contains("ended at"), "{refused}");
    story.push(registrar(), discharged(late));
    story.clean();
}

#[test]
fn whoever_discharges_a_verifier_is_of_no_party() {
    for (at, role) in [
        (BUYER, Role::Officer),
        (SUPPLIER, Role::Supplier),
        (SUBSIDIARY, Role::Supplier),
    ] {
        let (mut story, drawn) = assigned(Quorum {
            days: 1,
            ..quorum(1, 1)
        });
        story.wait(86_400);
        let joined = RoleGranted {
            person: id(REGISTRAR),
            organisation: organisation(at),
            role,
        };
        story.push(registrar(), joined);
        let partial = story.refused(registrar(), discharged(drawn[0]));
        assert_eq!(partial.check, "independence");
    }
}
