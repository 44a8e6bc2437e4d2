//! Policies and the publications that they bind, replayed: clean, and tampered with.

use super::entries::PolicyPublished;
use super::shipped::{central, commenced, policy, report};
use super::*;
use crate::actor::Role;
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::tender::entries::TenderPublished;
use crate::tender::story::{Story, actor};

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
