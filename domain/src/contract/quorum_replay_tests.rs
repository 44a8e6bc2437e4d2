//! Quorums in the log: clean, then tampered with.

use super::ClaimStatus;
use super::Verification;
use super::entries::*;
use super::fixtures::*;
use super::quorum::draw::{candidates, seed};
use super::quorum::judgement::seal;
use super::quorum::links::tests::{FIRST, OTHER};
use super::quorum::links::{Links, check};
use super::quorum::tests::quorum;
use super::quorum::{Quorum, duty};
use super::story::*;
use crate::actor::Role;
use crate::log::commitment::Salt;
use crate::log::entry::EntryActor;
use crate::log::hash::{Hash, leaf_hash, sha256};

fn published(number: u32, quorum: Quorum) -> QuorumPublished {
    QuorumPublished {
        number,
        quorum,
        commitment: links(number).commitment(),
    }
}

fn links(number: u32) -> &'static Links {
    match number {
        1 => &FIRST,
        _ => &OTHER,
    }
}

/// The link of the first claim under the first quorum.
pub(super) fn link() -> Hash {
    FIRST.link(1).unwrap()
}

/// Its path.
pub(super) fn path() -> Vec<Hash> {
    FIRST.path(1).unwrap()
}

/// A claim of 6.0 hours that a quorum binds.
pub(super) fn bound(quorum: Quorum) -> Story {
    let mut story = Story::new();
    story.push(registrar(), published(1, quorum));
    story.submit(claim_under(5, 101, "6.0"));
    story
}

/// What the rules draw next for claim 5, the first that the quorum binds.
pub(super) fn next(story: &Story, third: bool) -> VerifiersAssigned {
    next_of(story, (5, 1), third)
}

/// What they draw next for a claim, by its number and place.
fn next_of(story: &Story, (claim, position): (u128, u64), third: bool) -> VerifiersAssigned {
    let (link, path) = (FIRST.link(position).unwrap(), FIRST.path(position).unwrap());
    let state = story.clean();
    let task = state.contracts.quorums.task(id(claim)).unwrap();
    let recorded = state.contracts.claim(id(claim)).unwrap();
    let facts = state.contracts.claim_facts(recorded, &state.organisations);
    let groups = |person| state.organisations.groups_of(person);
    let found = candidates(
        state.organisations.verifiers(),
        &facts,
        task.submitted,
        groups,
    );
    let seed = seed(link, &recorded.claim.evidence);
    let drawn = duty::decide_assignment(
        &task.published.quorum,
        (recorded.status, seed),
        &found,
        &task.assignments,
        third,
    )
    .unwrap();
    VerifiersAssigned {
        claim: id(claim),
        link,
        path,
        verifiers: drawn.iter().map(Into::into).collect(),
        third,
        fee_from: organisation(BUYER),
    }
}

/// With the verifiers of the first draw.
pub(super) fn assigned(quorum: Quorum) -> (Story, Vec<Drawn>) {
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

fn verified(hours: &str, verifications: Vec<Verification>) -> ClaimVerified {
    ClaimVerified {
        claim: id(5),
        verified: measure().quantity(hours).unwrap(),
        verifications,
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
    let mut bent = right.clone();
    bent.path[3] = sha256(b"elsewhere");
    assert_eq!(story.refused(registrar(), bent).check, "link");
    let mut short = right.clone();
    short.path.pop();
    assert_eq!(story.refused(registrar(), short).check, "link");
    let mut of_another = right.clone();
    (of_another.link, of_another.path) = (FIRST.link(2).unwrap(), FIRST.path(2).unwrap());
    assert_eq!(story.refused(registrar(), of_another).check, "link");
    let mut paid = right;
    paid.fee_from = organisation(SUPPLIER);
    assert_eq!(story.refused(registrar(), paid).check, "fee");
}

#[test]
fn a_later_claim_that_was_drawn_tells_nothing_of_the_draw_of_an_earlier_one() {
    let mut story = bound(quorum(1, 1));
    story.submit(super::Claim {
        evidence: claim(6, "1.0").evidence,
        ..claim_under(6, 101, "1.0")
    });
    let drawn = next_of(&story, (6, 2), false);
    story.push(reporter(), drawn.clone());
    story.clean();
    // Every hash that is public by then, and what one gets by hashing it, is no link of the first claim.
    let mut public = vec![FIRST.commitment(), drawn.link];
    public.extend(drawn.path);
    public.extend(
        claim_under(5, 101, "6.0")
            .evidence
            .iter()
            .map(|file| file.sha256),
    );
    let mut known = public.clone();
    for hash in public {
        known.push(sha256(hash.as_bytes()));
        known.push(leaf_hash(hash.as_bytes()));
        let tagged = [b"commonweal/link/v1\n", &hash.as_bytes()[..]].concat();
        known.push(sha256(&tagged));
    }
    for hash in known {
        assert!(
            check(FIRST.commitment(), 1, hash, &path()).is_err(),
            "{hash}"
        );
    }
    assert!(check(FIRST.commitment(), 1, link(), &path()).is_ok());
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
