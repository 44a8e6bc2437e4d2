//! What a challenge freezes beyond the batch of its claim, and for how long.

use super::*;
use crate::challenge::rules::APPEAL_DAYS;

/// The log of [`lived`] up to a case that was found against a claim of its KPI.
fn accepted(claim: u128) -> Log {
    let mut log = lived();
    log.truncate(position(&log, "challenge.raised", 0));
    let raised = ChallengeRaised {
        claim: id(claim),
        ..raised(log.len())
    };
    log.push((broker(), raised.into()));
    log.push((second(), ChallengeAccepted { challenge: id(270) }.into()));
    log
}

/// The same, dismissed after that, and when the dismissal can no longer be appealed.
fn dismissed(claim: u128) -> (Log, Time) {
    let mut log = accepted(claim);
    let decided = Time::from_micros(SEPTEMBER + i64::try_from(log.len()).unwrap());
    let dismissed = ChallengeResolved {
        decision: Outcome::Dismissed,
        ..upheld("5.0")
    };
    log.push((second(), dismissed.into()));
    (log, term(decided, APPEAL_DAYS))
}

/// What replay says about one more entry of a clean log at a time.
pub(super) fn replayed(
    log: &Log,
    at: Time,
    actors: Vec<EntryActor>,
    body: Body,
) -> Result<(), Finding> {
    let (mut state, findings) = audit(log);
    assert_eq!(findings, []);
    let entry = Draft {
        actors,
        subject: "test".into(),
        inputs_upto: None,
        body,
    };
    state.replay(u64::try_from(log.len()).unwrap(), &entry.at(at))
}

fn cancelled() -> CreditsCancelled {
    CreditsCancelled {
        batch: id(91),
        holder: organisation(SUPPLIER),
        serials: SerialRange::new(64, 65).unwrap(),
        note: None,
    }
}

fn just_before(at: Time) -> Time {
    at.plus_micros(-1)
}

#[test]
fn a_dismissal_that_can_be_appealed_leaves_units_frozen() {
    let (mut log, over) = dismissed(6);
    let sold = |log: &Log, at| replayed(log, at, reporter(), sale(1).into());
    let early = sold(&log, just_before(over)).unwrap_err();
    assert!(early.found.contains("has a case"), "{early}");
    assert_eq!(sold(&log, over), Ok(()));
    let appealed = ChallengeAppealed {
        challenge: id(270),
        reason: sha256(b"look again"),
    };
    log.push((broker(), appealed.into()));
    let waits = sold(&log, term(over, 30)).unwrap_err();
    assert!(waits.found.contains("has a case"), "{waits}");
}

#[test]
fn a_challenge_without_a_case_freezes_nothing_before_or_after_its_dismissal() {
    let mut log = accepted(6);
    log.pop();
    let sold = |log: &Log| {
        replayed(
            log,
            term(Time::from_micros(SEPTEMBER), 1),
            reporter(),
            sale(1).into(),
        )
    };
    assert_eq!(sold(&log), Ok(()));
    let dismissed = ChallengeResolved {
        decision: Outcome::Dismissed,
        ..upheld("5.0")
    };
    log.push((second(), dismissed.into()));
    assert_eq!(sold(&log), Ok(()));
}

/// Of claim 5 everything is obligated: what it loses is taken from the surplus of claim 6, whose batch is 91.
#[test]
fn units_of_another_batch_of_the_kpi_are_frozen_too() {
    let log = accepted(5);
    let moves: [Body; 4] = [
        sale(1).into(),
        held(172, 1).into(),
        released(171, 3, 1).into(),
        cancelled().into(),
    ];
    for moved in moves {
        let mut log = log.clone();
        log.push((reporter(), moved));
        let finding = first_at(&log, log.len() - 1);
        assert!(finding.found.contains("has a case"), "{finding}");
    }
    let (log, over) = dismissed(5);
    for (at, thawed) in [(just_before(over), false), (over, true)] {
        let sold = replayed(&log, at, reporter(), sale(1).into());
        assert_eq!(sold.is_ok(), thawed, "{sold:?}");
    }
}

#[test]
fn what_others_bought_of_another_batch_of_the_kpi_moves_on() {
    let mut log = accepted(5);
    let back = CreditsTransferred {
        from: organisation(FUND),
        to: organisation(SUPPLIER),
        ..sale(3)
    };
    log.push((broker(), back.into()));
    assert_eq!(audit(&log).1, []);
}

/// The clean log up to the issue of claim 6, before which a case is found against a claim, and that issue.
fn accepted_before_the_issue(claim: u128) -> (Log, (Vec<EntryActor>, Body)) {
    let mut log = clean();
    let at = position(&log, "credits.issued", 1);
    let issue = log[at].clone();
    log.truncate(at);
    let raised = ChallengeRaised {
        claim: id(claim),
        ..raised(log.len())
    };
    log.push((broker(), raised.into()));
    log.push((second(), ChallengeAccepted { challenge: id(270) }.into()));
    (log, issue)
}

#[test]
fn what_is_issued_for_another_claim_of_the_kpi_meanwhile_is_frozen_from_the_start() {
    let (mut log, issue) = accepted_before_the_issue(5);
    log.push(issue);
    assert_eq!(audit(&log).1, []);
    log.push((reporter(), sale(1).into()));
    let finding = first_at(&log, log.len() - 1);
    assert!(finding.found.contains("has a case"), "{finding}");
}

#[test]
fn nothing_is_issued_for_a_claim_while_its_own_challenge_freezes_it() {
    let (mut log, (actors, issue)) = accepted_before_the_issue(6);
    let decided = Time::from_micros(SEPTEMBER + i64::try_from(log.len()).unwrap());
    let dismissed = ChallengeResolved {
        decision: Outcome::Dismissed,
        ..upheld("5.0")
    };
    log.push((second(), dismissed.into()));
    let over = term(decided, APPEAL_DAYS);
    let issued = |at| replayed(&log, at, actors.clone(), issue.clone());
    let early = issued(just_before(over)).unwrap_err();
    assert!(early.found.contains("has a case"), "{early}");
    assert_eq!(issued(over), Ok(()));
}

#[test]
fn the_buffer_of_another_batch_of_the_kpi_is_kept_meanwhile() {
    let released = BufferReleased {
        batch: id(91),
        claimant: organisation(SUPPLIER),
        units: 2,
    };
    let release = |log: &Log| {
        // In 2031.
        let at = Time::from_micros(1_930_000_000_000_000);
        replayed(log, at, registrar(), released.clone().into())
    };
    let kept = release(&accepted(5)).unwrap_err();
    assert!(kept.found.contains("is not settled"), "{kept}");
    assert_eq!(release(&dismissed(5).0), Ok(()));
}
