//! The right to explain replayed: clean, and tampered with in every way that a stranger must find.

use super::abnormal::{AbnormalGround, Abnormality, EXPLAIN_MICROS};
use super::fixtures::*;
use super::stage::Stage;
use super::story::{PROPOSER, Story, actor, bidders, only};
use crate::actor::Role;
use crate::log::entry::EntryActor;
use crate::log::hash::sha256;
use crate::tender::entries::*;
use crate::time::Time;

const ABOUT: Abnormality = Abnormality::LowPrice;

fn officer() -> Vec<EntryActor> {
    vec![actor(Role::Officer, PROPOSER)]
}

/// Up to the ranking.
fn ranked() -> Story {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.agree(&bidders());
    story.rank(&bidders());
    story
}

fn ask(story: &mut Story) -> Time {
    let answer_by = story.next_at().plus_micros(EXPLAIN_MICROS);
    let requested = ExplanationRequested {
        tender: tender(),
        bid: bid(2),
        about: ABOUT,
        answer_by,
        request: sha256(b"how"),
    };
    story.add(officer(), tender(), requested);
    answer_by
}

/// The supplier's person, who holds the role for it.
fn explain(story: &mut Story) {
    let supplier = EntryActor {
        role: Role::Supplier,
        id: person(700),
        organisation: org(2),
    };
    let granted = crate::organisation::entries::RoleGranted {
        person: person(700),
        organisation: org(2),
        role: Role::Supplier,
    };
    story.add(vec![actor(Role::Operator, 999)], person(700), granted);
    let given = ExplanationGiven {
        tender: tender(),
        bid: bid(2),
        about: ABOUT,
        received_at: story.next_at(),
        explanation: sha256(b"our own quarry"),
    };
    story.add(vec![supplier], tender(), given);
}

fn decide(story: &mut Story, ground: AbnormalGround) {
    let decided = AbnormalDecided {
        tender: tender(),
        bid: bid(2),
        about: ABOUT,
        ground,
        reason: sha256(b"books"),
    };
    story.add(officer(), tender(), decided);
}

/// The last finding, or none.
fn last(story: &Story) -> Option<(String, &'static str)> {
    story.checks().pop()
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is compared with the last check, which may be none"
)]
fn found(kind: &str, check: &'static str) -> Option<(String, &'static str)> {
    Some((kind.to_owned(), check))
}

/// An award of the bid by the ranking that stands.
fn propose(story: &mut Story) {
    let proposed = AwardProposed {
        tender: tender(),
        lots: only(bid(2)),
        ranking: story.position("ranking.computed"),
    };
    story.add(officer(), tender(), proposed);
}

#[test]
fn an_accepted_explanation_leaves_the_ranking_and_lets_the_bid_be_awarded() {
    let mut story = ranked();
    ask(&mut story);
    explain(&mut story);
    decide(&mut story, AbnormalGround::Economics);
    propose(&mut story);
    assert_eq!(last(&story), None);
}

#[test]
fn an_award_before_the_decision_is_found() {
    let mut story = ranked();
    ask(&mut story);
    explain(&mut story);
    propose(&mut story);
    assert_eq!(last(&story), found("award.proposed", "abnormal"));
}

#[test]
fn a_decision_before_explanation_and_deadline_is_found_and_one_after_it_excludes() {
    let mut early = ranked();
    let answer_by = ask(&mut early);
    let mut late = early.clone();
    decide(&mut early, AbnormalGround::NotAccounted);
    assert_eq!(last(&early), found("abnormal.decided", "abnormal"));
    late.wait_until(answer_by);
    decide(&mut late, AbnormalGround::NotAccounted);
    let (findings, state) = late.replay();
    assert_eq!(findings, []);
    assert_eq!(state.tenders.stage(tender()), Some(Stage::ConsensusSigned));
    assert!(state.tenders.ranking(tender(), &lot("1")).is_none());
}

#[test]
fn a_bid_excluded_without_a_request_and_a_ground_that_does_not_fit_are_found() {
    let mut unasked = ranked();
    decide(&mut unasked, AbnormalGround::NotAccounted);
    assert_eq!(last(&unasked), found("abnormal.decided", "abnormal"));
    let mut misfit = ranked();
    ask(&mut misfit);
    explain(&mut misfit);
    decide(&mut misfit, AbnormalGround::NotDeliverable);
    assert_eq!(last(&misfit), found("abnormal.decided", "abnormal"));
}

#[test]
fn an_explanation_by_someone_else_or_too_late_is_found() {
    let mut other = ranked();
    ask(&mut other);
    explain(&mut other);
    other.entries.last_mut().unwrap().actors = officer();
    assert_eq!(last(&other), found("explanation.given", "people"));
    let mut late = ranked();
    let answer_by = ask(&mut late);
    late.wait_until(answer_by);
    explain(&mut late);
    assert_eq!(last(&late), found("explanation.given", "abnormal"));
}

#[test]
fn a_request_with_too_little_time_or_by_nobody_is_found() {
    let mut short = ranked();
    ask(&mut short);
    short.tamper(
        "explanation.requested",
        |body| match body {
            crate::log::kinds::Body::ExplanationRequested(body) => Some(body),
            _ => None,
        },
        |body| body.answer_by = body.answer_by.plus_micros(-2),
    );
    assert_eq!(last(&short), found("explanation.requested", "abnormal"));
    let mut nobody = ranked();
    ask(&mut nobody);
    nobody.entries.last_mut().unwrap().actors.clear();
    assert_eq!(last(&nobody), found("explanation.requested", "people"));
}
