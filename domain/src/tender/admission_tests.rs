//! Conditions of participation and exclusion grounds replayed: declared by each bid, decided before the ranking.

use super::AdmissionDecision::{self, Clear, Excluded, Met, NotMet, SelfCleaningAccepted};
use super::bid_check::BidProblem;
use super::fixtures::*;
use super::plan::Plan;
use super::plan_error::PlanProblem;
use super::story::{Bidder, PROPOSER, Story, actor, bidders};
use crate::actor::Role;
use crate::log::commitment::Salt;
use crate::log::kinds::Body;
use crate::tender::entries::*;
use crate::tender::sealing::commit_reason;

fn stating() -> Plan {
    Plan {
        admission: admission(),
        ..full_plan()
    }
}

/// Everyone declares to be fit; supplier 2, who would win, admits what is named.
fn declaring(admits: &[&str]) -> Vec<Bidder> {
    let mut all = bidders();
    for bidder in &mut all {
        for name in ["INSURED", "FRAUD", "LATE-TAX"] {
            let fit = bidder.n != 2 || !admits.contains(&name);
            bidder.content.declarations.insert(code(name), fit);
            if !fit && name == "FRAUD" {
                let words = "We replaced the board.".to_owned();
                bidder.content.answers.insert(code(name), words);
            }
        }
    }
    all
}

fn agreed(bidders: &[Bidder]) -> Story {
    let mut story = Story::new(stating());
    story.publish();
    story.bid(bidders);
    story.open(bidders);
    story.agree(bidders);
    story
}

fn decided(n: u128, name: &str, decision: AdmissionDecision) -> AdmissionDecided {
    AdmissionDecided {
        tender: tender(),
        bid: bid(n),
        code: code(name),
        decision,
        reason: commit_reason("the papers say so", Salt([1; 32])).unwrap(),
    }
}

fn decide(story: &mut Story, n: u128, name: &str, decision: AdmissionDecision) {
    let body = decided(n, name, decision);
    story.add(vec![actor(Role::Officer, PROPOSER)], bid(n), body);
}

fn decided_of(body: &mut Body) -> Option<&mut Box<AdmissionDecided>> {
    match body {
        Body::AdmissionDecided(body) => Some(body),
        _ => None,
    }
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

#[test]
fn bids_that_declare_to_be_fit_need_no_decision() {
    let all = declaring(&[]);
    let mut story = agreed(&all);
    decide(&mut story, 1, "INSURED", Met);
    story.rank(&all);
    decide(&mut story, 2, "INSURED", Met);
    story.propose(bid(2));
    assert_eq!(
        story.checks(),
        [],
        "a decision that does not exclude leaves the ranking"
    );
}

#[test]
fn a_ranking_before_an_admitted_ground_is_decided_is_found() {
    for name in ["INSURED", "FRAUD", "LATE-TAX"] {
        let all = declaring(&[name]);
        let mut story = agreed(&all);
        story.compute(&all);
        assert_eq!(
            story.checks(),
            found("ranking.computed", "admission"),
            "{name}"
        );
    }
    let all = declaring(&["FRAUD"]);
    let mut story = agreed(&all);
    decide(&mut story, 2, "FRAUD", SelfCleaningAccepted);
    story.rank(&all);
    assert_eq!(story.checks(), []);
}

#[test]
fn a_decision_that_excludes_takes_the_bid_out_before_any_relative_mark() {
    let all = declaring(&["FRAUD"]);
    let mut story = agreed(&all);
    decide(&mut story, 2, "FRAUD", Excluded);
    let mut bold = story.clone();
    bold.rank(&all);
    assert_eq!(
        bold.checks()[0],
        ("ranking.computed".to_owned(), "bids that are scored")
    );
    let rest: Vec<Bidder> = all.into_iter().filter(|bidder| bidder.n != 2).collect();
    let ranking = story.rank(&rest);
    assert_eq!(story.checks(), []);
    assert_ne!(ranking.lots[0].result.ranking.winner(), Some(bid(2)));
}

#[test]
fn an_exclusion_after_the_ranking_makes_it_void() {
    let all = declaring(&[]);
    let mut story = agreed(&all);
    story.rank(&all);
    decide(&mut story, 2, "INSURED", NotMet);
    story.propose(bid(2));
    assert_eq!(story.checks()[0], ("award.proposed".to_owned(), "stage"));
}

#[test]
fn leniency_that_the_plan_does_not_leave_is_found() {
    let wrong = |admits: &[&str], name: &str, decision| {
        let mut story = agreed(&declaring(admits));
        decide(&mut story, 2, name, decision);
        story.checks()
    };
    let finding = found("admission.decided", "admission");
    let lenient = AdmissionDecision::NotExcluded;
    assert_eq!(wrong(&["FRAUD"], "FRAUD", lenient), finding);
    assert_eq!(wrong(&["LATE-TAX"], "LATE-TAX", lenient), []);
    assert_eq!(wrong(&["INSURED"], "INSURED", Clear), finding);
    assert_eq!(wrong(&[], "FRAUD", SelfCleaningAccepted), finding);
    assert_eq!(
        wrong(&["LATE-TAX"], "LATE-TAX", SelfCleaningAccepted),
        finding
    );
    assert_eq!(wrong(&[], "PRICE", Met), finding);
    let mut story = agreed(&declaring(&["FRAUD"]));
    let body = decided(2, "FRAUD", Clear);
    story.add(vec![actor(Role::Chair, super::story::CHAIR)], bid(2), body);
    assert_eq!(story.checks(), found("admission.decided", "people"));
}

#[test]
fn an_edited_decision_is_found() {
    let all = declaring(&["FRAUD"]);
    let mut story = agreed(&all);
    decide(&mut story, 2, "FRAUD", Excluded);
    let rest: Vec<Bidder> = all.into_iter().filter(|bidder| bidder.n != 2).collect();
    story.rank(&rest);
    story.tamper("admission.decided", decided_of, |body| {
        body.decision = Clear;
    });
    assert_eq!(story.checks()[0].0, "ranking.computed");
}

#[test]
fn a_bid_declares_on_everything_and_may_describe_its_self_cleaning() {
    let plan = stating();
    let check = |change: &dyn Fn(&mut super::BidContent)| {
        let mut content = declaring(&["FRAUD"])[1].content.clone();
        change(&mut content);
        let checked = content.check(&plan, &catalogue(), org(2));
        checked.map_err(|error| (error.path, error.problem))
    };
    let say = |name: &'static str| {
        move |content: &mut super::BidContent| {
            let words = "We replaced the board.".to_owned();
            content.answers.insert(code(name), words);
        }
    };
    assert_eq!(check(&say("FRAUD")), Ok(()));
    let silent = check(&|content| content.answers.clear());
    assert_eq!(silent, Ok(()), "it is not obliged to");
    let clear = check(&say("LATE-TAX"));
    assert!(matches!(clear, Err((path, BidProblem::NotAsked(_))) if path == "/answers/LATE-TAX"));
    assert!(check(&say("INSURED")).is_err(), "a condition is met or not");
    let missing = check(&|content| {
        content.answers.clear();
        content.declarations.remove(&code("FRAUD"));
    });
    assert!(matches!(missing, Err((_, BidProblem::Missing(name))) if name == code("FRAUD")));
}

#[test]
fn a_plan_states_each_ground_once_in_a_line_and_not_too_many() {
    let check = |change: &dyn Fn(&mut Plan)| {
        let mut plan = stating();
        change(&mut plan);
        let checked = plan.check(&catalogue(), at("2026-05-02T00:00:00Z"));
        checked.map_err(|error| (error.path, error.problem))
    };
    assert_eq!(check(&|_| ()), Ok(()));
    let blank = check(&|plan| plan.admission.grounds[0].citation.clear());
    let place = "/admission/grounds/0/citation".to_owned();
    assert_eq!(blank, Err((place, PlanProblem::Text)));
    let twice = check(&|plan| plan.admission.grounds[1].code = code("PRICE"));
    assert!(matches!(twice, Err((_, PlanProblem::DuplicateCode(_)))));
    let many = check(&|plan| {
        let one = plan.admission.conditions[0].clone();
        plan.admission.conditions = vec![one; 31];
    });
    assert!(matches!(many, Err((_, PlanProblem::TooManyStated(31)))));
}

/// As many conditions and grounds as there may be, each as long as it may be, and so many criteria.
fn longest(lots: u32, leaves: u32) -> Plan {
    let words = "조".repeat(200);
    let mut long = plan(vec![]);
    let stated = (0..30).map(|n| super::admission::Condition {
        code: code(&format!("C-{n}")),
        statement: words.clone(),
        evidence: words.clone(),
        proportionate: words.clone(),
    });
    long.admission.conditions = stated.collect();
    let ground = admission().grounds[0].clone();
    let grounds = (0..30).map(|n| super::admission::StatedGround {
        code: code(&format!("G-{n}")),
        statement: words.clone(),
        ..ground.clone()
    });
    long.admission.grounds = grounds.collect();
    let weight = 100_u32.div_euclid(leaves).to_string();
    let criteria = |at: u32| {
        let judged = |n| super::criteria::Criterion {
            title: words.clone(),
            ..leaf(&format!("Q-{at}-{n}"), &weight, levels(&[0, 1], None))
        };
        (0..leaves).map(judged).collect()
    };
    let lots = (0..lots).map(|at| super::lot::Lot {
        code: lot(&at.to_string()),
        ..only_lot(criteria(at))
    });
    long.lots = lots.collect();
    long
}

#[test]
fn a_plan_that_fits_no_entry_stands_beside_the_log_up_to_its_bound() {
    let mut story = Story::new(longest(2, 20));
    story.publish();
    let published = story.entries.last().unwrap().encode().unwrap();
    assert!(published.blob.is_some() && published.leaf.len() < 1_000);
    assert_eq!(story.checks(), []);
    let error = longest(20, 50)
        .check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap_err();
    assert!(matches!(error.problem, PlanProblem::TooLong(_)), "{error}");
}

#[test]
fn the_largest_bid_fits_the_entry_that_shows_it() {
    use super::participation::MAX_PARTICIPATIONS;
    use crate::log::canonical::MAX_ENTRY_BYTES;
    let wide = |n: u32| code(&format!("{n:0>30}"));
    let mut largest = bidders().remove(0);
    let content = &mut largest.content;
    content.price = eur("90000000000000.00");
    content.commitments = vec![commitment("VOL-1", "900000000000000.0"); 100];
    for commitment in &mut content.commitments {
        commitment.place = "KR-9999999999-999999999".to_owned();
        commitment.measure.code = "M".repeat(30).parse().unwrap();
    }
    content.participations = (0..u128::try_from(MAX_PARTICIPATIONS).unwrap())
        .map(|n| part(n, "0.123456", Some(7)))
        .collect();
    content.item_prices = (0..100).map(|n| (wide(n), content.price)).collect();
    content.declarations = (100..260).map(|n| (wide(n), false)).collect();
    let mut story = Story::new(stating());
    let opened = story.opened(&largest);
    let officers = vec![
        actor(Role::Officer, PROPOSER),
        actor(Role::Officer, PROPOSER),
    ];
    story.add(officers, bid(1), opened);
    let bytes = story.entries.last().unwrap().canonical_bytes().unwrap();
    assert!(bytes.len() < MAX_ENTRY_BYTES - 8_000, "{}", bytes.len());
}
