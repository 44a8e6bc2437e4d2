//! `robustness.reported` replayed: clean, attested, and tampered with.

use super::Disclosure;
use super::fixtures::*;
use super::plan::{Envelopes, Plan};
use super::story::{CHAIR, Story, actor, bidders};
use crate::actor::Role;
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::tender::entries::*;

fn ranked(plan: Plan) -> Story {
    let mut story = Story::new(plan);
    story.publish();
    story.bid(&bidders());
    story.open(&bidders());
    story.seal_marks(&bidders());
    story.agree(&bidders());
    if story.plan.envelopes == Envelopes::Two {
        story.open_prices(&bidders(), &[]);
    }
    story.rank(&bidders());
    story
}

fn questioned() -> Story {
    ranked(full_plan())
}

fn reported(body: &mut Body) -> Option<&mut Box<RobustnessReported>> {
    match body {
        Body::RobustnessReported(body) => Some(body),
        _ => None,
    }
}

fn found(check: &'static str) -> Vec<(String, &'static str)> {
    vec![("robustness.reported".to_owned(), check)]
}

const SORT: &str = "robustness of a ranking";

#[test]
fn the_report_on_a_ranking_is_recomputed() {
    let (findings, state) = questioned().replay();
    assert_eq!(findings, []);
    assert_eq!(state.tally.recomputed_counts().get(SORT), Some(&1));
}

#[test]
fn withheld_prices_leave_it_attested_without_a_hash_to_guess_from() {
    for envelopes in [Envelopes::One, Envelopes::Two] {
        let mut plan = full_plan();
        plan.envelopes = envelopes;
        plan.disclosure.price = Disclosure::Withheld {
            ground: "trade secrets".to_owned(),
        };
        let mut story = ranked(plan);
        let hidden = |(kind, _): &(String, &str)| kind == "robustness.reported";
        assert!(!story.checks().iter().any(hidden), "{envelopes:?}");
        let (_, state) = story.replay();
        assert_eq!(state.tally.attested_counts().get(SORT), Some(&1));
        story.tamper("robustness.reported", reported, |body| {
            body.report = Some(sha256(b"a report"));
        });
        let told: Vec<_> = story.checks().into_iter().filter(hidden).collect();
        assert_eq!(told, found("report"), "{envelopes:?}");
    }
}

#[test]
fn an_edited_finding_report_or_ranking_is_found() {
    let mut story = questioned();
    story.tamper("robustness.reported", reported, |body| {
        body.summary.low_prices.push(bid(1));
    });
    assert_eq!(story.checks(), found("robustness"));
    let mut story = questioned();
    story.tamper("robustness.reported", reported, |body| {
        body.report = Some(sha256(b"another report"));
    });
    assert_eq!(story.checks(), found("report"));
    let mut story = questioned();
    story.tamper("robustness.reported", reported, |body| body.ranking -= 1);
    assert_eq!(story.checks(), found("ranking"));
    let mut story = questioned();
    story.tamper("robustness.reported", reported, |body| body.lot = lot("2"));
    assert_eq!(story.checks(), found("lot"));
    let mut story = questioned();
    story.tamper("robustness.reported", reported, |body| {
        body.summary.winner = bid(1);
    });
    assert_eq!(story.checks(), found("ranking"));
}

#[test]
fn an_evaluator_reports_nothing() {
    let mut story = questioned();
    let entry = story.entries.last_mut().unwrap();
    entry.actors = vec![actor(Role::Chair, CHAIR)];
    assert_eq!(story.checks(), found("people"));
}
