//! Amendments, extensions, answers and confirmations replayed: clean, and tampered with in every way that a stranger must
//! find.

use super::amendment::NOTICE_MICROS;
use super::fixtures::*;
use super::plan::Plan;
use super::stage::Stage;
use super::story::{Bidder, PROPOSER, Story, actor, bidders};
use crate::actor::Role;
use crate::log::entry::EntryActor;
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::tender::entries::*;
use crate::time::Time;

const DAY: i64 = 86_400_000_000;

fn officer() -> Vec<EntryActor> {
    vec![actor(Role::Officer, PROPOSER)]
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

/// Published, with everyone's bid sealed.
fn sealed_bids() -> Story {
    let mut story = Story::new(full_plan());
    story.publish();
    story.bid(&bidders());
    story
}

fn amend(story: &mut Story, number: u32, change: impl FnOnce(&mut Plan)) {
    change(&mut story.plan);
    let amended = TenderAmended {
        tender: tender(),
        number,
        plan: story.plan.clone(),
        policies: vec![],
        reason: sha256(b"a clearer weight"),
    };
    story.add(officer(), tender(), amended);
}

fn extend(story: &mut Story, closes_at: Time, outage: bool) {
    (story.plan.closes_at, story.plan.opens_at) = (closes_at, closes_at);
    let extended = TenderExtended {
        tender: tender(),
        closes_at,
        opens_at: closes_at,
        outage,
        reason: sha256(b"an outage"),
    };
    story.add(officer(), tender(), extended);
}

fn confirm(story: &mut Story, bidders: &[Bidder]) {
    for bidder in bidders {
        let confirmed = BidConfirmed {
            sealed: sealed(bidder.n),
            received_at: story.next_at(),
        };
        story.add(vec![], sealed(bidder.n), confirmed);
    }
}

fn answer(story: &mut Story, number: u32) {
    let answered = QuestionAnswered {
        tender: tender(),
        number,
        question: sha256(b"which park"),
        answer: sha256(b"all of them"),
    };
    story.add(officer(), tender(), answered);
}

/// What the opening says of bids that were not confirmed, opened and listed as told.
fn opened_with(story: &mut Story, opened: &[Bidder], unconfirmed: &[u128]) {
    story.open(opened);
    let list = unconfirmed.iter().map(|n| sealed(*n)).collect();
    story.tamper(
        "tender.opened",
        |body| match body {
            Body::TenderOpened(body) => Some(body),
            _ => None,
        },
        |body| {
            body.unconfirmed = list;
            body.replaced = vec![sealed(33)];
        },
    );
}

#[test]
fn bids_confirmed_after_a_material_amendment_are_opened_and_the_others_stay_closed() {
    let mut story = sealed_bids();
    amend(&mut story, 1, |plan| plan.mark_scale = 2);
    let bidders = bidders();
    confirm(&mut story, &bidders[..2]);
    let mut hasty = story.clone();
    opened_with(&mut story, &bidders[..2], &[3]);
    assert_eq!(story.checks(), []);
    // Whoever did not confirm is not held to another plan; whoever did takes part.
    hasty.open(&bidders);
    assert!(
        hasty
            .checks()
            .contains(&("tender.opened".to_owned(), "sealed"))
    );
    let mut left_out = sealed_bids();
    amend(&mut left_out, 1, |plan| plan.mark_scale = 2);
    confirm(&mut left_out, &bidders);
    opened_with(&mut left_out, &bidders[..2], &[3]);
    assert_eq!(left_out.checks(), found("tender.opened", "sealed"));
}

#[test]
fn an_amendment_of_the_opening_time_asks_no_bidder_to_confirm() {
    let mut story = sealed_bids();
    amend(&mut story, 1, |plan| {
        plan.opens_at = plan.opens_at.plus_micros(1);
    });
    story.open(&bidders());
    assert_eq!(story.checks(), []);
}

#[test]
fn an_amendment_too_late_or_out_of_number_or_by_nobody_is_found() {
    let mut late = sealed_bids();
    late.wait_until(late.plan.closes_at.plus_micros(-NOTICE_MICROS));
    amend(&mut late, 1, |plan| plan.mark_scale = 2);
    assert_eq!(late.checks(), found("tender.amended", "amendment"));
    let mut number = sealed_bids();
    amend(&mut number, 2, |plan| plan.mark_scale = 2);
    assert_eq!(number.checks(), found("tender.amended", "number"));
    let mut closed = sealed_bids();
    closed.wait_until(closed.plan.closes_at);
    amend(&mut closed, 1, |plan| {
        plan.closes_at = plan.closes_at.plus_micros(30 * DAY);
        plan.opens_at = plan.closes_at;
    });
    assert_eq!(closed.checks(), found("tender.amended", "stage"));
    let mut broken = sealed_bids();
    amend(&mut broken, 1, |plan| {
        plan.lots[0].criteria.pop();
    });
    assert_eq!(broken.checks(), found("tender.amended", "plan"));
    let mut nobody = sealed_bids();
    amend(&mut nobody, 1, |plan| plan.mark_scale = 2);
    nobody.entries.last_mut().unwrap().actors.clear();
    assert_eq!(nobody.checks(), found("tender.amended", "people"));
}

#[test]
fn an_extended_tender_opens_after_its_new_deadline() {
    let mut story = sealed_bids();
    let later = story.plan.closes_at.plus_micros(2 * DAY);
    extend(&mut story, later, false);
    let mut early = story.clone();
    early.plan.opens_at = later.plus_micros(-DAY);
    early.open(&bidders());
    assert_eq!(early.checks()[0], ("tender.opened".to_owned(), "stage"));
    story.plan.opens_at = later.plus_micros(DAY);
    story.open(&bidders());
    assert_eq!(story.checks(), []);
}

#[test]
fn after_the_deadline_only_an_outage_extends_it() {
    let after = |outage| {
        let mut story = sealed_bids();
        let closed = story.plan.closes_at;
        story.wait_until(closed.plus_micros(DAY));
        extend(&mut story, closed.plus_micros(3 * DAY), outage);
        story
    };
    assert_eq!(after(false).checks(), found("tender.extended", "stage"));
    let (findings, state) = after(true).replay();
    assert_eq!(findings, []);
    assert_eq!(state.tenders.stage(tender()), Some(Stage::Published));
    let mut shortened = sealed_bids();
    let earlier = shortened.plan.closes_at.plus_micros(-DAY);
    extend(&mut shortened, earlier, false);
    assert_eq!(shortened.checks(), found("tender.extended", "extension"));
}

#[test]
fn answers_are_numbered_and_end_with_the_deadline() {
    let mut story = sealed_bids();
    answer(&mut story, 1);
    answer(&mut story, 2);
    assert_eq!(story.checks(), []);
    let mut skipped = story.clone();
    answer(&mut skipped, 4);
    assert_eq!(skipped.checks(), found("question.answered", "number"));
    story.wait_until(story.plan.closes_at);
    answer(&mut story, 3);
    assert_eq!(story.checks(), found("question.answered", "stage"));
}

#[test]
fn a_confirmation_that_names_someone_or_no_waiting_bid_is_found() {
    let mut story = sealed_bids();
    confirm(&mut story, &bidders()[..1]);
    assert_eq!(story.checks(), []);
    let mut named = story.clone();
    named.entries.last_mut().unwrap().actors = officer();
    assert_eq!(named.checks(), found("bid.confirmed", "secrecy"));
    let withdrawn = BidConfirmed {
        sealed: sealed(4),
        received_at: story.next_at(),
    };
    story.add(vec![], sealed(4), withdrawn);
    assert_eq!(story.checks(), found("bid.confirmed", "sealed"));
}
