//! From the award to the contract replayed: clean, and tampered with in every way that a stranger must find.

use super::fixtures::*;
use super::stage::Stage;
use super::story::{PROPOSER, Story, actor, bidders, only};
use crate::actor::Role;
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::tender::entries::*;
use crate::time::Time;

const DAY: i64 = 86_400_000_000;

fn notified() -> (Story, Time) {
    let mut story = Story::whole(full_plan(), &bidders());
    story.send_letters(&bidders());
    let ends_at = story.notify();
    (story, ends_at)
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

fn officer() -> Vec<crate::log::entry::EntryActor> {
    vec![actor(Role::Officer, PROPOSER)]
}

fn suspend(story: &mut Story) {
    let suspended = StandstillSuspended {
        tender: tender(),
        reason: sha256(b"challenge"),
    };
    story.add(officer(), tender(), suspended);
}

fn annul(story: &mut Story, contract: Option<crate::ids::ContractId>) {
    let annulled = AwardAnnulled {
        tender: tender(),
        award: story.position("award.decided"),
        contracts: contract.into_iter().collect(),
        reason: sha256(b"bribery"),
    };
    story.add(officer(), tender(), annulled);
}

#[test]
fn a_contract_after_the_standstill_replays_clean() {
    let (mut story, ends_at) = notified();
    story.wait_until(ends_at);
    story.contract();
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tenders.stage(tender()), Some(Stage::Contracted));
    assert_eq!(state.tally.recomputed_counts().get("standstill"), Some(&1));
    assert_eq!(
        state.tally.attested_counts().get("letters to bidders"),
        Some(&1)
    );
}

#[test]
fn a_contract_within_the_standstill_is_found() {
    let (mut story, ends_at) = notified();
    story.wait_until(ends_at.plus_micros(-1_000_001));
    story.contract();
    assert_eq!(story.checks(), found("contract.signed", "stage"));
    let mut hasty = Story::whole(full_plan(), &bidders());
    hasty.contract();
    assert_eq!(
        hasty.checks(),
        found("contract.signed", "stage"),
        "without a notice"
    );
}

#[test]
fn an_end_of_the_standstill_that_the_plan_does_not_give_is_found() {
    let (mut story, _) = notified();
    story.tamper(
        "award.notified",
        |body| match body {
            Body::AwardNotified(body) => Some(body),
            _ => None,
        },
        |body| body.standstill_ends_at = body.standstill_ends_at.map(|end| end.plus_micros(-DAY)),
    );
    assert_eq!(story.checks(), found("award.notified", "standstill"));
}

#[test]
fn a_notice_of_another_award_is_found() {
    let (mut story, _) = notified();
    story.tamper(
        "award.notified",
        |body| match body {
            Body::AwardNotified(body) => Some(body),
            _ => None,
        },
        |body| body.award = 1,
    );
    assert_eq!(story.checks(), found("award.notified", "award"));
}

#[test]
fn a_missing_letter_and_one_to_nobody_are_found() {
    let letters = |change: &dyn Fn(&mut Vec<Letter>)| {
        let (mut story, _) = notified();
        story.tamper(
            "letters.sent",
            |body| match body {
                Body::LettersSent(body) => Some(body),
                _ => None,
            },
            |body| change(&mut body.letters),
        );
        story.checks()
    };
    let expected = found("letters.sent", "letters");
    assert_eq!(
        letters(&|list| {
            list.pop();
        }),
        expected
    );
    assert_eq!(letters(&|list| list[0].bid = bid(99)), expected);
    assert_eq!(letters(&|list| list[0].bid = list[1].bid), expected);
}

#[test]
fn steps_between_award_and_contract_need_an_officer_of_the_buyer() {
    for kind in ["letters.sent", "award.notified"] {
        let (mut story, _) = notified();
        let index = usize::try_from(story.position(kind)).unwrap();
        story.entries[index].actors.clear();
        assert_eq!(story.checks(), found(kind, "people"));
    }
}

#[test]
fn letters_by_an_officer_with_a_role_at_a_bidder_are_found() {
    let mut story = Story::whole(full_plan(), &bidders());
    let both = crate::organisation::entries::RoleGranted {
        person: person(PROPOSER),
        organisation: org(2),
        role: Role::Supplier,
    };
    story.add(vec![actor(Role::Operator, 999)], "role", both);
    story.send_letters(&bidders());
    assert_eq!(story.checks(), found("letters.sent", "independence"));
}

#[test]
fn a_suspended_standstill_runs_on_and_a_shortened_one_is_found() {
    let (mut story, ends_at) = notified();
    story.wait_until(ends_at.plus_micros(-3 * DAY));
    suspend(&mut story);
    let mut hasty = story.clone();
    hasty.wait_until(ends_at.plus_micros(DAY));
    hasty.contract();
    assert_eq!(hasty.checks(), found("contract.signed", "stage"));
    story.wait_until(ends_at.plus_micros(30 * DAY));
    let resumed = |ends_at| StandstillResumed {
        tender: tender(),
        standstill_ends_at: ends_at,
        reason: sha256(b"withdrawn"),
    };
    let mut short = story.clone();
    short.add(officer(), tender(), resumed(ends_at.plus_micros(31 * DAY)));
    assert_eq!(short.checks(), found("standstill.resumed", "standstill"));
    // Three days were left: they count from the day after, and end on a working day.
    let (findings, _) = short.replay();
    let expected: Time = findings[0].expected.parse().unwrap();
    assert!(expected >= ends_at.plus_micros(33 * DAY));
    story.add(officer(), tender(), resumed(expected));
    story.wait_until(expected);
    story.contract();
    assert_eq!(story.checks(), []);
}

#[test]
fn a_suspension_after_the_end_is_found() {
    let (mut story, ends_at) = notified();
    story.wait_until(ends_at);
    suspend(&mut story);
    assert_eq!(story.checks(), found("standstill.suspended", "stage"));
}

#[test]
fn an_annulled_award_lets_another_follow_from_its_ranking() {
    let (mut story, _) = notified();
    annul(&mut story, None);
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tenders.stage(tender()), Some(Stage::Ranked));
    assert_eq!(state.tenders.award(tender(), &lot("1")), None);
    let mut twice = story.clone();
    annul(&mut twice, None);
    assert_eq!(twice.checks(), found("award.annulled", "stage"));
    let ranking = story.position("ranking.computed");
    let again = AwardProposed {
        tender: tender(),
        lots: only(bid(2)),
        ranking,
    };
    story.add(officer(), tender(), again);
    assert_eq!(story.checks(), []);
}

#[test]
fn an_annulled_contract_is_named_and_its_kpis_end() {
    let (mut story, ends_at) = notified();
    story.wait_until(ends_at);
    let contract = story.contract();
    let mut silent = story.clone();
    annul(&mut silent, None);
    assert_eq!(silent.checks(), found("award.annulled", "contracts"));
    annul(&mut story, Some(contract));
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tenders.stage(tender()), Some(Stage::Annulled));
    let on = story.entries.last().unwrap().at.date();
    assert_eq!(state.contracts.annulled_on(contract), Some(on));
}

#[test]
fn an_annulment_of_another_award_is_found() {
    let (mut story, _) = notified();
    annul(&mut story, None);
    story.tamper(
        "award.annulled",
        |body| match body {
            Body::AwardAnnulled(body) => Some(body),
            _ => None,
        },
        |body| body.award = 0,
    );
    assert_eq!(story.checks(), found("award.annulled", "award"));
}

#[test]
fn a_tender_is_cancelled_after_its_award_and_not_after_its_contract() {
    let cancel = |story: &mut Story| {
        let cancelled = TenderCancelled {
            tender: tender(),
            reason: sha256(b"no money"),
            void: vec![],
        };
        story.add(officer(), tender(), cancelled);
    };
    let (mut story, ends_at) = notified();
    let mut early = story.clone();
    cancel(&mut early);
    let (findings, state) = early.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tenders.award(tender(), &lot("1")), None);
    story.wait_until(ends_at);
    story.contract();
    cancel(&mut story);
    assert_eq!(story.checks(), found("tender.cancelled", "stage"));
}
