//! A buyer who has a challenge in charge and says nothing.

use super::frozen::replayed;
use super::*;

fn routed(to: InCharge, at: Time) -> Body {
    let routed = ChallengeRouted {
        challenge: id(270),
        body: to,
        reason: sha256(b"it is theirs"),
        answer_by: term(at, ANSWER_DAYS),
    };
    routed.into()
}

/// The time of the next entry.
fn next(log: &Log) -> Time {
    Time::from_micros(SEPTEMBER + i64::try_from(log.len()).unwrap())
}

/// A challenge that the registry handed over to the buyer, and until when the buyer answers.
fn handed_over() -> (Log, Time) {
    let mut log = lived();
    log.truncate(position(&log, "challenge.accepted", 0));
    let at = next(&log);
    let buyer = InCharge::Buyer(organisation(BUYER));
    log.push((second(), routed(buyer, at)));
    (log, term(at, ANSWER_DAYS))
}

fn officer() -> Vec<EntryActor> {
    by(OFFICER, BUYER, Role::Officer)
}

/// What replay says when somebody takes the challenge over at a time.
fn taken(log: &Log, at: Time, actors: Vec<EntryActor>) -> Result<(), Finding> {
    replayed(log, at, actors, routed(InCharge::Registry, at))
}

#[test]
fn a_registrar_takes_over_from_a_buyer_who_did_not_answer_in_time() {
    let (log, until) = handed_over();
    let early = taken(&log, until, second()).unwrap_err();
    assert!(early.found.contains("answers until"), "{early}");
    let late = until.plus_micros(1);
    assert_eq!(taken(&log, late, second()), Ok(()));
    let issuer = taken(&log, late, registrar()).unwrap_err();
    assert!(issuer.found.contains("took part"), "{issuer}");
    assert_eq!(
        taken(&log, until, officer()),
        Ok(()),
        "who may hand it over"
    );
}

#[test]
fn a_registrar_takes_over_an_appeal_that_nobody_decides() {
    let (mut log, _) = handed_over();
    let dismissed = ChallengeResolved {
        decision: Outcome::Dismissed,
        ..upheld("5.0")
    };
    log.push((officer(), dismissed.into()));
    let over = taken(&log, term(next(&log), 40), second()).unwrap_err();
    assert!(over.found.contains("it is dismissed"), "{over}");
    let until = term(next(&log), ANSWER_DAYS);
    let appealed = ChallengeAppealed {
        challenge: id(270),
        reason: sha256(b"look again"),
    };
    log.push((broker(), appealed.into()));
    let early = taken(&log, until, second()).unwrap_err();
    assert!(early.found.contains("answers until"), "{early}");
    assert_eq!(taken(&log, until.plus_micros(1), second()), Ok(()));
}
