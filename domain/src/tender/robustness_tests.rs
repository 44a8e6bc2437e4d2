//! `robustness.reported` replayed: clean, attested, and tampered with.

use std::collections::BTreeMap;

use super::Disclosure;
use super::fixtures::*;
use super::plan::{Envelopes, Plan};
use super::story::{APPROVER, CHAIR, EVALUATORS, PROPOSER, Story, actor, bidders};
use crate::actor::Role;
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::scoring::robustness::{Case, evaluator_noise};
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

/// The story awarded, with the simulation over the marks that the log shows by then.
fn doubted() -> Story {
    let mut story = ranked(full_plan());
    story.propose(bid(2));
    story.decide(bid(2), &[PROPOSER, APPROVER]);
    story.release_marks(&bidders());
    let (entrants, facts) = story.evaluated(&bidders(), &[2]);
    let marks = bidders().into_iter().flat_map(|bidder| {
        let level = bidder.level;
        let of = move |code| ((bid(bidder.n), code), vec![level; EVALUATORS.len()]);
        bidder
            .levels()
            .map(|(code, _)| code)
            .map(of)
            .collect::<Vec<_>>()
    });
    let noise = evaluator_noise(&Case {
        plan: &story.plan,
        lot: &story.plan.lots[0],
        entrants: &entrants,
        facts: &facts,
        groups: &BTreeMap::new(),
        panel: &marks.collect(),
    });
    let reported = NoiseReported {
        tender: tender(),
        lot: lot("1"),
        ranking: story.position("ranking.computed"),
        noise: noise.unwrap().unwrap(),
    };
    let officer = vec![actor(Role::Officer, APPROVER)];
    story.add(officer, tender(), reported);
    story
}

fn noise(body: &mut Body) -> Option<&mut Box<NoiseReported>> {
    match body {
        Body::NoiseReported(body) => Some(body),
        _ => None,
    }
}

#[test]
fn the_noise_of_the_evaluators_is_recomputed_from_the_released_marks() {
    let (findings, state) = doubted().replay();
    assert_eq!(findings, []);
    let recomputed = state.tally.recomputed_counts();
    assert_eq!(recomputed.get("noise of the evaluators"), Some(&1));
}

#[test]
fn noise_that_says_something_else_is_found() {
    let told = |story: &Story| {
        let checks = story.checks();
        checks
            .into_iter()
            .find(|(kind, _)| kind == "noise.reported")
    };
    let found = |check| Some(("noise.reported".to_owned(), check));
    let mut story = doubted();
    story.tamper("noise.reported", noise, |body| {
        body.noise.wins[0].runs = body.noise.wins[0].runs.saturating_sub(1);
    });
    assert_eq!(told(&story), found("noise"));
    let mut story = doubted();
    story.tamper("noise.reported", noise, |body| body.ranking = 3);
    assert_eq!(told(&story), found("ranking"));
    let mut story = doubted();
    story.tamper("noise.reported", noise, |body| {
        body.lot = lot("9");
    });
    assert_eq!(told(&story), found("lot"));
}
