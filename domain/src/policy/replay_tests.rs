//! Policies and the publications that they bind, replayed: clean, and tampered with.

use super::entries::PolicyPublished;
use super::shipped::{central, commenced, policy, report};
use super::*;
use crate::actor::Role;
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::tender::entries::TenderPublished;
use crate::tender::fixtures::{bid, full_plan};
use crate::tender::plan::Plan;
use crate::tender::story::{APPROVER, PROPOSER, Story, actor, bidders};

const REGISTRAR: u128 = 509;

/// A log with PPN 026 and a tender that it binds.
fn story(social: &str, gross: Option<&str>) -> Story {
    let plan = commenced(Some("2027-01-01"), social, central(gross));
    let mut story = Story::new(plan.clone());
    let ppn = policy("uk-ppn-026", 26);
    story.add(
        vec![actor(Role::Registrar, REGISTRAR)],
        ppn.id,
        PolicyPublished {
            policy: ppn.clone(),
        },
    );
    let checks = report(&[ppn], &plan).checks;
    let justified = |check: &Check| {
        let mut recorded = RecordedCheck::of(check);
        if recorded.answer == Answer::Unknown {
            recorded.justification = Some(sha256(b"salted"));
        }
        recorded
    };
    story.publish_with(checks.iter().map(justified).collect());
    story
}

fn published(body: &mut Body) -> Option<&mut Box<TenderPublished>> {
    match body {
        Body::TenderPublished(body) => Some(body),
        _ => None,
    }
}

fn finds(story: &Story, check: &'static str) {
    assert_eq!(story.checks(), [("tender.published".to_owned(), check)]);
}

#[test]
fn a_tender_that_meets_its_policies_replays_clean() {
    let story = story("20", Some("8000000"));
    let (findings, state) = story.replay();
    assert_eq!(findings, []);
    assert_eq!(state.policies.published().len(), 1);
    assert_eq!(
        state.tally.recomputed_counts().get("clauses of policies"),
        Some(&1)
    );
}

#[test]
fn an_unknown_answer_needs_a_justification() {
    let mut story = story("20", None);
    assert_eq!(story.checks(), []);
    story.tamper("tender.published", published, |body| {
        body.policies[0].justification = None;
    });
    finds(&story, "policies");
}

#[test]
fn a_plan_that_a_clause_forbids_is_found_whatever_the_entry_says() {
    finds(&story("10", Some("8000000")), "policies");
    let mut story = story("10", Some("8000000"));
    story.tamper("tender.published", published, |body| {
        body.policies[0].answer = Answer::Met;
    });
    finds(&story, "policies");
}

#[test]
fn a_clause_that_was_left_out_is_found() {
    let mut story = story("20", Some("8000000"));
    story.tamper("tender.published", published, |body| body.policies.clear());
    finds(&story, "policies");
}

#[test]
fn a_version_twice_and_a_policy_by_someone_else_are_found() {
    let mut story = story("20", Some("8000000"));
    let mut again = policy("uk-ppn-026", 27);
    again.text.title = "Another".to_owned();
    story.add(
        vec![actor(Role::Registrar, REGISTRAR)],
        again.id,
        PolicyPublished {
            policy: again.clone(),
        },
    );
    assert_eq!(story.checks(), [("policy.published".to_owned(), "policy")]);
    again.id = crate::ids::Id::from_uuid(crate::tender::fixtures::uuid(28));
    again.text.version = "2".to_owned();
    let mut other = Story::new(commenced(None, "20", central(None)));
    other.add(
        vec![actor(Role::Officer, crate::tender::story::PROPOSER)],
        again.id,
        PolicyPublished { policy: again },
    );
    assert_eq!(other.checks(), [("policy.published".to_owned(), "actors")]);
}

/// A contract of six million pounds under the Procurement Act, whose winner promises one thing in its bid: one KPI.
fn contracted(exempt: bool) -> Story {
    let mut facts = central(Some("6000000"));
    facts.kpis = Some(3);
    facts.assessment_months = Some(12);
    facts.panel_size = Some(3);
    facts.social_criteria = None;
    if exempt {
        facts.exemptions = vec!["light-touch".parse().unwrap()];
    }
    let plan = Plan {
        procurement: facts,
        commencement: Some("2026-03-02".parse().unwrap()),
        ..full_plan()
    };
    let mut act = policy("uk-procurement-act-2023", 23);
    act.text.clauses.retain(|clause| {
        matches!(
            clause.rule,
            ClauseRule::MinimumKpis(_) | ClauseRule::PerformanceAssessment(_)
        )
    });
    let mut story = Story::new(plan.clone());
    let registrar = vec![actor(Role::Registrar, REGISTRAR)];
    let published = PolicyPublished {
        policy: act.clone(),
    };
    story.add(registrar, act.id, published);
    let checks = report(&[act], &plan).checks;
    assert_eq!(checks.len(), 2);
    story.publish_with(checks.iter().map(RecordedCheck::of).collect());
    let all = bidders();
    story.bid(&all);
    story.open(&all);
    story.seal_marks(&all);
    story.agree(&all);
    story.rank(&all);
    story.propose(bid(2));
    story.release_marks(&all);
    story.decide(bid(2), &[PROPOSER, APPROVER]);
    story.send_letters(&all);
    let ends_at = story.notify();
    story.wait_until(ends_at);
    story.contract();
    story
}

#[test]
fn a_contract_with_fewer_kpis_than_its_plan_announced_is_found() {
    let checks = contracted(false).checks();
    assert_eq!(checks, [("contract.signed".to_owned(), "policies")]);
}

#[test]
fn clauses_on_kpis_are_asked_again_at_the_signature() {
    let (findings, state) = contracted(true).replay();
    assert_eq!(findings, []);
    let sort = "clauses of policies at a signature";
    assert_eq!(state.tally.recomputed_counts().get(sort), Some(&1));
}

#[test]
fn a_policy_published_after_the_tender_does_not_bind_it() {
    let plan = commenced(Some("2027-01-01"), "10", central(Some("8000000")));
    let mut story = Story::new(plan);
    story.publish();
    let ppn = policy("uk-ppn-026", 26);
    story.add(
        vec![actor(Role::Registrar, REGISTRAR)],
        ppn.id,
        PolicyPublished { policy: ppn },
    );
    assert_eq!(story.checks(), []);
}
