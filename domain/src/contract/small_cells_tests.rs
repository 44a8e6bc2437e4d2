//! Small cells in the log: on every route to a verified quantity, and on every way back from one.

use super::entries::*;
use super::fixtures::*;
use super::quorum::tests::quorum;
use super::quorum::{LowValue, Quorum};
use super::quorum_replay_tests::{acting, finding, link, next, path, published, sealed, verified};
use super::story::*;
use super::{Claim, Counted, Verification};
use crate::amount::Share;
use crate::catalogue::{Basis, Measure};
use crate::challenge::entries::{ChallengeRaised, ChallengeResolved, CorrectionProposed};
use crate::challenge::rules::{ANSWER_DAYS, term};
use crate::challenge::{Body, Ground, Outcome, Remedy};
use crate::log::hash::sha256;
use crate::log::state::Finding;

/// The measure of the other tests, were its hours people.
fn people() -> Measure {
    let mut people = measure();
    people.counting.basis = Some(Basis::People);
    people
}

fn nine() -> Claim {
    let working = sha256(b"the working");
    Claim {
        counted: Some(Counted { people: 9, working }),
        ..claim_under(5, 101, "9.0")
    }
}

/// A claim about nine people, which a quorum binds.
fn bound(quorum: Quorum) -> Story {
    let mut story = Story::of(&people());
    story.push(registrar(), published(1, quorum));
    story.submit(nine());
    story
}

fn few(finding: &Finding) {
    assert!(finding.found.contains("fewer than 5 people"), "{finding}");
}

/// The quantity of nine people verified by one who is bound by no quorum.
fn standing() -> Story {
    let mut story = Story::of(&people());
    story.submit(nine());
    let alone = |accepted| {
        let drawn = Drawn {
            verifier: id(40),
            organisation: organisation(ASSURER),
        };
        let finding = Verification {
            salt: None,
            ..finding(drawn, accepted)
        };
        verified(accepted, vec![finding])
    };
    few(&story.refused(verifier(0), alone("4.0")));
    story.push(verifier(0), alone("9.0"));
    story.clean();
    story
}

#[test]
fn a_quorum_verifies_no_few() {
    let mut story = bound(quorum(2, 2));
    let entry = next(&story, false);
    let drawn = entry.verifiers.clone();
    story.push(reporter(), entry);
    let judged = |lower: &str| {
        let mut story = story.clone();
        story.push(acting(drawn[0]), sealed(drawn[0], "5.2"));
        story.push(acting(drawn[1]), sealed(drawn[1], lower));
        let findings = vec![finding(drawn[0], "5.2"), finding(drawn[1], lower)];
        (story, verified(lower, findings))
    };
    let (story, four) = judged("4.9");
    few(&story.refused(acting(drawn[1]), four));
    let (mut story, five) = judged("5.0");
    story.push(acting(drawn[1]), five);
    story.clean();
}

#[test]
fn a_buyer_alone_confirms_no_few() {
    let mut story = bound(Quorum {
        low_value: vec![LowValue {
            measure: measure_ref(),
            below: measure().quantity("12.0").unwrap(),
        }],
        audit_share: Share::NONE,
        ..quorum(2, 2)
    });
    let confirmed = |accepted: &str| {
        let officer = Drawn {
            verifier: id(OFFICER),
            organisation: organisation(BUYER),
        };
        ClaimConfirmed {
            claim: id(5),
            link: link(),
            path: path(),
            finding: Verification {
                salt: None,
                ..finding(officer, accepted)
            },
            audited: false,
        }
    };
    few(&story.refused(officer(), confirmed("4.9")));
    story.push(officer(), confirmed("5.0"));
    story.clean();
}

#[test]
fn a_correction_leaves_no_few() {
    let mut story = standing();
    let proposed = |left: &str| CorrectionProposed {
        proposal: id(280),
        claim: id(5),
        verified: measure().quantity(left).unwrap(),
        remedy: Remedy::Correct,
        reason: sha256(b"typing error"),
    };
    few(&story.refused(registrar(), proposed("4.9")));
    for whole in ["5.0", "0.0"] {
        let mut story = story.clone();
        story.push(registrar(), proposed(whole));
        story.clean();
    }
    let raised = ChallengeRaised {
        challenge: id(270),
        claim: id(5),
        ground: Ground::Delivery,
        reason: sha256(b"nobody came"),
        body: Body::Registry,
        answer_by: term(story.next_at(), ANSWER_DAYS),
    };
    story.push(verifier(2), raised);
    let upheld = |left: &str| ChallengeResolved {
        challenge: id(270),
        decision: Outcome::Upheld {
            verified: measure().quantity(left).unwrap(),
            remedy: Remedy::Reverse,
        },
        reason: sha256(b"four came"),
    };
    few(&story.refused(registrar(), upheld("4.0")));
    story.push(registrar(), upheld("0.0"));
    story.clean();
}

#[test]
fn evidence_stays_while_a_challenge_is_open_or_can_be_appealed() {
    let mut story = standing();
    let file = nine().evidence[0].sha256;
    let erased = || EvidenceErased {
        claim: id(5),
        files: vec![file],
        reason: Some(sha256(b"a court orders it")),
    };
    let raised = ChallengeRaised {
        challenge: id(270),
        claim: id(5),
        ground: Ground::Delivery,
        reason: sha256(b"nobody came"),
        body: Body::Registry,
        answer_by: term(story.next_at(), ANSWER_DAYS),
    };
    story.push(verifier(2), raised);
    let open = story.refused(registrar(), erased());
    assert!(open.found.contains("needed until"), "{open}");
    let dismissed = ChallengeResolved {
        challenge: id(270),
        decision: Outcome::Dismissed,
        reason: sha256(b"the photographs show it"),
    };
    story.push(registrar(), dismissed);
    let appeal = story.refused(registrar(), erased());
    assert!(appeal.found.contains("needed until"), "{appeal}");
    story.wait(14 * 86_400);
    story.push(registrar(), erased());
    story.clean();
}
