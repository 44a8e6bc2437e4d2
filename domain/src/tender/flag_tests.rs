//! Flags of the report on a ranking replayed: no flagged bid is awarded before somebody has looked, and a log that says
//! otherwise is found out.

use super::abnormal::{AbnormalGround, Abnormality};
use super::fixtures::*;
use super::plan::Plan;
use super::story::{APPROVER, PROPOSER, Story, actor, bidders};
use crate::actor::Role;
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::scoring::robustness::PlausibleRate;
use crate::tender::Disclosure;
use crate::tender::entries::*;

/// 50 hours for each 130,000 euro are plausible: the winner promises 100 at that price.
fn flagging() -> Plan {
    let mut plan = full_plan();
    plan.plausible_rates = vec![PlausibleRate {
        measure: "VOL-1".parse().unwrap(),
        quantity: hours("50.0"),
        per: eur("130000"),
    }];
    plan
}

fn ranked(plan: Plan) -> Story {
    let mut story = Story::new(plan);
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.seal_marks(&bidders());
    story.agree(&bidders());
    story.rank(&bidders());
    story
}

fn award(story: &mut Story) {
    story.propose(bid(2));
    story.release_marks(&bidders());
    story.decide(bid(2), &[PROPOSER, APPROVER]);
}

fn look(story: &mut Story, n: u128, about: Abnormality, ground: AbnormalGround) {
    let decided = AbnormalDecided {
        tender: tender(),
        bid: bid(n),
        about,
        ground,
        reason: sha256(b"the same as last year"),
    };
    story.add(vec![actor(Role::Officer, PROPOSER)], tender(), decided);
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

const ABOUT: Abnormality = Abnormality::HighPledge;
const SEEN: AbnormalGround = AbnormalGround::NotAbnormal;

#[test]
fn a_flagged_bid_that_somebody_looked_at_is_awarded() {
    let mut story = ranked(flagging());
    look(&mut story, 2, ABOUT, SEEN);
    award(&mut story);
    assert_eq!(story.checks(), []);
}

#[test]
fn the_award_of_a_flagged_bid_without_a_decision_is_found() {
    let mut story = ranked(flagging());
    award(&mut story);
    assert_eq!(story.checks(), found("award.proposed", "abnormal"));
}

#[test]
fn a_look_at_something_else_is_no_look() {
    for (n, about) in [(1, ABOUT), (2, Abnormality::LowPrice)] {
        let mut story = ranked(flagging());
        look(&mut story, n, about, SEEN);
        story.propose(bid(2));
        let expected = ["abnormal.decided", "award.proposed"];
        let expected = expected.map(|kind| (kind.to_owned(), "abnormal"));
        assert_eq!(story.checks(), expected, "{n} {about}");
    }
}

#[test]
fn a_flag_is_dismissed_once_and_on_no_other_ground() {
    let mut twice = ranked(flagging());
    look(&mut twice, 2, ABOUT, SEEN);
    look(&mut twice, 2, ABOUT, SEEN);
    assert_eq!(twice.checks(), found("abnormal.decided", "abnormal"));
    for ground in [AbnormalGround::Economics, AbnormalGround::NotDeliverable] {
        let mut unheard = ranked(flagging());
        look(&mut unheard, 2, ABOUT, ground);
        assert_eq!(unheard.checks(), found("abnormal.decided", "abnormal"));
    }
}

#[test]
fn a_report_that_hides_the_flag_is_found_and_the_flag_holds() {
    let mut story = ranked(flagging());
    award(&mut story);
    let reported = |body: &mut Body| {
        if let Body::RobustnessReported(body) = body {
            body.summary.high_pledges.clear();
        }
    };
    story
        .entries
        .iter_mut()
        .for_each(|entry| reported(&mut entry.body));
    let robustness = ("robustness.reported".to_owned(), "robustness");
    let award = ("award.proposed".to_owned(), "abnormal");
    assert_eq!(story.checks(), [robustness, award]);
}

#[test]
fn an_award_without_a_report_on_its_ranking_is_found() {
    let mut story = ranked(full_plan());
    story.entries.pop();
    award(&mut story);
    assert_eq!(story.checks(), found("award.proposed", "robustness"));
}

#[test]
fn withheld_prices_leave_the_flags_of_the_report_in_force() {
    let mut plan = flagging();
    plan.disclosure.price = Disclosure::Withheld {
        ground: "trade secrets".to_owned(),
    };
    let mut story = ranked(plan.clone());
    award(&mut story);
    assert_eq!(story.checks(), found("award.proposed", "abnormal"));
    let mut story = ranked(plan);
    look(&mut story, 2, ABOUT, SEEN);
    award(&mut story);
    assert_eq!(story.checks(), []);
}
