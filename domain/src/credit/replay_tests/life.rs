//! Holds, a challenge, a reversal and a liability, replayed clean and then tampered with.

mod frozen;
mod overdue;

use super::*;
use crate::challenge::entries::{
    ChallengeAccepted, ChallengeAnswered, ChallengeAppealed, ChallengeRaised, ChallengeResolved,
    ChallengeRouted, CorrectionProposed,
};
use crate::challenge::rules::{ANSWER_DAYS, term};
use crate::challenge::{Basis, Body as InCharge, Ground, Outcome, Remedy};
use crate::credit::hold::{Delivery, HoldEnd};
use crate::credit::reduction::{Reduction, ReductionFacts, decide_fall};

/// Twenty days pass before what is decided is carried out.
const SEPTEMBER: i64 = 1_790_000_000_000_000;

fn second() -> Vec<EntryActor> {
    by(SECOND, REGISTRY, Role::Registrar)
}

fn third() -> Vec<EntryActor> {
    by(THIRD, REGISTRY, Role::Registrar)
}

fn broker() -> Vec<EntryActor> {
    by(BROKER, FUND, Role::Officer)
}

fn held(n: u128, units: i64) -> CreditsHeld {
    CreditsHeld {
        hold: id(n),
        batch: id(91),
        holder: organisation(SUPPLIER),
        to: Some(organisation(FUND)),
        units,
        expires_at: Time::from_micros(SEPTEMBER + 86_400_000_000),
    }
}

fn released(n: u128, delivered: i64, returned_units: i64) -> CreditsReleased {
    CreditsReleased {
        hold: id(n),
        batch: id(91),
        holder: organisation(SUPPLIER),
        end: HoldEnd::Delivered,
        delivered: Some(Delivery {
            to: organisation(FUND),
            units: delivered,
            reason: TransferReason::Sale,
            procurement_reference: None,
        }),
        returned_units,
    }
}

fn raised(at: usize) -> ChallengeRaised {
    let at = Time::from_micros(SEPTEMBER + i64::try_from(at).unwrap());
    ChallengeRaised {
        challenge: id(270),
        claim: id(6),
        ground: Ground::Delivery,
        reason: sha256(b"nobody came"),
        body: InCharge::Registry,
        answer_by: term(at, ANSWER_DAYS),
    }
}

fn upheld(verified: &str) -> ChallengeResolved {
    ChallengeResolved {
        challenge: id(270),
        decision: Outcome::Upheld {
            verified: measure().quantity(verified).unwrap(),
            remedy: Remedy::Reverse,
        },
        reason: sha256(b"the sheets are blank"),
    }
}

/// What falls when 5.0 of the 6.5 hours of claim 6 stay, on the log so far.
fn reduction(log: &Log) -> Reduction {
    let (state, findings) = audit(log);
    assert_eq!(findings, []);
    let recorded = state.contracts.claim(id(6)).unwrap();
    let facts = ReductionFacts {
        claim: id(6),
        claimant: organisation(SUPPLIER),
        verified: recorded.verified.as_ref().unwrap(),
        basis: Basis::Challenge(id(270)),
        reduced: &measure().quantity("5.0").unwrap(),
        outside: None,
        batches: &state.credits.standings(id(6), &state.organisations),
        registrar: id(THIRD),
        earlier: &[],
    };
    let fall = decide_fall(&facts).unwrap();
    fall.made_good(id(290), state.credits.pool_of(id(6)))
        .unwrap()
}

/// Of 22 units 10 are sold, 3 more delivered from a hold, 4 held; then 1.5 hours of 6.5 are reversed.
fn lived() -> Log {
    lived_after(Vec::new())
}

/// The same, after something else happened before the challenge.
fn lived_after(before: Log) -> Log {
    let mut log = clean();
    log.truncate(position(&log, "credits.transferred", 0));
    log.push((reporter(), sale(10).into()));
    log.push((reporter(), held(170, 5).into()));
    log.push((reporter(), released(170, 3, 2).into()));
    log.push((reporter(), held(171, 4).into()));
    log.extend(before);
    log.push((broker(), raised(log.len()).into()));
    let reply = ChallengeAnswered {
        challenge: id(270),
        reply: sha256(b"they came"),
    };
    log.push((reporter(), reply.into()));
    log.push((second(), ChallengeAccepted { challenge: id(270) }.into()));
    log.push((second(), upheld("5.0").into()));
    let reduction = reduction(&log);
    log.push((third(), CreditsReversed { reduction }.into()));
    let back = CreditsTransferred {
        from: organisation(FUND),
        to: organisation(SUPPLIER),
        ..sale(3)
    };
    log.push((broker(), back.into()));
    log.push((reporter(), cleared(3).into()));
    log
}

fn cleared(units: i64) -> LiabilityCleared {
    LiabilityCleared {
        liability: id(290),
        batch: id(91),
        holder: organisation(SUPPLIER),
        serials: SerialRange::new(54 - units, 54).unwrap(),
    }
}

fn changed(kind: &str, nth: usize, actors: Vec<EntryActor>, body: impl Into<Body>) -> Finding {
    let mut log = lived();
    let at = position(&log, kind, nth);
    log[at] = (actors, body.into());
    first_at(&log, at)
}

fn inserted(before: &str, actors: Vec<EntryActor>, body: impl Into<Body>) -> Finding {
    let mut log = lived();
    let at = position(&log, before, 0);
    log.insert(at, (actors, body.into()));
    first_at(&log, at)
}

#[test]
fn a_reversal_replays_without_a_finding() {
    let (state, findings) = audit(&lived());
    assert_eq!(findings, []);
    let credits = &state.credits;
    let of = |bucket| {
        let balances = credits.ledger().of_batch(id(91));
        let here = balances.filter(|(account, _)| account.bucket == bucket);
        here.map(|(_, units)| units).sum::<i64>()
    };
    // One unit of the buyer's surplus falls; of 14 that circulate 9 are the claimant's, 2 buffered, and 3 owed.
    assert_eq!(of(Bucket::Reversed), 9);
    assert_eq!(of(Bucket::Cancelled), 2 + 3);
    assert_eq!((of(Bucket::Buffer), of(Bucket::Held)), (0, 0));
    assert_eq!(of(Bucket::Available), 10, "the fund's own are not touched");
    assert_eq!(credits.withdrawn(id(591)), 1);
    assert_eq!(credits.liability(id(290)).unwrap().units, 0);
    let kpi = credits.kpi(id(101));
    assert_eq!((kpi.obligated_units, kpi.surplus_units), (120, 10));
    assert_eq!(state.contracts.verified_units(id(101)), 130);
}

#[test]
fn what_is_over_is_not_passed_by_again() {
    let log = lived();
    let upto = |kind| {
        let at = position(&log, kind, 0);
        audit(&log[..=at].to_vec()).0
    };
    let owes = |state: &State, n| {
        state
            .credits
            .liable(organisation(n), &state.organisations)
            .is_some()
    };
    assert_eq!(upto("challenge.resolved").credits.indexed(), (0, 1));
    let reversed = upto("credits.reversed");
    assert_eq!(reversed.credits.indexed(), (1, 0), "the hold was broken");
    let liable = [SUPPLIER, SUBSIDIARY, FUND].map(|n| owes(&reversed, n));
    assert_eq!(liable, [true, true, false]);
    let cleared = upto("liability.cleared");
    assert_eq!(cleared.credits.indexed(), (0, 0));
    assert!(!owes(&cleared, SUPPLIER));
}

#[test]
fn a_hold_that_was_not_counted_is_found() {
    let finding = changed("credits.held", 1, reporter(), held(171, 10));
    assert!(finding.found.contains("only 9 are available"), "{finding}");
    let finding = changed("credits.held", 1, reporter(), held(170, 4));
    assert_eq!(finding.expected, "a new id");
}

#[test]
fn a_hold_ends_once_and_with_all_its_units() {
    let finding = inserted("challenge.raised", reporter(), released(170, 1, 4));
    assert!(finding.expected.contains("ends once"), "{finding}");
    let finding = changed("credits.released", 0, reporter(), released(170, 3, 1));
    assert_eq!(finding.check, "hold");
    let stolen = changed("credits.released", 0, broker(), released(170, 3, 2));
    assert_eq!(stolen.check, "actors");
}

#[test]
fn frozen_units_that_move_are_found() {
    let finding = inserted("challenge.resolved", reporter(), sale(1));
    assert!(finding.found.contains("has a case"), "{finding}");
}

/// Of its 5 available units the supplier moves 4 to its subsidiary before anybody objects.
fn moved_inside_the_group() -> Log {
    let granted = RoleGranted {
        person: id(COUSIN),
        organisation: organisation(SUBSIDIARY),
        role: Role::Supplier,
    };
    let moved = CreditsTransferred {
        to: organisation(SUBSIDIARY),
        reason: TransferReason::Group,
        ..sale(4)
    };
    lived_after(vec![
        (registrar(), granted.into()),
        (reporter(), moved.into()),
    ])
}

#[test]
fn units_that_were_moved_inside_the_group_are_frozen_too() {
    let mut log = moved_inside_the_group();
    let sold = CreditsTransferred {
        from: organisation(SUBSIDIARY),
        ..sale(1)
    };
    let at = position(&log, "challenge.resolved", 0);
    log.insert(at, (by(COUSIN, SUBSIDIARY, Role::Supplier), sold.into()));
    let finding = first_at(&log, at);
    assert!(finding.found.contains("has a case"), "{finding}");
}

#[test]
fn units_that_were_moved_inside_the_group_fall_before_any_buffer() {
    let mut log = moved_inside_the_group();
    let (state, findings) = audit(&log);
    assert_eq!(findings, []);
    let at = position(&log, "credits.reversed", 0);
    let mut reduction = reduction(&log[..at].to_vec());
    let taken = reduction.losses[0].taken.iter();
    let taken: Vec<_> = taken
        .map(|taken| (taken.holder, taken.serials.units()))
        .collect();
    assert_eq!(
        taken,
        [(organisation(SUPPLIER), 5), (organisation(SUBSIDIARY), 4)]
    );
    let available = |n| state.credits.ledger().available(id(91), organisation(n));
    assert_eq!((available(SUBSIDIARY), available(FUND)), (0, 10));
    reduction.losses[0].taken.pop();
    log[at].1 = CreditsReversed { reduction }.into();
    assert_eq!(first_at(&log, at).check, "reduction");
}

#[test]
fn units_that_were_cancelled_do_not_fall_a_second_time() {
    let cancelled = CreditsCancelled {
        batch: id(91),
        holder: organisation(SUPPLIER),
        serials: SerialRange::new(62, 65).unwrap(),
        note: None,
    };
    let log = lived_after(vec![(reporter(), cancelled.into())]);
    let (state, findings) = audit(&log);
    assert_eq!(findings, []);
    let at = position(&log, "credits.reversed", 0);
    let mut again = reduction(&log[..at].to_vec());
    // Of 14 that circulate 3 are cancelled, 6 the supplier's, 2 the buffer's, and 3 were sold.
    assert_eq!(again.losses[0].cancelled, 3);
    assert_eq!(again.owed.as_ref().unwrap().units, 3);
    assert_eq!(
        state.credits.standings(id(6), &state.organisations)[0].cancelled,
        0
    );
    again.losses[0].cancelled = 0;
    let mut log = log;
    log[at].1 = CreditsReversed { reduction: again }.into();
    assert_eq!(first_at(&log, at).check, "reduction");
}

#[test]
fn whoever_verified_does_not_decide_and_whoever_decided_does_not_carry_out() {
    let actors = by(VERIFIER, REGISTRY, Role::Registrar);
    let finding = changed("challenge.resolved", 0, actors, upheld("5.0"));
    assert!(finding.found.contains("took part"), "{finding}");
    let log = lived();
    let at = position(&log, "credits.reversed", 0);
    let finding = changed("credits.reversed", 0, second(), log[at].1.clone());
    assert!(finding.found.contains("second person"), "{finding}");
}

#[test]
fn whoever_raised_a_challenge_or_took_part_before_does_not_find_a_case_nor_hand_it_over() {
    let accepted = || Body::from(ChallengeAccepted { challenge: id(270) });
    let routed = |at: usize| {
        let at = Time::from_micros(SEPTEMBER + i64::try_from(at).unwrap());
        Body::from(ChallengeRouted {
            challenge: id(270),
            body: InCharge::Buyer(organisation(BUYER)),
            reason: sha256(b"it asks for more"),
            answer_by: term(at, ANSWER_DAYS),
        })
    };
    let at = position(&lived(), "challenge.accepted", 0);
    for step in [accepted(), routed(at)] {
        // A registrar who raised it, one who issued, and one who verified.
        for (raiser, person) in [(SECOND, SECOND), (BROKER, REGISTRAR), (BROKER, VERIFIER)] {
            let mut log = lived();
            let raised = position(&log, "challenge.raised", 0);
            if raiser != BROKER {
                log[raised].0 = by(raiser, REGISTRY, Role::Registrar);
            }
            log[at] = (by(person, REGISTRY, Role::Registrar), step.clone());
            let finding = first_at(&log, at);
            assert!(finding.found.contains("took part"), "{finding}");
        }
        let mut log = lived();
        log[at] = (second(), step);
        let (_, findings) = audit(&log[..=at].to_vec());
        assert_eq!(findings, [], "somebody else may");
    }
}

#[test]
fn an_appeal_opens_no_more_challenges_than_raising_does() {
    let raise = |challenge: u128, claim: u128, at: usize| ChallengeRaised {
        challenge: id(challenge),
        claim: id(claim),
        ..raised(at)
    };
    let dismissed = ChallengeResolved {
        decision: Outcome::Dismissed,
        ..upheld("5.0")
    };
    let appeal = || ChallengeAppealed {
        challenge: id(270),
        reason: sha256(b"look again"),
    };
    let mut log = lived();
    log.truncate(position(&log, "challenge.resolved", 0));
    log.push((second(), dismissed.into()));
    let mut open = log.clone();
    open.push((broker(), appeal().into()));
    assert_eq!(audit(&open).1, [], "its own slot is free again");
    // Another of the same claim meanwhile.
    log.push((broker(), raise(271, 6, log.len()).into()));
    let at = log.len();
    log.push((broker(), appeal().into()));
    let finding = first_at(&log, at);
    assert!(finding.found.contains("one at a time"), "{finding}");
}

#[test]
fn whoever_decides_about_a_claim_has_no_role_in_the_claimants_group() {
    let decided = [
        ("challenge.accepted", SECOND),
        ("challenge.resolved", SECOND),
        ("credits.reversed", THIRD),
    ];
    for (kind, person) in decided {
        let mut log = lived();
        let at = position(&log, kind, 0);
        let granted = RoleGranted {
            person: id(person),
            organisation: organisation(SUBSIDIARY),
            role: Role::Supplier,
        };
        log.insert(at, (registrar(), granted.into()));
        let finding = first_at(&log, at + 1);
        assert_eq!(finding.check, "independence", "{kind}: {finding}");
    }
}

#[test]
fn a_smaller_loss_or_another_remedy_is_found() {
    let log = lived();
    let at = position(&log, "credits.reversed", 0);
    let mut small = reduction(&log[..at].to_vec());
    small.owed = None;
    let body = CreditsReversed { reduction: small };
    let finding = changed("credits.reversed", 0, third(), body);
    assert_eq!(finding.check, "reduction");
    let reduction = reduction(&log[..at].to_vec());
    let finding = changed(
        "credits.reversed",
        0,
        third(),
        CreditsCorrected { reduction },
    );
    assert_eq!(finding.check, "decision");
}

#[test]
fn a_decision_is_carried_out_once_and_only_when_it_can_no_longer_be_appealed() {
    let mut log = lived();
    let at = position(&log, "credits.reversed", 0);
    let again = log[at].1.clone();
    log.push((third(), again.clone()));
    let last = log.len() - 1;
    assert_eq!(first_at(&log, last).check, "decision");
    log.truncate(at);
    let (mut state, findings) = audit(&log);
    assert_eq!(findings, []);
    let entry = Draft {
        actors: third(),
        subject: "test".into(),
        inputs_upto: None,
        body: again,
    }
    .at(Time::from_micros(SEPTEMBER + 86_400_000_000));
    let early = state
        .replay(u64::try_from(at).unwrap(), &entry)
        .unwrap_err();
    assert_eq!(early.check, "decision");
}

#[test]
fn a_proposal_of_more_than_stands_is_found() {
    let proposed = |verified: &str| CorrectionProposed {
        proposal: id(280),
        claim: id(6),
        verified: measure().quantity(verified).unwrap(),
        remedy: Remedy::Correct,
        reason: sha256(b"typing error"),
    };
    let finding = inserted("challenge.raised", second(), proposed("6.5"));
    assert!(finding.found.contains("expected less"), "{finding}");
    let finding = inserted("challenge.raised", reporter(), proposed("6.0"));
    assert_eq!(finding.check, "actors");
}

#[test]
fn more_than_is_owed_and_units_of_others_make_nothing_good() {
    let finding = changed("liability.cleared", 0, reporter(), cleared(4));
    assert!(finding.found.contains("only 3 are"), "{finding}");
    let finding = changed("liability.cleared", 0, broker(), cleared(3));
    assert_eq!(finding.check, "actors");
}

#[test]
fn a_wrong_body_in_charge_or_term_is_found() {
    let log = lived();
    let at = position(&log, "challenge.raised", 0);
    let mut wrong = raised(at);
    wrong.body = InCharge::Buyer(organisation(BUYER));
    let finding = changed("challenge.raised", 0, broker(), wrong);
    assert_eq!(finding.check, "body in charge");
}
